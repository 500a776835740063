"""The lattice of abstract values.

Values are frozen and compare by content. Mutable objects (dicts, lists, instances) live on the heap and are
named by a `Ref`. A value never contains a syntax node, only its site.
"""

from collections.abc import Iterator
from typing import TypeAlias

from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import HashedEnum, Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.origins import NAMED, UNKNOWN_KEY, OriginKind, Read, ReadKind, ValueOrigin

_LONGEST_SOURCE = 60
"""The maximum length of `Unknown.source`, in characters, so that traversing a recursive structure ends."""


class Never(Struct, frozen=True):
    """The bottom element: unreached code, or a call that is still being analysed. The unit of the join."""


class Unknown(Struct, frozen=True):
    """Any value.

    `source` describes its origin for messages and as evidence: an environment variable, or the name of a
    parameter with the attributes, items and calls that reach it, such as `client.urls["run"]()`."""

    source: str = ""
    public: bool = False
    """Whether users of the program set it: an environment variable, an option."""
    many: bool = False
    """Whether it results from widening a join."""
    error: bool = False
    """Whether it may be an exception of the program, or an object reached from one."""
    messages: "tuple[Ref, ...]" = ()
    """The arguments of the exceptions that it may be."""
    is_data: bool = False
    """Whether it is decoded data, or an item of an object that isn't known. It may be null then."""
    maker: str = ""
    """The qualified name of the library's function that it or its owner is from. Empty if none is known."""
    origin: ValueOrigin | None = NAMED
    """The source as data. None if the value is computed, or if a part of the source is left out."""

    def inside(self, step: str, read: Read | None = None) -> "Unknown":
        """The value reached by `step`, which is appended to the source unless that gets too long. `read` is
        the step as data; None if it isn't a read."""
        if len(self.source) + len(step) > _LONGEST_SOURCE:
            return replace(self, many=False, origin=None)
        origin = self.origin.followed_by(read) if self.origin is not None and read is not None else None
        return replace(self, source=f"{self.source}{step}", many=False, origin=origin)

    def item(self, key: str | None, notation: str = "") -> "Unknown":
        """An item of the value. The key is None if it isn't known; the source shows it as `notation`."""
        name = UNKNOWN_KEY if key is None else key
        return replace(self.inside(f"[{notation or name}]", Read(ReadKind.ITEM, name)), is_data=True)

    def attribute(self, name: str) -> "Unknown":
        """An attribute of the value."""
        return self.inside(f".{name}", Read(ReadKind.ATTRIBUTE, name))

    def element(self) -> "Unknown":
        """An element of the value. Elements of elements aren't distinguished."""
        if self.source.startswith(_ELEMENT_OF):
            return self
        origin = self.origin.followed_by(Read(ReadKind.ELEMENT)) if self.origin is not None else None
        return replace(self, source=f"{_ELEMENT_OF}{self.source}", origin=origin)

    @property
    def owner(self) -> "Unknown":
        """The object that it is an attribute of."""
        return replace(
            self, source=self.member[0], origin=self.origin.owner if self.origin is not None else None
        )

    @property
    def member(self) -> tuple[str, str]:
        """The source of the object that it is an attribute of, empty if it is none, and its own name."""
        owner, _, name = self.source.rpartition(".")
        return owner, name

    @property
    def is_named_setting(self) -> bool:
        """Whether users of the program set it under a name that is known: not by `os.environ[name]` for any
        name."""
        return self.public and bool(self.source) and self.source not in _KINDS

    def may_be_named(self, name: str) -> bool:
        """Whether code may read it by this name: of a variable, an attribute, or an object around it."""
        return not self.source or name in self.source.split(".")


_KINDS = frozenset(kind.value for kind in OriginKind)
_ELEMENT_OF = "an element of "
"""The start of the source of an element of an unknown value."""


