"""The index of the conversations of a run by the ends of their flows, which shows those that may be one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from kognitos_migrate.conversations.link import ExternalFlows, FlowEnd
from kognitos_migrate.discover.repository import folder_and_parents
from kognitos_migrate.run.project import is_inside

_Numbered = tuple[str, int]
"""The root directory of a project, and the number of a conversation in it."""


class FlowIndex:
    """The numbers of conversations by flow end (slot and channel) and project, for sources and for sinks."""

    def __init__(self) -> None:
        self._gives: defaultdict[FlowEnd, list[_Numbered]] = defaultdict(list)
        self._takes: defaultdict[FlowEnd, list[_Numbered]] = defaultdict(list)

    def add(self, projects: frozenset[str], ends: ExternalFlows, number: int) -> None:
        """Record the flow ends of a conversation in these projects."""
        numbered = [(project, number) for project in sorted(projects)]
        for end in ends.outgoing:
            self._gives[end] += numbered
        for end in ends.incoming:
            self._takes[end] += numbered

    def meets(self, projects: frozenset[str], ends: ExternalFlows) -> bool:
        """Whether a conversation with these ends may be one with a recorded one."""
        recorded = {
            folder
            for index, own in ((self._takes, ends.outgoing), (self._gives, ends.incoming))
            for end in own
            if end in index
            for folder, _ in index[end]
        }
        return any(
            is_inside(project, folder) or is_inside(folder, project)
            for folder in recorded
            for project in projects
        )

    def groups(self) -> Iterator[list[int]]:
        """Groups of numbers that may be one conversation: in the same project, or one project inside the
        other. Ends of the same conversations are the same group."""
        met = {
            (tuple(gives), tuple(self._takes[end])): None
            for end, gives in self._gives.items()
            if end in self._takes
        }
        for gives, takes in met:
            yield from _near_groups(gives, takes)


def _near_groups(gives: Sequence[_Numbered], takes: Sequence[_Numbered]) -> Iterator[list[int]]:
    givers, takers = _by_folder(gives), _by_folder(takes)
    pairs = {
        **{(give, take): None for give in givers for take in _around(give) if take in takers},
        **{(give, take): None for take in takers for give in _around(take) if give in givers},
    }
    yield from ([givers[give][0], takers[take][0]] for give, take in pairs)
    yield from (givers[give] for give in {give: None for give, _ in pairs})
    yield from (takers[take] for take in {take: None for _, take in pairs})


def _by_folder(numbered: Sequence[_Numbered]) -> dict[str, list[int]]:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for folder, number in numbered:
        numbers[folder].append(number)
    return numbers


@cache
def _around(folder: str) -> tuple[str, ...]:
    return tuple(folder_and_parents(folder))
