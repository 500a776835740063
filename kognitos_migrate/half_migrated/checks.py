"""Finds the half-migrated uses of a program."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import program_tests
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse, NewVersionCalls
from kognitos_migrate.half_migrated.replies import reply_faults
from kognitos_migrate.half_migrated.requests import body_faults, foreign_slots, query_faults, transfer_faults
from kognitos_migrate.rulebook.codes import HALF_METHOD, HALF_PATH
from kognitos_migrate.rulebook.model import Encoding, Operation, PathSegment
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Text


def half_migrated_uses(
    context: PlanContext, calls: NewVersionCalls, old: list[Match]
) -> list[HalfMigratedUse]:
    """The half-migrated uses of a program, at most one for each site and code."""
    uses: dict[tuple[str, Site], HalfMigratedUse] = {}
    for fault in _faults(context, calls, old):
        uses.setdefault((fault.kind.code, fault.site), fault)
    return list(uses.values())


def _faults(context: PlanContext, calls: NewVersionCalls, old: list[Match]) -> Iterator[HalfMigratedUse]:
    for match in calls.mixed:
        yield _mixed_use(context, match)
    for match in calls.wrong_method:
        yield _wrong_method(context, match)
    old_by_request = {match.request.id: match for match in old}
    new_by_request = {match.request.id: match for match in calls.right}
    requests_by_operation: defaultdict[str, set[int]] = defaultdict(set)
    for match in calls.right:
        requests_by_operation[match.operation.id].add(match.request.id)
    for match in (match for match in calls.right if match.request.stub is None):
        call = _innermost_own_call(context, match, requests_by_operation[match.operation.id])
        yield from body_faults(context, match, call)
        yield from query_faults(context, match)
        yield from transfer_faults(context, match, call)
        yield from reply_faults(context, match)
        yield from foreign_slots(context, match, old_by_request)
    for match in old if new_by_request else ():
        yield from foreign_slots(context, match, new_by_request)


def _mixed_use(context: PlanContext, match: Match) -> HalfMigratedUse:
    new = match.operation.new
    message = f"`{match.layout.call}` exists in neither version"
    return HalfMigratedUse(
        HALF_PATH,
        match,
        _old_version_in_tests(context, match) or _operation_segment(match),
        message,
        f"call {new.call}{other_changes(match.operation)}",
    )


def other_changes(operation: Operation) -> str:
    """The changes of an operation's body and reply that go with its path, for a help text."""
    old, new = operation.old, operation.new
    changes: list[str] = []
    if new.members:
        changes.append(
            f"with {', '.join(member.name for member in new.members if member.when is None)} in the body"
        )
    renamed = [
        f"{member.name!r} becomes {other.name!r}{_as_list(other.encodings.values())}"
        for member in old.reply
        if (other := new.reply_member(member.slot)) is not None and other.name != member.name
    ]
    if renamed:
        changes.append(f"in the response, {', '.join(renamed)}")
    return "".join(f"; {change}" for change in changes)


def _as_list(encodings: Iterable[Encoding]) -> str:
    return " (a list of entries)" if Encoding.ENTRIES in encodings else ""


def calls_that_tests_reach(context: ProgramFacts, calls: NewVersionCalls) -> tuple[Match, ...]:
    """The calls of the program in the new version, also behind a base URL out of sight, or that only tests
    supply in the old version."""
    with_old_base = (match for match in calls.mixed if _old_version_in_tests(context, match) is not None)
    own = (replace(match, layout=match.operation.new) for match in with_old_base)
    return (*calls.right, *calls.unversioned, *own)


def _old_version_in_tests(context: ProgramFacts, match: Match) -> Site | None:
    """The literal of a test with the old version, in front of a path of the new one that the program has. The
    program itself calls the new version then."""
    path, tests = match.paths[0], program_tests(context)
    old = context.api(match.operation).old
    version = next(
        (
            segment.pieces[0].site
            for part, segment in zip(match.layout.path, path.segments, strict=True)
            if part.text == old
        ),
        None,
    )
    is_in_tests = version is not None and version.path in tests
    return version if is_in_tests and _operation_segment(match).path not in tests else None


def _operation_segment(match: Match) -> Site:
    """The site of the path's last fixed segment, which names the called operation."""
    path = match.paths[0]
    for part, segment in reversed(list(zip(match.layout.path, path.segments, strict=True))):
        site = segment.pieces[0].site
        if part.text is not None and site is not None:
            return site
    return match.request.site


def _wrong_method(context: ProgramFacts, match: Match) -> HalfMigratedUse:
    rules = context.rules
    words = _fixed_segments(match.layout.path)
    real = [
        operation.new.call
        for operation in rules.operations
        if operation.new.path and _fixed_segments(operation.new.path) == words
    ]
    message = f"`{match.layout.call}` doesn't exist in {rules.apis[match.operation.api].new}"
    lit = next(
        (
            choice.parts[0]
            for choice in alternatives(match.request.method)
            if isinstance(choice, Text) and choice.parts
        ),
        None,
    )
    site = lit.site if isinstance(lit, Lit) and lit.site is not None else match.request.site
    return HalfMigratedUse(HALF_METHOD, match, site, message, f"call {' or '.join(real)}")


def _fixed_segments(path: tuple[PathSegment, ...]) -> list[str]:
    return [part.text for part in path if part.text is not None]


def _innermost_own_call(context: PlanContext, match: Match, same: AbstractSet[int]) -> Site:
    """The innermost call that only sends requests of this operation, whose requests are `same`."""
    for site, _ in context.calls(match.request):
        if context.requests.by_call.get(site, set()) <= same:
            return site
    return match.request.site
