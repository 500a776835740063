"""What became of the parts of a run, and which of them belong together after all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kognitos_migrate.conversations.link import Ends
from kognitos_migrate.findings.finding import Result
from kognitos_migrate.run.around import lies_in
from kognitos_migrate.run.parts import Part, as_one
from kognitos_migrate.unions import Unions


@dataclass(frozen=True, slots=True)
class Loose:
    """A conversation that may go on in another program: where one stores the id of a run, another asks for
    it."""

    ends: Ends
    proven: bool
    """Something shows that it is meant for the API."""
    fixed: bool
    """It is changed, if anything is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a part, and what may tie it to others."""

    result: Result
    loose: tuple[Loose, ...]


def merged(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> list[Part] | None:
    """The parts anew, those as one that have to be looked at together; None where there are no such.

    These are those whose fixes would change the same file, or one of the other's, and those of a project
    with conversations that may be one, unless all of these are fixed.
    """
    numbers = Unions(range(len(parts)))
    for one, other in (*_sharing(parts, outcomes), *_tied(parts, outcomes)):
        numbers.join(one, other)
    groups = numbers.groups()
    if len(groups) == len(parts):
        return None
    return [as_one([parts[at] for at in group]) if group[1:] else parts[group[0]] for group in groups]


def _sharing(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> Iterator[tuple[int, int]]:
    owners = {path: number for number, part in enumerate(parts) for path in part.paths}
    for number, outcome in enumerate(outcomes):
        edits = (edit for finding in outcome.result.findings for edit in finding.fix.edits)
        for path in sorted({edit.span.path for edit in edits}):
            yield owners.setdefault(path, number), number


def _tied(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> Iterator[tuple[int, int]]:
    loose = [(number, one) for number, outcome in enumerate(outcomes) for one in outcome.loose]
    ends = _Ends()
    for at, (number, one) in enumerate(loose):
        ends.add(parts[number].projects, one.ends, at)
    conversations = Unions(range(len(loose)))
    for first, *rest in ends.meeting():
        for other in rest:
            conversations.join(first, other)
    for group in conversations.groups():
        tied = [loose[at] for at in group]
        if any(one.proven for _, one in tied) and not all(one.fixed for _, one in tied):
            yield from ((tied[0][0], number) for number, _ in tied)


class _Ends:
    """Which conversations, by number, give and take what, by project and slot."""

    def __init__(self) -> None:
        self._gives: defaultdict[tuple[frozenset[str], str], list[int]] = defaultdict(list)
        self._takes: defaultdict[tuple[frozenset[str], str], list[int]] = defaultdict(list)

    def add(self, projects: frozenset[str], ends: Ends, number: int) -> None:
        for slot in ends.gives:
            self._gives[projects, slot].append(number)
        for slot in ends.takes:
            self._takes[projects, slot].append(number)

    def meeting(self) -> Iterator[list[int]]:
        """Those that may be one conversation."""
        for (projects, slot), gives in self._gives.items():
            for (others, taken), takes in self._takes.items():
                if slot == taken and _are_neighbours(projects, others):
                    yield [*gives, *takes]


def _are_neighbours(projects: frozenset[str], others: frozenset[str]) -> bool:
    """Whether some of them are the same project, or one lies in the other."""
    return any(lies_in(one, other) or lies_in(other, one) for one in projects for other in others)
