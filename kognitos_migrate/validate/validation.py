"""Translation validation: compares the facts of the original and of the result, request by request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.match import Match, add_matches_by_target, matches_of
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.path_settings import match_of_path_setting
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.unversioned_requests import new_calls_without_version
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.differences import Differences
from kognitos_migrate.validate.divergence import Divergence
from kognitos_migrate.validate.effect_comparison import EffectComparison
from kognitos_migrate.validate.heap_comparison import DictComparison, IdentityComparison
from kognitos_migrate.validate.places import FrameMap, PlaceMap
from kognitos_migrate.validate.program_effects import ProgramEffects
from kognitos_migrate.validate.reply_reads import read_divergences
from kognitos_migrate.validate.slots import slot_divergences
from kognitos_migrate.validate.spellings import Spellings
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.validate.term_equality import Comparer
from kognitos_migrate.validate.unbound_names import unbound_names
from kognitos_migrate.validate.value_sinks import SinkComparison

TOO_DEEP = "the values of the program are nested too deeply to be compared"


def divergences(
    before: ProgramFacts,
    after: ProgramFacts,
    edits: Mapping[str, Sequence[Edit]],
    old: Iterable[Match],
) -> list[Divergence]:
    """The divergences of a result from its original. `old` are the requests to be migrated.

    If the values are nested too deeply to be compared, each of these requests diverges.
    """
    old = list(old)
    try:
        return _all_divergences(before, after, edits, old)
    except RecursionError:
        return [Divergence(match.request.id, match.request.site, TOO_DEEP) for match in old]


def _all_divergences(
    before: ProgramFacts,
    after: ProgramFacts,
    edits: Mapping[str, Sequence[Edit]],
    old: Iterable[Match],
) -> list[Divergence]:
    places = PlaceMap(before.trees, after.trees, edits)
    frames = FrameMap.of(before.facts, after.facts, places)
    old = [match for match in old if match.request.stub is None]
    sent = {(match.request.site, match.request.frame) for match in old if match.version_sources}
    unversioned = (
        request
        for request in after.facts.requests
        if sent and (places.origin(request.site), frames.origin(request.frame)) in sent
    )
    new = [*_new_matches(after), *new_calls_without_version(after, unversioned)]
    if own := list(_new_calls_of_path_settings(after, places, frames, old)):
        new = add_matches_by_target(after, _new_layouts(after), [*new, *own])
    migrated_before = {match.request.id: match for match in _new_matches(before)}
    calls = migrated_before | {match.request.id: match for match in old}
    left = TermBuilder(before, calls, lambda site: site, lambda frame: frame)
    right = TermBuilder(after, {match.request.id: match for match in new}, places.origin, frames.origin)
    comparer = Comparer(left, right)
    all_divergences = [
        *_divergences(comparer, old, new),
        *_name_divergences(before, after, old),
        *_effect_divergences(before, after, places, old),
        *_value_divergences(comparer, old, new),
    ]
    for builder in (left, right):
        builder.drop_definitions()
    return all_divergences


def _new_calls_of_path_settings(
    after: ProgramFacts, places: PlaceMap, frames: FrameMap, old: Iterable[Match]
) -> Iterator[Match]:
    """The requests of the result whose path is in a setting, as calls of the operation of their
    counterparts."""
    operations = {
        (match.request.site, match.request.frame): match.operation
        for match in old
        if match.path_setting is not None
    }
    for request in after.facts.requests if operations else ():
        operation = operations.get((places.origin(request.site), frames.origin(request.frame)))
        if operation is not None:
            candidate = LaidOutOperation.of(after, operation, operation.new)
            match = match_of_path_setting(after, request, candidate)
            yield from (match,) if match is not None else ()


def _new_matches(program: ProgramFacts) -> list[Match]:
    """The calls of the new version. The original has some if it is half-migrated."""
    return [match for match in matches_of(program, _new_layouts(program)) if match.request.stub is None]


def _new_layouts(program: ProgramFacts) -> list[LaidOutOperation]:
    return [LaidOutOperation.of(program, operation, operation.new) for operation in program.rules.operations]


def _divergences(comparer: Comparer, old: Sequence[Match], new: Sequence[Match]) -> Iterator[Divergence]:
    right = comparer.after
    counterparts = {right.anchor(match.request.site, match.request.frame): match for match in new}
    for match in old:
        own = counterparts.get((match.request.site, match.request.frame))
        if own is None or own.operation != match.operation:
            yield Divergence(match.request.id, match.request.site, "the result doesn't send this request")
            continue
        if any(_last_slashes(own)) and not all(_last_slashes(match)):
            yield Divergence(match.request.id, match.request.site, "the path ends with a slash")
        yield from slot_divergences(comparer, match, own)
    yield from _added_requests(comparer, old)


def _last_slashes(match: Match) -> list[bool]:
    """For each path that a request may have: whether a slash follows its last segment, as in another path."""
    return [path.url.last_slash is not None for path in match.paths]


def _added_requests(comparer: Comparer, old: Sequence[Match]) -> Iterator[Divergence]:
    """Divergences for requests of the result that the original doesn't send."""
    right = comparer.after
    sent = {(request.site, request.frame) for request in comparer.before.facts.requests}
    for request in right.facts.requests if old else ():
        if request.stub is None and right.anchor(request.site, request.frame) not in sent:
            place = _nearest(right, request.site, old).request
            yield Divergence(
                place.id,
                place.site,
                "the result sends a request that the original doesn't send",
            )