def library_result(name: str, maker: str = "", *, is_data: bool = False) -> Unknown:
    """The result of a function of a library, by its qualified name."""
    return Unknown(f"{name}()", is_data=is_data, maker=maker, origin=ValueOrigin(OriginKind.RESULT, (name,)))


def environment_variable(name: str) -> Unknown:
    """The value of an environment variable. Its name may be empty, because it isn't known."""
    return _setting_of(OriginKind.VARIABLE, name, (name,))


def option_of_command(name: str) -> Unknown:
    """The value of an option of a command."""
    return _setting_of(OriginKind.OPTION, name, (name,))


def setting_at(path: str) -> Unknown:
    """The value of a setting at keys that are joined by dots."""
    return _setting_of(OriginKind.SETTING, path, tuple(path.split(".")))


def _setting_of(kind: OriginKind, name: str, names: tuple[str, ...]) -> Unknown:
    origin = ValueOrigin(kind, names) if name else NAMED
    return Unknown(f"{kind.value} {name}".rstrip(), public=True, origin=origin)


class Const(Struct, frozen=True):
    """A constant other than text: a number, a truth value, None, bytes."""

    value: int | float | complex | bool | bytes | None


class Lit(Struct, frozen=True):
    """Literal characters of a text.

    `offset` is the offset of their first byte from the start of `site`, the literal that contains them. It is
    -1 if the source spells them differently, as with escape sequences and formatted numbers.
    """

    text: str
    site: Site | None = None
    offset: int = -1


class Hole(Struct, frozen=True):
    """A computed part of a text: the expression at `site`, as evaluated in `frame`."""

    value: "Value"
    site: Site
    frame: int
    mark: Lit | None = None
    """The placeholder of a template that the hole fills."""
    fills: "tuple[Hole, ...] | None" = None
    """The values for the placeholders of an unknown template, if it is one. Their marks are the names."""


Part: TypeAlias = Lit | Hole


class Membership(Struct, frozen=True):
    """The Enum whose member a text stands for: surely, or perhaps only for the member's value."""

    enum: Site
    is_sure: bool = True


class Text(Struct, frozen=True):
    """A text with holes. Every part records its origin.

    `member_of` names the Enum whose member has this text as its value, if the value may be the member itself.
    A text that is made of it, such as its `value`, isn't the member.
    """

    parts: tuple[Part, ...]
    member_of: Membership | None = None

    @property
    def literal(self) -> str | None:
        """The text, if it has no holes except those with literal texts; None if it has others."""
        literals: list[str] = []
        for part in self.parts:
            if isinstance(part, Lit):
                literals.append(part.text)
            elif isinstance(part.value, Text) and (inner := part.value.literal) is not None:
                literals.append(inner)
            else:
                return None
        return "".join(literals)


def parts_of(text: Text) -> Iterator[Part]:
    """The parts of a text, each template that isn't known with the values that fill it."""
    for part in text.parts:
        yield part
        if isinstance(part, Hole):
            yield from part.fills or ()


class Json(Struct, frozen=True):
    """The JSON text of `value`, which the expression at `site` encoded in `frame`."""

    value: "Value"
    site: Site
    frame: int
    encoder: Site | None = None
    """The argument that encodes values without a JSON form, such as `default`."""


class Decoding(HashedEnum):
    """A step inside of a reply that isn't a key."""

    LOADS = "loads"
    """Decoding of JSON text."""
    ANY = "any"
    """An element of a list, or of an object with unknown keys."""
    NAMES = "names"
    """A key of an object."""
    CASED = "cased"
    """A text in upper or lower case."""
    MISSING = "missing"
    """The error that an object lacks the key that follows."""
    SEGMENTS = "segments"
    """The parts of a URL between its slashes. The index of one may follow."""
    HALVES = "halves"
    """The parts of a URL in front of its query and behind."""
    MATCHED = "matched"
    """The result of a search in a text: the function and the regular expression follow."""


