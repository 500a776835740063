"""Plain data between the analysis and the server."""

from typing import NamedTuple

from kognitos_migrate.findings.result import Applicability, Place
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.lsp.ranges import TextRange
from kognitos_migrate.structs import Struct


class RelatedPlace(NamedTuple):
    """A step of a finding's trace."""

    path: str
    range: TextRange
    text: str


class EditorFinding(Struct, frozen=True):
    """A finding with its texts for an editor.

    Paths are relative to the working folder of the analysis. `hover` is Markdown. `conversation` has the
    places of all findings that are fixed together with it.
    """

    place: Place
    range: TextRange
    code: str
    message: str
    severity: Severity
    applicability: Applicability
    hover: str
    url: str | None = None
    related: tuple[RelatedPlace, ...] = ()
    conversation: tuple[Place, ...] = ()
    edited_files: int = 0
    """The number of code files that the fix changes."""
    is_held_by_tests: bool = False
    is_in_python: bool = True
    """Whether the file is Python code, in which a comment can suppress the finding."""


class TraceStep(Struct, frozen=True):
    """A place that is a step of findings elsewhere. `hover` is Markdown."""

    path: str
    range: TextRange
    hover: str


class FileProblem(Struct, frozen=True):
    """An error that kept a file from being analysed. `path` is empty if it concerns no single file."""

    path: str
    line: int
    message: str


class ProjectState(Struct, frozen=True):
    """The result of a check."""

    findings: tuple[EditorFinding, ...] = ()
    steps: tuple[TraceStep, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    analysed: frozenset[str] = frozenset()
    """The files that the result depends on. A change elsewhere matters if the changed file does."""

    @property
    def fixable(self) -> int:
        """The number of findings that `fix` fixes."""
        return sum(finding.applicability is Applicability.SAFE for finding in self.findings)


class TextReplacement(NamedTuple):
    """A range of a file, and its new text."""

    range: TextRange
    text: str


class FileEdit(Struct, frozen=True):
    """The replacements in a file, in the order of place. A new file has one, at its start."""

    path: str
    replacements: tuple[TextReplacement, ...]
    is_new: bool = False


class ProjectEdit(Struct, frozen=True):
    """The edits of several files, made together or not at all, and messages about them."""

    files: tuple[FileEdit, ...]
    summary: str = ""
    """The numbers of fixed and remaining calls."""
    deployment: str = ""
    """The settings to change before the new code is deployed."""

    @property
    def message(self) -> str:
        """Both messages."""
        return "\n".join(part for part in (self.summary, self.deployment) if part)
