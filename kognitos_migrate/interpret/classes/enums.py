"""Members of Enum classes.

class Endpoint(Enum):
    RUN = ("GET", "/run/{}")     # an instance with the tuple as its value
    STATUS = "GET"               # a text: the member is taken for its value
"""

from collections.abc import Iterator

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ENUMS, ClassInfo
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import plain_text
from kognitos_migrate.values.lattice import Bound, Class, Const, Function, Ref, Text, Value


def make_members(point: EvalPoint, cls: Class, info: ClassInfo) -> None:
    """Replace the tuples, lists and dicts in the body of an Enum by members that contain them.

    A class with a `__new__` of its own chooses its values, and keeps what is written.
    """
    m = point.machine
    if isinstance(class_attribute(m, cls, "__new__"), Function):
        return
    for name, value in list(info.attributes.items()):
        content = m.heap[value] if isinstance(value, Ref) and not name.startswith("_") else None
        if isinstance(content, SequenceObject | DictObject):
            operand = Operand(value, content.site, content.frame)
            info.attributes[name] = _member(point, cls, name, operand, content)


def _member(
    point: EvalPoint, cls: Class, name: str, operand: Operand, content: SequenceObject | DictObject
) -> Value:
    """The member of this name. Its constructor gets the elements of a tuple one by one."""
    m = point.machine
    ref = m.heap.new(Instance(operand.site, operand.frame, cls))
    m.classes.instances.setdefault(cls.site, {})[ref] = None
    member = m.heap[ref]
    assert isinstance(member, Instance)
    parts = content.items if isinstance(content, SequenceObject) else [operand]
    label = operand._replace(value=plain_text(name))
    attributes = {"value": operand, "_value_": operand, "name": label, "_name_": label}
    fields = zip(mro_of(m, cls).fields, parts, strict=False)
    for attribute, content_operand in (*attributes.items(), *((field.name, part) for field, part in fields)):
        m.stores += member.put(attribute, content_operand)
    constructor = class_attribute(m, cls, "__init__")
    if isinstance(constructor, Function):
        point.call(Bound(constructor, ref), Arguments(list(parts)))
    return ref


_CHOOSING = frozenset(("__new__", "__init__", "__eq__", "__hash__", "_missing_"))
"""Methods that give an Enum other values than its body has, or find a member by another value."""


def has_written_values(m: Interpreter, cls: Class) -> bool:
    """Whether a call of an Enum class yields the member whose value in the class body is the argument."""
    mro = mro_of(m, cls)
    own = {name for info in mro.infos for name in info.attributes}
    return own.isdisjoint(_CHOOSING) and mro.outside_names <= _PLAIN_BASES


_PLAIN_BASES = ENUMS | {"builtins.str", "builtins.object"}


def members_of(m: Interpreter, info: ClassInfo) -> Iterator[Value]:
    """The members of an Enum class."""
    for value in info.attributes.values():
        content = m.heap[value] if isinstance(value, Ref) else None
        is_own = isinstance(content, Instance) and content.cls is not None and content.cls.site == info.site
        if isinstance(value, Text | Const) or is_own:
            yield value
