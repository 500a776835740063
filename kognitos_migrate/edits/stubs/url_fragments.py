"""The texts of paths in tests, as in the new paths, and the stubs whose requests reach them."""

from collections.abc import Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls, host_in
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation, PathSegment
from kognitos_migrate.syntax.tree import Site


def new_fragment(expected: ExpectedBodies, text: str) -> str | None:
    """A text of the stub's own old path, as in the new path; None if the old path doesn't contain it."""
    return fragment(expected, expected.stub.operation, text)


def fragment(expected: ExpectedBodies, operation: Operation, text: str) -> str | None:
    """A text of the operation's old path, as in the new path; None if the old path doesn't contain it."""
    match = next(stub for stub in expected.stubs if stub.operation.id == operation.id)
    base = host_in(text)
    text = text.removeprefix(base)
    words = [word for word in text.split("/") if word]
    old = operation.old.path
    becomes = {change.index: change.text for change in segment_changes(match)} if old else {}
    for start in range(len(old) - len(words) + 1 if words else 0):
        here = old[start : start + len(words)]
        if not any(part.text for part in here) or not all(map(_matches_word, here, words)):
            continue
        new = [becomes.get(start + place, word) for place, word in enumerate(words)]
        after = start + len(words)
        ends = text.endswith("/") and (after >= len(old) or becomes.get(after, "") is not None)
        path_text = "/".join(word for word in new if word is not None)
        return f"{base}{'/' if text.startswith('/') else ''}{path_text}{'/' if ends else ''}"
    return None


def note_dropped_key(
    expected: ExpectedBodies, use: Use, texts: tuple[str, str], *, is_any: bool = False
) -> None:
    """Note a test of a URL for a text whose new version lacks a key of the old path. `texts` are the old and
    the new one, `is_any` means that an expression in the old one is such a key."""
    old, new = texts
    values = ReceivedUrls(expected.context, expected.stub).slot_values(expected.stub)
    keys = [key for key in values if key in old and key not in new]
    if keys or is_any:
        dropped = expected.context.state.dropped_keys.setdefault(expected.stub.request.id, {})
        dropped[use.site, use.frame] = keys[0] if len(keys) == 1 else None


def _matches_word(part: PathSegment, word: str) -> bool:
    return part.text in (None, word)


def stubs_at(expected: ExpectedBodies, use: Use) -> list[Match]:
    """The stubs whose received requests reach this use in some test."""
    received = ReceivedUrls(expected.context, expected.stub)
    requests = expected.context.memoize(_requests_by_use).get((use.site, use.kind), frozenset())
    own = expected.stub.request.id
    stubs = [stub for stub in expected.stubs if stub.request.id in requests or stub.request.id == own]
    return [stub for stub in stubs if received.reach(stub.operation, use)]


def _requests_by_use(context: ProgramFacts) -> Mapping[tuple[Site, UseKind], frozenset[int]]:
    """The ids of the stubs whose received requests are used, by place and kind of the use."""
    requests: dict[tuple[Site, UseKind], set[int]] = {}
    for number, uses in context.uses.items():
        if context.facts.requests[number].stub is not None:
            for use in uses:
                requests.setdefault((use.site, use.kind), set()).add(number)
    return {place: frozenset(numbers) for place, numbers in requests.items()}
