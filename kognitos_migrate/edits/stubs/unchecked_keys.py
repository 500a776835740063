"""The checks of keys in tests that the new version loses, because the key leaves the URL.

assert url == f"https://host/old/start/{key}"        "…/new/things" whatever the key is

Only the new body tells the key. A test that compares the whole body checks it there.
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.library.testing import TEST_PREFIX
from kognitos_migrate.rulebook.model import LayoutMember, Operation, Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class UncheckedKey(Struct, frozen=True):
    """The place of a check of a key that the new URL lacks, and the field of the new body that tells it."""

    site: Site
    operation: Operation
    member: LayoutMember


def unchecked_keys(context: PlanContext, matches: Iterable[Match]) -> Iterator[UncheckedKey]:
    """The lost checks in the tests of a planned conversation whose program sends several keys."""
    matches = list(matches)
    for operation in {match.operation.id: match.operation for match in matches}.values():
        same = [match for match in matches if match.operation.id == operation.id]
        member = _member_of_key(operation)
        sent = [match for match in same if match.request.stub is None]
        keys = {key for match in sent for key in match.keys(member.slot)} if member is not None else set()
        if member is None or (len(keys) < 2 and None not in keys):
            continue
        places = [*_places_in_urls(same, member), *context.state.dropped_keys.get(operation.id, ())]
        for site in sorted({site for site, frame in places if not _compares_bodies(context, frame)}):
            yield UncheckedKey(site, operation, member)


def _member_of_key(operation: Operation) -> LayoutMember | None:
    """The field of the new body that comes from a table whose key only the old path has."""
    kept = {part.slot for part in operation.new.path}
    moved = {part.slot for part in operation.old.path} - kept
    members = (member for member in operation.new.members if member.table is not None)
    return next((member for member in members if member.slot in moved), None)


def _places_in_urls(matches: Iterable[Match], member: LayoutMember) -> Iterator[tuple[Site, int]]:
    """The stubs and assertions whose URL contains the key, each with its frame."""
    for match in matches:
        if match.request.stub is None or match.request.value(Role.JSON):
            continue
        segments = (zip(match.layout.path, path.segments, strict=True) for path in match.paths)
        pieces = (segment.pieces for pairs in segments for part, segment in pairs if part.slot == member.slot)
        if any(pieces):
            yield match.request.site, match.request.frame


def _compares_bodies(context: PlanContext, frame: int) -> bool:
    """Whether the test of a frame compares a whole body. For a fixture, whether a test of its module does."""
    facts = context.facts
    test = outermost_frame(facts, frame)
    frames = {outermost_frame(facts, number) for number in context.state.compared_rows}
    function = facts.frames[test].function
    definition = context.node(function) if function is not None else None
    is_test = isinstance(definition, cst.FunctionDef) and definition.name.value.startswith(TEST_PREFIX)
    paths = {facts.frames[number].path for number in frames}
    return test in frames or (not is_test and facts.frames[test].path in paths)
