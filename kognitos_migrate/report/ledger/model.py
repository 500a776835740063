"""The state of a migration as Markdown, JSON and HTML render it: by project, conversation by conversation."""

from collections.abc import Iterator, Mapping
from enum import Enum

from kognitos_migrate.findings.finding import Finding, Migrated, Place, Result
from kognitos_migrate.record import Struct, field
from kognitos_migrate.report.diff import FileDiff


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


class Excerpt(Struct, frozen=True):
    """Lines of a file that a conversation is about; there may be gaps between them."""

    path: str
    lines: tuple[SourceLine, ...]


class Home(Struct, frozen=True):
    """Where a file belongs: the package or folder that it is in, and who owns it."""

    package: str
    owners: tuple[str, ...] = ()


class Entry(Struct, frozen=True):
    """One line of the ledger: a conversation, or a finding that belongs to none.

    `diffs` are what `fix` would do for this entry alone.
    """

    id: str
    state: State
    findings: tuple[Finding, ...] = ()
    calls: tuple[Migrated, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
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
    homes: Mapping[str, Home] = field(default_factory=dict)
    """By file."""
    entries: tuple[Entry, ...] = ()
    configuration: str = ""
    """The file of the configuration, which lacks `lacking`: its lines to fill in and add."""
    lacking: str = ""

    def home(self, path: str) -> Home:
        """Where a file belongs."""
        return self.homes.get(path, Home("."))


class Ledger(Struct, frozen=True):
    """The projects of a report: one, or those whose reports were joined."""

    projects: tuple[Project, ...]

    @property
    def entries(self) -> Iterator[tuple[Project, Entry]]:
        """The entries of all projects."""
        for project in self.projects:
            for entry in project.entries:
                yield project, entry

    def path_of(self, project: Project, path: str) -> str:
        """The path of a file of one project; after the project's name, where there are several."""
        return path if len(self.projects) == 1 else f"{project.name}/{path}"
