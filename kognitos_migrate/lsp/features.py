"""The features of the server: what it does for each message of the editor."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import msgspec
from lsprotocol import types

from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability, Place
from kognitos_migrate.lsp.model import EditorFinding
from kognitos_migrate.lsp.projects import Project
from kognitos_migrate.lsp.protocol import (
    SOURCE,
    diagnostic_of,
    file_path,
    fix_title,
    protocol_range,
    watched_files,
)
from kognitos_migrate.lsp.server import MigrationServer
from kognitos_migrate.run.session import Options
from kognitos_migrate.structs import Struct

EXPLAIN = f"{SOURCE}.explain"
APPLY = f"{SOURCE}.apply"
FIX_PROJECT = f"{SOURCE}.fixProject"
SOURCE_FIX = f"source.fixProject.{SOURCE}"
"""The kind of the action that fixes the whole project. It is not below `source.fixAll`, which editors run
when a single file is saved."""
_WATCHED = (
    "**/*.{py,pyi,pyw,ipynb}",
    "**/*.{yaml,yml,json,toml,ini,cfg,env}",
    "**/{.env*,.gitignore,.kognitos*}",
)
"""The files that a check may read."""

_Answer = TypeVar("_Answer")


class ActionData(Struct, frozen=True, omit_defaults=True, tag_field="task"):
    """The data of an action, from which its edit is made when it is chosen. `folder` is that of its
    project."""

    folder: str


class FixData(ActionData, frozen=True, tag="fix"):
    """A fix of the conversation with a finding at `place`, or of all."""

    level: Applicability
    place: Place | None = None


class IgnoreData(ActionData, frozen=True, tag="ignore"):
    """A comment that suppresses a finding."""

    code: str
    place: Place


def create_server(options: Options) -> MigrationServer:
    """A server with all features, which checks with these options."""
    server = MigrationServer(options)
    for name, notification in _NOTIFICATIONS.items():
        server.feature(name)(_guard(server, notification))
    server.feature(types.TEXT_DOCUMENT_HOVER)(_guard_request(server, _hover))
    server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, SOURCE_FIX], resolve_provider=True
        ),
    )(_guard_request(server, _code_actions))
    server.feature(types.CODE_ACTION_RESOLVE)(_guard_request(server, _resolve))
    for name, command in _COMMANDS.items():
        server.command(name)(_guard_command(server, command))
    return server


def _guard(server: MigrationServer, handle: Callable[[MigrationServer, Any], None]) -> Callable[[Any], None]:
    """A handler whose internal error becomes a message."""

    def handle_safely(params: Any) -> None:
        try:
            handle(server, params)
        except Exception as error:
            server.report_internal_error(error)

    return handle_safely


def _guard_request(
    server: MigrationServer, handle: Callable[[MigrationServer, Any], Awaitable[_Answer]]
) -> Callable[[Any], Awaitable[_Answer | None]]:
    """A handler of a request, whose error becomes a message, and the answer None."""

    async def handle_safely(params: Any) -> _Answer | None:
        return await _answer(server, handle, params)

    return handle_safely


def _guard_command(
    server: MigrationServer, handle: Callable[..., Awaitable[_Answer]]
) -> Callable[..., Awaitable[_Answer | None]]:
    async def handle_safely(*arguments: Any) -> _Answer | None:
        return await _answer(server, handle, *arguments)

    return handle_safely


async def _answer(
    server: MigrationServer, handle: Callable[..., Awaitable[_Answer]], *arguments: Any
) -> _Answer | None:
    try:
        return await handle(server, *arguments)
    except UserError as error:
        server.show(str(error), types.MessageType.Warning)
    except Exception as error:
        server.report_internal_error(error)
    return None


# The session.


def _open_session(server: MigrationServer, _params: types.InitializedParams) -> None:
    folders = [folder.uri for folder in server.workspace.folders.values()]
    for uri in folders or [server.workspace.root_uri]:
        path = file_path(uri) if uri else None
        if path is not None:
            server.projects.add_folder(path)
    server.warm_up()
    server.schedule()
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        registration = types.Registration(
            "watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched_files(_WATCHED)
        )
        server.client_register_capability(types.RegistrationParams([registration]))


def _shut_down(server: MigrationServer, _params: object) -> None:
    server.is_shut_down = True
    server.end()


def _folders_changed(server: MigrationServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    removed = [file_path(folder.uri) for folder in params.event.removed]
    for project in server.projects:
        if project.folder in removed:
            server.close_project(project)
    for folder in params.event.added:
        path = file_path(folder.uri)
        if path is not None:
            server.projects.add_folder(path)
    for project in server.projects:  # an inner folder's files belong to it now
        project.mark_stale()
    server.schedule()


def _document_changed(
    server: MigrationServer,
    params: types.DidOpenTextDocumentParams
    | types.DidChangeTextDocumentParams
    | types.DidSaveTextDocumentParams
    | types.DidCloseTextDocumentParams,
) -> None:
    """A document was opened, changed, saved or closed. Its text may not be the one that was checked."""
    path = file_path(params.text_document.uri)
    if path is not None:
        server.projects.of_file(path).mark_changed(path)
        server.schedule()


def _files_changed(server: MigrationServer, params: types.DidChangeWatchedFilesParams) -> None:
    for change in params.changes:
        path = file_path(change.uri)
        if path is not None and path not in server.documents():
            server.projects.of_file(path).mark_stale()
            server.schedule()


# Hover.


async def _hover(server: MigrationServer, params: types.HoverParams) -> types.Hover | None:
    await server.wait_until_idle()
    current = _current_project(server, params.text_document.uri)
    if current is None:
        return None
    project, path = current
    line = params.position.line
    findings = list(project.findings_at(path, line, line))
    texts = [finding.hover for finding in findings] or [step.hover for step in project.steps_at(path, line)]
    if not texts:
        return None
    value = "\n\n---\n\n".join(dict.fromkeys(texts))
    content = types.MarkupContent(types.MarkupKind.Markdown, value)
    return types.Hover(content, protocol_range(findings[0].range) if len(findings) == 1 else None)


def _current_project(server: MigrationServer, uri: str) -> tuple[Project, str] | None:
    """The project of a document and its path. None if the state isn't of the document's present text."""
    path = file_path(uri)
    if path is None:
        return None
    project = server.projects.of_file(path)
    document = server.documents().get(path)
    return (project, path) if document is None or project.is_current(document) else None


# Code actions.


async def _code_actions(server: MigrationServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    await server.wait_until_idle()
    current = _current_project(server, params.text_document.uri)
    if current is None:
        return []
    project, path = current
    first, last = params.range.start.line, params.range.end.line
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix, params.context.only):
        findings = list(project.findings_at(path, first, last))
        actions += _fixes(server, project, findings)
        for finding in findings:
            actions += _other_actions(server, project, finding, params.text_document.uri)
    if project.state.fixable and _is_wanted(SOURCE_FIX, params.context.only):
        data = FixData(project.folder, Applicability.SAFE)
        actions.append(_action(server, f"Fix all v1 calls of the project ({SOURCE})", SOURCE_FIX, data))
    return actions


def _is_wanted(kind: str, only: list[str] | tuple[str, ...] | Any | None) -> bool:
    """Whether a request for these kinds (None: all) includes the kind, or one that contains it."""
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in map(_text, only))


def _text(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _fixes(
    server: MigrationServer, project: Project, findings: list[EditorFinding]
) -> Iterator[types.CodeAction]:
    """A quick fix for each conversation of the findings."""
    by_conversation: dict[tuple[Place, ...], list[EditorFinding]] = {}
    for finding in findings:
        if finding.applicability is not Applicability.MANUAL:
            by_conversation.setdefault(finding.conversation or (finding.place,), []).append(finding)
    for members in by_conversation.values():
        first = members[0]
        data = FixData(project.folder, first.applicability, first.place)
        action = _action(server, fix_title(first), types.CodeActionKind.QuickFix, data)
        action.diagnostics = [diagnostic_of(member, project, server.documents()) for member in members]
        action.is_preferred = first.applicability is Applicability.SAFE
        yield action


def _other_actions(
    server: MigrationServer, project: Project, finding: EditorFinding, uri: str
) -> Iterator[types.CodeAction]:
    data = IgnoreData(project.folder, finding.code, finding.place)
    diagnostics = [diagnostic_of(finding, project, server.documents())]
    ignore = _action(server, f"Ignore {finding.code} in this statement", types.CodeActionKind.QuickFix, data)
    ignore.diagnostics = diagnostics
    yield ignore
    yield types.CodeAction(
        f"Explain {finding.code}",
        types.CodeActionKind.QuickFix,
        diagnostics,
        command=types.Command(
            f"Explain {finding.code}",
            EXPLAIN,
            arguments=[uri, finding.range.start_line, finding.range.start_character],
        ),
    )


def _action(server: MigrationServer, title: str, kind: str, data: ActionData) -> types.CodeAction:
    """An action whose edit is made when it is chosen: by `codeAction/resolve` if the editor knows that, else
    by a command."""
    action = types.CodeAction(title, kind)
    if _resolves(server.client_capabilities):
        action.data = msgspec.to_builtins(data)
    else:
        action.command = types.Command(title, APPLY, arguments=[msgspec.to_builtins(data)])
    return action


def _resolves(capabilities: types.ClientCapabilities) -> bool:
    document = capabilities.text_document
    support = document.code_action if document is not None else None
    resolve = support.resolve_support if support is not None else None
    return resolve is not None and "edit" in resolve.properties


async def _resolve(server: MigrationServer, action: types.CodeAction) -> types.CodeAction:
    try:
        action.edit, _ = await _edit(server, _convert(action.data, FixData | IgnoreData))
    except UserError as error:  # the editor expects the action
        server.show(str(error), types.MessageType.Warning)
    return action


def _convert(value: object, kind: Any) -> Any:
    """An argument of the editor's, checked. Raises UserError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UserError(f"an invalid argument of a command: {error}") from error


