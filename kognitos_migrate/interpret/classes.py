"""Classes of the program: their attributes by inheritance, and making instances."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.declarations import ClassInfo
from kognitos_migrate.interpret.machine import Activation, Arguments, Machine
from kognitos_migrate.values.base import (
    NEVER,
    UNKNOWN,
    Class,
    Function,
    Ref,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Instance, Thing
from kognitos_migrate.values.join import alternatives, join

ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag")


def ancestry(m: Machine, value: Class | None) -> Iterator[ClassInfo]:
    """The class and its bases, nearest first."""
    pending: list[Value] = [value] if value else []
    seen: set[Value] = set()
    while pending:
        current = pending.pop(0)
        if current in seen or not isinstance(current, Class) or current.site not in m.classes:
            continue
        seen.add(current)
        info = m.classes[current.site]
        yield info
        pending.extend(choice for base in info.bases for choice in alternatives(base))


def class_attribute(m: Machine, value: Class | None, name: str) -> Value:
    """What the class or the nearest base has under `name`; Never where none has."""
    return next((info.attributes[name] for info in ancestry(m, value) if name in info.attributes), NEVER)


def outside_bases(m: Machine, value: Class | None) -> list[Symbol]:
    """The bases that are not of the program."""
    return [
        choice
        for info in ancestry(m, value)
        for base in info.bases
        for choice in alternatives(base)
        if isinstance(choice, Symbol)
    ]


def is_exception(m: Machine, value: Class) -> bool:
    """Whether instances are errors."""
    return any(base.name.endswith(("Error", "Exception")) for base in outside_bases(m, value))


def is_descriptor(m: Machine, function: Function, *names: str) -> bool:
    """Whether a method is decorated with one of `names`."""
    node = m.trees[function.site.path].node(function.site)
    if not isinstance(node, cst.FunctionDef):
        return False
    for decorator in node.decorators:
        spelled = _dotted(decorator.decorator)
        if any(
            name in (spelled, f"builtins.{spelled}") or name.rpartition(".")[2] == spelled for name in names
        ):
            return True
    return False


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return ""


def client_of_class(m: Machine, value: Class) -> str | None:
    """The client whose session the class is derived from."""
    names = {base.name for base in outside_bases(m, value)}
    return next((client.id for client in m.clients if names & set(client.session_types)), None)


def open_session(m: Machine, thing: Thing, arguments: Arguments) -> None:
    """Note what a session's constructor is given: each keyword argument is an attribute."""
    own = thing.client if isinstance(thing, Instance) else None
    client = next((client for client in m.clients if client.id == own), None)
    if client is None or not isinstance(thing, Instance):
        return
    said = dict(arguments.keywords)
    for role, given in zip(client.session_arguments, arguments.positional, strict=False):
        said.update({name: given for name, held in client.session_attributes.items() if held is role})
    for name in client.session_attributes:
        if name in said:
            m.stores += thing.put(name, said[name])


def annotated(
    m: Machine, act: Activation, annotation: cst.Annotation | None, site: cst.CSTNode, name: str
) -> Value:
    """What a parameter of unknown value is, going by its annotation: a session, an instance, or unknown."""
    if annotation is None:
        return Unknown(name)
    value = (
        m.evaluate(act, annotation.annotation)
        if not isinstance(annotation.annotation, cst.SimpleString)
        else UNKNOWN
    )
    for choice in alternatives(value):
        if isinstance(choice, Symbol):
            client = next((client for client in m.clients if choice.name in client.session_types), None)
            if client:
                return m.instance(act, site, client.id)[0]
        if isinstance(choice, Class) and not any(base.name in ENUMS for base in outside_bases(m, choice)):
            known: list[Ref] = m.instances_of(choice.site)
            if known:
                return join(*known[:3])
    return Unknown(name)
