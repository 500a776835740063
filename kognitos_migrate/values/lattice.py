"""The lattice of abstract values.

Values are frozen and compare by content. What can change (dicts, lists, instances) lives on the heap
and is named by a `Ref`. A value never holds a syntax node, only its site.
"""

from enum import Enum
from typing import TypeAlias

from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site

_LONGEST_SOURCE = 60
"""Characters of a source. What walks down a structure without end gets a longer one with every step."""


class Never(Struct, frozen=True):
    """No value: code that isn't reached, a call that is still being analysed. The join's unit."""


class Unknown(Struct, frozen=True):
    """Any value. `source` says where it comes from, for people and as evidence: a parameter's name,
    an environment variable's."""

    source: str = ""
    public: bool = False
    """True where users of the program set it: an environment variable, an option."""
    many: bool = False
    """True where more values meet than are told apart."""
    error: bool = False
    """True where it may be an error of the program's own, or lead to one."""
    messages: "tuple[Ref, ...]" = ()
    """Arguments of the errors that it may be."""

    def inside(self, step: str) -> "Unknown":
        """What `step` leads to; the source is no longer than people read it."""
        long = len(self.source) + len(step) > _LONGEST_SOURCE
        return (
            self
            if long
            else Unknown(f"{self.source}{step}", self.public, error=self.error, messages=self.messages)
        )


class Const(Struct, frozen=True):
    """A constant that isn't text: a number, a truth value, None, bytes."""

    value: int | float | complex | bool | bytes | None


class Lit(Struct, frozen=True):
    """Characters that stand in a source file.

    `offset` is that of their first byte, counted from the beginning of `site`, the literal that holds them;
    -1 if the characters are not written one to one (an escape, a number formatted).
    """

    text: str
    site: Site | None = None
    offset: int = -1


class Hole(Struct, frozen=True):
    """A part of a text that is computed: the expression at `site`, as evaluated in `frame`."""

    value: "Value"
    site: Site
    frame: int
    mark: Lit | None = None
    """The placeholder of a template that the hole filled."""


Part: TypeAlias = Lit | Hole


class Text(Struct, frozen=True):
    """Text with holes. Every segment remembers where it came from."""

    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The text, if it has no holes (a hole that holds known text counts as that text)."""
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, Lit):
                pieces.append(part.text)
            elif isinstance(part.value, Text) and (inner := part.value.literal) is not None:
                pieces.append(inner)
            else:
                return None
        return "".join(pieces)


class Json(Struct, frozen=True):
    """The JSON text of `value`, which the expression at `site` gave in `frame`."""

    value: "Value"
    site: Site
    frame: int
    encoder: Site | None = None
    """The option that says what becomes of values that JSON has no form for."""


class Decoding(Enum):
    """A step inside a reply that isn't a key."""

    LOADS = "loads"
    """JSON text, decoded."""
    ANY = "any"
    """Some element, of a list or of an object whose keys aren't known."""
    NAMES = "names"
    """Some key of an object."""
    CASED = "cased"
    """A text, in upper or lower case."""


class Reply(Struct, frozen=True):
    """A position inside the reply of a request: the reply object itself, or what a path leads to.

    The path's first step is a view of the reply object (its JSON, its text, its status), then come keys
    and decodings.
    """

    request: int
    path: tuple[View | Decoding | str, ...] = ()

    def at(self, step: View | Decoding | str) -> "Reply":
        """The position one step further."""
        return Reply(self.request, (*self.path, step))


class Ref(Struct, frozen=True):
    """A thing on the heap."""

    id: int


class Function(Struct, frozen=True):
    """A function of the program: its definition (or lambda), and the frame that it closes over."""

    site: Site
    closure: int


class Bound(Struct, frozen=True):
    """A method: a function with its receiver."""

    function: "Value"
    receiver: "Value"


class Class(Struct, frozen=True):
    """A class of the program."""

    site: Site
    frame: int


class ModuleRef(Struct, frozen=True):
    """A module of the program, by its file."""

    path: str


class Symbol(Struct, frozen=True):
    """Something that the program imports, by its qualified name."""

    name: str


class MemberRef(Struct, frozen=True):
    """An attribute of something whose type isn't known: calling it is calling a method of `receiver`."""

    receiver: "Value"
    name: str


class Join(Struct, frozen=True):
    """One of several values."""

    values: tuple["Value", ...]


class Narrowing(Struct, frozen=True):
    """A field of the reply that a name holds: one of these words, or merely there if there are none. As a
    source, `name` holds the field of the reply that `owner` holds."""

    name: str
    field: str
    words: frozenset[str]
    owner: str = ""


class Narrowings(Struct, frozen=True):
    """What tests have shown of the names of an environment, in which it has a name of its own."""

    fields: frozenset[Narrowing] = frozenset()
    sources: frozenset[Narrowing] = frozenset()


Value: TypeAlias = (
    Never
    | Unknown
    | Const
    | Text
    | Json
    | Reply
    | Ref
    | Function
    | Bound
    | Class
    | ModuleRef
    | Symbol
    | MemberRef
    | Join
    | Narrowings
)

NEVER = Never()
"""The only one."""
UNKNOWN = Unknown()
MANY = Unknown(many=True)
NONE = Const(None)
NUMBER = Unknown("a number")
"""A number that is only known at run time."""
ROWS = Unknown("rows of a table")
"""Dicts of a table's columns, with a key that is no text where a row has more fields than the table."""


def is_row(value: Value) -> bool:
    """Whether a value is one of the rows of a table."""
    return isinstance(value, Unknown) and value.source.endswith(ROWS.source)


def is_result(value: Value) -> bool:
    """Whether a value is what a function of a library gives, of which nothing else is known."""
    return isinstance(value, Unknown) and value.source.endswith("()")


def is_number(value: Value) -> bool:
    """Whether a value is a number, or a truth value."""
    return value == NUMBER or (isinstance(value, Const) and isinstance(value.value, int | float))
