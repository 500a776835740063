"""The search of a text: paths, versions, keys and fields of the old version."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Api, LayoutMember, Operation, PathSegment, Rulebook
from kognitos_migrate.source.positions import CharacterIndex
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.text_search.patterns import PathPattern, field_pattern, is_placeholder
from kognitos_migrate.text_search.terms import Mention, MentionKind, SearchTerms, TextContext
from kognitos_migrate.text_search.url_prefix import BaseKind, UrlBase, name_given, name_in


def new_path(spelling: PathPattern, found: re.Match[str]) -> str:
    """The new path for one that was found, as far as its slots are known; without its version, where the
    old one was found without."""
    return "".join(f"/{part}" for part in _parts(spelling, found))


def new_version(api: Api, written: str) -> str:
    """What was written of the old version, with the new one in its place."""
    return re.sub(rf"{re.escape(api.old)}(?=\W*$)", api.new, written, flags=re.IGNORECASE)


def new_list(spelling: PathPattern, found: re.Match[str]) -> str:
    """The same as a list of segments, without the quotes around it."""
    return '", "'.join(_parts(spelling, found))


def _parts(spelling: PathPattern, found: re.Match[str]) -> list[str]:
    groups = found.groupdict()
    path = spelling.operation.new.path
    if not found["head"]:
        path = _without_head(spelling, path)
    parts: list[str] = []
    for part in path:
        said = part.text if part.slot is None else groups.get(part.slot)
        if said is None:
            break  # what follows is put behind it elsewhere
        parts.append(said)
    return parts


def _without_head(spelling: PathPattern, path: tuple[PathSegment, ...]) -> tuple[PathSegment, ...]:
    """The new path without as many segments as the old one's head has."""
    return path[len(spelling.head) :]


class _PathCandidate(Struct, frozen=True):
    """What may be the path of a call; `evidence` is None where nothing says whose."""

    spelling: PathPattern
    found: re.Match[str]
    instead: str
    evidence: str | None


def path_mentions(sight: TextContext) -> Iterator[Mention]:
    """The paths of calls. One of which nothing is known counts where another shows what is meant."""
    found = [*_candidates(sight)]
    shown = sight.names_host or (sight.says_word and any(one.evidence for one in found))
    for one in found:
        evidence = one.evidence or ("the text names the API" if shown else None)
        if evidence:
            yield _mention(sight, one, evidence)


def with_assigned_keys(
    sight: TextContext, paths: Sequence[Mention], keys: Sequence[Mention]
) -> Iterator[Mention]:
    """The paths; one whose key is the value of a name, with that key, where the text gives it the name."""
    named: dict[str | None, dict[str | None, Mention]] = {}
    for key in keys if any(path.key is None for path in paths) else ():
        named.setdefault(name_given(sight.text, key.start), {})[key.key] = key
    for path in paths:
        name = name_in(path.written)
        given = [*named.get(name, {}).values()] if name is not None and path.key is None else []
        wanted = path.operation is not None and any(sight.sought.looked_up(path.operation))
        yield replace(path, key=given[0].key, table=given[0].table) if wanted and len(given) == 1 else path


def _candidates(sight: TextContext) -> Iterator[_PathCandidate]:
    """Whatever may be the path of a call, but for what is shown to be another API's."""
    for spelling in sight.sought.spellings:
        if spelling.needle not in sight.text:
            continue
        for found in spelling.places(sight.text):
            base = sight.known.base(sight.text, found.start())
            evidence = _evidence(sight, spelling, found, base)
            if evidence or (base.standing is BaseKind.OPEN and _is_versioned(spelling, found)):
                yield _PathCandidate(spelling, found, new_path(spelling, found), evidence)
        for found in spelling.listed.finditer(sight.text):
            evidence = _slot_evidence(sight, spelling, found)
            yield _PathCandidate(spelling, found, new_list(spelling, found), evidence)


def _evidence(sight: TextContext, spelling: PathPattern, found: re.Match[str], base: UrlBase) -> str | None:
    """What tells that a path is one of the API, by itself; None where nothing does."""
    versioned = _is_versioned(spelling, found)
    by_slot = _slot_evidence(sight, spelling, found)
    if base.standing is BaseKind.FOREIGN:
        return by_slot if versioned and _has_key(sight, spelling, found) else None
    if not (versioned or base.versioned):
        return by_slot if _has_key(sight, spelling, found) else None
    return base.said if base.standing in (BaseKind.HOST, BaseKind.SAID) else by_slot


def _slot_evidence(sight: TextContext, spelling: PathPattern, found: re.Match[str]) -> str | None:
    """A key of the configuration, or, where the text says the API's word, a slot that is called as only the
    API calls it."""
    if _has_key(sight, spelling, found):
        return "the configuration has its key"
    names = {found[slot].strip("${}<>:%( )").lower() for slot in spelling.slots if found[slot]}
    called = sorted(sight.sought.slot_names & names)
    return f"its slot is called {called[0]}" if called and sight.says_word else None


def _has_key(sight: TextContext, spelling: PathPattern, found: re.Match[str]) -> bool:
    return any(found[slot] in sight.sought.keys for slot in spelling.slots)


def _is_versioned(spelling: PathPattern, found: re.Match[str]) -> bool:
    """Whether a path was found with its version, or has none."""
    return bool(found["head"]) or not spelling.head


