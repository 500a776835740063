"""Searches a text for paths, versions, keys and fields of the old version."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Api, LayoutMember, Operation, PathSegment, Rulebook
from kognitos_migrate.source.positions import CharacterIndex
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.text_search.patterns import PathPattern, field_pattern, is_placeholder
from kognitos_migrate.text_search.search_terms import Mention, MentionKind, SearchTerms, TextContext
from kognitos_migrate.text_search.url_prefix import BaseKind, UrlBase, assigned_name, placeholder_at_end


def new_path(pattern: PathPattern, match: re.Match[str]) -> str:
    """The new path for a match, up to the first unknown slot; without its version if the match has none."""
    return "".join(f"/{part}" for part in _new_segments(pattern, match))


def new_version(api: Api, text: str) -> str:
    """`text` with the old version at its end replaced by the new one."""
    return re.sub(rf"{re.escape(api.old)}(?=\W*$)", api.new, text, flags=re.IGNORECASE)


def new_list(pattern: PathPattern, match: re.Match[str], separator: str) -> str:
    """The new path for a match as a list of segments, without the outer quotes."""
    return separator.join(_new_segments(pattern, match))


def _new_segments(pattern: PathPattern, match: re.Match[str]) -> list[str]:
    groups = match.groupdict()
    path = pattern.operation.new.path
    if not match["_head"]:
        path = _without_head(pattern, path)
    segments: list[str] = []
    for segment in path:
        text = segment.text if segment.slot is None else groups.get(segment.slot)
        if text is None:
            break  # the rest is appended elsewhere in the text
        segments.append(text)
    return segments


def _without_head(pattern: PathPattern, path: tuple[PathSegment, ...]) -> tuple[PathSegment, ...]:
    """The new path without as many segments as the old path's head has."""
    return path[len(pattern.head) :]


class _PathCandidate(Struct, frozen=True):
    """A match that may be the path of a call. `evidence` is None if nothing ties it to the API."""

    pattern: PathPattern
    match: re.Match[str]
    replacement: str
    evidence: str | None


def path_mentions(context: TextContext) -> Iterator[Mention]:
    """The paths of calls.

    A path without evidence of its own counts if the text names a host, or has the API's word and a path with
    evidence.
    """
    candidates = [*_candidates(context)]
    names_api = context.has_host or (context.has_word and any(candidate.evidence for candidate in candidates))
    for candidate in candidates:
        evidence = candidate.evidence or ("the API's name in the text" if names_api else None)
        if evidence:
            yield _mention(context, candidate, evidence)


def with_assigned_keys(
    context: TextContext, paths: Sequence[Mention], keys: Sequence[Mention]
) -> Iterator[Mention]:
    """The mentions in `paths`.

    One that ends in a placeholder gets the key that the text assigns to its name.
    """
    by_name: dict[str | None, dict[str | None, Mention]] = {}
    for key in keys if any(path.key is None for path in paths) else ():
        by_name.setdefault(assigned_name(context.text, key.start), {})[key.key] = key
    for path in paths:
        name = placeholder_at_end(path.written)
        candidates = [*by_name.get(name, {}).values()] if name is not None and path.key is None else []
        has_lookup = path.operation is not None and any(context.terms.lookups(path.operation))
        yield (
            replace(path, key=candidates[0].key, table=candidates[0].table)
            if has_lookup and len(candidates) == 1
            else path
        )


def _candidates(context: TextContext) -> Iterator[_PathCandidate]:
    """The matches that may be paths of calls, except those that belong to another API."""
    for pattern in context.terms.spellings:
        if pattern.needle not in context.text:
            continue
        for match in pattern.find(context.text):
            base = context.hosts.base_before(context.text, match.start())
            evidence = _path_evidence(context, pattern, match, base)
            if evidence or (base.kind is BaseKind.OPEN and _is_versioned(pattern, match)):
                yield _PathCandidate(pattern, match, new_path(pattern, match), evidence)
        for listed, separator in ((pattern.segment_list, '", "'), (pattern.unquoted_list, ", ")):
            for match in listed.finditer(context.text):
                evidence = _slot_evidence(context, pattern, match)
                yield _PathCandidate(pattern, match, new_list(pattern, match, separator), evidence)


def _path_evidence(
    context: TextContext, pattern: PathPattern, match: re.Match[str], base: UrlBase
) -> str | None:
    """The evidence that a path belongs to the API; None if neither its base nor its slots show that."""
    versioned = _is_versioned(pattern, match)
    by_slot = _slot_evidence(context, pattern, match)
    if base.kind is BaseKind.FOREIGN:
        return by_slot if versioned and _has_key(context, pattern, match) else None
    if not (versioned or base.versioned):
        return by_slot if _has_key(context, pattern, match) else None
    return base.evidence if base.kind in (BaseKind.HOST, BaseKind.NAMED) else by_slot


def _slot_evidence(context: TextContext, pattern: PathPattern, match: re.Match[str]) -> str | None:
    """The evidence in a path's slots: a key of the configuration, or a slot's name that only the API uses.

    Such a name counts only in a text with the API's word.
    """
    if _has_key(context, pattern, match):
        return "its key is in the configuration"
    names = {match[slot].strip("${}<>:%( )").lower() for slot in pattern.slots if match[slot]}
    own_names = sorted(context.terms.slot_names & names)
    return f"the placeholder {own_names[0]}" if own_names and context.has_word else None


def _has_key(context: TextContext, pattern: PathPattern, match: re.Match[str]) -> bool:
    return any(match[slot] in context.terms.keys for slot in pattern.slots)


def _is_versioned(pattern: PathPattern, match: re.Match[str]) -> bool:
    """Whether a path was found with its version, or never has one."""
    return bool(match["_head"]) or not pattern.head