def _effect_divergences(
    before: ProgramFacts, after: ProgramFacts, places: PlaceMap, matches: Sequence[Match]
) -> Iterator[Divergence]:
    """The divergences of the side effects in changed modules, except in tests."""
    old_effects, new_effects = ProgramEffects(before), ProgramEffects(after)
    for path, new in after.trees.items():
        old = before.trees.get(path)
        if not matches or old is None or old is new or path in before.facts.tests:
            continue
        for site, message in EffectComparison(old_effects, new_effects, old, new, places).divergences():
            request = _closest(site, matches).request
            yield Divergence(request.id, site, message)


def _name_divergences(
    before: ProgramFacts, after: ProgramFacts, matches: Sequence[Match]
) -> Iterator[Divergence]:
    """The divergences of names in changed modules that nothing binds."""
    for path, tree in after.trees.items():
        original = before.trees.get(path)
        for name in unbound_names(original, tree) if original is not tree and matches else ():
            place = _closest(Site(path, 0), matches).request
            yield Divergence(place.id, place.site, f"nothing binds the name {name!r} in {path}")


def _value_divergences(
    comparer: Comparer, old: Sequence[Match], new: Sequence[Match]
) -> Iterator[Divergence]:
    """The divergences of values that code of the original hands on or reads, except in tests."""
    before, after = comparer.before, comparer.after
    spellings = Spellings(before.program, old, new)
    differences = Differences(comparer, spellings, old, new)
    operands = SinkComparison(before, after, differences, spellings, ProgramEffects(after.program), old)
    places = [
        divergence
        for path, tree in after.program.trees.items()
        if old and path in before.program.trees and path not in before.facts.tests
        for divergence in operands.divergences(before.program.trees[path], tree)
    ]
    objects = DictComparison(before, after, differences, spellings) if old else None
    places += objects.divergences() if objects is not None else ()
    reads = read_divergences(before, after) if old else ()
    copies = IdentityComparison(before, after).divergences() if old else ()
    places += (
        divergence for divergence in (*reads, *copies) if divergence.site.path not in before.facts.tests
    )
    for site, message in places:
        request = _closest(site, old).request
        yield Divergence(request.id, site, message)


def _nearest(builder: TermBuilder, site: Site, matches: Sequence[Match]) -> Match:
    """The request of the original that is nearest to a site of the result, in its file if there is one."""
    tree = builder.program.trees[site.path]
    around = (builder.origin(tree.site(node)) for node in (tree.node(site), *tree.ancestors(tree.node(site))))
    origin = next((place for place in around if place.path == site.path), site)
    return _closest(origin, matches)


def _closest(site: Site, matches: Sequence[Match]) -> Match:
    """The request that is nearest to a site of the original, in its file if there is one."""
    return min(
        matches,
        key=lambda match: (match.request.site.path != site.path, abs(match.request.site.node - site.node)),
    )
