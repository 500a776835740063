"""A large part of a run in pieces that have nothing to do with each other, as far as names tell: each is
analysed as a program of its own."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.discover.channels import Channel, Channels
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.finding import distinct_edits
from kognitos_migrate.record import Struct
from kognitos_migrate.run.exposure import channels, classes
from kognitos_migrate.run.parts.joined import joined
from kognitos_migrate.run.parts.outcome import Outcome, meet
from kognitos_migrate.run.parts.part import Part
from kognitos_migrate.run.pipeline import Survey
from kognitos_migrate.source.span import Span


class Top(Struct, frozen=True):
    """A statement at the top of a module."""

    start: int
    end: int
    names: frozenset[str]
    matters: bool
    """Itself, or by what it uses."""
    is_import: bool


class Piece(Struct, frozen=True):
    """A slice of a part, and what its statements are."""

    part: Part
    tops: Mapping[str, Sequence[Top]]
    beside: frozenset[Channel] = frozenset(Channel)
    """The channels from which something outside of it may take."""

    @property
    def size(self) -> int:
        """How much there is to analyse, in characters."""
        return self.part.size

    def shared(self, survey: Survey) -> list[tuple[str, str]]:
        """The definitions that code outside of it may not use unseen, by file and name, unless it is known
        that nothing there does: what holds replies, or definitions that matter, and what edits touch."""
        known = self._known()
        return [found for found in self._shared(survey) if found not in known]

    def channels(self, survey: Survey) -> Channels:
        """The channels that carry something to code outside of it, unless nothing there takes from them."""
        carrying = channels(survey.seen.scene)
        return Channels(carrying.kinds & self.beside, carrying.attributes)

    def mattering(self) -> frozenset[tuple[str, int]]:
        """The statements that matter, by file and where they begin."""
        return frozenset((file, one.start) for file, tops in self.tops.items() for one in tops if one.matters)

    def _known(self) -> Collection[tuple[str, str]]:
        """The names of which all uses are in the piece: those of what matters, or is only handed on."""
        found: dict[tuple[str, str], bool] = {}
        for file, tops in self.tops.items():
            for one in tops:
                for name in one.names:
                    known = found.get((file, name), not name.startswith("__"))
                    found[file, name] = known and one.matters
        return {place for place, known in found.items() if known}

    def _shared(self, survey: Survey) -> Iterator[tuple[str, str]]:
        scene = survey.seen.scene
        for (file, name), held in scene.facts.holdings.items():
            if held.replies or any(self._matters(scene.span(site)) for site in held.definitions):
                yield file, name
        for site in classes(scene):
            statement = self._at(scene.span(site))
            if statement is not None and not statement.is_import:
                yield from ((site.path, name) for name in statement.names)
        for one in survey.planned:
            for edit in one.edits if isinstance(one.outcome, Plan) else ():
                statement = self._at(edit.span) if edit.span.path in scene.trees else None
                if statement is not None and not statement.is_import:
                    yield from ((edit.span.path, name) for name in statement.names)

    def _matters(self, span: Span) -> bool:
        found = self._at(span)
        return found is not None and found.matters and not found.is_import

    def _at(self, span: Span) -> Top | None:
        return next((one for one in self.tops.get(span.path, ()) if one.start <= span.start < one.end), None)


class Uncut:
    """A piece that is cut out by the process which looks at it: to find what it uses, and which bodies may be
    left out, takes long. To a process that begins anew it is sent cut out."""

    def __init__(self, size: int, cut: Callable[[], Piece]) -> None:
        """`size` is about how much there is to analyse, in characters."""
        self.size = size
        self._cut = cut

    @cached_property
    def piece(self) -> Piece:
        """The piece, cut out."""
        return self._cut()

    def __reduce__(self) -> tuple[Callable[[Piece], Piece], tuple[Piece]]:
        return _itself, (self.piece,)


def _itself(piece: Piece) -> Piece:
    return piece


def as_one(part: Part, outcomes: Sequence[Outcome | None]) -> Outcome | None:
    """What became of the pieces of a part as the outcome of the part; None where they have to be looked at
    together: one uses what may be used elsewhere, two change a file, or may hold a conversation."""
    found = [outcome for outcome in outcomes if outcome is not None]
    if len(found) < len(outcomes) or meet([part for _ in found], found):
        return None
    changed = [path for outcome in found for path in _changed(outcome)]
    if len({*changed}) < len(changed):
        return None
    loose = tuple(one for outcome in found for one in outcome.loose)
    return Outcome(joined([outcome.result for outcome in found]), loose)


def _changed(outcome: Outcome) -> set[str]:
    """The files that are changed, or would be."""
    edits = distinct_edits(finding.fix for finding in outcome.result.findings)
    return {*(edit.span.path for edit in edits), *(change.path for change in outcome.result.changes)}
