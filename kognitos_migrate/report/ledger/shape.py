"""What the JSON of a report looks like to whoever reads it.

Keys that are not named here are passed over, and keys that came later than the first version are optional.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kognitos_migrate.findings.finding import Applicability, Place, SettingKind, Silence
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.ledger.model import State
from kognitos_migrate.report.moved import cell_path

Number = Annotated[int, Meta(ge=1)]
Offset = Annotated[int, Meta(ge=0)]


class Shape(Struct, frozen=True):
    """An object of the report."""


class Position(Shape, frozen=True):
    row: Number
    column: Number


class Placed(Shape, frozen=True, kw_only=True):
    filename: str
    location: Position
    end_location: Position
    cell: int | None = None

    @property
    def place(self) -> Place:
        """The place itself."""
        start, end = self.location, self.end_location
        path = cell_path(self.filename, self.cell)
        return Place(path, start.row, start.column, end.row, end.column)


class Step(Placed, frozen=True, kw_only=True):
    message: str


class Edit(Shape, frozen=True):
    content: str
    filename: str
    start: Offset | None = None
    end: Offset | None = None


class Fix(Shape, frozen=True):
    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


class Finding(Placed, frozen=True, kw_only=True):
    code: str
    name: str
    message: str
    severity: Severity
    fix: Fix
    reason: str | None
    help: str | None
    notes: tuple[str, ...]
    conversation: str | None
    trace: tuple[Step, ...]
    url: str | None
    fingerprint: str
    project: str


class Suppression(Shape, frozen=True):
    by: Silence
    reason: str | None
    until: str | None
    filename: str | None = None
    location: Position | None = None
    end_location: Position | None = None
    cell: int | None = None

    @property
    def place(self) -> Place | None:
        """Where the comment is, if there is one."""
        if self.filename is None or self.location is None or self.end_location is None:
            return None
        return Placed(
            filename=self.filename,
            location=self.location,
            end_location=self.end_location,
            cell=self.cell,
        ).place


class Suppressed(Finding, frozen=True, kw_only=True):
    suppression: Suppression


class BlindSpot(Placed, frozen=True, kw_only=True):
    message: str
    project: str


class DeployStep(Placed, frozen=True, kw_only=True):
    kind: SettingKind
    name: str | None
    written: str | None
    instead: str | None
    project: str


class Error(Shape, frozen=True):
    filename: str | None
    row: int | None
    message: str
    project: str


class Gone(Shape, frozen=True):
    filename: str
    code: str
    fingerprint: str
    statement: str
    project: str


class Baseline(Shape, frozen=True):
    gone: tuple[Gone, ...]


class Missing(Shape, frozen=True):
    setting: str
    key: str
    places: tuple[Placed, ...]


class Configuration(Shape, frozen=True):
    filename: str
    lacking: str


class Home(Shape, frozen=True):
    filename: str
    package: str
    owners: tuple[str, ...]


class Call(Placed, frozen=True, kw_only=True):
    code: str
    name: str
    message: str


class Line(Shape, frozen=True):
    row: Number
    text: str
    column: Number = 1


class Excerpt(Shape, frozen=True):
    filename: str
    lines: tuple[Line, ...]


class Diff(Shape, frozen=True):
    header: tuple[str, str]
    hunks: tuple[str, ...]


class Conversation(Shape, frozen=True):
    id: str
    state: State
    fingerprints: tuple[str, ...]
    migrated: tuple[Call, ...]
    excerpts: tuple[Excerpt, ...]
    diffs: tuple[Diff, ...]


class OtherFiles(Shape, frozen=True):
    searched: Offset = 0
    binary: Offset = 0
    too_large: Offset = 0


class SkippedFiles(Shape, frozen=True):
    binary: Offset = 0
    too_large: Offset = 0
    generated: Offset = 0


class Project(Shape, frozen=True):
    name: str
    date: str
    files: Offset
    configuration: Configuration
    keys: dict[str, tuple[str, ...]]
    missing: tuple[Missing, ...]
    homes: tuple[Home, ...]
    conversations: tuple[Conversation, ...]
    other_files: OtherFiles = OtherFiles()
    skipped: SkippedFiles = SkippedFiles()


class Head(Shape, frozen=True):
    """What tells a report from other JSON."""

    version: int | None = None
    made_by: str | None = None


class Report(Shape, frozen=True):
    version: Literal[1]
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    blind_spots: tuple[BlindSpot, ...]
    errors: tuple[Error, ...]
    baseline: Baseline
    projects: Annotated[tuple[Project, ...], Meta(min_length=1)]
    before_you_deploy: tuple[DeployStep, ...] = ()
