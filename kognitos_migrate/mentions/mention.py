"""What a text names of the old version, and where."""

from enum import Enum

from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Api, Member, Operation, Table


class Kind(Enum):
    """What a mention names."""

    PATH = "path"
    """The path of a call."""
    BASE = "base"
    """The old version behind the API's host, with no call's path behind it."""
    VERSION = "version"
    """The old version, given to a name that says the API's word."""
    KEY = "key"
    """A key of one of the configuration's tables."""
    FIELD = "field"
    """A field of a reply, or a parameter of a query, near its call."""


class Mention(Struct, frozen=True):
    """One place of a text: offsets in characters, the end is exclusive.

    `written` is what stands there and `instead` what the new version has in its place. `evidence` says how
    the API is told from others.
    """

    start: int
    end: int
    kind: Kind
    api: Api
    written: str
    instead: str
    evidence: str
    operation: Operation | None = None
    key: str | None = None
    """The key that stands in a path, or alone."""
    table: Table | None = None
    member: Member | None = None
    """Of a field, as the old layout has it."""
    by_itself: bool = True
    """Whether it is told by what stands there, and not only by what else the text names."""
