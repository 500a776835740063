"""A run by program (files whose findings belong together), and the places that hold programs back."""

from collections.abc import Iterator, Sequence
from enum import Enum

from kognitos_migrate.findings.finding import HELD_BACK, Applicability, Finding, Place, Result
from kognitos_migrate.record import Struct
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.unions import Unions

MOST_BLOCKERS = 10
"""How many blockers are listed."""


class Progress(Enum):
    """How much of a program a fix has migrated."""

    WHOLE = "migrated"
    PART = "migrated in part"
    NOTHING = "held back"


class Blocker(Struct, frozen=True):
    """A place that holds back findings: how many, and in how many programs."""

    place: Place
    message: str
    uses: int
    programs: int


class Programs:
    """The programs of a run, by the files that conversations connect."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Those that `findings` are in. Findings of no conversation tell nothing of programs."""
        self._calls = [finding for finding in findings if finding.conversation is not None]
        self._files = Unions(finding.place.path for finding in self._calls)
        first: dict[str | None, str] = {}
        for finding in self._calls:
            path = finding.place.path
            self._files.join(first.setdefault(finding.conversation, path), path)

    @property
    def names(self) -> dict[str, str]:
        """By file: the first file of its program."""
        return {path: group[0] for group in self._files.groups() for path in group}

    def progress(self, remaining: Sequence[Finding]) -> dict[Progress, int]:
        """How many programs are how far, where these findings remain."""
        names = self.names
        left = [finding for finding in remaining if finding.conversation is not None]
        total = _by_program(self._calls, names)
        rest = _by_program(left, names)
        counts = dict.fromkeys(Progress, 0)
        for name, uses in total.items():
            stays = rest.get(name, 0)
            counts[Progress.WHOLE if not stays else Progress.PART if stays < uses else Progress.NOTHING] += 1
        return counts

    def blockers(self, remaining: Sequence[Finding]) -> list[Blocker]:
        """What holds back the findings that are left as they are, what holds back most first."""
        names = self.names
        held: dict[tuple[Place | str, str], list[Finding]] = {}
        for finding in remaining:
            last = finding.trace[-1] if finding.trace else None
            is_manual = finding.fix.applicability is Applicability.MANUAL
            if is_manual and last is not None and last.text.startswith(HELD_BACK):
                # What one edit unlocks, of the configuration say, is one blocker wherever it is met.
                held.setdefault((finding.help or last.place, last.text), []).append(finding)
        found = [
            Blocker(
                min(finding.trace[-1].place for finding in findings),
                text.removeprefix(HELD_BACK),
                len(findings),
                len({names.get(finding.place.path, finding.place.path) for finding in findings}),
            )
            for (_, text), findings in held.items()
        ]
        return sorted(found, key=lambda blocker: (-blocker.uses, blocker.place, blocker.message))


def by_program(result: Result, where: Locations) -> Iterator[str]:
    """Lines on a fix of several programs: how many are migrated, and what holds back the others."""
    programs = Programs(result.findings)
    counts = programs.progress(result.remaining)
    if sum(counts.values()) < 2:
        return
    states = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    yield f"By program: {states}."
    blockers = programs.blockers(result.remaining)
    for blocker in blockers[:MOST_BLOCKERS]:
        place = where.said(blocker.place.path, blocker.place.row, blocker.place.column)
        holds = f"{counted(blocker.uses, 'use')} in {counted(blocker.programs, 'program')}"
        yield f"  {plain(place)} holds {holds}: {plain(blocker.message)}"
    if blockers[MOST_BLOCKERS:]:
        yield f"  and {counted(len(blockers) - MOST_BLOCKERS, 'blocker')} more"


def _by_program(findings: Sequence[Finding], names: dict[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        name = names.get(finding.place.path, finding.place.path)
        counts[name] = counts.get(name, 0) + 1
    return counts
