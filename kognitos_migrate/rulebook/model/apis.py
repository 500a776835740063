"""An API as a whole: what tells it from others, and what the configuration may say of it."""

import re
from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.record import Struct, field
from kognitos_migrate.rulebook.model.operations import Call, Target


class FieldForm(Enum):
    """How a field's value is written."""

    ID = "id"
    """An id: no blanks in it, and never a key of the table."""
    TEXT = "text"
    """Text for people."""


class Field(Struct, frozen=True):
    """One field of a table: what a key of the configuration is looked up for."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    form: FieldForm = FieldForm.ID


class KeyForm(Struct, frozen=True):
    """The form that a key must have to be one."""

    min_length: int
    characters: str

    def fault(self, key: str) -> str | None:
        """Why a text can't be a key; None where it can."""
        others = re.sub(f"[{self.characters}]", "", key)
        if others:
            return f"it has {others[0]!r} in it"
        if len(key) < self.min_length:
            return f"it has {len(key)} characters, fewer than {self.min_length}"
        return None


class Unlisted(Struct, frozen=True):
    """The lookup of a key that a table may lack. It is sent as it is in one field, so that the new version
    answers with an error, as the old one did."""

    field: str
    function: str
    comment: str


class Table(Struct, frozen=True):
    """A lookup that the user's configuration fills: a key, and the fields it stands for."""

    setting: str
    key: str
    constant: str
    comment: str
    fields: tuple[Field, ...]
    key_form: KeyForm | None = None
    unlisted: Unlisted | None = None
    """None where a key that the table lacks raises an error in the program."""

    def fault(self, key: str) -> str | None:
        """Why a text can't be a key of the table; None where it can."""
        return self.key_form.fault(key) if self.key_form is not None else None


class Vocabulary(Struct, frozen=True):
    """Old words and the new words that mean them; the configuration adds to it."""

    setting: str
    constant: str
    comment: str
    words: Mapping[str, tuple[str, ...]]


class Dialects(Struct, frozen=True):
    """A choice between documented readings of the new version."""

    setting: str
    default: str
    choices: Mapping[str, str]


class Weight(Enum):
    """How much a sign of the API says of a request whose host isn't known."""

    PROOF = "proof"
    """No other API has it."""
    STRONG = "strong"
    """Two of different operations, or one with a weaker sign, show a call of the API."""
    WEAK = "weak"
    """With a path that fits, it makes a possible call of the API."""
    SLIGHT = "slight"
    """It supports a strong sign. A read of any field of the old reply is one."""


class Signature(Struct, frozen=True):
    """Parts of a request, or of the use of its reply, that only the old version has: all that it names are
    there."""

    operation: str
    weight: Weight
    sends: Target | None = None
    """The slot, and the operation whose reply gave it."""
    query: str | None = None
    """The query parameter that is given."""
    reads: tuple[str, ...] = ()
    """The fields that are read of the reply."""
    decodes: tuple[str, ...] = ()
    """The fields whose text is decoded."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the reply that it is about."""
        return (*self.reads, *self.decodes)


class Api(Struct, frozen=True):
    """What tells an API from others, and what its operations share."""

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
    also: tuple[Call, ...] = ()
    """Calls that only the new version has."""
    signatures: tuple[Signature, ...] = ()
    errors: tuple[str, ...] = ()
    """Fields of a reply that says what went wrong."""
    new_errors: tuple[str, ...] = ()
    """Fields of errors that only the new version's replies have."""
    sample: Mapping[str, object] = field(default_factory=dict)
    """The configuration, as a file would say it, that the examples are run with."""

    @property
    def old_identifier(self) -> str:
        """The old version as the beginning of a name: `v1`, `v2024_06_30`."""
        name = re.sub(r"\W", "_", self.old)
        return name if name.isidentifier() else f"v{name}"
