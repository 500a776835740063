"""Finds the half-migrated uses of a program."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.half_migrated.api_calls import HalfMigratedUse, NewVersionCalls
from kognitos_migrate.half_migrated.replies import reply_faults
from kognitos_migrate.half_migrated.requests import body_faults, foreign_slots, query_faults, transfer_faults
from kognitos_migrate.rulebook.codes import HALF_METHOD, HALF_PATH
from kognitos_migrate.rulebook.model import Encoding, PathSegment
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Text


def half_migrated_uses(scene: PlanContext, calls: NewVersionCalls, old: list[Match]) -> list[HalfMigratedUse]:
    """The places that are half-migrated; one for each place and kind."""
    found: dict[tuple[str, Site], HalfMigratedUse] = {}
    for fault in _faults(scene, calls, old):
        found.setdefault((fault.kind.code, fault.site), fault)
    return list(found.values())


def _faults(scene: PlanContext, calls: NewVersionCalls, old: list[Match]) -> Iterator[HalfMigratedUse]:
    for match in calls.mixed:
        yield _mixed(match)
    for match in calls.wrong_method:
        yield _wrong_method(scene, match)
    before = {match.request.id: match for match in old}
    after = {match.request.id: match for match in calls.right}
    same: defaultdict[str, set[int]] = defaultdict(set)
    for match in calls.right:
        same[match.operation.id].add(match.request.id)
    for match in (match for match in calls.right if match.request.stub is None):
        shown = _innermost(scene, match, same[match.operation.id])
        yield from body_faults(scene, match, shown)
        yield from query_faults(scene, match)
        yield from transfer_faults(scene, match, shown)
        yield from reply_faults(scene, match)
        yield from foreign_slots(scene, match, before)
    for match in old if after else ():
        yield from foreign_slots(scene, match, after)


def _mixed(match: Match) -> HalfMigratedUse:
    new = match.operation.new
    message = f"there is no {match.layout.call} in either version"
    return HalfMigratedUse(HALF_PATH, match, _word(match), message, f"call {new.call}{_rest(match)}")


def _rest(match: Match) -> str:
    """What else changes with the path."""
    old, new = match.operation.old, match.operation.new
    said: list[str] = []
    if new.members:
        said.append(f"with {', '.join(one.name for one in new.members if one.when is None)} in the body")
    renamed = [
        f"{member.name!r} becomes {other.name!r}{_as_list(other.encodings.values())}"
        for member in old.reply
        if (other := new.reply_member(member.slot)) is not None and other.name != member.name
    ]
    if renamed:
        said.append(f"of the reply, {', '.join(renamed)}")
    return "".join(f"; {one}" for one in said)


def _as_list(encodings: Iterable[Encoding]) -> str:
    return " (a list of entries)" if Encoding.ENTRIES in encodings else ""


def _word(match: Match) -> Site:
    """Where the path's word is written, which says what is called."""
    path = match.paths[0]
    for part, segment in reversed(list(zip(match.layout.path, path.segments, strict=True))):
        site = segment.pieces[0].site
        if part.text is not None and site is not None:
            return site
    return match.request.site


def _wrong_method(scene: PlanContext, match: Match) -> HalfMigratedUse:
    rules = scene.rules
    words = _fixed(match.layout.path)
    real = [one.new.call for one in rules.operations if one.new.path and _fixed(one.new.path) == words]
    message = f"there is no {match.layout.call} in {rules.apis[match.operation.api].new}"
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


def _fixed(path: tuple[PathSegment, ...]) -> list[str]:
    """The words of a path, without its slots."""
    return [part.text for part in path if part.text is not None]


def _innermost(scene: PlanContext, match: Match, same: AbstractSet[int]) -> Site:
    """The innermost call that sends only this operation, by the requests that do."""
    for site, _ in scene.calls(match.request):
        if scene.requests_by_call.get(site, set()) <= same:
            return site
    return match.request.site
