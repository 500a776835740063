"""The terms of a search, from the rules and the configuration, and the mentions that it yields."""

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
from kognitos_migrate.text_search.url_prefix import HostKnowledge, urls_by_name


class MentionKind(Enum):
    """The part of the old version that a mention names."""

    PATH = "path"
    """The path of a call."""
    BASE = "base"
    """The old version behind the API's host, without the path of a call."""
    VERSION = "version"
    """The old version, assigned to a name that contains the API's word."""
    KEY = "key"
    """A key of one of the configuration's tables."""
    FIELD = "field"
    """A field of a reply or a parameter of a query, near a call of its operation."""


class Mention(Struct, frozen=True):
    """A mention of the old version at the characters `start` to `end` of a text.

    `written` is the text there, and `replacement` the new version's equivalent. `evidence` is the reason why
    it belongs to the API.
    """

    start: int
    end: int
    kind: MentionKind
    api: Api
    written: str
    replacement: str
    evidence: str
    operation: Operation | None = None
    key: str | None = None
    """The table's key that the mention contains or consists of."""
    table: Table | None = None
    member: LayoutMember | None = None
    """The member of the old layout, for a field."""
    is_self_evident: bool = True
    """Whether the evidence is in the mention itself, and not elsewhere in the text."""


class SearchTerms(Struct, frozen=True, dict=True):
    """The search terms of one API."""

    rulebook: Rulebook
    settings: Settings
    api: Api

    @cached_property
    def spellings(self) -> Sequence[PathPattern]:
        """The patterns of the paths of its calls."""
        return path_patterns(self.rulebook, self.api)

    @cached_property
    def hosts(self) -> Sequence[str]:
        """Its hosts, including those of the settings."""
        return self.settings.hosts_of(self.api)

    @cached_property
    def keys(self) -> Mapping[str, Table]:
        """The keys of the configuration's tables, with their table."""
        tables = self.api.tables
        return {key: table for name, table in tables.items() for key in self.settings.tables.get(name, {})}

    @cached_property
    def members(self) -> Mapping[str, Sequence[tuple[Operation, LayoutMember]]]:
        """The members of replies and queries that the new version renames or drops, by name."""
        members: dict[str, list[tuple[Operation, LayoutMember]]] = {}
        for operation in (member.operation for member in self.spellings):
            renamed = (
                member for member in operation.old.reply if operation.new.reply_field(member.name) is None
            )
            for member in (*renamed, *operation.old.query):
                members.setdefault(member.name, []).append((operation, member))
        return members

    @cached_property
    def slot_names(self) -> frozenset[str]:
        """Names for slots of paths that only this API uses."""
        return frozenset((*(table.key for table in self.api.tables.values()), *self.members))

    @cached_property
    def bases(self) -> re.Pattern[str]:
        """A host followed by the old version."""
        return host_pattern([pattern.head for pattern in self.spellings], self.hosts)

    @cached_property
    def versions(self) -> re.Pattern[str]:
        """The old version, assigned to a name."""
        return version_pattern(self.api)

    @cached_property
    def any_key(self) -> re.Pattern[str]:
        """Any of the keys."""
        return key_pattern(self.keys)

    def lookups(self, operation: Operation) -> Iterator[tuple[str, Table]]:
        """The slots of an operation's path whose values are keys of tables."""
        for member in operation.new.members:
            if member.table is not None and any(part.slot == member.slot for part in operation.old.path):
                yield member.slot, self.api.tables[member.table]


class TextContext:
    """A text, with the traces of an API that a quick search finds in it."""

    def __init__(self, terms: SearchTerms, text: str) -> None:
        """Search `text` for hosts, words and keys of the API."""
        self.terms = terms
        self.text = text
        lowered = text.lower()
        self.has_host = any(host.lower() in lowered for host in terms.hosts)
        self.has_word = any(word.lower() in lowered for word in terms.api.words)
        self.has_keys = any(key in text for key in terms.keys)

    @property
    def names_api(self) -> bool:
        """Whether the text may concern the API at all."""
        return self.has_host or self.has_word or self.has_keys

    @cached_property
    def hosts(self) -> HostKnowledge:
        """The hosts and names that identify URL bases of the text."""
        api, settings = self.terms.api, self.terms.settings
        heads = {"/".join(part.text or "" for part in pattern.head) for pattern in self.terms.spellings}
        return HostKnowledge(api.hosts, settings.hosts, api.words, heads, urls_by_name(self.text))
