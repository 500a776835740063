"""The model of a ledger: projects, entries and their states."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated

from msgspec import Meta

from kognitos_migrate.findings.result import (
    Finding,
    MigratedCall,
    Place,
    Result,
    SearchedFiles,
    SkippedFiles,
)
from kognitos_migrate.report.diff import FileDiff
from kognitos_migrate.report.place_mapping import relocate_result
from kognitos_migrate.structs import Struct, field, replace


class State(Enum):
    """The progress of a conversation, or of a finding without one."""

    MIGRATED = "migrated"
    """It uses the new version."""
    FIXABLE = "fixable"
    """`fix` migrates it."""
    ADAPTABLE = "adaptable"
    """`fix --adapt` migrates it."""
    UNSAFE = "unsafe"
    """`fix --unsafe` migrates it, which needs a judgement."""
    MANUAL = "manual"
    """It needs configuration, or has to be migrated by hand."""
    HALF = "half-migrated"
    """It calls the new version with the old layout."""
    UNCLEAR = "unclear"
    """It could not be analysed, and may use the old version."""
    KEPT = "kept"
    """A comment keeps it unchanged."""
    ADAPTED = "adapted"
    """It uses the new version through an adapter to the old reply."""
    NAMED = "named"
    """Text names the old version: in another language, a setting, a document, or a comment."""
    SUPPRESSION = "suppression"
    """A comment that suppresses findings is unused, expired or invalid."""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be migrated."""
        return self in _OPEN

    @property
    def counts(self) -> bool:
        """Whether it counts in the progress of the migration. Kept items and mentions don't."""
        return self.is_open or self is State.MIGRATED


_OPEN = frozenset({State.FIXABLE, State.ADAPTABLE, State.UNSAFE, State.MANUAL, State.HALF, State.UNCLEAR})


Number = Annotated[int, Meta(ge=1)]
"""A row or a column."""


class SourceLine(Struct, frozen=True, kw_only=True):
    """One line of a file without its line ending. A very long line is cut, and starts at `column`."""

    row: Number
    column: Number = 1
    text: str


class SourceExcerpt(Struct, frozen=True, rename={"path": "filename"}):
    """Lines of a file that a conversation concerns, possibly with gaps."""

    path: str
    lines: tuple[SourceLine, ...]


class FileHome(Struct, frozen=True):
    """The package or directory of a file, and its owners."""

    package: str
    owners: tuple[str, ...] = ()


class LedgerEntry(Struct, frozen=True):
    """An entry of the ledger: a conversation, or a finding without one.

    `diffs` are the changes of a fix of this entry alone.
    """

    id: str
    state: State
    findings: tuple[Finding, ...] = ()
    calls: tuple[MigratedCall, ...] = ()
    excerpts: tuple[SourceExcerpt, ...] = ()
    diffs: tuple[FileDiff, ...] = ()

    @property
    def uses(self) -> Iterator[tuple[str, str, Place]]:
        """The code, the name and the place of each finding and migrated call."""
        for finding in self.findings:
            yield finding.code, finding.name, finding.place
        for call in self.calls:
            yield call.code, call.name, call.place

    @property
    def place(self) -> Place:
        """The first place."""
        return min(place for _, _, place in self.uses)


class Project(Struct, frozen=True):
    """One project: the result of a run, and the entries of the ledger."""

    name: str
    date: str
    """The day of the run, as in 2027-03-31."""
    result: Result
    fingerprints: Mapping[Finding, str]
    homes: Mapping[str, FileHome] = field(default_factory=dict)
    """By file."""
    entries: tuple[LedgerEntry, ...] = ()
    configuration: str = ""
    """The file of the configuration to which `lacking` has to be added. Empty if it is complete."""
    lacking: str = ""

    def home(self, path: str) -> FileHome:
        """The package and owners of a file."""
        return self.homes.get(path, FileHome("."))


