"""The features of the server: what it does for each message of the editor."""

import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from lsprotocol import types

from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.lsp.code_actions import (
    APPLY,
    EXPLAIN,
    FIX_PROJECT,
    NOTHING_LEFT,
    SHOW_RESULT,
    SOURCE_FIX,
    FixData,
    IgnoreData,
    NothingToChangeError,
    code_actions,
    convert,
    edit_of,
    resolve_action,
)
from kognitos_migrate.lsp.protocol import SOURCE, file_path, protocol_range, watched_files
from kognitos_migrate.lsp.server import MigrationServer
from kognitos_migrate.run.session import Options

_WATCHED = (
    "**/*.{py,pyi,pyw,ipynb}",
    "**/*.{yaml,yml,json,toml,ini,cfg,env}",
    "**/{.env*,.gitignore,.kognitos*}",
)
"""The files that a check may read."""

_Answer = TypeVar("_Answer")


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
    )(_guard_request(server, code_actions))
    server.feature(types.CODE_ACTION_RESOLVE)(_guard_request(server, resolve_action))
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
        _add_folder(server, uri)
    server.warm_up()
    server.schedule()
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        registration = types.Registration(
            "watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched_files(_WATCHED)
        )
        server.client_register_capability(types.RegistrationParams([registration]))


def _add_folder(server: MigrationServer, uri: str | None) -> None:
    """Add a folder of the editor. In the root of the file system and in the user's home, which some editors
    open for single files, only open documents are checked."""
    path = file_path(uri) if uri else None
    if path is not None and path not in (os.path.dirname(path), os.path.expanduser("~")):
        server.projects.add_folder(path)


def _shut_down(server: MigrationServer, _params: object) -> None:
    server.is_shut_down = True
    server.end()


def _folders_changed(server: MigrationServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    removed = [file_path(folder.uri) for folder in params.event.removed]
    for project in server.projects:
        if project.folder in removed:
            server.close_project(project)
    for folder in params.event.added:
        _add_folder(server, folder.uri)
    for path in server.documents():  # some may be outside of all folders now
        server.projects.of_file(path)
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
        project = server.projects.of_file(path)
        if path.endswith(DEFAULT_SUFFIXES):
            project.mark_changed(path)
        else:  # a settings file may matter whatever is in it
            project.mark_stale()
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
    current = server.current_project(params.text_document.uri)
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


# Commands.


async def _apply(server: MigrationServer, *arguments: object) -> None:
    """Make the edit of an action."""
    (data,) = convert(arguments, tuple[FixData | IgnoreData])
    message = await _make_edit(server, data)
    if message:
        server.show(message, types.MessageType.Info)


async def _make_edit(server: MigrationServer, data: FixData | IgnoreData) -> str:
    """Let the editor make the edit of an action. Returns the message about it. Raises UserError."""
    workspace = server.client_capabilities.workspace
    if workspace is None or not workspace.apply_edit:
        raise UserError("your editor doesn't let servers change files; run `kognitos-migrate fix`")
    edit, message = await edit_of(server, data)
    params = types.ApplyWorkspaceEditParams(edit, label=SOURCE)
    answer = await server.workspace_apply_edit_async(params)
    if not answer.applied:
        raise UserError(f"your editor didn't make the change: {answer.failure_reason or 'no reason given'}")
    return message


async def _show_result(server: MigrationServer, *arguments: object) -> None:
    """Show the message about the edit of a fix, which the editor has made."""
    (data,) = convert(arguments, tuple[FixData])
    message = server.results.pop((data.folder, data.place), "")
    if message:
        server.show(message, types.MessageType.Info)


async def _fix_project(server: MigrationServer, *arguments: object) -> None:
    """Fix all in the projects of the documents with these URIs, or in each project. All messages about it are
    shown as one, and all errors."""
    paths = [path for uri in convert(arguments, tuple[str, ...]) if (path := file_path(uri)) is not None]
    projects = [server.projects.of_file(path) for path in paths] or list(server.projects)
    messages: list[str] = []
    errors: list[str] = []
    for folder in dict.fromkeys(project.folder for project in projects):
        try:
            messages.append(await _make_edit(server, FixData(folder, Applicability.SAFE)))
        except NothingToChangeError:
            continue
        except UserError as error:
            errors.append(str(error))
    if messages:
        server.show("\n".join(messages), types.MessageType.Info)
    if errors or not messages:
        raise UserError("\n".join(dict.fromkeys(errors)) or NOTHING_LEFT)


async def _explain(server: MigrationServer, *arguments: object) -> str:
    """The explanation of a line: a URI, the line and perhaps the character, both from 0. It is also shown."""
    uri, line, character = convert([*arguments, *[None] * (3 - len(arguments))], tuple[str, int, int | None])
    path = file_path(uri)
    if path is None:
        raise UserError("only files can be explained")
    text = await server.explanation(path, line, character)
    await server.show_page(f"explain {os.path.basename(path)} {line + 1}", text)
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
    SHOW_RESULT: _show_result,
}
