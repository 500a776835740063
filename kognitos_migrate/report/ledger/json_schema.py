"""The schema of a report in JSON, from which a ledger is read: the objects with a place in a file. Objects
without one are the model's own structs.

Unknown keys are ignored. Keys added after the first version are optional.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kognitos_migrate.findings.result import (
    Applicability,
    Count,
    Place,
    SearchedFiles,
    SettingKind,
    SkippedFiles,
    SuppressionKind,
)
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.diff import FileDiff
from kognitos_migrate.report.ledger.model import Number, SourceExcerpt, State
from kognitos_migrate.report.place_mapping import cell_path
from kognitos_migrate.rulebook.validation import Code, Url


class ReportObject(Struct, frozen=True):
    """The base of all objects in a report."""


class PositionJson(ReportObject, frozen=True):
    row: Number
    column: Number


class PlacedJson(ReportObject, frozen=True, kw_only=True):
    filename: str
    location: PositionJson
    end_location: PositionJson
    cell: int | None = None

    @property
    def place(self) -> Place:
        """The place that the object describes."""
        start, end = self.location, self.end_location
        path = cell_path(self.filename, self.cell)
        return Place(path, start.row, start.column, end.row, end.column)


class StepJson(PlacedJson, frozen=True, kw_only=True):
    message: str


class EditJson(ReportObject, frozen=True):
    content: str
    filename: str
    start: Count | None = None
    end: Count | None = None


class FixJson(ReportObject, frozen=True):
    applicability: Applicability
    message: str
    edits: tuple[EditJson, ...]


class FindingJson(PlacedJson, frozen=True, kw_only=True):
    code: Code
    name: str
    message: str
    severity: Severity
    fix: FixJson
    reason: str | None
    help: str | None
    notes: tuple[str, ...]
    held_by_tests: bool = False
    conversation: str | None
    trace: tuple[StepJson, ...]
    url: Url | None
    fingerprint: str
    project: str


class SuppressionJson(ReportObject, frozen=True):
    by: SuppressionKind
    reason: str | None
    until: str | None
    filename: str | None = None
    location: PositionJson | None = None
    end_location: PositionJson | None = None
    cell: int | None = None

    @property
    def place(self) -> Place | None:
        """The place of the comment. None if there is none."""
        if self.filename is None or self.location is None or self.end_location is None:
            return None
        return PlacedJson(
            filename=self.filename,
            location=self.location,
            end_location=self.end_location,
            cell=self.cell,
        ).place


class SuppressedJson(FindingJson, frozen=True, kw_only=True):
    suppression: SuppressionJson


class BlindSpotJson(PlacedJson, frozen=True, kw_only=True):
    message: str
    project: str


class DeployStepJson(PlacedJson, frozen=True, kw_only=True):
    kind: SettingKind
    name: str | None
    written: str | None
    instead: str | None
    project: str


class ErrorJson(ReportObject, frozen=True):
    filename: str | None
    row: int | None
    message: str
    project: str


class GoneJson(ReportObject, frozen=True):
    """An entry of the baseline that the run no longer found."""

    filename: str
    code: Code
    fingerprint: str
    statement: str
    project: str


class BaselineJson(ReportObject, frozen=True):
    gone: tuple[GoneJson, ...]


class MissingJson(ReportObject, frozen=True):
    setting: str
    key: str
    places: tuple[PlacedJson, ...]


class ConfigurationJson(ReportObject, frozen=True):
    filename: str
    lacking: str


class FileHomeJson(ReportObject, frozen=True):
    """The package or directory of a file, and its owners."""

    filename: str
    package: str
    owners: tuple[str, ...]


class MigratedCallJson(PlacedJson, frozen=True, kw_only=True):
    """A call of a conversation that the run has migrated."""

    code: Code
    name: str
    message: str


class ConversationJson(ReportObject, frozen=True):
    id: str
    state: State
    fingerprints: tuple[str, ...]
    migrated: tuple[MigratedCallJson, ...]
    excerpts: tuple[SourceExcerpt, ...]
    diffs: tuple[FileDiff, ...]


class ProjectJson(ReportObject, frozen=True):
    name: str
    date: str
    files: Count
    configuration: ConfigurationJson
    keys: dict[str, tuple[str, ...]]
    missing: tuple[MissingJson, ...]
    homes: tuple[FileHomeJson, ...]
    conversations: tuple[ConversationJson, ...]
    other_files: SearchedFiles = SearchedFiles()
    skipped: SkippedFiles = SkippedFiles()


class HeadJson(ReportObject, frozen=True):
    """The keys that distinguish a report from other JSON."""

    version: int | None = None
    made_by: str | None = None


class ReportJson(ReportObject, frozen=True):
    version: Literal[1]
    findings: tuple[FindingJson, ...]
    suppressed: tuple[SuppressedJson, ...]
    blind_spots: tuple[BlindSpotJson, ...]
    errors: tuple[ErrorJson, ...]
    baseline: BaselineJson
    projects: Annotated[tuple[ProjectJson, ...], Meta(min_length=1)]
    before_you_deploy: tuple[DeployStepJson, ...] = ()
