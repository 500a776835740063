"""Members of Enum classes.

class Endpoint(Enum):
    RUN = ("GET", "/run/{}")     # an instance with the tuple as its value
    STATUS = "GET"               # its value, a text that is marked as the member

Members of a class are the same if their values are equal: the later name is an alias.
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.branches import are_equal
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, is_descriptor, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ENUMS, ClassInfo
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, as_value, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Const,
    Function,
    Join,
    Lit,
    Membership,
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
    """Replace the tuples, lists and dicts in the body of an Enum by members that contain them, and mark the
    texts.

    A class with a `__new__` of its own chooses its values, and keeps what is written.
    """
    interpreter = point.interpreter
    is_single = _has_single_members(point, cls, info)
    for name, value in info.attributes.items():
        if isinstance(value, Text) and value.literal is not None and not name.startswith("__"):
            membership = Membership(cls.site, is_sure=is_single and not name.startswith("_"))
            info.attributes[name] = replace(value, member_of=membership)
    if isinstance(class_attribute(interpreter, cls, "__new__"), Function):
        return
    for name, value in list(info.attributes.items()):
        content = interpreter.heap[value] if isinstance(value, Ref) and not name.startswith("_") else None
        is_empty = isinstance(value, Text) and not value.parts
        is_simple = (isinstance(value, Const) and value != NONE) or is_empty
        if is_simple and not name.startswith("_") and is_plain_enum(interpreter, cls):
            info.attributes[name] = Unknown(f"{info.name}.{name}")
        if isinstance(content, SequenceObject | DictObject):
            operand = Operand(value, content.site, content.frame)
            info.attributes[name] = _member(point, cls, name, operand, content)


def _has_single_members(point: EvalPoint, cls: Class, info: ClassInfo) -> bool:
    """Whether a class statement runs once and makes the members that are written in it. It runs again in a
    loop, and in the second copy of a module that is run and imported."""
    mro, tree = mro_of(point.interpreter, cls), point.act.tree
    is_repeated = tree.enclosing(point.node, cst.FunctionDef, cst.Lambda, cst.For, cst.While) is not None
    tests_name = any(name.value == "__name__" for name in tree.descendants_of_kind(tree.module, cst.Name))
    is_copied = tests_name and point.interpreter.shared.is_imported(point.act.frame.path)
    has_metaclass = any("metaclass" in base.keywords for base in mro.infos)
    return (
        has_written_values(point.interpreter, cls)
        and not (is_repeated or is_copied or has_metaclass)
        and "_ignore_" not in info.attributes
    )


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


def is_enum_member(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value may be a member, with a text as its value, of an Enum whose members aren't texts."""
    cls = _enum_of(interpreter, value)
    return cls is not None and is_plain_enum(interpreter, cls)


def is_surely_member(value: Value) -> bool:
    """Whether a value is a member of an Enum, with a text as its value, and no text that is made of one."""
    return isinstance(value, Text) and value.member_of is not None and value.member_of.is_sure


def value_of_member(interpreter: Interpreter, text: Text) -> Text:
    """The `value` of a text: no member of an Enum, if the class leaves the values as they are written."""
    cls = _enum_of(interpreter, text)
    if cls is None:
        return text
    mro = mro_of(interpreter, cls)
    own = {name for info in mro.infos for name in info.attributes}
    is_written = own.isdisjoint(_REPLACING) and mro.outside_names <= _PLAIN_BASES
    return as_value(text) if is_written else text


_REPLACING = frozenset(("__new__", "__init__", "value", "_value_"))
"""Names in an Enum that give its members another `value` than its body has."""


def _enum_of(interpreter: Interpreter, value: Value) -> Class | None:
    """The Enum whose member a text may be."""
    membership = value.member_of if isinstance(value, Text) else None
    info = interpreter.class_info(membership.enum) if membership is not None else None
    return Class(info.site, info.frame) if info is not None else None


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
    is_left, is_right = is_enum_member(interpreter, left), is_enum_member(interpreter, right)
    if not (is_left and is_right):
        return is_left or is_right
    return (
        left != right and isinstance(left, Text) and isinstance(right, Text) and left.literal == right.literal
    )


def are_same_member(left: Value, right: Value) -> bool | None:
    """Whether two values are one object, if one of them is the member of an Enum. None if that is unknown, or
    if none is a member."""
    members = [value for value in (left, right) if isinstance(value, Text) and is_surely_member(value)]
    if len(members) == 2:
        first, second = members
        return (first.member_of, first.literal) == (second.member_of, second.literal)
    others = [value for value in (left, right) if isinstance(value, Const | Ref | Class | Function)]
    return False if members and others else None


def are_equal_members(interpreter: Interpreter, left: Value, right: Value) -> bool | None:
    """Whether two values are equal, also if they are members of Enums. None if that is unknown."""
    are_members = is_surely_member(left) and is_surely_member(right)
    if are_members and (is_enum_member(interpreter, left) or is_enum_member(interpreter, right)):
        return are_same_member(left, right)
    return None if may_differ_as_members(interpreter, left, right) else are_equal(left, right)


def with_unsure_members(value: Value, sources: Iterable[Operand]) -> Value:
    """The result of a call of a library. A text of a source that it returns may be a copy, and not the member
    of an Enum that the source is."""
    members = {
        choice
        for source in sources
        for choice in alternatives(source.value)
        if isinstance(choice, Text) and is_surely_member(choice)
    }
    if not members:
        return value
    choices = alternatives(value)
    return join(*(_perhaps_member(choice) if choice in members else choice for choice in choices))


def _perhaps_member(text: Text) -> Text:
    """A text that may be the member of an Enum, or its value."""
    membership = text.member_of
    return text if membership is None else replace(text, member_of=replace(membership, is_sure=False))


def is_plain_enum(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class is an Enum whose members are neither texts nor numbers."""
    mro = mro_of(interpreter, cls)
    return mro.is_enum and mro.outside_names <= {*_PLAIN_ENUMS, "builtins.object"}


_PLAIN_ENUMS = ("enum.Enum", "enum.Flag")


def members_of(interpreter: Interpreter, info: ClassInfo) -> Iterator[Value]:
    """The members of an Enum class, also those whose values aren't known."""
    for name, value in info.attributes.items():
        content = interpreter.heap[value] if isinstance(value, Ref) else None
        is_own = isinstance(content, Instance) and content.cls is not None and content.cls.site == info.site
        is_unknown = isinstance(value, Unknown | Join) and not name.startswith("_")
        if isinstance(value, Text | Const) or is_own or is_unknown:
            yield value
