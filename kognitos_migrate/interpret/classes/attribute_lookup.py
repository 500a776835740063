"""Attribute lookup along the method resolution order."""

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.overwrites import is_data
from kognitos_migrate.interpret.state.classes import AnyOf
from kognitos_migrate.interpret.state.declarations import ERRORS, Mro
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import HeapObject, Instance
from kognitos_migrate.values.heap_store import object_state
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Symbol,
    Unknown,
    Value,
)

PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol")
"""Bases whose constructor has no parameters."""
_WRAPPERS = ("Optional", "Union", "Annotated")
"""Generic types in an annotation whose type arguments are the possible types of the value."""
ALLOCATOR = Symbol("builtins.object.__new__")
"""The function that creates an instance of a class without running its constructor."""
PROPERTY_DECORATORS = ("builtins.property", "functools.cached_property", "cached_property")
"""Decorators of methods that are called when the attribute is read."""
ENTERING = ("__enter__", "__aenter__")
"""The methods that `with` calls and that return the session itself."""


def mro_of(m: Interpreter, value: Class) -> Mro:
    """The method resolution order of a class, which is added to the read set."""
    mro = m.classes.lineages.get(value.site) or m.classes.mro(value)
    m.note_order_read(value.site, mro)
    return mro


def class_attribute(m: Interpreter, value: Class | None, name: str) -> Value:
    """The attribute `name` of the class or of its nearest base; Never if none has it. Attributes of unknown
    names are joined with it."""
    if value is None:
        return NEVER
    mro = mro_of(m, value)
    attribute = mro.attribute(name)
    if m.classes.opened and is_data(attribute):
        return join(attribute, *(m.classes.opened.get(site, NEVER) for site in mro.sites))
    return attribute


def methods_in(attribute: Value) -> list[Function]:
    """The functions of the program that an attribute of a class may be. There are several if code outside of
    the class replaces it."""
    return [choice for choice in alternatives(attribute) if isinstance(choice, Function)]


def has_unseen_attributes(m: Interpreter, value: Class) -> bool:
    """Whether the class may have unknown attributes, set by computed names or by a metaclass of the
    program."""
    has_computed_names = any(site in m.classes.opened for site in mro_of(m, value).sites)
    return has_computed_names or bool(metaclasses(m, value))


def metaclasses(m: Interpreter, value: Class) -> list[Class]:
    """The metaclasses of a class and its bases that are classes of the program, nearest first."""
    return mro_of(m, value).metaclasses


def is_exception(m: Interpreter, value: Class) -> bool:
    """Whether instances of the class are errors."""
    return mro_of(m, value).is_error


def is_descriptor(m: Interpreter, function: Function, *names: str) -> bool:
    """Whether a method is decorated with one of `names`."""
    node = m.trees[function.site.path].node(function.site)
    if not isinstance(node, cst.FunctionDef):
        return False
    for decorator in node.decorators:
        decorator_name = _dotted_name(decorator.decorator)
        if any(
            name in (decorator_name, f"builtins.{decorator_name}")
            or name.rpartition(".")[2] == decorator_name
            for name in names
        ):
            return True
    return False


_IMPLICIT_CLASS_METHODS = ("__init_subclass__", "__class_getitem__")


def is_class_method(m: Interpreter, function: Function) -> bool:
    """Whether a method is bound to the class: by its decorator, or by its name."""
    node = m.trees[function.site.path].node(function.site)
    if isinstance(node, cst.FunctionDef) and node.name.value in _IMPLICIT_CLASS_METHODS:
        return True
    return is_descriptor(m, function, "builtins.classmethod")


