"""The paths of calls in a text, and what tells that they are the API's: a path alone is never enough."""

import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.mentions.base import Base, Standing, name_given, name_in
from kognitos_migrate.mentions.mention import Kind, Mention
from kognitos_migrate.mentions.rewritten import new_list, new_path
from kognitos_migrate.mentions.sought import Sight
from kognitos_migrate.mentions.spelling import Spelling, is_placeholder
from kognitos_migrate.record import Struct, replace


class _Candidate(Struct, frozen=True):
    """What may be the path of a call; `evidence` is None where nothing says whose."""

    spelling: Spelling
    found: re.Match[str]
    instead: str
    evidence: str | None


def paths(sight: Sight) -> Iterator[Mention]:
    """The paths of calls. One of which nothing is known counts where another shows what is meant."""
    found = [*_candidates(sight)]
    shown = sight.names_host or (sight.says_word and any(one.evidence for one in found))
    for one in found:
        evidence = one.evidence or ("the text names the API" if shown else None)
        if evidence:
            yield _mention(sight, one, evidence)


def with_keys(sight: Sight, paths: Sequence[Mention], keys: Sequence[Mention]) -> Iterator[Mention]:
    """The paths; one whose key is the value of a name, with that key, where the text gives it the name."""
    named: dict[str | None, dict[str | None, Mention]] = {}
    for key in keys if any(path.key is None for path in paths) else ():
        named.setdefault(name_given(sight.text, key.start), {})[key.key] = key
    for path in paths:
        name = name_in(path.written)
        given = [*named.get(name, {}).values()] if name is not None and path.key is None else []
        wanted = path.operation is not None and any(sight.sought.looked_up(path.operation))
        yield replace(path, key=given[0].key, table=given[0].table) if wanted and len(given) == 1 else path


def _candidates(sight: Sight) -> Iterator[_Candidate]:
    """Whatever may be the path of a call, but for what is shown to be another API's."""
    for spelling in sight.sought.spellings:
        if spelling.needle not in sight.text:
            continue
        for found in spelling.places(sight.text):
            base = sight.known.base(sight.text, found.start())
            evidence = _evidence(sight, spelling, found, base)
            if evidence or (base.standing is Standing.OPEN and _is_versioned(spelling, found)):
                yield _Candidate(spelling, found, new_path(spelling, found), evidence)
        for found in spelling.listed.finditer(sight.text):
            evidence = _slot_evidence(sight, spelling, found)
            yield _Candidate(spelling, found, new_list(spelling, found), evidence)


def _evidence(sight: Sight, spelling: Spelling, found: re.Match[str], base: Base) -> str | None:
    """What tells that a path is one of the API, by itself; None where nothing does."""
    versioned = _is_versioned(spelling, found)
    by_slot = _slot_evidence(sight, spelling, found)
    if base.standing is Standing.FOREIGN:
        return by_slot if versioned and _has_key(sight, spelling, found) else None
    if not (versioned or base.versioned):
        return by_slot if _has_key(sight, spelling, found) else None
    return base.said if base.standing in (Standing.HOST, Standing.SAID) else by_slot


def _slot_evidence(sight: Sight, spelling: Spelling, found: re.Match[str]) -> str | None:
    """A key of the configuration, or, where the text says the API's word, a slot that is called as only the
    API calls it."""
    if _has_key(sight, spelling, found):
        return "the configuration has its key"
    names = {found[slot].strip("${}<>:%( )").lower() for slot in spelling.slots if found[slot]}
    called = sorted(sight.sought.slot_names & names)
    return f"its slot is called {called[0]}" if called and sight.says_word else None


def _has_key(sight: Sight, spelling: Spelling, found: re.Match[str]) -> bool:
    return any(found[slot] in sight.sought.keys for slot in spelling.slots)


def _is_versioned(spelling: Spelling, found: re.Match[str]) -> bool:
    """Whether a path was found with its version, or has none."""
    return bool(found["head"]) or not spelling.head


def _mention(sight: Sight, one: _Candidate, evidence: str) -> Mention:
    found, operation = one.found, one.spelling.operation
    mention = Mention(
        *found.span(),
        Kind.PATH,
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