def _mention(context: TextContext, candidate: _PathCandidate, evidence: str) -> Mention:
    match, operation = candidate.match, candidate.pattern.operation
    mention = Mention(
        *match.span(),
        MentionKind.PATH,
        context.terms.api,
        match[0],
        candidate.replacement,
        evidence,
        operation,
        is_self_evident=candidate.evidence is not None,
    )
    for slot, table in context.terms.lookups(operation):
        text = match.groupdict().get(slot)
        if text and not is_placeholder(text):
            return replace(mention, key=text, table=table)
    return mention


NEAR = 20
"""Rows around the path of a call in which its fields are searched."""


def field_mentions(context: TextContext, paths: Sequence[Mention]) -> Iterator[Mention]:
    """The fields and parameters near `paths` that have another name in the new version."""
    if not paths:
        return
    places = CharacterIndex(context.text)
    rows: dict[str, list[int]] = {}
    for path in sorted(paths, key=lambda path: path.start):
        if path.operation is not None:
            rows.setdefault(path.operation.id, []).append(places.position(path.start).row)
    members = context.terms.members
    names = [
        name
        for name, definitions in members.items()
        if any(operation.id in rows for operation, _ in definitions)
    ]
    for match in field_pattern(names).finditer(context.text):
        row = places.position(match.start()).row
        nearest = next(
            (definition for definition in members[match[0]] if _is_near(row, definition[0], rows)), None
        )
        if nearest is None:
            continue
        operation, member = nearest
        yield Mention(
            *match.span(),
            MentionKind.FIELD,
            context.terms.api,
            match[0],
            _new_name(operation, member),
            f"near {operation.old.method} of {operation.id}",
            operation,
            member=member,
            is_self_evident=False,
        )


def _is_near(row: int, operation: Operation, rows: Mapping[str, Sequence[int]]) -> bool:
    call_rows = rows.get(operation.id, ())
    at = bisect_left(call_rows, row - NEAR)
    return at < len(call_rows) and call_rows[at] <= row + NEAR


def _new_name(operation: Operation, member: LayoutMember) -> str:
    """The new version's name for the slot of `member`; empty if it has none."""
    layout = operation.new
    candidates = layout.reply if member in operation.old.reply else (*layout.query, *layout.members)
    return next((candidate.name for candidate in candidates if candidate.slot == member.slot), "")


BESIDE = 400
"""Characters around a key that are searched for its new values."""


def base_mentions(context: TextContext) -> Iterator[Mention]:
    """The old version directly behind a host of the API."""
    api = context.terms.api
    for match in context.terms.bases.finditer(context.text) if context.has_host else ():
        host, head = match["host"], match["head"]
        replacement = match[0][: len(match[0]) - len(head)] + new_version(api, head)
        yield Mention(*match.span(), MentionKind.BASE, api, match[0], replacement, f"the host {host}")


def version_mentions(context: TextContext) -> Iterator[Mention]:
    """The old version where it is assigned to a name."""
    api = context.terms.api
    for match in context.terms.versions.finditer(context.text) if context.has_word else ():
        head, evidence = match["head"], f"the name {match['name']}"
        yield Mention(*match.span("head"), MentionKind.VERSION, api, head, new_version(api, head), evidence)


def key_mentions(context: TextContext) -> Iterator[Mention]:
    """The keys of tables, except those with a new value of their entry beside them."""
    terms = context.terms
    for match in terms.any_key.finditer(context.text) if context.has_keys else ():
        key, table = match[0], terms.keys[match[0]]
        context_text = context.text[max(0, match.start() - BESIDE) : match.end() + BESIDE]
        new_values = terms.settings.tables[table.setting][key].values()
        if any(value in context_text for value in new_values if len(value) >= len(key) // 2):
            continue
        evidence = "its entry in the configuration"
        yield Mention(*match.span(), MentionKind.KEY, terms.api, key, "", evidence, key=key, table=table)


def searcher(rulebook: Rulebook, settings: Settings) -> "Searcher":
    """The search for all terms of the rules and the configuration."""
    return Searcher(tuple(SearchTerms(rulebook, settings, api) for api in rulebook.apis.values()))


class Searcher(Struct, frozen=True):
    """Searches texts for the old versions of all APIs."""

    terms: tuple[SearchTerms, ...]

    def search(self, text: str) -> Sequence[Mention]:
        """The mentions of old versions in `text`, sorted by offset."""
        mentions = [mention for terms in self.terms for mention in _search(TextContext(terms, text))]
        return sorted(mentions, key=lambda mention: (mention.start, mention.end))


def _search(context: TextContext) -> Sequence[Mention]:
    """The mentions of one API's old version in a text. Of overlapping mentions, calls come first."""
    if not context.names_api:
        return ()
    calls = [*path_mentions(context)]
    covered = _CoveredSpans.of(calls)
    keys = [mention for mention in key_mentions(context) if not covered.overlaps(mention)]
    others = [*base_mentions(context), *version_mentions(context), *field_mentions(context, calls)]
    return [
        *with_assigned_keys(context, calls, keys),
        *keys,
        *(mention for mention in others if not covered.overlaps(mention)),
    ]


class _CoveredSpans(Struct, frozen=True):
    """The sorted, disjoint spans of mentions that are already reported."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, mentions: Sequence[Mention]) -> "_CoveredSpans":
        """The spans of `mentions`."""
        spans = sorted((mention.start, mention.end) for mention in mentions)
        return cls([start for start, _ in spans], [end for _, end in spans])

    def overlaps(self, mention: Mention) -> bool:
        """Whether `mention` overlaps one of the spans."""
        last = bisect_right(self.starts, mention.end - 1) - 1
        return last >= 0 and self.ends[last] > mention.start
