"""The projects of an editor: its folders, and single files outside of them, with the state of each."""

import os
from collections.abc import Iterator, Mapping

from kognitos_migrate.findings.result import Place
from kognitos_migrate.lsp.model import EditorFinding, ProjectState, TraceStep
from kognitos_migrate.source.content import relative_path
from kognitos_migrate.structs import Struct, field


class OpenDocument(Struct, frozen=True):
    """An open document. `path` is absolute."""

    uri: str
    path: str
    version: int | None
    text: str


class EditorProject(Struct):
    """A folder that is checked as a whole, or single documents in it, and the result of the last check."""

    folder: str
    is_whole: bool = True
    """Whether the folder is one of the editor's. If not, only open documents in it are checked."""
    state: ProjectState = field(default_factory=ProjectState)
    versions: Mapping[str, int | None] = field(default_factory=dict)
    """The versions of the documents that the state is of, by path."""
    is_stale: bool = True
    changed: set[str] = field(default_factory=set)
    """The documents that have changed since the last check. Empty if it is stale for another reason."""
    has_failed: bool = False
    """Whether the last check failed. The next one then covers all files, whatever has changed since."""
    published: set[str] = field(default_factory=set)
    """The documents with diagnostics, by URI."""
    reported_error: str = ""
    """The last error that the user was told, which is not repeated."""

    def mark_changed(self, path: str) -> None:
        """Record that the text of an open document has changed."""
        if not self.has_failed and (not self.is_stale or self.changed):
            self.changed.add(self.relative(path))
        self.is_stale = True

    def mark_stale(self) -> None:
        """Record that any file may have changed."""
        self.is_stale = True
        self.changed.clear()

    def relative(self, path: str) -> str:
        """An absolute path as findings have it."""
        return relative_path(self.folder, path)

    def absolute(self, path: str) -> str:
        """The absolute path of a file that findings name."""
        return os.path.normpath(os.path.join(self.folder, path))

    def is_current(self, document: OpenDocument) -> bool:
        """Whether the state is of the document's present text."""
        return self.versions.get(document.path, -1) == document.version

    def has_finding(self, code: str, place: Place) -> bool:
        """Whether the state has a finding with this code at this place."""
        return any(finding.code == code and finding.place == place for finding in self.state.findings)

    def findings_at(self, path: str, first: int, last: int) -> Iterator[EditorFinding]:
        """The findings in a file that overlap these lines."""
        shown = self.relative(path)
        for finding in self.state.findings:
            if finding.place.path == shown and _overlap(finding.range, first, last):
                yield finding

    def steps_at(self, path: str, line: int) -> Iterator[TraceStep]:
        """The steps of findings elsewhere in a line of a file."""
        shown = self.relative(path)
        for step in self.state.steps:
            if step.path == shown and _overlap(step.range, line, line):
                yield step


def _overlap(lines: tuple[int, int, int, int], first: int, last: int) -> bool:
    start_line, _, end_line, _ = lines
    return start_line <= last and first <= end_line


class Projects:
    """All projects, by folder."""

    def __init__(self) -> None:
        self._projects: dict[str, EditorProject] = {}

    def __iter__(self) -> Iterator[EditorProject]:
        return iter(list(self._projects.values()))

    def add_folder(self, folder: str) -> EditorProject:
        """Add a folder of the editor."""
        project = self._projects.get(folder)
        if project is None:
            project = self._projects[folder] = EditorProject(folder)
        elif not project.is_whole:
            project = self._projects[folder] = EditorProject(folder, published=project.published)
        return project

    def remove(self, folder: str) -> EditorProject | None:
        """Remove a project. None if there is none in this folder."""
        return self._projects.pop(folder, None)

    def of_file(self, path: str) -> EditorProject:
        """The project of a file: the innermost folder that contains it, else one of single documents."""
        around = [
            project
            for project in self._projects.values()
            if project.is_whole and _is_in_folder(path, project.folder)
        ]
        if around:
            return max(around, key=lambda project: len(project.folder))
        folder = os.path.dirname(path)
        return self._projects.setdefault(folder, EditorProject(folder, is_whole=False))


def _is_in_folder(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
