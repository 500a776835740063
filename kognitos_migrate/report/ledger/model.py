"""The model of a ledger: projects, entries and their states."""

from collections.abc import Iterator, Mapping
from enum import Enum

from kognitos_migrate.findings.finding import (
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
    """How far a conversation is, or a finding that belongs to none."""

    MIGRATED = "migrated"
    """It is on the new version."""
    FIXABLE = "fixable"
    """`fix` migrates it as it stands."""
    ADAPTABLE = "adaptable"
    """`fix --adapt` migrates it."""
    UNSAFE = "unsafe"
    """`fix --unsafe` migrates it: a judgement is needed."""
    MANUAL = "manual"
    """It is migrated by hand."""
    HALF = "half-migrated"
    """It calls the new version as if it were the old one."""
    UNCLEAR = "unclear"
    """It may be of the old version: it could not be analysed."""
    KEPT = "kept"
    """A comment says that it stays as it is."""
    ADAPTED = "adapted"
    """It is on the new version, and its reply is still put back into the old shape."""
    NAMED = "named"
    """Text names the old version: of another language, a setting, a document, a comment."""
    SUPPRESSION = "suppression"
    """A comment that suppresses findings is to be mended."""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be migrated."""
        return self in _OPEN

    @property
    def counts(self) -> bool:
        """Whether it is a part of how far the migration is: what is kept, or only named, is not."""
        return self.is_open or self is State.MIGRATED


_OPEN = frozenset({State.FIXABLE, State.ADAPTABLE, State.UNSAFE, State.MANUAL, State.HALF, State.UNCLEAR})


class SourceLine(Struct, frozen=True):
    """One line of a file, without its end; of a very long one, a part that begins at `column`."""

    row: int
    text: str
    column: int = 1


class SourceExcerpt(Struct, frozen=True):
    """Lines of a file that a conversation is about; there may be gaps between them."""

    path: str
    lines: tuple[SourceLine, ...]


class FileHome(Struct, frozen=True):
    """Where a file belongs: the package or folder that it is in, and who owns it."""

    package: str
    owners: tuple[str, ...] = ()


class LedgerEntry(Struct, frozen=True):
    """One line of the ledger: a conversation, or a finding that belongs to none.

    `diffs` are what `fix` would do for this entry alone.
    """

    id: str
    state: State
    findings: tuple[Finding, ...] = ()
    calls: tuple[MigratedCall, ...] = ()
    excerpts: tuple[SourceExcerpt, ...] = ()
    diffs: tuple[FileDiff, ...] = ()

    @property
    def uses(self) -> Iterator[tuple[str, str, Place]]:
        """The code, the name and the place of each call, or of whatever was found."""
        for finding in self.findings:
            yield finding.code, finding.name, finding.place
        for call in self.calls:
            yield call.code, call.name, call.place

    @property
    def place(self) -> Place:
        """Where it begins."""
        return min(place for _, _, place in self.uses)


class Project(Struct, frozen=True):
    """One project: what a run found in it, and what that means."""

    name: str
    date: str
    """The day of the run, as in 2027-03-31."""
    result: Result
    fingerprints: Mapping[Finding, str]
    homes: Mapping[str, FileHome] = field(default_factory=dict)
    """By file."""
    entries: tuple[LedgerEntry, ...] = ()
    configuration: str = ""
    """The file of the configuration, which lacks `lacking`: its lines to fill in and add."""
    lacking: str = ""

    def home(self, path: str) -> FileHome:
        """Where a file belongs."""
        return self.homes.get(path, FileHome("."))


class Ledger(Struct, frozen=True):
    """The projects of a report: one, or those whose reports were joined."""

    projects: tuple[Project, ...]

    @property
    def entries(self) -> Iterator[tuple[Project, LedgerEntry]]:
        """The entries of all projects."""
        for project in self.projects:
            for entry in project.entries:
                yield project, entry

    def path_of(self, project: Project, path: str) -> str:
        """The path of a file of one project; after the project's name, where there are several."""
        return path if len(self.projects) == 1 else f"{project.name}/{path}"


def join_projects(ledger: Ledger) -> Result:
    """What was found in the projects of a ledger. Where there are several, paths begin with their names."""
    results = [one.result for one in ledger.projects]
    if len(results) > 1:
        results = [_below(one) for one in ledger.projects]
    return Result(
        findings=tuple(one for result in results for one in result.findings),
        blind_spots=tuple(one for result in results for one in result.blind_spots),
        problems=tuple(one for result in results for one in result.problems),
        suppressed=tuple(one for result in results for one in result.suppressed),
        gone=tuple(one for result in results for one in result.gone),
        missing=tuple(one for result in results for one in result.missing),
        deployment=tuple(one for result in results for one in result.deployment),
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
    """What was found in a project, with its name before the paths."""

    def path(path: str) -> str:
        return f"{project.name}/{path}"

    def move(place: Place) -> Place:
        return replace(place, path=path(place.path))

    result = relocate_result(project.result, move)
    return replace(
        result,
        problems=tuple(replace(one, path=path(one.path)) for one in result.problems),
        gone=tuple(replace(one, path=path(one.path)) for one in result.gone),
    )


WORDS = {
    State.MIGRATED: "on v2",
    State.FIXABLE: "fixable now",
    State.ADAPTABLE: "adaptable",
    State.UNSAFE: "needs a judgement",
    State.MANUAL: "by hand",
    State.HALF: "half-migrated",
    State.UNCLEAR: "not understood",
    State.KEPT: "kept",
    State.ADAPTED: "adapted",
    State.NAMED: "in text",
    State.SUPPRESSION: "comment to mend",
}
MEANINGS = {
    State.MIGRATED: "nothing is left to do",
    State.FIXABLE: "`kognitos-migrate fix` migrates it",
    State.ADAPTABLE: "`kognitos-migrate fix --adapt` migrates it",
    State.UNSAFE: "`kognitos-migrate fix --unsafe` migrates it",
    State.MANUAL: "each says what holds it back",
    State.HALF: "it calls v2 as if it were v1",
    State.UNCLEAR: "look at what is sent there",
    State.KEPT: "suppressed by a comment",
    State.ADAPTED: "on v2, and its replies are put back into v1's shape",
    State.NAMED: "scripts, settings, documents and comments that name v1",
    State.SUPPRESSION: "it suppresses nothing, has expired or is wrong",
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
"""What can be done first comes first."""
BAR = (
    State.MIGRATED,
    State.FIXABLE,
    State.ADAPTABLE,
    State.UNSAFE,
    State.MANUAL,
    State.HALF,
    State.UNCLEAR,
)
"""The parts of a bar of progress, from what is done to what is farthest from it."""
