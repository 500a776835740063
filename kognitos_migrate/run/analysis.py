"""The engine's one entry: sources in, findings and changed texts out. What is not connected is analysed
apart, in several processes where that is worth it; how many there are changes nothing in the result."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from kognitos_migrate.cache.store import NOWHERE, Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.screen import Anchors, anchors
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.finding import Applicability, Result
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.collector import LEAVINGS, resting_collector
from kognitos_migrate.run.kept.parts import KeptParts
from kognitos_migrate.run.parts.calling import calling
from kognitos_migrate.run.parts.failure import failure
from kognitos_migrate.run.parts.joined import joined
from kognitos_migrate.run.parts.onward import Onward
from kognitos_migrate.run.parts.outcome import Outcome, merged
from kognitos_migrate.run.parts.part import Part, mattering, parts_of
from kognitos_migrate.run.pieces import Piece, Uncut, as_one
from kognitos_migrate.run.pipeline import Survey, fixed, found, survey
from kognitos_migrate.run.slicing import Bodies, Slices
from kognitos_migrate.run.unaccounted import with_unaccounted
from kognitos_migrate.run.workers import spread
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.syntax.gaps import GapError
from kognitos_migrate.syntax.tree import SourceSyntaxError, UnfaithfulError, parse

WORTH_PROCESSES = 30_000
"""So many characters take longer to analyse than a process takes to begin."""
_SHARES = 16
"""The shares that the work is split into for each process, since some take longer than others."""

Looked = TypeVar("Looked")
Work = Part | Slices | Uncut | Piece
"""What is analysed in one go: a part of which slices may be made, or of which they have been made, or a
piece of one, which may be yet to be cut out."""


class Surveyed(Struct, frozen=True):
    """A part with its survey, None where the tool fails on it, and what is found in it."""

    part: Part
    survey: Survey | None
    outcome: Outcome


class Task(Struct, frozen=True):
    """How a part is analysed. `level`: what is fixed, None where nothing is. `given`: the files of which is
    reported, and which are changed; all where it is None."""

    rulebook: Rulebook
    settings: Settings
    level: Applicability | None
    given: Collection[str] | None
    anchors: Anchors

    def __call__(self, shares: Sequence[Sequence[Work]]) -> list[list[Outcome | None]]:
        """What becomes of the parts of each of the shares; None for a piece that can't be looked at alone."""
        return [[self.outcome(one) for one in share] for share in shares]

    def outcome(self, one: Work) -> Outcome | None:
        """What becomes of one part, or piece."""
        LEAVINGS.let_go()
        with resting_collector():
            outcome = self._of_piece(one) if isinstance(one, Uncut | Piece) else self._of_part(one)
        LEAVINGS.add(one.size)
        return outcome

    def _of_piece(self, one: Uncut | Piece) -> Outcome | None:
        """None where the piece tells nothing, or the tool fails on it: then the part is looked at whole."""
        try:
            piece = one.piece if isinstance(one, Uncut) else one
            seen = survey(piece.part, self.rulebook, self.settings, self.given)
            if piece.shared(seen) or piece.channels(seen):
                return None
            return found(seen) if self.level is None else fixed(seen, self.level)
        except UnfaithfulError:
            return None
        except GapError:
            return self._of_piece(replace(piece, part=replace(piece.part, left_out={})))
        except UserError:
            raise
        except Exception:
            return None

    def _of_part(self, one: Part | Slices) -> Outcome:
        """An error of the tool's own stays within the part."""
        try:
            return self._outcome(one if isinstance(one, Slices) else Slices(one, self.anchors))
        except UserError:
            raise
        except Exception as error:
            part = one if isinstance(one, Part) else one.part
            return failure(part, error, self.rulebook, self.anchors)

    def _outcome(self, slices: Slices) -> Outcome:
        while True:
            try:
                seen = self._understood(slices)
                return found(seen) if self.level is None else fixed(seen, self.level)
            except UnfaithfulError as error:
                slices = Slices(_faithful(slices.part, error), self.anchors)
            except GapError:
                slices = Slices(slices.part, self.anchors, Bodies.ALL)

    def surveyed(self, part: Part) -> Surveyed:
        """A part understood, and what is found in it. All of it is parsed: more may be asked of it."""
        try:
            seen, outcome = self._surveyed(part)
        except UserError:
            raise
        except Exception as error:
            return Surveyed(part, None, failure(part, error, self.rulebook, self.anchors))
        return Surveyed(part, seen, outcome)

    def _surveyed(self, part: Part) -> tuple[Survey, Outcome]:
        while True:
            try:
                seen = self._understood(Slices(part, self.anchors, Bodies.ALL))
                return seen, found(seen)
            except UnfaithfulError as error:
                part = _faithful(part, error)

    def _understood(self, slices: Slices) -> Survey:
        """What a part does, and what is planned for it: of a large one, as far as it can matter."""
        current: Piece | None = slices.first()
        while current is not None:
            seen = survey(current.part, self.rulebook, self.settings, self.given)
            current = slices.wider(current, seen)
        return seen


