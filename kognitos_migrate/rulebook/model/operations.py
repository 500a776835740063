"""The model of an API and its operations: the old and new layouts of the same slots."""

import re
from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.structs import HashedEnum, Struct, field


class Encoding(HashedEnum):
    """How a slot's value is written in a request or response."""

    OPAQUE = "opaque"
    """A value with no inner structure to translate: an id, a name, a URL."""
    OBJECT = "object"
    """A JSON object of names and values."""
    ENTRIES = "entries"
    """A JSON list of objects, each with a name and a value under the keys of the member's `entry`."""
    JSON_OBJECT = "json-object"
    """A string that contains the JSON of an object."""
    LIST = "list"
    """A JSON list of opaque values."""
    WORD = "word"
    """One word of a vocabulary."""
    KEY_OR_VALUE = "key-or-value"
    """Either the name of the body's key that holds the list, or the value itself. Both are documented."""


class EntryKeys(Struct, frozen=True):
    """The keys under which an object in a list of entries has its name and its value."""

    name: str
    value: str


class LayoutMember(Struct, frozen=True):
    """One slot at one place of a layout.

    `encoding` is by dialect if the dialects differ, and `when` names the only dialect that has the member.
    `table` and `field` name a lookup with the slot's value as the key; `setting` is the configuration key
    whose value is used if there can be no lookup. `entry` describes the objects of a list of entries.
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
    """Fields of the reply, each with the only word for which the member is present."""
    missing: tuple[tuple[str, str], ...] = ()
    """Fields of the reply, each with a word for which the member is missing, and never null."""
    form: str | None = None
    """The form of an opaque text. Texts of two forms have no part in common."""
    note: str | None = None
    """The note for places at which a value of the old version is stored beyond the program's run."""

    def encoding(self, dialect: str) -> Encoding:
        """The encoding in `dialect`."""
        return self.encodings.get(dialect) or self.encodings[None]

    @property
    def entry_keys(self) -> EntryKeys:
        """The keys of the objects of a member that is a list of entries."""
        assert self.entry is not None, self.name
        return self.entry


class ReplyTarget(Struct, frozen=True):
    """A URL, or a set of form fields, that is a slot of another operation's reply."""

    operation: str
    slot: str


class Form(Struct, frozen=True):
    """A multipart form: fields that come from a slot, followed by one file."""

    fields: ReplyTarget
    file_field: str
    content: str


class PathSegment(Struct, frozen=True):
    """One segment of a path: fixed text, or a slot."""

    text: str | None
    slot: str | None

    def __str__(self) -> str:
        """The segment as in documentation: `things`, `{thing}`."""
        return self.text if self.text is not None else f"{{{self.slot}}}"


class ApiCall(Struct, frozen=True):
    """A method and a path."""

    method: str
    path: tuple[PathSegment, ...]


class Layout(Struct, frozen=True):
    """The places of an operation's slots in one version of the API.

    Either `path` or `target` is where the request goes. The body is one `whole` slot, or `members`, or `raw`
    bytes, or a `form`, or absent. With a target, the method and the headers can be slots, too.
    """

    method: str
    method_slot: str | None
    path: tuple[PathSegment, ...]
    target: ReplyTarget | None
    query: tuple[LayoutMember, ...]
    whole: LayoutMember | None
    members: tuple[LayoutMember, ...]
    raw: str | None
    form: Form | None
    headers_slot: str | None
    status: int | None
    reply: tuple[LayoutMember, ...]
    reply_more: tuple[str, ...] = ()
    """The members of the reply that contain no slot."""

    @property
    def call(self) -> str:
        """The call as in documentation, `GET /new/things/{thing}`, or the method alone if it has no path."""
        path = "".join(f"/{part}" for part in self.path)
        return f"{self.method} {path}" if path else self.method

    def has_reply_field(self, name: str) -> bool:
        """Whether the reply has a member called `name`."""
        return name in self.reply_more or self.reply_field(name) is not None

    def reply_field(self, name: str) -> LayoutMember | None:
        """The member of the reply called `name`; None if there is none."""
        return next((member for member in self.reply if member.name == name), None)

    def has_request_slot(self, slot: str | None) -> bool:
        """Whether a request has a place for `slot`."""
        members = (*self.query, *self.members, *((self.whole,) if self.whole else ()))
        slots = {part.slot for part in self.path} | {member.slot for member in members}
        slots |= {self.method_slot, self.headers_slot, self.target.slot if self.target else None}
        return slot is not None and slot in slots

    def request_member(self, slot: str) -> LayoutMember | None:
        """The first member of the body that contains `slot`; None if there is none."""
        return next((member for member in self.members if member.slot == slot), None)

    def reply_member(self, slot: str) -> LayoutMember | None:
        """The first member of the reply that contains `slot`; None if there is none."""
        return next((member for member in self.reply if member.slot == slot), None)


class Example(Struct, frozen=True):
    """A program before and after, which `rules test` runs through the tool."""

    about: str
    before: str
    after: str


