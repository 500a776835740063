"""Members of Enum classes.

class Endpoint(Enum):
    RUN = ("GET", "/run/{}")     # an instance with the tuple as its value
    STATUS = "GET"               # its value, a text that is marked as the member

Members of a class are the same if their values are equal: the later name is an alias.
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.branches import are_equal, truth
from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    is_descriptor,
    may_have_more_attributes,
    mro_of,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ENUMS, ClassInfo
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join, plain_text, without_membership
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Const,
    Function,
    Join,
    Membership,
    Ref,
    Text,
    Unknown,
    Value,
    library_result,
)

_PROPERTIES = ("builtins.property", "functools.cached_property")
_DESCRIPTORS = (*_PROPERTIES, "builtins.classmethod", "builtins.staticmethod")
"""Decorators of functions that aren't called with the member."""
_FORMATTING = ("__format__", "__str__")
"""Methods that make the text of a member another one than its value."""


def make_members(point: EvalPoint, cls: Class, info: ClassInfo) -> None:
    """Mark the texts in the body of an Enum as members, and replace the tuples, lists and dicts by members
    that contain them.

    A class with a `__new__` of its own chooses its values, and keeps what is written.
    """
    interpreter = point.interpreter
    info = interpreter.class_info(cls.site) or info
    _set_automatic_texts(interpreter, cls, info)
    for name, value in info.attributes.items():
        if not name.startswith("__"):
            membership = Membership(cls.site, is_sure=not name.startswith("_"))
            info.attributes[name] = join(
                *(_mark_as_member(choice, membership) for choice in alternatives(value))
            )
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


_AUTOMATIC = library_result("enum.auto")


def _set_automatic_texts(interpreter: Interpreter, cls: Class, info: ClassInfo) -> None:
    """Set the members of a `StrEnum` that are made by `auto()` to their names in lower case."""
    generator = class_attribute(interpreter, cls, "_generate_next_value_")
    if generator is not NEVER or "enum.StrEnum" not in mro_of(interpreter, cls).outside_names:
        return
    for name, value in info.attributes.items():
        if isinstance(value, Unknown) and value.origin == _AUTOMATIC.origin:
            info.attributes[name] = plain_text(name.lower())


def _mark_as_member(value: Value, membership: Membership) -> Value:
    return replace(value, member_of=membership) if isinstance(value, Text) else value


