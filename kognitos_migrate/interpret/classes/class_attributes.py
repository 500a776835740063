"""Attributes that are read through a class."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import (
    ALLOCATOR,
    PROPERTY_DECORATORS,
    class_attribute,
    is_class_method,
    is_descriptor,
    metaclasses,
    mro_of,
)
from kognitos_migrate.interpret.function_definitions import PROPERTY
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Unknown,
    Value,
)

_BASE_ATTRIBUTES = ("__mro__", "__bases__")
"""The attributes that contain a class's bases, with or without the class itself."""
FIELD_OBJECTS = "fields of the class"
"""The name of a class's member that stands for the descriptions of its fields, as `dataclasses.fields`
returns them."""
FIELD_NAMES = "names of fields"
"""The name of a class's member that stands for the collection of the names of its fields."""
FIELD_ATTRIBUTES = ("__dataclass_fields__", "__fields__", "__pydantic_fields__", "model_fields", "_fields")
"""The attributes that list the names of a class's fields."""
_SUBCLASSES = "__subclasses__"
"""The method of classes that returns their subclasses."""


def attribute_of_class(point: EvalPoint, cls: Class, name: str) -> Value:
    """The value of `Class.name`: the result of the metaclass's `__getattribute__`, or what that may look
    up."""
    interpreter = point.interpreter
    for meta in metaclasses(interpreter, cls):
        reader = class_attribute(interpreter, meta, "__getattribute__")
        if isinstance(reader, Function) and all(
            frame.function != reader.site for frame in interpreter.running.frames
        ):
            answer = point.call(Bound(reader, cls), Arguments([point.operand(plain_text(name))]))
            return join(answer, _attribute_by_type_rules(point, cls, name))
    return _attribute_by_type_rules(point, cls, name)


def _attribute_by_type_rules(point: EvalPoint, cls: Class, name: str) -> Value:
    """The attribute that is found by the rules of `type`. A data descriptor of the metaclass hides an
    attribute of the class; its other attributes are read where the class has none."""
    interpreter = point.interpreter
    class_value = class_attribute(interpreter, cls, name)
    meta = next(
        (
            meta
            for meta in metaclasses(interpreter, cls)
            if class_attribute(interpreter, meta, name) is not NEVER
        ),
        None,
    )
    meta_value = class_attribute(interpreter, meta, name) if meta is not None else NEVER
    own = [_read_of_class(point, cls, choice) for choice in alternatives(class_value)]
    if meta is not None and (class_value is NEVER or _may_be_data_descriptor(point, meta_value)):
        of_meta = [_read_of_metaclass(point, cls, meta, choice) for choice in alternatives(meta_value)]
        return join(*of_meta, *(own if len(of_meta) > 1 else ()))
    if class_value is not NEVER:
        return join(*own)
    order = mro_of(interpreter, cls)
    family = order.family
    if name == "__base__":
        return join(*(Class(site, -1) for site in order.sites[1:]), *order.outside)
    if name in _BASE_ATTRIBUTES:
        bases = [point.operand(Class(site, -1)) for site in mro_of(interpreter, cls).sites]
        return interpreter.allocate_sequence(
            point.act, point.node, bases[1:] if name == "__bases__" else bases
        )
    if family is not None and name in FIELD_ATTRIBUTES:
        return MemberRef(cls, FIELD_NAMES)
    if name == _SUBCLASSES or (family is not None and name in (*family.whole, *family.text)):
        return MemberRef(cls, name)
    info = interpreter.class_info(cls.site)
    interpreter.expose(cls)
    if name == "__new__" and info is not None:
        return ALLOCATOR
    return Unknown(f"{info.name}.{name}") if info else UNKNOWN


def _read_of_class(point: EvalPoint, cls: Class, value: Value) -> Value:
    """The result of reading an attribute of a class that is `value` there."""
    if isinstance(value, Function) and is_class_method(point.interpreter, value):
        return Bound(value, cls)
    getter = getter_of(point.interpreter, value)
    if isinstance(getter, Bound):
        return point.call(getter, Arguments([point.operand(NONE), point.operand(cls)]))
    return value


def _may_be_data_descriptor(point: EvalPoint, value: Value) -> bool:
    """Whether an attribute of a metaclass may be a property, or an instance with `__set__`."""
    for choice in alternatives(value):
        if isinstance(choice, Function) and is_descriptor(point.interpreter, choice, "builtins.property"):
            return True
        heap_object = point.interpreter.heap.get(choice)
        if not isinstance(heap_object, Instance):
            continue
        if PROPERTY in heap_object.attributes:
            return True
        if (
            heap_object.cls is not None
            and class_attribute(point.interpreter, heap_object.cls, "__set__") is not NEVER
        ):
            return True
    return False


def _read_of_metaclass(point: EvalPoint, cls: Class, meta: Class, value: Value) -> Value:
    """The result of reading an attribute of a class that is `value` in its metaclass."""
    interpreter = point.interpreter
    if isinstance(value, Function):
        if is_descriptor(interpreter, value, *PROPERTY_DECORATORS):
            return point.call(Bound(value, cls), Arguments())
        if is_descriptor(interpreter, value, "builtins.staticmethod"):
            return value
        return Bound(value, meta if is_class_method(interpreter, value) else cls)
    getter = getter_of(interpreter, value)
    if getter is None:
        return value
    owners = [cls, meta] if isinstance(getter, Bound) else [cls]
    return point.call(getter, Arguments([point.operand(owner) for owner in owners]))


def getter_of(interpreter: Interpreter, value: Value) -> Value | None:
    """The getter of a property that was created by a call, or the bound `__get__` of a descriptor; None for
    other attributes."""
    heap_object = interpreter.heap.get(value)
    if not isinstance(heap_object, Instance):
        return None
    if (getter := heap_object.attributes.get(PROPERTY)) is not None:
        return UNKNOWN if isinstance(getter, Bound) else getter
    if heap_object.cls is None:
        return None
    getter = class_attribute(interpreter, heap_object.cls, "__get__")
    return Bound(getter, value) if isinstance(getter, Function) else None
