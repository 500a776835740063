"""What has changed since an earlier report: what is new, what is gone."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.record import Struct
from kognitos_migrate.report.ledger.model import Ledger, Project
from kognitos_migrate.report.ledger.tally import Progress, Row, Tally
from kognitos_migrate.report.moved import file_and_cell
from kognitos_migrate.report.shown import every_finding


class Difference(Struct, frozen=True):
    """A finding that only one of two reports has. `path` is as in a table of files."""

    project: str
    finding: Finding
    fingerprint: str
    path: str


class Delta(Struct, frozen=True):
    """What became of one group of findings: how many there were, are gone, are new, and are there now."""

    label: str
    detail: str
    before: int
    gone: int
    new: int
    now: int
    migrated_before: int
    migrated_now: int


class Comparison(Struct, frozen=True):
    """Two reports side by side. `before` and `now` are the conversations; `since` is the earlier day."""

    since: str
    before: Progress
    now: Progress
    new: tuple[Difference, ...]
    gone: tuple[Difference, ...]
    by_operation: tuple[Delta, ...]
    by_file: tuple[Delta, ...]


def compared(before: Ledger, now: Ledger) -> Comparison:
    """What has changed from one ledger to the other.

    Findings are known by their fingerprints, and projects by their names, unless there is one in each.
    """
    alone = len(before.projects) == len(now.projects) == 1
    old, new = _differences(before, alone), _differences(now, alone)
    appeared = tuple(one for key, one in new.items() if key not in old)
    vanished = tuple(one for key, one in old.items() if key not in new)
    tallies = Tally.of(before), Tally.of(now)
    sides = (list(old.values()), vanished, appeared, list(new.values()))
    return Comparison(
        since=max((project.date for project in before.projects), default=""),
        before=tallies[0].conversations,
        now=tallies[1].conversations,
        new=appeared,
        gone=vanished,
        by_operation=tuple(_deltas(sides, _code, tallies[0].by_operation, tallies[1].by_operation)),
        by_file=tuple(_deltas(sides, _path, tallies[0].by_file, tallies[1].by_file)),
    )


def _differences(ledger: Ledger, alone: bool) -> Mapping[tuple[str, str], Difference]:
    """All findings, by what they are known by."""
    return {
        ("" if alone else one.project, one.fingerprint): one
        for project in ledger.projects
        for one in _findings(ledger, project)
    }


def _findings(ledger: Ledger, project: Project) -> Iterator[Difference]:
    for finding in every_finding(project.result):
        path = ledger.path_of(project, file_and_cell(finding.place.path)[0])
        yield Difference(project.name, finding, project.fingerprints[finding], path)


def _deltas(
    sides: tuple[Sequence[Difference], ...],
    label: Callable[[Difference], str],
    before: Iterable[Row],
    now: Iterable[Row],
) -> Iterator[Delta]:
    """What became of each group in which something is new, gone or migrated.

    `sides` are the findings that there were, that are gone, that are new, and that there are.
    """
    there, gone, new, here = (Counter(map(label, side)) for side in sides)
    done, doing = _migrated(before), _migrated(now)
    details = {row.label: row.detail for row in (*before, *now)}
    for name in sorted(details):
        if gone[name] or new[name] or done[name] != doing[name]:
            counts = (there[name], gone[name], new[name], here[name])
            yield Delta(name, details[name], *counts, done[name], doing[name])


def _migrated(rows: Iterable[Row]) -> Counter[str]:
    return Counter({row.label: row.progress.migrated for row in rows})


def _code(one: Difference) -> str:
    return one.finding.code


def _path(one: Difference) -> str:
    return one.path
