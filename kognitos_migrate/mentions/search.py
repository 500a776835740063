"""The search of a text, in whatever language, for what names the old version of an API.

Path alone is never enough: a host, a name or a key must say that the API is meant.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.mentions.base import Base, Known, Standing, addresses
from kognitos_migrate.mentions.mention import Kind, Mention
from kognitos_migrate.mentions.rewritten import new_list, new_path, new_version
from kognitos_migrate.mentions.spelling import (
    Spelling,
    bases,
    fields,
    is_placeholder,
    keys,
    spellings,
    versions,
)
from kognitos_migrate.rulebook.model import Api, Member, Operation, Rulebook, Table
from kognitos_migrate.source.position import Characters

NEAR = 20
"""Rows around the path of a call in which the fields of its reply are looked for."""


def searcher(rulebook: Rulebook, settings: Settings) -> "Searcher":
    """The search for everything that the rules and the configuration know."""
    return Searcher(tuple(_ApiSearch(rulebook, settings, api) for api in rulebook.apis.values()))


@dataclass(frozen=True, slots=True)
class Searcher:
    """The search of texts, for all APIs."""

    apis: "tuple[_ApiSearch, ...]"

    def search(self, text: str) -> Sequence[Mention]:
        """What `text` names of the old versions, in order of place."""
        found = [mention for api in self.apis for mention in api.search(text)]
        return sorted(found, key=lambda mention: (mention.start, mention.end))


@dataclass(frozen=True)
class _ApiSearch:
    """The search for one API."""

    rulebook: Rulebook
    settings: Settings
    api: Api

    def search(self, text: str) -> Sequence[Mention]:
        """What `text` names of the old version: paths first, then what stands apart from them."""
        look = _Look(self, text)
        if not look.names_api:
            return ()
        paths = [*look.paths()]
        taken = _Taken.by(paths)
        apart = (*look.bases(), *look.versions(), *look.keys(), *look.fields(paths))
        return [*paths, *(one for one in apart if not taken.overlaps(one))]

    @cached_property
    def spellings(self) -> Sequence[Spelling]:
        return spellings(self.rulebook, self.api)

    @cached_property
    def hosts(self) -> Sequence[str]:
        return (*self.api.hosts, *self.settings.hosts)

    @cached_property
    def keys(self) -> Mapping[str, Table]:
        """The keys of the configuration's tables."""
        tables = self.api.tables
        return {key: table for name, table in tables.items() for key in self.settings.tables.get(name, {})}

    @cached_property
    def patterns(self) -> "_Patterns":
        heads = [one.head for one in self.spellings]
        return _Patterns(bases(self.api, heads, self.hosts), versions(self.api), keys(self.keys))

    @cached_property
    def members(self) -> Mapping[str, Sequence[tuple[Operation, Member]]]:
        """By name: what the old version calls otherwise than the new one, in replies and queries."""
        found: dict[str, list[tuple[Operation, Member]]] = {}
        for operation in (one.operation for one in self.spellings):
            renamed = (one for one in operation.old.reply if operation.new.reply_slot(one.name) is None)
            for member in (*renamed, *operation.old.query):
                found.setdefault(member.name, []).append((operation, member))
        return found


@dataclass(frozen=True, slots=True)
class _Patterns:
    bases: re.Pattern[str]
    versions: re.Pattern[str]
    keys: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Taken:
    """The places of a text that are told already, in order."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def by(cls, mentions: Sequence[Mention]) -> "_Taken":
        """The places of these mentions."""
        spans = sorted((one.start, one.end) for one in mentions)
        return cls([start for start, _ in spans], [end for _, end in spans])

    def overlaps(self, one: Mention) -> bool:
        """Whether a mention lies on one of them."""
        last = bisect_right(self.starts, one.end - 1) - 1
        return last >= 0 and self.ends[last] > one.start


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What may be the path of a call; `evidence` is None where nothing says whose."""

    spelling: Spelling
    found: re.Match[str]
    instead: str
    evidence: str | None