def _dotted_name(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{_dotted_name(node.value)}.{node.attr.value}"
    return ""


def client_of_class(m: Interpreter, value: Class) -> str | None:
    """The id of the client whose session the class is derived from; None if there is none."""
    client = m.libraries.client_of_session(mro_of(m, value).outside_names)
    return client.id if client is not None else None


def open_session(m: Interpreter, session: HeapObject, arguments: Arguments) -> None:
    """Store the arguments of a session's constructor as attributes of the session."""
    client = m.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    if client is None or not isinstance(session, Instance):
        return
    keywords = dict(arguments.keywords)
    for role, argument in zip(client.session_arguments, arguments.positional, strict=False):
        keywords.update(
            {
                name: argument
                for name, attribute_role in client.session_attributes.items()
                if attribute_role is role
            }
        )
    for name in (*client.session_attributes, client.session_encodes, *client.session_interceptors):
        if name is not None and name in keywords:
            m.stores += session.put(name, keywords[name])


def any_instance(m: Interpreter, cls: Class) -> Value:
    """An instance of the class or of a subclass: one for each distinct state.

    If there are more than `budgets.RECEIVERS` states, one merged instance represents the rest. Never if there
    are no instances.
    """
    instances = {ref: cast(Instance, m.heap[ref]) for ref in m.instances_below(cls.site)}
    states = {ref: (instance.cls, object_state(instance)) for ref, instance in instances.items()}
    cached = m.classes.any_of.get(cls)
    if cached is not None and cached.states == states:
        return cached.value
    first_of: dict[object, Ref] = {}
    for ref, state in states.items():
        first_of.setdefault(state, ref)
    distinct, others = _split_instances(list(first_of.values()))
    value = join(
        *distinct, *([_merge_instances(m, cls, [instances[ref] for ref in others])] if others else ())
    )
    m.classes.any_of[cls] = AnyOf(states, value)
    return value


def _split_instances(refs: list[Ref]) -> tuple[list[Ref], list[Ref]]:
    """The instances that are analysed separately, and those that are merged because there are too many."""
    room = len(refs) if len(refs) <= budgets.RECEIVERS else budgets.RECEIVERS - 1
    return refs[:room], refs[room:]


def _merge_instances(m: Interpreter, cls: Class, instances: list[Instance]) -> Ref:
    """One instance that contains the attributes of all `instances`."""
    ref, merged = m.heap.allocate(Instance(cls.site, m.modules[cls.site.path].frame.id, cls))
    for instance in instances:
        merged.client = merged.client or instance.client
        for name, origins in list(instance.origins.items()):
            for origin in list(origins):
                merged.put(name, origin)
    return ref


def is_called_from_outside(call: CallPoint) -> bool:
    """Whether a constructor call represents a caller outside of the program, so that its arguments are
    unknown."""
    return isinstance(call.node, cst.ClassDef)


def annotated_value(
    m: Interpreter, act: Activation, annotation: cst.Annotation | None, site: cst.CSTNode, name: str
) -> Value:
    """The unknown value of a parameter, as its annotation describes it: a session, an instance, or Unknown.

    The value may be an error unless the annotation is a built-in type that is no error.
    """
    if annotation is None:
        return Unknown(name, error=True)
    values = list(_types_of_annotation(m, act, annotation.annotation, site))
    for choice in values:
        if isinstance(choice, Symbol):
            client = m.libraries.client_of_session((choice.name,))
            if client:
                return m.instance(act, site, client.id)[0]
        if isinstance(choice, Class) and not mro_of(m, choice).is_enum:
            instance = any_instance(m, choice)
            if instance is not NEVER:
                return instance
    return Unknown(name, error=not any(map(_is_builtin_type, values)))


def annotated_classes(
    m: Interpreter, act: Activation, annotation: cst.Annotation, site: cst.CSTNode
) -> list[Class]:
    """The classes of the program that an annotation may mean, except Enums."""
    values = _types_of_annotation(m, act, annotation.annotation, site)
    return [value for value in values if isinstance(value, Class) and not mro_of(m, value).is_enum]


def _types_of_annotation(
    m: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> Iterator[Value]:
    """The types that an annotation may mean, including annotations in quotes."""
    if isinstance(annotation, cst.SimpleString):
        with suppress(cst.ParserSyntaxError):
            yield from _types_of_annotation(m, act, cst.parse_expression(str(literal_text(annotation))), site)
    elif isinstance(annotation, cst.BinaryOperation):
        yield from _types_of_annotation(m, act, annotation.left, site)
        yield from _types_of_annotation(m, act, annotation.right, site)
    elif isinstance(annotation, cst.Subscript):
        is_wrapper = _dotted_name(annotation.value).rpartition(".")[2] in _WRAPPERS
        inner = (element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index))
        for argument in inner if is_wrapper else (annotation.value,):
            yield from _types_of_annotation(m, act, argument, site)
    elif isinstance(annotation, cst.Name | cst.Attribute):
        first, *rest = _dotted_name(annotation).split(".")
        value = lookup(m, act, first)
        for name in rest:
            value = join(*(m.attribute(act, site, choice, name) for choice in alternatives(value)))
        yield from alternatives(value)


def _is_builtin_type(annotation: Value) -> bool:
    """Whether an annotation is a built-in type other than an error."""
    if not isinstance(annotation, Symbol) or annotation.name == "builtins.object":
        return False
    return annotation.name.startswith("builtins.") and not annotation.name.endswith(ERRORS)


def attribute_of_base(m: Interpreter, value: Bound, name: str) -> Value:
    """The value of `super().name`."""
    start = value.receiver
    assert isinstance(start, Bound)
    assert isinstance(start.function, Class)
    order = mro_of(m, _class_of(m, start.receiver) or start.function).infos
    place = next((number for number, info in enumerate(order) if info.site == start.function.site), -1)
    for info in order[place + 1 :]:
        class_value = info.attributes.get(name, NEVER)
        if class_value is not NEVER:
            return join(
                *(
                    Bound(choice, start.receiver)
                    if isinstance(choice, Function) and name != "__new__"  # which is a static method
                    else choice
                    for choice in alternatives(class_value)
                )
            )
    symbols = mro_of(m, start.function).outside
    client = m.libraries.client_of_session([base.name for base in symbols])
    if client and (name in client.session_methods or name in ("__init__", *ENTERING)):
        return MemberRef(Bound(Symbol("builtins.super"), start.receiver), name)
    if name in ("__new__", "__call__") and any(base.name == "builtins.type" for base in symbols):
        return Symbol(f"builtins.type.{name}")
    if name == "__new__":
        return ALLOCATOR
    if name == "__setattr__":
        return Symbol("builtins.super.__setattr__")
    if name == "__init__":
        error = next((base for base in symbols if base.name.endswith(("Error", "Exception"))), None)
        base = error or next((base for base in symbols if base.name not in PLAIN_BASES), None)
        return Symbol(f"{base.name if base else 'builtins.object'}.__init__")
    return UNKNOWN


def _class_of(m: Interpreter, receiver: Value) -> Class | None:
    """The class of an instance, or the class that a class method was called on."""
    if isinstance(receiver, Class):
        return receiver
    heap_object = m.heap[receiver] if isinstance(receiver, Ref) else None
    return heap_object.cls if isinstance(heap_object, Instance) else None