async def _edit(server: MigrationServer, data: FixData | IgnoreData) -> tuple[types.WorkspaceEdit, str]:
    """The edit of an action, and a summary of it. Raises UserError."""
    await server.wait_until_idle()
    project = next((project for project in server.projects if project.folder == data.folder), None)
    if project is None:
        raise UserError("this project isn't open any more")
    if isinstance(data, IgnoreData):
        project_edit, edit = await server.ignore_edit(project, data.code, data.place)
    else:
        project_edit, edit = await server.fix_edit(project, data.level, data.place)
    if not project_edit.files:
        raise UserError("nothing to change any more")
    return edit, project_edit.summary


# Commands.


async def _apply(server: MigrationServer, *arguments: object) -> None:
    """Make the edit of an action."""
    (data,) = _convert(arguments, tuple[FixData | IgnoreData])
    await _make_edit(server, data)


async def _make_edit(server: MigrationServer, data: FixData | IgnoreData) -> None:
    edit, summary = await _edit(server, data)
    params = types.ApplyWorkspaceEditParams(edit, label=SOURCE)
    answer = await server.workspace_apply_edit_async(params)
    if not answer.applied:
        raise UserError(f"your editor didn't make the change: {answer.failure_reason or 'no reason given'}")
    if summary:
        server.show(summary, types.MessageType.Info)


