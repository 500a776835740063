"""An operation of an API: the same slots as the old and as the new version lay them out."""

from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.record import Struct


class Encoding(Enum):
    """How a slot's value is written where it stands."""

    OPAQUE = "opaque"
    """A value that nobody looks into: an id, a name, a URL."""
    OBJECT = "object"
    """A JSON object of names and values."""
    ENTRIES = "entries"
    """A JSON list of objects, each with a name and a value under keys that the member says."""
    JSON_OBJECT = "json-object"
    """Text that is the JSON of an object."""
    LIST = "list"
    """A JSON list of opaque values."""
    WORD = "word"
    """One word of a vocabulary."""
    KEY_OR_VALUE = "key-or-value"
    """Either the name of the body's key that holds the list, or the value itself (both are documented)."""


class EntryKeys(Struct, frozen=True):
    """Where an object in a list of entries has its name and its value."""

    name: str
    value: str


class Member(Struct, frozen=True):
    """One slot at one place of a layout.

    `encoding` is by dialect where the dialects differ; `when` names the only dialect that has the
    member. `table` and `field` say that the value is looked up with the slot's value as the key.
    `setting` names the configuration key that gives the value where no lookup can. `entry` says what the
    objects of a list of entries are like.
    """

    name: str
    slot: str
    encodings: Mapping[str | None, Encoding]
    optional: bool = False
    when: str | None = None
    table: str | None = None
    field: str | None = None
    vocabulary: str | None = None
    setting: str | None = None
    entry: EntryKeys | None = None
    present: tuple[tuple[str, str], ...] = ()
    """Fields of the reply, each with the word with which alone the member is there."""
    note: str | None = None
    """What to say where a value that the old version gave lives longer than the program's run."""

    def encoding(self, dialect: str) -> Encoding:
        """The encoding in `dialect`."""
        return self.encodings.get(dialect) or self.encodings[None]

    @property
    def entry_keys(self) -> EntryKeys:
        """The keys of the objects, of a member that is a list of entries."""
        assert self.entry is not None, self.name
        return self.entry


class Target(Struct, frozen=True):
    """A URL (or a set of form fields) that is a slot of another operation's reply."""

    operation: str
    slot: str


class Form(Struct, frozen=True):
    """A multipart form: fields that come from a slot, then one file."""

    fields: Target
    file_field: str
    content: str


class Segment(Struct, frozen=True):
    """One segment of a path: fixed text, or a slot."""

    text: str | None
    slot: str | None

    def __str__(self) -> str:
        """The segment as people write it: `things`, `{thing}`."""
        return self.text if self.text is not None else f"{{{self.slot}}}"


class Call(Struct, frozen=True):
    """A method and a path."""

    method: str
    path: tuple[Segment, ...]


class Layout(Struct, frozen=True):
    """Where one version of the API puts an operation's slots.

    Either `path` or `target` says where the request goes. The body is one whole slot, or members, or
    raw bytes, or a form, or nothing.
    """

    method: str
    method_slot: str | None
    path: tuple[Segment, ...]
    target: Target | None
    query: tuple[Member, ...]
    whole: Member | None
    members: tuple[Member, ...]
    raw: str | None
    form: Form | None
    headers_slot: str | None
    status: int | None
    reply: tuple[Member, ...]
    reply_more: tuple[str, ...] = ()
    """The names of members of the reply that hold no slot."""

    @property
    def call(self) -> str:
        """The call as people write it: `GET /new/things/{thing}`; the method alone where it has no path."""
        path = "".join(f"/{part}" for part in self.path)
        return f"{self.method} {path}" if path else self.method

    def replies(self, name: str) -> bool:
        """Whether the reply has a member called `name`."""
        return name in self.reply_more or self.reply_slot(name) is not None

    def reply_slot(self, name: str) -> Member | None:
        """The member of the reply called `name`."""
        return next((member for member in self.reply if member.name == name), None)

    def reply_member(self, slot: str) -> Member | None:
        """The (first) member of the reply that holds `slot`."""
        return next((member for member in self.reply if member.slot == slot), None)


class Example(Struct, frozen=True):
    """A program before and after, which `rules test` runs through the tool."""

    about: str
    before: str
    after: str


class Operation(Struct, frozen=True):
    """One call of the API in its old and its new layout."""

    id: str
    api: str
    code: str
    name: str
    message: str
    explain: str
    url: str
    old: Layout
    new: Layout
    examples: tuple[Example, ...] = ()
