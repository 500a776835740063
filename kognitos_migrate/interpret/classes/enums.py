"""Members of Enum classes.

class Endpoint(Enum):
    RUN = ("GET", "/run/{}")     # an instance with the tuple as its value
    STATUS = "GET"               # a text: the member is taken for its value
"""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, is_descriptor, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ENUMS, ClassInfo
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Const,
    Function,
    Lit,
    Ref,
    Text,
    Unknown,
    Value,
)

_PROPERTIES = ("builtins.property", "functools.cached_property")
_DESCRIPTORS = (*_PROPERTIES, "builtins.classmethod", "builtins.staticmethod")
"""Decorators of functions that aren't called with the member."""
_FORMATTING = ("__format__", "__str__")
"""Methods that make the text of a member another one than its value."""


def make_members(point: EvalPoint, cls: Class, info: ClassInfo) -> None:
    """Replace the tuples, lists and dicts in the body of an Enum by members that contain them.

    A class with a `__new__` of its own chooses its values, and keeps what is written.
    """
    interpreter = point.interpreter
    if isinstance(class_attribute(interpreter, cls, "__new__"), Function):
        return
    for name, value in list(info.attributes.items()):
        content = interpreter.heap[value] if isinstance(value, Ref) and not name.startswith("_") else None
        is_simple = (isinstance(value, Const) and value != NONE) or value == plain_text("")
        if is_simple and not name.startswith("_") and is_plain_enum(interpreter, cls):
            info.attributes[name] = Unknown(f"{info.name}.{name}")
        if isinstance(content, SequenceObject | DictObject):
            operand = Operand(value, content.site, content.frame)
            info.attributes[name] = _member(point, cls, name, operand, content)


def _member(
    point: EvalPoint, cls: Class, name: str, operand: Operand, content: SequenceObject | DictObject
) -> Value:
    """The member of this name. Its constructor gets the elements of a tuple one by one."""
    interpreter = point.interpreter
    ref = interpreter.heap.new(Instance(operand.site, operand.frame, cls))
    interpreter.classes.instances.setdefault(cls.site, {})[ref] = None
    member = interpreter.heap[ref]
    assert isinstance(member, Instance)
    parts = content.items if isinstance(content, SequenceObject) else [operand]
    label = operand._replace(value=plain_text(name))
    attributes = {"value": operand, "_value_": operand, "name": label, "_name_": label}
    fields = zip(mro_of(interpreter, cls).fields, parts, strict=False)
    for attribute, content_operand in (*attributes.items(), *((field.name, part) for field, part in fields)):
        interpreter.stores += member.put(attribute, content_operand)
    constructor = class_attribute(interpreter, cls, "__init__")
    if isinstance(constructor, Function):
        point.call(Bound(constructor, ref), Arguments(list(parts)))
    return ref


_CHOOSING = frozenset(("__new__", "__init__", "__eq__", "__hash__", "_missing_"))
"""Methods that give an Enum other values than its body has, or find a member by another value."""


def has_written_values(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a call of an Enum class yields the member whose value in the class body is the argument."""
    mro = mro_of(interpreter, cls)
    own = {name for info in mro.infos for name in info.attributes}
    return own.isdisjoint(_CHOOSING) and mro.outside_names <= _PLAIN_BASES


_PLAIN_BASES = ENUMS | {"builtins.str", "builtins.object"}


def method_of_member(interpreter: Interpreter, text: Text, name: str) -> Bound | None:
    """The method of an Enum's member that is taken for its value. None if the text is the value of no member,
    its class has no such method, or texts have one."""
    method = _function_of_member(interpreter, text, name)
    is_plain = method is not None and not is_descriptor(interpreter, method, *_DESCRIPTORS)
    return Bound(method, text) if method is not None and is_plain else None


def property_of_member(point: EvalPoint, text: Text, name: str) -> Value | None:
    """The value of a property of an Enum's member that is taken for its value. None if there is none."""
    getter = _function_of_member(point.interpreter, text, name)
    if getter is None or not is_descriptor(point.interpreter, getter, *_PROPERTIES):
        return None
    return point.call(Bound(getter, text), Arguments())


def _function_of_member(interpreter: Interpreter, text: Text, name: str) -> Function | None:
    """The function of an Enum's class under a name that texts don't have, for the value of a member."""
    cls = _enum_with(interpreter, text) if not hasattr("", name) else None
    if cls is None or not has_written_values(interpreter, cls):
        return None
    if any(class_attribute(interpreter, cls, own) != NEVER for own in _FORMATTING):
        return None
    function = class_attribute(interpreter, cls, name)
    return function if isinstance(function, Function) else None


def name_of_member(interpreter: Interpreter, text: Text) -> Value | None:
    """The name of an Enum's member that is taken for its value. None if the text is no member's value."""
    cls = _enum_with(interpreter, text)
    info = interpreter.class_info(cls.site) if cls is not None else None
    for name, value in info.attributes.items() if info is not None else ():
        if isinstance(value, Text) and value.literal == text.literal:  # other names of it are aliases
            return plain_text(name)
    return None


def is_member(interpreter: Interpreter, value: Value) -> bool:
    """Whether a text is the value of a member of an Enum that isn't a text itself."""
    cls = _enum_with(interpreter, value)
    return cls is not None and is_plain_enum(interpreter, cls)


def _enum_with(interpreter: Interpreter, value: Value) -> Class | None:
    """The Enum whose body assigns a literal text to a member; None for any other value."""
    (part,) = value.parts if isinstance(value, Text) and len(value.parts) == 1 else (None,)
    site = part.site if isinstance(part, Lit) else None
    tree = interpreter.trees.get(site.path) if site is not None else None
    if tree is None or site is None:
        return None
    if not isinstance(tree.parent(tree.node(site)), cst.Assign | cst.AnnAssign):
        return None
    owner = tree.enclosing(tree.node(site), cst.ClassDef, cst.FunctionDef, cst.Lambda)
    if not isinstance(owner, cst.ClassDef) or tree.site(owner) not in interpreter.classes.infos:
        return None
    cls = Class(tree.site(owner), interpreter.modules[tree.path].frame.id)
    return cls if mro_of(interpreter, cls).is_enum else None


def may_differ_as_members(interpreter: Interpreter, left: Value, right: Value) -> bool:
    """Whether only one of two values is the member of an Enum, which isn't equal to its value, or both are
    with the same value, perhaps of two Enums."""
    is_left, is_right = is_member(interpreter, left), is_member(interpreter, right)
    if not (is_left and is_right):
        return is_left or is_right
    return (
        left != right and isinstance(left, Text) and isinstance(right, Text) and left.literal == right.literal
    )


def is_plain_enum(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class is an Enum whose members are neither texts nor numbers."""
    mro = mro_of(interpreter, cls)
    return mro.is_enum and mro.outside_names <= {*_PLAIN_ENUMS, "builtins.object"}


_PLAIN_ENUMS = ("enum.Enum", "enum.Flag")


def members_of(interpreter: Interpreter, info: ClassInfo) -> Iterator[Value]:
    """The members of an Enum class."""
    for value in info.attributes.values():
        content = interpreter.heap[value] if isinstance(value, Ref) else None
        is_own = isinstance(content, Instance) and content.cls is not None and content.cls.site == info.site
        if isinstance(value, Text | Const) or is_own:
            yield value