class _Look:
    """One look at one text."""

    def __init__(self, search: _ApiSearch, text: str) -> None:
        self._search = search
        self._text = text
        lowered = text.lower()
        api = search.api
        self._names_host = any(host.lower() in lowered for host in search.hosts)
        self._says_word = any(word.lower() in lowered for word in api.words)
        self._has_keys = any(key in text for key in search.keys)
        self.names_api = self._names_host or self._says_word or self._has_keys

    @cached_property
    def _known(self) -> Known:
        api = self._search.api
        names = addresses(self._text)
        heads = {"/".join(part.text or "" for part in one.head) for one in self._search.spellings}
        return Known(api.hosts, self._search.settings.hosts, api.words, heads, names)

    def paths(self) -> Iterator[Mention]:
        """The paths of calls. One of which nothing is known counts where another shows what is meant."""
        found = [*self._candidates()]
        shown = self._names_host or (self._says_word and any(one.evidence for one in found))
        for one in found:
            evidence = one.evidence or ("the text names the API" if shown else None)
            if evidence:
                yield self._path(one, evidence)

    def _candidates(self) -> "Iterator[_Candidate]":
        """Whatever may be the path of a call, but for what is shown to be another API's."""
        for spelling in self._search.spellings:
            if spelling.needle not in self._text:
                continue
            for found in spelling.places(self._text):
                base = self._known.base(self._text, found.start())
                evidence = self._evidence(spelling, found, base)
                if evidence or (base.standing is Standing.OPEN and _is_versioned(spelling, found)):
                    yield _Candidate(spelling, found, new_path(spelling, found), evidence)
            for found in spelling.listed.finditer(self._text):
                yield _Candidate(
                    spelling, found, new_list(spelling, found), self._slot_evidence(spelling, found)
                )

    def bases(self) -> Iterator[Mention]:
        """The version behind a host, with no call behind it."""
        api = self._search.api
        if not self._names_host:
            return
        for found in self._search.patterns.bases.finditer(self._text):
            host, head = found["host"], found["head"]
            instead = found[0][: len(found[0]) - len(head)] + new_version(api, head)
            yield Mention(*found.span(), Kind.BASE, api, found[0], instead, f"the host {host}")

    def versions(self) -> Iterator[Mention]:
        """The version that a name is given."""
        api = self._search.api
        if not self._says_word:
            return
        for found in self._search.patterns.versions.finditer(self._text):
            evidence = f"the name {found['name']} says so"
            instead = new_version(api, found["head"])
            yield Mention(*found.span("head"), Kind.VERSION, api, found["head"], instead, evidence)

    def keys(self) -> Iterator[Mention]:
        """The keys of tables, but where what they have become stands beside them."""
        if not self._has_keys:
            return
        for found in self._search.patterns.keys.finditer(self._text):
            table = self._search.keys[found[0]]
            row = self._search.settings.tables[table.setting][found[0]]
            beside = self._text[max(0, found.start() - 400) : found.end() + 400]
            if any(value in beside for value in row.values() if len(value) >= len(found[0]) // 2):
                continue
            evidence = "the configuration has it"
            yield Mention(
                *found.span(), Kind.KEY, self._search.api, found[0], "", evidence, None, found[0], table
            )

    def fields(self, paths: Sequence[Mention]) -> Iterator[Mention]:
        """The fields of replies, and parameters of queries, near the calls that have them."""
        near: dict[str, list[int]] = {}
        for path in paths:
            if path.operation is not None:
                near.setdefault(path.operation.id, []).append(self._row(path.start))
        called = {
            name: laid for name, laid in self._search.members.items() if any(op.id in near for op, _ in laid)
        }
        for found in fields(called).finditer(self._text):
            row = self._row(found.start())
            laid = next(
                (
                    (operation, member)
                    for operation, member in called[found[0]]
                    if any(abs(row - other) <= NEAR for other in near.get(operation.id, ()))
                ),
                None,
            )
            if laid is None:
                continue
            operation, member = laid
            yield Mention(
                *found.span(),
                Kind.FIELD,
                self._search.api,
                found[0],
                _new_name(operation, member),
                f"near {operation.old.method} of {operation.id}",
                operation,
                member=member,
                by_itself=False,
            )

    def _path(self, one: "_Candidate", evidence: str) -> Mention:
        operation = one.spelling.operation
        found = one.found
        mention = Mention(
            *found.span(),
            Kind.PATH,
            self._search.api,
            found[0],
            one.instead,
            evidence,
            operation,
            by_itself=one.evidence is not None,
        )
        for slot, table in _looked_up(self._search.api, operation):
            text = found.groupdict().get(slot)
            if text and not is_placeholder(text):
                return replace(mention, key=text, table=table)
        return mention

    def _evidence(self, spelling: Spelling, found: re.Match[str], base: Base) -> str | None:
        """What tells that a path is one of the API, by itself; None where nothing does."""
        versioned = _is_versioned(spelling, found)
        by_slot = self._slot_evidence(spelling, found)
        if base.standing is Standing.FOREIGN:
            return by_slot if versioned and self._has_key(spelling, found) else None
        if not (versioned or base.versioned):
            return by_slot if self._has_key(spelling, found) else None
        return base.said if base.standing in (Standing.HOST, Standing.SAID) else by_slot

    def _slot_evidence(self, spelling: Spelling, found: re.Match[str]) -> str | None:
        """A key of the configuration, or, where the text says the API's word, a slot that is called as only
        the API calls it."""
        if self._has_key(spelling, found):
            return "the configuration has its key"
        api = self._search.api
        own = {*(table.key for table in api.tables.values()), *self._search.members}
        names = {found[slot].strip("${}<>:%( )").lower() for slot in spelling.slots if found[slot]}
        called = sorted(own & names)
        return f"its slot is called {called[0]}" if called and self._says_word else None

    def _has_key(self, spelling: Spelling, found: re.Match[str]) -> bool:
        return any(found[slot] in self._search.keys for slot in spelling.slots)

    @cached_property
    def _places(self) -> Characters:
        return Characters(self._text)

    def _row(self, offset: int) -> int:
        return self._places.position(offset).row


def _is_versioned(spelling: Spelling, found: re.Match[str]) -> bool:
    """Whether a path was found with its version, or has none."""
    return bool(found["head"]) or not spelling.head


def _looked_up(api: Api, operation: Operation) -> Iterator[tuple[str, Table]]:
    """The slots of an operation whose texts are keys of tables."""
    for member in operation.new.members:
        if member.table is not None and any(part.slot == member.slot for part in operation.old.path):
            yield member.slot, api.tables[member.table]


def _new_name(operation: Operation, member: Member) -> str:
    """What the new version calls what `member` says: in the reply, or of a query in the request."""
    layout = operation.new
    where = layout.reply if member in operation.old.reply else (*layout.query, *layout.members)
    return next((one.name for one in where if one.slot == member.slot), "")