def analyse(
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    level: Applicability | None = Applicability.SAFE,
    given: Collection[str] | None = None,
    workers: int = 1,
    store: Store = NOWHERE,
) -> Result:
    """All that `sources` hold of the old version, and what fixing up to `level` makes of them (None: nothing
    is fixed).

    Of sources that are not `given` (by path; all are by default) nothing is reported or changed: they are
    there because the others belong with them. `store` may know what became of some of their parts.
    """
    task = Task(rulebook, settings, level, given, anchors(rulebook, settings))
    within = {source.path for source in sources} if given is None else given
    kept = KeptParts(store, settings, level, within)
    parts = calling(parts_to_analyse(sources, rulebook, settings), rulebook, settings)
    analysed: set[str] = set()

    def look(fresh: Sequence[Part]) -> list[Outcome]:
        analysed.update(path for part in fresh for path in part.paths)
        return _outcomes(task, fresh, workers, kept)

    outcomes = _settled(parts, Onward(rulebook, task.anchors), look, _itself)
    kept.keep()
    result = replace(joined([outcome.result for outcome in outcomes]), files=len(sources))
    return with_unaccounted(result, sources, rulebook, settings, within, analysed)


def _settled(
    parts: Sequence[Part],
    onward: Onward,
    look: Callable[[Sequence[Part]], Sequence[Looked]],
    outcome: Callable[[Looked], Outcome],
) -> list[Looked]:
    """What `look` gives for the parts that are analysed, in their order: for those that name the API, then
    for those that may go on with one of these, and for those together that turn out to belong together."""
    order = {path: number for number, part in enumerate(parts) for path in part.paths}
    known: dict[tuple[str, ...], Looked] = {}
    more: Sequence[Part] | None = onward.first(parts)
    current: list[Part] = []
    while more is not None:
        current = sorted(more, key=lambda part: min(map(order.__getitem__, part.paths)))
        fresh = [part for part in current if part.paths not in known]
        known.update(zip((part.paths for part in fresh), look(fresh), strict=True))
        outcomes = [outcome(known[part.paths]) for part in current]
        met = onward.met(current, outcomes)
        more = [*current, *met] if met else merged(current, outcomes)
    return [known[part.paths] for part in current]


def _itself(outcome: Outcome) -> Outcome:
    return outcome


def surveys(
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    given: Collection[str] | None,
    place: str | None = None,
) -> list[Surveyed]:
    """The same sources understood, part by part, and nothing of them changed yet. The part with the file
    `place` is among them, whatever it holds."""
    task = Task(rulebook, settings, None, given, anchors(rulebook, settings))
    parts = parts_to_analyse(sources, rulebook, settings)
    return _settled(
        parts,
        Onward(rulebook, task.anchors, place),
        lambda fresh: [task.surveyed(part) for part in fresh],
        lambda one: one.outcome,
    )


def _faithful(part: Part, error: UnfaithfulError) -> Part:
    """A part without the files that are not read back. Where one was met there are often more (it is a habit
    to write like that): all are looked at, so that the part is analysed once more and not once for each."""
    errors = [error, *(_unfaithful(source) for source in part.sources if source.fault is None)]
    for one in errors:
        if one is not None:
            part = part.without({one.path}, one.message, one.reason)
    return part


def _unfaithful(source: SourceFile) -> UnfaithfulError | None:
    """Why a file isn't read back; None where it is, or can't be parsed, of which this isn't asked."""
    try:
        tree = parse(source.path, source.text)
        tree.span(tree.module)
    except UnfaithfulError as error:
        return error
    except SourceSyntaxError:
        pass
    return None


def parts_to_analyse(sources: Sequence[SourceFile], rulebook: Rulebook, settings: Settings) -> list[Part]:
    """The parts of `sources` in which something can be found."""
    return mattering(parts_of(sources), anchors(rulebook, settings))


def _outcomes(task: Task, parts: Sequence[Part], workers: int, kept: KeptParts) -> list[Outcome]:
    """What becomes of the parts, in their order."""
    known = [kept.known(part) for part in parts]
    fresh = [part for part, outcome in zip(parts, known, strict=True) if outcome is None]
    found = _found(task, fresh, workers)
    kept.note(fresh, found)
    rest = iter(found)
    return [next(rest) if outcome is None else outcome for outcome in known]


def _found(task: Task, parts: Sequence[Part], workers: int) -> list[Outcome]:
    """What an analysis of the parts finds, in their order. What falls apart is looked at in pieces, and as a
    whole only where that does not tell."""
    slices = [Slices(part, task.anchors) for part in parts]
    pieces = [one.pieces() for one in slices]
    of_pieces = iter(_spread(task, [one for some in pieces for one in some], workers))
    known = [
        as_one(part, [next(of_pieces) for _ in some]) if some else None
        for part, some in zip(parts, pieces, strict=True)
    ]
    rest = [one for one, outcome in zip(slices, known, strict=True) if outcome is None]
    whole = _spread(task, rest if len(rest) == 1 else [one.part for one in rest], workers)
    LEAVINGS.add(sum(one.size for one in slices), *slices)
    found = (outcome for outcome in whole if outcome is not None)
    return [next(found) if outcome is None else outcome for outcome in known]


def _spread(task: Task, items: Sequence[Work], workers: int) -> list[Outcome | None]:
    """What becomes of parts and pieces, in their order: the largest are begun first."""
    order = sorted(range(len(items)), key=lambda number: -items[number].size)
    if len(items) < 2 or sum(one.size for one in items) < WORTH_PROCESSES:
        workers = 1
    count = max(1, min(len(items), workers * _SHARES))
    shares = [order[start::count] for start in range(count)]
    found = spread(task, [[items[number] for number in share] for share in shares], workers)
    by_number = {
        number: outcome
        for share, outcomes in zip(shares, found, strict=True)
        for number, outcome in zip(share, outcomes, strict=True)
    }
    return [by_number[number] for number in range(len(items))]