class Operation(Struct, frozen=True):
    """One call of the API, in its old and its new layout."""

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

    def reply_pair(self, name: str) -> tuple[LayoutMember | None, LayoutMember | None]:
        """The member called `name` of the old reply, and that with its slot of the new one; None for each
        that is missing."""
        old = self.old.reply_field(name)
        return old, self.new.reply_member(old.slot) if old is not None else None


class ValueFormat(Enum):
    """The format of a field's value."""

    ID = "id"
    """An id, which has no blanks and is never a key of the table."""
    TEXT = "text"
    """Text for people."""


class TableField(Struct, frozen=True):
    """One field of a table's entries in the configuration."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    format: ValueFormat = ValueFormat.ID


class KeyFormat(Struct, frozen=True):
    """The format of a table's keys: their minimum length, and the set of their characters as in a regex."""

    min_length: int
    characters: str

    def fault(self, key: str) -> str | None:
        """The reason why a text can't be a key; None if it can."""
        others = re.sub(f"[{self.characters}]", "", key)
        if others:
            return f"it has {others[0]!r} in it"
        if len(key) < self.min_length:
            return f"it has {len(key)} characters, fewer than {self.min_length}"
        return None


class ReverseLookup(Struct, frozen=True):
    """The function that returns the key of a row for the field that identifies the row."""

    function: str
    comment: str


class FallbackLookup(Struct, frozen=True):
    """The lookup of a key that the table may lack.

    Such a key is sent unchanged in `field`, so that the new version answers with an error, as the old one
    did, with `status`.
    """

    field: str
    function: str
    comment: str
    status: int | None = None
    reverse: ReverseLookup | None = None


class Table(Struct, frozen=True):
    """A lookup that the configuration fills: fields by key."""

    setting: str
    key: str
    constant: str
    comment: str
    fields: tuple[TableField, ...]
    key_format: KeyFormat | None = None
    unlisted: FallbackLookup | None = None
    """None if the program raises an error for a key that the table lacks."""

    @property
    def names(self) -> frozenset[str]:
        """The names that new code defines for the table."""
        return frozenset((self.constant, *((self.unlisted.function,) if self.unlisted is not None else ())))

    def fault(self, key: str) -> str | None:
        """The reason why a text can't be a key of the table; None if it can."""
        return self.key_format.fault(key) if self.key_format is not None else None


class Vocabulary(Struct, frozen=True):
    """Old words and the new words with their meaning. The configuration can add to them."""

    setting: str
    constant: str
    comment: str
    docstring: str
    words: Mapping[str, tuple[str, ...]]


class Dialects(Struct, frozen=True):
    """A choice between documented interpretations of the new version."""

    setting: str
    default: str
    choices: Mapping[str, str]


class SignStrength(Enum):
    """How strong a sign of the API is, for a request whose host isn't known."""

    PROOF = "proof"
    """No other API has it."""
    STRONG = "strong"
    """Two of different operations, or one with a weaker sign, identify a call of the API."""
    WEAK = "weak"
    """With a path that fits, it makes a possible call of the API."""
    SLIGHT = "slight"
    """It supports a strong sign. A read of any field of the old reply is one."""


class Signature(Struct, frozen=True):
    """Properties of a request, or of uses of its reply, that only the old version has.

    All that it names must occur.
    """

    operation: str
    strength: SignStrength
    sends: ReplyTarget | None = None
    """The slot that is sent, and the operation whose reply contained it."""
    query: str | None = None
    """The query parameter that is passed."""
    reads: tuple[str, ...] = ()
    """The fields of the reply that are read."""
    decodes: tuple[str, ...] = ()
    """The fields of the reply whose text is decoded."""

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the reply that it names."""
        return (*self.reads, *self.decodes)


class Api(Struct, frozen=True):
    """An API: how it is recognized, and the definitions that its operations share."""

    id: str
    title: str
    url: str
    hosts: tuple[str, ...]
    words: tuple[str, ...]
    headers: tuple[str, ...]
    old: str
    new: str
    tables: Mapping[str, Table]
    vocabularies: Mapping[str, Vocabulary]
    dialects: Dialects | None
    rename: Mapping[str, str]
    also: tuple[ApiCall, ...] = ()
    """Calls that only the new version has."""
    signatures: tuple[Signature, ...] = ()
    products: tuple[str, ...] = ()
    """Packages with a word of the API in their name that don't use it, as they are imported."""
    errors: tuple[str, ...] = ()
    """Fields of a reply that describes an error."""
    new_errors: tuple[str, ...] = ()
    """Fields of errors that only the new version's replies have."""
    same_headers: frozenset[str] = frozenset()
    """Headers of replies that don't depend on the version, in lower case."""
    sample: Mapping[str, object] = field(default_factory=dict)
    """The configuration for running the examples, with the keys of a configuration file."""

    @property
    def old_identifier(self) -> str:
        """The old version as the prefix of an identifier: `v1`, `v2024_06_30`."""
        name = re.sub(r"\W", "_", self.old)
        return name if name.isidentifier() else f"v{name}"
