"""Converts findings and edits to messages of the protocol."""

import os
from collections.abc import Iterable, Mapping, Sequence

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.lsp.model import EditorFinding, FileProblem, ProjectEdit
from kognitos_migrate.lsp.projects import EditorProject, OpenDocument
from kognitos_migrate.lsp.ranges import TextRange
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.structs import Struct

SOURCE = "kognitos-migrate"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


class EditSupport(Struct, frozen=True):
    """The kinds of workspace edits that an editor can apply."""

    versions: bool
    """Whether an edit can name the versions of its documents."""
    creation: bool
    """Whether an edit can create files."""

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> "EditSupport":
        """The support that an editor declares."""
        workspace = capabilities.workspace
        edit = workspace.workspace_edit if workspace is not None else None
        if edit is None:
            return cls(versions=False, creation=False)
        operations = edit.resource_operations or ()
        return cls(
            versions=bool(edit.document_changes),
            creation=bool(edit.document_changes) and types.ResourceOperationKind.Create in operations,
        )


def file_path(uri: str) -> str | None:
    """The absolute path of a URI. None if it names no file of this machine. No path contains NUL."""
    path = to_fs_path(uri)
    return os.path.normpath(path) if path and "\0" not in path else None


def uri_of(path: str, documents: Mapping[str, OpenDocument]) -> str:
    """The URI of an absolute path: the editor's own for an open document."""
    if path in documents:
        return documents[path].uri
    uri = from_fs_path(path)
    assert isinstance(uri, str)
    return uri


def protocol_range(text_range: TextRange) -> types.Range:
    """A range as the protocol has it."""
    return types.Range(types.Position(*text_range[:2]), types.Position(*text_range[2:]))


def diagnostic_of(
    finding: EditorFinding, project: EditorProject, documents: Mapping[str, OpenDocument]
) -> types.Diagnostic:
    """A finding as a diagnostic. The steps of its trace are related places."""
    return types.Diagnostic(
        range=protocol_range(finding.range),
        message=finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(finding.url) if finding.url else None,
        source=SOURCE,
        related_information=[
            types.DiagnosticRelatedInformation(
                types.Location(
                    uri_of(project.absolute(related.path), documents), protocol_range(related.range)
                ),
                related.text,
            )
            for related in finding.related
        ]
        or None,
    )


def diagnostic_of_problem(problem: FileProblem) -> types.Diagnostic:
    """An error in a file as a diagnostic of a whole line."""
    line = problem.line - 1
    return types.Diagnostic(
        range=protocol_range(TextRange(line, 0, line + 1, 0)),
        message=problem.message,
        severity=types.DiagnosticSeverity.Error,
        source=SOURCE,
    )


def fix_title(finding: EditorFinding) -> str:
    """The title of the quick fix of a finding's conversation."""
    files = finding.edited_files
    title = f"Migrate {pluralize(len(finding.conversation), 'call')} to v2"
    title += f" in {pluralize(files, 'file')}" if files > 1 else ""
    if finding.applicability is Applicability.ADAPT:
        return f"{title}, and convert responses back to v1 shape (adapt)"
    if finding.applicability is Applicability.UNSAFE:
        return f"{title}; needs your review (unsafe)"
    return title


def workspace_edit(
    edit: ProjectEdit,
    project: EditorProject,
    documents: Mapping[str, OpenDocument],
    analysed: Mapping[str, OpenDocument],
    support: EditSupport,
) -> types.WorkspaceEdit:
    """The edit of all files, for the versions of the open documents that were `analysed`.

    Raises UserError if a document has changed since, or if the editor can't create a file.
    """
    paths = [project.absolute(file.path) for file in edit.files]
    for path in paths:
        if documents.get(path) != analysed.get(path):
            raise UserError(
                "the document has changed meanwhile", path=project.relative(path), expected="try again"
            )
    new = [file.path for file in edit.files if file.is_new]
    if new and not support.creation:
        raise UserError(
            "your editor can't create files", path=new[0], expected="run `kognitos-migrate fix --adapt`"
        )
    edits = [
        [types.TextEdit(protocol_range(part.range), part.text) for part in file.replacements]
        for file in edit.files
    ]
    uris = [uri_of(path, documents) for path in paths]
    if not support.versions:
        return types.WorkspaceEdit(changes=dict(zip(uris, edits, strict=True)))
    changes: list[types.CreateFile | types.TextDocumentEdit] = [
        types.CreateFile(uri) for uri, file in zip(uris, edit.files, strict=True) if file.is_new
    ]
    for uri, path, text_edits in zip(uris, paths, edits, strict=True):
        version = documents[path].version if path in documents else None
        changes.append(_document_edit(uri, version, text_edits))
    return types.WorkspaceEdit(document_changes=changes)


def _document_edit(uri: str, version: int | None, edits: Sequence[types.TextEdit]) -> types.TextDocumentEdit:
    return types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), list(edits))


def watched_files(patterns: Iterable[str]) -> types.DidChangeWatchedFilesRegistrationOptions:
    """The registration of files that an editor watches."""
    return types.DidChangeWatchedFilesRegistrationOptions(
        [types.FileSystemWatcher(pattern) for pattern in patterns]
    )