async def _fix_project(server: MigrationServer, *arguments: object) -> None:
    """Fix all in the projects of the documents with these URIs, or in each project."""
    paths = [path for uri in _convert(arguments, tuple[str, ...]) if (path := file_path(uri)) is not None]
    projects = [server.projects.of_file(path) for path in paths] or list(server.projects)
    for project in projects:
        await _make_edit(server, FixData(project.folder, Applicability.SAFE))


async def _explain(server: MigrationServer, *arguments: object) -> str:
    """The explanation of a line: a URI, the line and perhaps the character, both from 0. It is also shown."""
    uri, line, character = _convert([*arguments, *[None] * (3 - len(arguments))], tuple[str, int, int | None])
    path = file_path(uri)
    if path is None:
        raise UserError("only files can be explained")
    text = await server.explanation(path, line, character)
    await server.show_page(f"explain {path.rpartition('/')[2]} {line + 1}", text)
    return text


_NOTIFICATIONS: dict[str, Callable[[MigrationServer, Any], None]] = {
    types.INITIALIZED: _open_session,
    types.SHUTDOWN: _shut_down,
    types.TEXT_DOCUMENT_DID_OPEN: _document_changed,
    types.TEXT_DOCUMENT_DID_CHANGE: _document_changed,
    types.TEXT_DOCUMENT_DID_SAVE: _document_changed,
    types.TEXT_DOCUMENT_DID_CLOSE: _document_changed,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: _files_changed,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _folders_changed,
}
_COMMANDS: dict[str, Callable[..., Awaitable[object]]] = {
    EXPLAIN: _explain,
    APPLY: _apply,
    FIX_PROJECT: _fix_project,
}