class Ledger(Struct, frozen=True):
    """The projects of a report: one, or those of joined reports."""

    projects: tuple[Project, ...]

    @property
    def entries(self) -> Iterator[tuple[Project, LedgerEntry]]:
        """The entries of all projects."""
        for project in self.projects:
            for entry in project.entries:
                yield project, entry

    def package_of(self, project: Project, path: str) -> str:
        """The package of a project's file. With several projects, the project's name precedes it."""
        package = project.home(path).package
        return package if len(self.projects) == 1 else f"{project.name}: {package}"

    def path_of(self, project: Project, path: str) -> str:
        """The path of a project's file. With several projects, it starts with the project's name."""
        return path if len(self.projects) == 1 else f"{project.name}/{path}"


def join_projects(ledger: Ledger) -> Result:
    """The results of a ledger's projects, joined. With several projects, paths start with their names."""
    results = [project.result for project in ledger.projects]
    if len(results) > 1:
        results = [_below(project) for project in ledger.projects]
    return Result(
        findings=tuple(finding for result in results for finding in result.findings),
        blind_spots=tuple(spot for result in results for spot in result.blind_spots),
        problems=tuple(problem for result in results for problem in result.problems),
        suppressed=tuple(suppression for result in results for suppression in result.suppressed),
        gone=tuple(entry for result in results for entry in result.gone),
        missing=tuple(missing for result in results for missing in result.missing),
        deployment=tuple(step for result in results for step in result.deployment),
        files=sum(result.files for result in results),
        searched=SearchedFiles(
            sum(result.searched.files for result in results),
            sum(result.searched.binary for result in results),
            sum(result.searched.too_large for result in results),
        ),
        skipped=SkippedFiles(
            sum(result.skipped.binary for result in results),
            sum(result.skipped.too_large for result in results),
            sum(result.skipped.generated for result in results),
        ),
    )


def _below(project: Project) -> Result:
    """The result of a project with its name before all paths."""

    def path(path: str) -> str:
        return f"{project.name}/{path}"

    def move(place: Place) -> Place:
        return replace(place, path=path(place.path))

    result = relocate_result(project.result, move)
    return replace(
        result,
        problems=tuple(replace(problem, path=path(problem.path)) for problem in result.problems),
        gone=tuple(replace(entry, path=path(entry.path)) for entry in result.gone),
    )


WORDS = {
    State.MIGRATED: "on v2",
    State.FIXABLE: "fixable now",
    State.ADAPTABLE: "adaptable",
    State.UNSAFE: "needs review",
    State.MANUAL: "not fixable yet",
    State.HALF: "half-migrated",
    State.UNCLEAR: "not understood",
    State.KEPT: "kept",
    State.ADAPTED: "adapted",
    State.NAMED: "in text",
    State.SUPPRESSION: "comment to fix",
}
MEANINGS = {
    State.MIGRATED: "nothing left to do",
    State.FIXABLE: "`kognitos-migrate fix` migrates it",
    State.ADAPTABLE: "`kognitos-migrate fix --adapt` migrates it",
    State.UNSAFE: "`kognitos-migrate fix --unsafe` migrates it",
    State.MANUAL: "needs configuration, or a change by hand; each finding shows the reason",
    State.HALF: "v2 calls with v1 parts",
    State.UNCLEAR: "check by hand what is sent there",
    State.KEPT: "suppressed by a comment",
    State.ADAPTED: "on v2, with responses converted back to v1 shape",
    State.NAMED: "scripts, settings, documentation or comments that mention v1",
    State.SUPPRESSION: "suppresses nothing, has expired or is invalid",
}
URGENCY = (
    State.FIXABLE,
    State.ADAPTABLE,
    State.UNSAFE,
    State.HALF,
    State.MANUAL,
    State.UNCLEAR,
    State.ADAPTED,
    State.SUPPRESSION,
    State.NAMED,
    State.KEPT,
    State.MIGRATED,
)
"""The states in the order in which work on them is possible."""
BAR = (
    State.MIGRATED,
    State.FIXABLE,
    State.ADAPTABLE,
    State.UNSAFE,
    State.MANUAL,
    State.HALF,
    State.UNCLEAR,
)
"""The segments of a progress bar, from migrated to least advanced."""
