"""A ledger in numbers: by state, and by state for each operation, file, package, owner and project."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.findings.finding import Place
from kognitos_migrate.record import Struct
from kognitos_migrate.report.ledger.model import Ledger, Project, State
from kognitos_migrate.report.moved import file_and_cell

NOBODY = "nobody"
"""The owner of what nobody owns."""


class Use(Struct, frozen=True):
    """A call, or whatever else was found: what a ledger counts, one by one."""

    project: Project
    state: State
    code: str
    name: str
    place: Place

    @property
    def file(self) -> str:
        """The file, within its project."""
        return file_and_cell(self.place.path)[0]


class Progress(Struct, frozen=True):
    """How far a migration is, counted in conversations or in calls."""

    by_state: Mapping[State, int]

    @property
    def total(self) -> int:
        """All that is to be migrated or has been."""
        return sum(count for state, count in self.by_state.items() if state.counts)

    @property
    def migrated(self) -> int:
        """How many are done."""
        return self.by_state.get(State.MIGRATED, 0)

    @property
    def open(self) -> int:
        """How many are not."""
        return self.total - self.migrated

    @property
    def besides(self) -> int:
        """How many are no part of it: kept, in text, adapted."""
        return sum(count for state, count in self.by_state.items() if not state.counts)

    def percent(self, *also: State) -> int:
        """The share that is done, as it would be with the states `also`; 100 only if nothing is left."""
        if not self.total:
            return 100
        done = self.migrated + sum(self.by_state.get(state, 0) for state in also)
        return done * 100 // self.total


class Row(Struct, frozen=True):
    """The progress of one group of calls."""

    label: str
    detail: str
    progress: Progress


class Tally(Struct, frozen=True):
    """A ledger in numbers."""

    conversations: Progress
    calls: Progress
    by_operation: tuple[Row, ...]
    by_package: tuple[Row, ...]
    by_file: tuple[Row, ...]
    by_owner: tuple[Row, ...]
    """Empty where nobody owns anything."""
    by_project: tuple[Row, ...]

    @classmethod
    def of(cls, ledger: Ledger) -> "Tally":
        """The numbers of `ledger`."""
        uses = list(uses_of(ledger))
        owned = any(home.owners for project in ledger.projects for home in project.homes.values())
        return cls(
            conversations=Progress(Counter(entry.state for _, entry in ledger.entries)),
            calls=Progress(Counter(use.state for use in uses)),
            by_operation=_rows((use.code, use.name, use.state) for use in uses),
            by_package=_rows((_package(use), "", use.state) for use in uses),
            by_file=_rows((ledger.path_of(use.project, use.file), "", use.state) for use in uses),
            by_owner=_rows((owner, "", use.state) for use in uses for owner in owners(use)) if owned else (),
            by_project=_rows((use.project.name, "", use.state) for use in uses),
        )


def uses_of(ledger: Ledger) -> Iterator[Use]:
    """Whatever a ledger counts."""
    for project, entry in ledger.entries:
        for code, name, place in entry.uses:
            yield Use(project, entry.state, code, name, place)


def owners(use: Use) -> tuple[str, ...]:
    """Who owns the file; each of several owners has all of it."""
    return use.project.home(use.place.path).owners or (NOBODY,)


def _package(use: Use) -> str:
    return use.project.home(use.place.path).package


def _rows(labelled: Iterable[tuple[str, str, State]]) -> tuple[Row, ...]:
    """The groups, by label."""
    counts: dict[str, Counter[State]] = {}
    details: dict[str, str] = {}
    for label, detail, state in labelled:
        counts.setdefault(label, Counter())[state] += 1
        details.setdefault(label, detail)
    return tuple(Row(label, details[label], Progress(count)) for label, count in sorted(counts.items()))