def _is_defined_once(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class statement runs once and makes the members that are written in it. It runs again in a
    loop, and in another copy of its module."""
    tree = interpreter.trees[cls.site.path]
    node = tree.node(cls.site)
    is_repeated = tree.enclosing(node, cst.FunctionDef, cst.Lambda, cst.For, cst.While) is not None
    tests_name = tree.memoize(_tests_name)
    return _has_usual_members(interpreter, cls) and not (
        is_repeated or interpreter.shared.may_have_copies(tree.path, tests_name=tests_name)
    )


def _tests_name(tree: Tree) -> bool:
    return any(name.value == "__name__" for name in tree.of_kind(cst.Name))


def _has_usual_members(interpreter: Interpreter, cls: Class) -> bool:
    """Whether the members of an Enum are those that are written in it, and are compared and tested for truth
    as those of `Enum`, or as texts."""
    mro = mro_of(interpreter, cls)
    own = {name for info in mro.infos for name in info.attributes}
    has_metaclass = any("metaclass" in base.keywords for base in mro.infos)
    return (
        has_written_values(interpreter, cls)
        and own.isdisjoint(_COMPARING)
        and not has_metaclass
        and not may_have_more_attributes(interpreter, cls)
        and (is_plain_enum(interpreter, cls) or not _TEXT_BASES.isdisjoint(mro.outside_names))
    )


_COMPARING = frozenset(("__ne__", "__bool__", "__len__", "_ignore_"))
"""Names in the body of an Enum that give its members another truth, or leave some of them out."""


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


_TEXT_BASES = frozenset(("builtins.str", "enum.StrEnum"))
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
    cls = _enum_of(interpreter, text) if not hasattr("", name) else None
    if cls is None or not has_written_values(interpreter, cls):
        return None
    if any(class_attribute(interpreter, cls, own) != NEVER for own in _FORMATTING):
        return None
    function = class_attribute(interpreter, cls, name)
    return function if isinstance(function, Function) else None


def name_of_member(interpreter: Interpreter, text: Text) -> Value | None:
    """The name of an Enum's member that is taken for its value. None if the text is no member."""
    cls = _enum_of(interpreter, text)
    info = interpreter.class_info(cls.site) if cls is not None else None
    for name, value in info.attributes.items() if info is not None else ():
        if isinstance(value, Text) and (value == text or are_equal(value, text)):  # later names are aliases
            return plain_text(name)
    return None


def is_surely_member(value: Value) -> bool:
    """Whether a value is a member of an Enum, with a text as its value, and no text that is made of one."""
    return isinstance(value, Text) and value.member_of is not None and value.member_of.is_sure


def value_of_member(interpreter: Interpreter, text: Text) -> Text:
    """The `value` attribute of a text that is a member of an Enum: the text without the mark of a member, if
    the class leaves the values as they are written. Any other text is returned unchanged."""
    cls = _enum_of(interpreter, text)
    if cls is None:
        return text
    mro = mro_of(interpreter, cls)
    own = {name for info in mro.infos for name in info.attributes}
    is_written = own.isdisjoint(_REPLACING) and mro.outside_names <= _PLAIN_BASES
    return without_membership(text) if is_written else text


_REPLACING = frozenset(("__new__", "__init__", "value", "_value_"))
"""Names in an Enum that give its members another `value` than its body has."""


def _enum_of(interpreter: Interpreter, value: Value) -> Class | None:
    """The Enum whose member a text may be."""
    membership = value.member_of if isinstance(value, Text) else None
    info = interpreter.class_info(membership.enum) if membership is not None else None
    return Class(info.site, info.frame) if info is not None else None


def has_own_comparison(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a member that may be equal to others than its value is."""
    cls = _enum_of(interpreter, value)
    return cls is not None and not _has_usual_members(interpreter, cls)


def differs_from_text(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a member that may be compared, hashed or tested for truth in another way than its
    text."""
    cls = _enum_of(interpreter, value)
    return cls is not None and (is_plain_enum(interpreter, cls) or not _has_usual_members(interpreter, cls))


def are_same_member(interpreter: Interpreter, left: Value, right: Value) -> bool | None:
    """Whether two values are one object, if one of them is the member of an Enum. None if that is unknown, or
    if none is a member."""
    enums = [cls for value in (left, right) if (cls := _enum_of(interpreter, value)) is not None]
    are_sure = len(enums) == sum(map(is_surely_member, (left, right))) > 0
    if not are_sure or not all(_is_defined_once(interpreter, cls) for cls in enums):
        return None
    if len(enums) == 2:
        first, second = enums
        return are_equal(left, right) if first == second else False
    return (
        False if any(isinstance(value, Const | Ref | Class | Function) for value in (left, right)) else None
    )


def are_equal_members(interpreter: Interpreter, left: Value, right: Value) -> bool | None:
    """Whether two values are equal, also if they are members of Enums. None if that is unknown. A text
    without a mark may be the copy of a member."""
    if not (differs_from_text(interpreter, left) or differs_from_text(interpreter, right)):
        return are_equal(left, right)
    enums = [_enum_of(interpreter, value) for value in (left, right)]
    return are_same_member(interpreter, left, right) if None not in enums else None


def mark_members_unsure(value: Value, sources: Iterable[Operand]) -> Value:
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
    return join(*(_as_possible_member(choice) if choice in members else choice for choice in choices))


def _as_possible_member(text: Text) -> Text:
    """A text that may be the member of an Enum, or its value."""
    membership = text.member_of
    return text if membership is None else replace(text, member_of=replace(membership, is_sure=False))


def is_plain_enum(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class is an Enum whose members are neither texts nor numbers."""
    mro = mro_of(interpreter, cls)
    return mro.is_enum and mro.outside_names <= {*_PLAIN_ENUMS, "builtins.object"}


_PLAIN_ENUMS = ("enum.Enum", "enum.Flag")


def enum_members(interpreter: Interpreter, info: ClassInfo) -> Iterator[Value]:
    """The members of an Enum class, also those whose values aren't known."""
    for name, value in info.attributes.items():
        content = interpreter.heap.get(value)
        is_own = isinstance(content, Instance) and content.cls is not None and content.cls.site == info.site
        is_unknown = isinstance(value, Unknown | Join) and not name.startswith("_")
        if isinstance(value, Text | Const) or is_own or is_unknown:
            yield value


def truth_of(interpreter: Interpreter, value: Value) -> bool | None:
    """Whether a value is true; None if it may be either. The member of an Enum isn't true as its value is."""
    return None if differs_from_text(interpreter, value) else truth(value)
