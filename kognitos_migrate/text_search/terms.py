"""Search terms from rules and configuration, and the mentions that a search yields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Api, LayoutMember, Operation, Rulebook, Table
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.patterns import (
    PathPattern,
    host_pattern,
    key_pattern,
    path_patterns,
    version_pattern,
)
from kognitos_migrate.text_search.url_prefix import HostKnowledge, addresses


class MentionKind(Enum):
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
    kind: MentionKind
    api: Api
    written: str
    instead: str
    evidence: str
    operation: Operation | None = None
    key: str | None = None
    """The key that stands in a path, or alone."""
    table: Table | None = None
    member: LayoutMember | None = None
    """Of a field, as the old layout has it."""
    by_itself: bool = True
    """Whether it is told by what stands there, and not only by what else the text names."""


class SearchTerms(Struct, frozen=True, dict=True):
    """All that is looked for of one API."""

    rulebook: Rulebook
    settings: Settings
    api: Api

    @cached_property
    def spellings(self) -> Sequence[PathPattern]:
        """How the paths of its calls are spelled."""
        return path_patterns(self.rulebook, self.api)

    @cached_property
    def hosts(self) -> Sequence[str]:
        """Its hosts, those of the settings among them."""
        return self.settings.hosts_of(self.api)

    @cached_property
    def keys(self) -> Mapping[str, Table]:
        """The keys of the configuration's tables."""
        tables = self.api.tables
        return {key: table for name, table in tables.items() for key in self.settings.tables.get(name, {})}

    @cached_property
    def members(self) -> Mapping[str, Sequence[tuple[Operation, LayoutMember]]]:
        """By name: what the old version calls otherwise than the new one, in replies and queries."""
        found: dict[str, list[tuple[Operation, LayoutMember]]] = {}
        for operation in (one.operation for one in self.spellings):
            renamed = (one for one in operation.old.reply if operation.new.reply_slot(one.name) is None)
            for member in (*renamed, *operation.old.query):
                found.setdefault(member.name, []).append((operation, member))
        return found

    @cached_property
    def slot_names(self) -> frozenset[str]:
        """What only this API calls the slots of its paths."""
        return frozenset((*(table.key for table in self.api.tables.values()), *self.members))

    @cached_property
    def bases(self) -> re.Pattern[str]:
        """A host, and the old version behind it."""
        return host_pattern([one.head for one in self.spellings], self.hosts)

    @cached_property
    def versions(self) -> re.Pattern[str]:
        """The old version, given to a name."""
        return version_pattern(self.api)

    @cached_property
    def any_key(self) -> re.Pattern[str]:
        """Any of the keys."""
        return key_pattern(self.keys)

    def looked_up(self, operation: Operation) -> Iterator[tuple[str, Table]]:
        """The slots of an operation's path whose texts are keys of tables."""
        for member in operation.new.members:
            if member.table is not None and any(part.slot == member.slot for part in operation.old.path):
                yield member.slot, self.api.tables[member.table]


class TextContext:
    """A text, and what it has of an API at first sight."""

    def __init__(self, sought: SearchTerms, text: str) -> None:
        """The first sight of `text`."""
        self.sought = sought
        self.text = text
        lowered = text.lower()
        self.names_host = any(host.lower() in lowered for host in sought.hosts)
        self.says_word = any(word.lower() in lowered for word in sought.api.words)
        self.has_keys = any(key in text for key in sought.keys)

    @property
    def names_api(self) -> bool:
        """Whether the API may be meant at all."""
        return self.names_host or self.says_word or self.has_keys

    @cached_property
    def known(self) -> HostKnowledge:
        """By what the text's bases are told."""
        api, settings = self.sought.api, self.sought.settings
        heads = {"/".join(part.text or "" for part in one.head) for one in self.sought.spellings}
        return HostKnowledge(api.hosts, settings.hosts, api.words, heads, addresses(self.text))
