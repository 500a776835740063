"""Statistics of a ledger, and the comparison of two ledgers."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.findings.result import Finding, Place
from kognitos_migrate.report.export import every_finding
from kognitos_migrate.report.ledger.model import Ledger, Project, State
from kognitos_migrate.report.place_mapping import file_and_cell
from kognitos_migrate.structs import Struct

NOBODY = "nobody"
"""The owner shown for files without owners."""


class CountedUse(Struct, frozen=True):
    """A call or another finding, the unit that a ledger counts."""

    project: Project
    state: State
    code: str
    name: str
    place: Place

    @property
    def file(self) -> str:
        """The path of the file in its project."""
        return file_and_cell(self.place.path)[0]


class MigrationProgress(Struct, frozen=True):
    """The progress of a migration, counted in conversations or in calls."""

    by_state: Mapping[State, int]

    @property
    def total(self) -> int:
        """The number of items to migrate, including migrated ones."""
        return sum(count for state, count in self.by_state.items() if state.counts)

    @property
    def migrated_count(self) -> int:
        """The number of migrated items."""
        return self.by_state.get(State.MIGRATED, 0)

    @property
    def unclear_count(self) -> int:
        """The number of items that count although they may be no calls: they couldn't be analysed."""
        return self.by_state.get(State.UNCLEAR, 0)

    @property
    def open(self) -> int:
        """The number of items still to migrate."""
        return self.total - self.migrated_count

    @property
    def other_count(self) -> int:
        """The number of items outside the progress: kept, in text, adapted."""
        return sum(count for state, count in self.by_state.items() if not state.counts)

    def percent(self, *also: State) -> int:
        """The migrated percentage, also counting the states `also`. 100 only if nothing is left."""
        if not self.total:
            return 100
        done = self.migrated_count + sum(self.by_state.get(state, 0) for state in also)
        return done * 100 // self.total


class Row(Struct, frozen=True):
    """The progress of one group of calls."""

    label: str
    detail: str
    progress: MigrationProgress


class Tally(Struct, frozen=True):
    """The statistics of a ledger."""

    conversations: MigrationProgress
    calls: MigrationProgress
    by_operation: tuple[Row, ...]
    by_package: tuple[Row, ...]
    by_file: tuple[Row, ...]
    by_owner: tuple[Row, ...]
    """Empty if no file has an owner."""
    by_project: tuple[Row, ...]

    @classmethod
    def of(cls, ledger: Ledger) -> "Tally":
        """The statistics of `ledger`."""
        uses = list(uses_of(ledger))
        owned = any(home.owners for project in ledger.projects for home in project.homes.values())
        return cls(
            conversations=MigrationProgress(Counter(entry.state for _, entry in ledger.entries)),
            calls=MigrationProgress(Counter(use.state for use in uses)),
            by_operation=_rows((use.code, use.name, use.state) for use in uses),
            by_package=_rows((ledger.package_of(use.project, use.place.path), "", use.state) for use in uses),
            by_file=_rows((ledger.path_of(use.project, use.file), "", use.state) for use in uses),
            by_owner=_rows((owner, "", use.state) for use in uses for owner in owners(use)) if owned else (),
            by_project=_rows((use.project.name, "", use.state) for use in uses),
        )


def uses_of(ledger: Ledger) -> Iterator[CountedUse]:
    """All uses in a ledger."""
    for project, entry in ledger.entries:
        for code, name, place in entry.uses:
            yield CountedUse(project, entry.state, code, name, place)


def owners(use: CountedUse) -> tuple[str, ...]:
    """The owners of the file. Each of several owners counts the use in full."""
    return use.project.home(use.place.path).owners or (NOBODY,)


def _rows(labelled: Iterable[tuple[str, str, State]]) -> tuple[Row, ...]:
    """The groups by label."""
    counts: dict[str, Counter[State]] = {}
    details: dict[str, str] = {}
    for label, detail, state in labelled:
        counts.setdefault(label, Counter())[state] += 1
        details.setdefault(label, detail)
    return tuple(
        Row(label, details[label], MigrationProgress(count)) for label, count in sorted(counts.items())
    )


class Difference(Struct, frozen=True):
    """A finding that only one of two reports has. `path` is formatted as in a table of files."""

    project: str
    finding: Finding
    fingerprint: str
    path: str


class Delta(Struct, frozen=True):
    """The change of one group of findings: the counts before, gone, new, and now."""

    label: str
    detail: str
    before: int
    gone: int
    new: int
    now: int
    migrated_before: int
    migrated_now: int


class LedgerComparison(Struct, frozen=True):
    """Two reports compared. `before` and `now` are conversations, and `since` is the date of the earlier
    report."""

    since: str
    before: MigrationProgress
    now: MigrationProgress
    new: tuple[Difference, ...]
    gone: tuple[Difference, ...]
    by_operation: tuple[Delta, ...]
    by_file: tuple[Delta, ...]


def compare_ledgers(before: Ledger, current: Ledger) -> LedgerComparison:
    """The changes from one ledger to another.

    Findings are identified by fingerprint and project name. With one project in each ledger, names don't
    matter.
    """
    alone = len(before.projects) == len(current.projects) == 1
    old, new = _differences(before, alone=alone), _differences(current, alone=alone)
    appeared = tuple(difference for key, difference in new.items() if key not in old)
    vanished = tuple(difference for key, difference in old.items() if key not in new)
    tallies = Tally.of(before), Tally.of(current)
    sides = (list(old.values()), vanished, appeared, list(new.values()))
    return LedgerComparison(
        since=max((project.date for project in before.projects), default=""),
        before=tallies[0].conversations,
        now=tallies[1].conversations,
        new=appeared,
        gone=vanished,
        by_operation=tuple(_deltas(sides, _code, tallies[0].by_operation, tallies[1].by_operation)),
        by_file=tuple(_deltas(sides, _path, tallies[0].by_file, tallies[1].by_file)),
    )


def _differences(ledger: Ledger, *, alone: bool) -> Mapping[tuple[str, str], Difference]:
    """All findings by project name and fingerprint. With `alone`, the name is empty."""
    return {
        ("" if alone else difference.project, difference.fingerprint): difference
        for project in ledger.projects
        for difference in _findings(ledger, project)
    }


def _findings(ledger: Ledger, project: Project) -> Iterator[Difference]:
    for finding in every_finding(project.result):
        path = ledger.path_of(project, file_and_cell(finding.place.path)[0])
        yield Difference(project.name, finding, project.fingerprints[finding], path)


def _deltas(
    sides: tuple[Sequence[Difference], ...],
    label: Callable[[Difference], str],
    before: Iterable[Row],
    current: Iterable[Row],
) -> Iterator[Delta]:
    """The changes of groups with new, gone or migrated items.

    `sides` are the findings before, gone, new, and now.
    """
    counts_before, gone, new, counts_now = (Counter(map(label, side)) for side in sides)
    done, doing = _count_migrated(before), _count_migrated(current)
    details = {row.label: row.detail for row in (*before, *current)}
    for name in sorted(details):
        if gone[name] or new[name] or done[name] != doing[name]:
            counts = (counts_before[name], gone[name], new[name], counts_now[name])
            yield Delta(name, details[name], *counts, done[name], doing[name])


def _count_migrated(rows: Iterable[Row]) -> Counter[str]:
    return Counter({row.label: row.progress.migrated_count for row in rows})


def _code(difference: Difference) -> str:
    return difference.finding.code


def _path(difference: Difference) -> str:
    return difference.path