class Reply(Struct, frozen=True):
    """A position inside of the reply to a request: the response object itself, or the value at a path in it.

    The first step of the path is a view of the response, as of its JSON. Keys and decodings follow.
    """

    request: int
    path: tuple[View | Decoding | str, ...] = ()

    def at(self, step: View | Decoding | str) -> "Reply":
        """The position that `step` leads to from this one."""
        return Reply(self.request, (*self.path, step))


class Ref(Struct, frozen=True):
    """An object on the heap."""

    id: int


class Function(Struct, frozen=True):
    """A function of the program: its definition or lambda, and the frame of its closure."""

    site: Site
    closure: int


class Bound(Struct, frozen=True):
    """A bound method: a function with its receiver."""

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
    """An imported object outside of the program, by its qualified name."""

    name: str


class MemberRef(Struct, frozen=True):
    """An attribute of a value of unknown type. Calling it is a method call on `receiver`."""

    receiver: "Value"
    name: str


class Join(Struct, frozen=True):
    """One of several alternative values."""

    values: tuple["Value", ...]


class FieldFact(Struct, frozen=True):
    """Knowledge about a field of a reply: the words that it may be (any, if there are none), words that it
    isn't, and whether it is present and not null."""

    words: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    is_present: bool = False


class Narrowing(Struct, frozen=True):
    """A fact about a field of the reply in the variable `name`."""

    name: str
    field: str
    fact: FieldFact


class FieldSource(Struct, frozen=True):
    """The variable `name` contains the field of the reply in the variable `owner`, or one of the constants
    `others`, where None stands for each that isn't text. If `enum` is the site of an Enum class, the variable
    contains the member with the field's value."""

    name: str
    field: str
    owner: str
    others: frozenset[str | None] = frozenset()
    enum: Site | None = None


class Implication(Struct, frozen=True):
    """A fact that holds if the variable `name` is true, or if it is false."""

    name: str
    outcome: bool
    conclusion: Narrowing


class Narrowings(Struct, frozen=True):
    """The facts that tests have established for variables.

    An environment holds them under a reserved name. `is_dead` means that control doesn't get there, because a
    call never returns.
    """

    fields: frozenset[Narrowing] = frozenset()
    sources: frozenset[FieldSource] = frozenset()
    implications: frozenset[Implication] = frozenset()
    is_dead: bool = False


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
"""The only instance of Never."""
UNKNOWN = Unknown()
"""Any value, of unknown origin."""
MANY = Unknown(many=True)
"""The result of widening a join."""
NONE = Const(None)
"""The constant None."""
NUMBER = Unknown("a number")
"""A number that is known at run time only."""
DECODED_JSON = library_result("json.loads", "json.loads", is_data=True)
"""The data in a JSON text that isn't known. The keys of its objects are texts."""
ENCODED_JSON = library_result("json.dumps")
"""The JSON text of an encoder that isn't known."""
FILE = Unknown("a file")
"""The result of `open`."""
ROWS = Unknown("rows of a table")
"""Dicts by column of a table. If a row has more fields than the table has columns, one key is no text."""


def is_nullable(value: Value) -> bool:
    """Whether a value that isn't known may be null: it was computed, is decoded data, or was read from these.
    A parameter isn't nullable, nor is the result of a named function."""
    if isinstance(value, MemberRef):
        return is_nullable(value.receiver)
    return isinstance(value, Unknown) and (value.is_data or not value.source)


def is_row(value: Value) -> bool:
    """Whether a value is a row of a table."""
    return isinstance(value, Unknown) and value.source.endswith(ROWS.source)


def is_result(value: Value) -> bool:
    """Whether a value is the result of a library function that isn't modelled."""
    return isinstance(value, Unknown) and value.source.endswith("()")


def is_number(value: Value) -> bool:
    """Whether a value is a number or a truth value."""
    return value == NUMBER or (isinstance(value, Const) and isinstance(value.value, int | float))
