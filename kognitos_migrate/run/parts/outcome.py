"""What became of the parts of a run, and which of them belong together after all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from kognitos_migrate.conversations.link import End, Ends
from kognitos_migrate.findings.finding import Result, distinct_edits
from kognitos_migrate.record import Struct
from kognitos_migrate.run.around import upwards
from kognitos_migrate.run.parts.part import Part, as_one
from kognitos_migrate.unions import Unions


class Loose(Struct, frozen=True):
    """A conversation that may go on in another program: where one stores the id of a run, another asks for
    it."""

    ends: Ends
    proven: bool
    """Something shows that it is meant for the API."""
    fixed: bool
    """It is changed, if anything is."""


class Outcome(Struct, frozen=True):
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
        edits = distinct_edits(finding.fix for finding in outcome.result.findings)
        for path in sorted({edit.span.path for edit in edits}):
            yield owners.setdefault(path, number), number


def _tied(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> Iterator[tuple[int, int]]:
    """The parts, by number, with conversations that may be one, and of which not all is fixed."""
    for group in _meeting(parts, outcomes):
        if any(one.proven for _, one in group) and not all(one.fixed for _, one in group):
            yield from ((group[0][0], number) for number, _ in group)


def meet(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> bool:
    """Whether conversations of two of the parts may be one."""
    groups = ({number for number, _ in group} for group in _meeting(parts, outcomes))
    return any(len(numbers) > 1 for numbers in groups)


def _meeting(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> Iterator[list[tuple[int, Loose]]]:
    """Conversations that may be one, with the numbers of their parts."""
    loose = [(number, one) for number, outcome in enumerate(outcomes) for one in outcome.loose]
    ends = Meetings()
    for at, (number, one) in enumerate(loose):
        ends.add(parts[number].projects, one.ends, at)
    conversations = Unions(range(len(loose)))
    for first, *rest in ends.groups():
        for other in rest:
            conversations.join(first, other)
    return ([loose[at] for at in group] for group in conversations.groups())


class Meetings:
    """Which conversations, by number, give and take what, by slot, way and project."""

    def __init__(self) -> None:
        """None yet."""
        self._gives: defaultdict[End, _Folders] = defaultdict(_Folders)
        self._takes: defaultdict[End, _Folders] = defaultdict(_Folders)

    def add(self, projects: frozenset[str], ends: Ends, number: int) -> None:
        """Note what a conversation in these projects gives and takes."""
        for project in sorted(projects):
            for end in ends.gives:
                self._gives[end].add(project, number)
            for end in ends.takes:
                self._takes[end].add(project, number)

    def meets(self, projects: frozenset[str], ends: Ends) -> bool:
        """Whether a conversation with these ends may be one with some that are noted."""
        return any(
            end in held and held[end].has_near(project)
            for held, own in ((self._takes, ends.gives), (self._gives, ends.takes))
            for end in own
            for project in projects
        )

    def groups(self) -> Iterator[list[int]]:
        """Those that may be one conversation: of the same project, or of one that lies in the other's."""
        for end, gives in self._gives.items():
            takes = self._takes[end] if end in self._takes else _Folders()
            pairs = {
                **{(one, other): None for one in gives.numbers for other in takes.around(one)},
                **{(one, other): None for other in takes.numbers for one in gives.around(other)},
            }
            yield from ([gives.numbers[one][0], takes.numbers[other][0]] for one, other in pairs)
            yield from (gives.numbers[one] for one in {one: None for one, _ in pairs})
            yield from (takes.numbers[other] for other in {other: None for _, other in pairs})


class _Folders:
    """Numbers by folder."""

    def __init__(self) -> None:
        self.numbers: defaultdict[str, list[int]] = defaultdict(list)
        self._with_one: set[str] = set()
        """The folders in which, or below which, there is one."""

    def add(self, folder: str, number: int) -> None:
        self.numbers[folder].append(number)
        self._with_one.update(upwards(folder))

    def around(self, folder: str) -> list[str]:
        """Those that a folder is, or lies in."""
        return [one for one in upwards(folder) if one in self.numbers]

    def has_near(self, folder: str) -> bool:
        """Whether one of them is the folder, lies in it, or holds it."""
        return folder in self._with_one or bool(self.around(folder))
