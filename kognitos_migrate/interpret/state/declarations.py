"""What the interpreter keeps of a class: its names, bases and fields. Plain data."""

from collections.abc import Mapping

from kognitos_migrate.record import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Class, Value
from kognitos_migrate.values.heap import Given


class Field(Struct, eq=False):
    """An annotated name of a class."""

    name: str
    site: Site
    frame: int
    names: frozenset[str]
    """The names in its annotation."""
    enum: Class | None
    """The Enum in its annotation."""
    default: Given | None
    specifier: Mapping[str, Given] | None
    """What `field(...)` or `Field(...)` says of it."""
    by_name: bool
    """It is never given by its place."""


class ClassInfo(Struct, eq=False):
    """A class of the program, once its body has been run."""

    name: str
    site: Site
    frame: int
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    fields: tuple[Field, ...]
    """Annotated names in order: the parameters of a dataclass-like constructor."""
    decorators: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)