def _mention(sight: TextContext, one: _PathCandidate, evidence: str) -> Mention:
    found, operation = one.found, one.spelling.operation
    mention = Mention(
        *found.span(),
        MentionKind.PATH,
        sight.sought.api,
        found[0],
        one.instead,
        evidence,
        operation,
        by_itself=one.evidence is not None,
    )
    for slot, table in sight.sought.looked_up(operation):
        text = found.groupdict().get(slot)
        if text and not is_placeholder(text):
            return replace(mention, key=text, table=table)
    return mention


NEAR = 20
"""Rows around the path of a call."""


def field_mentions(sight: TextContext, paths: Sequence[Mention]) -> Iterator[Mention]:
    """The fields and parameters near `paths` that the new version calls otherwise."""
    if not paths:
        return
    places = CharacterIndex(sight.text)
    rows: dict[str, list[int]] = {}
    for path in sorted(paths, key=lambda path: path.start):
        if path.operation is not None:
            rows.setdefault(path.operation.id, []).append(places.position(path.start).row)
    members = sight.sought.members
    called = [name for name, laid in members.items() if any(operation.id in rows for operation, _ in laid)]
    for found in field_pattern(called).finditer(sight.text):
        row = places.position(found.start()).row
        laid = next((one for one in members[found[0]] if _is_near(row, one[0], rows)), None)
        if laid is None:
            continue
        operation, member = laid
        yield Mention(
            *found.span(),
            MentionKind.FIELD,
            sight.sought.api,
            found[0],
            _new_name(operation, member),
            f"near {operation.old.method} of {operation.id}",
            operation,
            member=member,
            by_itself=False,
        )


def _is_near(row: int, operation: Operation, rows: Mapping[str, Sequence[int]]) -> bool:
    called = rows.get(operation.id, ())
    at = bisect_left(called, row - NEAR)
    return at < len(called) and called[at] <= row + NEAR


def _new_name(operation: Operation, member: LayoutMember) -> str:
    """What the new version calls what `member` says: in the reply, or of a query in the request."""
    layout = operation.new
    where = layout.reply if member in operation.old.reply else (*layout.query, *layout.members)
    return next((one.name for one in where if one.slot == member.slot), "")


BESIDE = 400
"""Characters around a key in which what it has become may stand."""


def base_mentions(sight: TextContext) -> Iterator[Mention]:
    """The version behind a host, whatever else is behind it."""
    api = sight.sought.api
    for found in sight.sought.bases.finditer(sight.text) if sight.names_host else ():
        host, head = found["host"], found["head"]
        instead = found[0][: len(found[0]) - len(head)] + new_version(api, head)
        yield Mention(*found.span(), MentionKind.BASE, api, found[0], instead, f"the host {host}")


def version_mentions(sight: TextContext) -> Iterator[Mention]:
    """The version that a name is given."""
    api = sight.sought.api
    for found in sight.sought.versions.finditer(sight.text) if sight.says_word else ():
        head, evidence = found["head"], f"the name {found['name']} says so"
        yield Mention(*found.span("head"), MentionKind.VERSION, api, head, new_version(api, head), evidence)


def key_mentions(sight: TextContext) -> Iterator[Mention]:
    """The keys of tables, but where what they have become stands beside them."""
    sought = sight.sought
    for found in sought.any_key.finditer(sight.text) if sight.has_keys else ():
        key, table = found[0], sought.keys[found[0]]
        beside = sight.text[max(0, found.start() - BESIDE) : found.end() + BESIDE]
        became = sought.settings.tables[table.setting][key].values()
        if any(value in beside for value in became if len(value) >= len(key) // 2):
            continue
        said = "the configuration has it"
        yield Mention(*found.span(), MentionKind.KEY, sought.api, key, "", said, key=key, table=table)


def searcher(rulebook: Rulebook, settings: Settings) -> "Searcher":
    """The search for everything that the rules and the configuration know."""
    return Searcher(tuple(SearchTerms(rulebook, settings, api) for api in rulebook.apis.values()))


class Searcher(Struct, frozen=True):
    """The search of texts, for all APIs."""

    sought: tuple[SearchTerms, ...]

    def search(self, text: str) -> Sequence[Mention]:
        """What `text` names of the old versions, in order of place."""
        found = [mention for sought in self.sought for mention in _search(TextContext(sought, text))]
        return sorted(found, key=lambda mention: (mention.start, mention.end))


def _search(sight: TextContext) -> Sequence[Mention]:
    """What a text names of one API's old version: the paths of calls, and what stands apart from them."""
    if not sight.names_api:
        return ()
    called = [*path_mentions(sight)]
    taken = _CoveredSpans.by(called)
    alone = [one for one in key_mentions(sight) if not taken.overlaps(one)]
    apart = [*base_mentions(sight), *version_mentions(sight), *field_mentions(sight, called)]
    return [
        *with_assigned_keys(sight, called, alone),
        *alone,
        *(one for one in apart if not taken.overlaps(one)),
    ]


class _CoveredSpans(Struct, frozen=True):
    """The places of a text that are told already, in order."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def by(cls, mentions: Sequence[Mention]) -> "_CoveredSpans":
        """The places of these mentions."""
        spans = sorted((one.start, one.end) for one in mentions)
        return cls([start for start, _ in spans], [end for _, end in spans])

    def overlaps(self, one: Mention) -> bool:
        """Whether a mention lies on one of them."""
        last = bisect_right(self.starts, one.end - 1) - 1
        return last >= 0 and self.ends[last] > one.start
