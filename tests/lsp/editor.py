"""An editor for tests: a real client of the protocol, which keeps the texts of its documents."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from cattrs import Converter
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter
from pygls.uris import to_fs_path

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds to wait for a message, on a busy machine."""

Answer = TypeVar("Answer")


class Editor:
    """An editor with some folders open. Edits change its documents, and files that are not open."""

    def __init__(self, folders: Sequence[Path], encoding: types.PositionEncodingKind) -> None:
        self.client = LanguageClient("tests", "1", converter_factory=_converter)
        self.folders = folders
        self.encoding = encoding
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.diagnostics: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self.log: list[str] = []
        self.pages: list[str] = []
        self.shows_documents = True
        self._news = asyncio.Condition()
        self._register()

    def _register(self) -> None:
        handlers: Mapping[str, Callable[[Any], Coroutine[Any, Any, object]]] = {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._publish,
            types.WINDOW_SHOW_MESSAGE: self._show,
            types.WINDOW_LOG_MESSAGE: self._log,
            types.WORKSPACE_APPLY_EDIT: self._apply_edit,
            types.WINDOW_SHOW_DOCUMENT: self._show_document,
            types.CLIENT_REGISTER_CAPABILITY: self._register_capability,
        }
        for name, handler in handlers.items():
            self.client.feature(name)(partial(handler))  # pygls marks it, and can't mark a method

    async def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.diagnostics[params.uri] = params
        await self._notify()

    async def _show(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        await self._notify()

    async def _log(self, params: types.LogMessageParams) -> None:
        self.log.append(params.message)
        await self._notify()

    async def _apply_edit(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.apply(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    async def _show_document(self, params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        if not self.shows_documents:
            raise RuntimeError("no window")
        self.pages.append(_path(params.uri).read_text("utf-8"))
        return types.ShowDocumentResult(success=True)

    async def _register_capability(self, _params: types.RegistrationParams) -> None:
        return None

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for messages until the condition is true."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: bool(condition())), PATIENCE)

    # Documents.

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a file, perhaps with a text that isn't saved, and return its URI."""
        uri = path.as_uri()
        self.texts[uri] = path.read_bytes().decode() if text is None else text
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, self.texts[uri])
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        """Type a new text."""
        self.texts[uri] = text
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def close(self, uri: str) -> None:
        """Close a document without saving it."""
        del self.texts[uri], self.versions[uri]
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    def tell_of(self, path: Path, kind: types.FileChangeType) -> None:
        """Tell the server of a file that another program has changed."""
        event = types.FileEvent(path.as_uri(), kind)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def found(self, uri: str) -> list[tuple[str, int]]:
        """The code and the row, from 1, of each diagnostic of a document."""
        params = self.diagnostics.get(uri)
        return [(str(item.code), item.range.start.line + 1) for item in params.diagnostics] if params else []

    async def until_checked(self, uri: str) -> list[tuple[str, int]]:
        """Wait for diagnostics of the present version of an open document, and return them."""
        await self.until(
            lambda: uri in self.diagnostics and self.diagnostics[uri].version == self.versions[uri]
        )
        return self.found(uri)

    # Requests.

    async def hover(self, uri: str, row: int) -> str:
        """The hover text of a row, from 1. Empty if there is none."""
        at = types.Position(row - 1, 4)
        params = types.HoverParams(types.TextDocumentIdentifier(uri), at)
        hover = await self.client.text_document_hover_async(params)
        if hover is None:
            return ""
        assert isinstance(hover.contents, types.MarkupContent)
        return hover.contents.value

    async def actions(self, uri: str, row: int, only: str | None = None) -> dict[str, types.CodeAction]:
        """The actions of a row, from 1, by title."""
        at = types.Range(types.Position(row - 1, 0), types.Position(row - 1, 0))
        context = types.CodeActionContext([], only=[only] if only else None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, context)
        actions = await self.client.text_document_code_action_async(params)
        return {action.title: action for action in actions or () if isinstance(action, types.CodeAction)}

    async def choose(self, action: types.CodeAction) -> types.WorkspaceEdit | None:
        """The edit of an action, which is made in the documents and on disk, before its command is run."""
        edit = (await self.client.code_action_resolve_async(action)).edit
        if edit is not None:
            self.apply(edit)
        if action.command is not None:
            params = types.ExecuteCommandParams(action.command.command, action.command.arguments)
            await self.client.workspace_execute_command_async(params)
        return edit

    async def command(self, name: str, *arguments: object) -> Any:
        """Run a command of the server."""
        params = types.ExecuteCommandParams(f"kognitos-migrate.{name}", arguments=list(arguments))
        return await self.client.workspace_execute_command_async(params)

    # Edits.

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Make an edit, as an editor does: all of it or, if a version differs, nothing."""
        new: dict[str, str] = {}
        for change in edit.document_changes or ():
            if isinstance(change, types.CreateFile):
                assert not _path(change.uri).exists()
                new[change.uri] = ""
                continue
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            assert change.text_document.version == self.versions.get(uri)
            new[uri] = self._edited(uri, new.get(uri), change.edits)
        for uri, edits in (edit.changes or {}).items():
            new[uri] = self._edited(uri, None, edits)
        for uri, text in new.items():
            if uri in self.texts:
                self.change(uri, text)
            else:
                _path(uri).write_bytes(text.encode())
                self.tell_of(_path(uri), types.FileChangeType.Changed)

    def _edited(self, uri: str, before: str | None, edits: Sequence[Any]) -> str:
        if before is None:
            before = self.texts[uri] if uri in self.texts else _path(uri).read_bytes().decode()
        after = before
        for edit in sorted(edits, key=lambda edit: self._offset(before, edit.range.start), reverse=True):
            start, end = self._offset(before, edit.range.start), self._offset(before, edit.range.end)
            after = after[:start] + edit.new_text + after[end:]
        return after

    def _offset(self, text: str, position: types.Position) -> int:
        lines = text.replace("\r\n", "\n\n").replace("\r", "\n")  # as many characters, and lines end alike
        start = 0
        for _ in range(position.line):
            newline = lines.find("\n", start)
            start = newline + 1 + (text[newline : newline + 2] == "\r\n")
        column = 0
        while len(text[start : start + column].encode(f"{self.encoding.value}-le".replace("8-le", "8"))) < (
            position.character * {"utf-8": 1, "utf-16": 2, "utf-32": 4}[self.encoding.value]
        ):
            column += 1
        return start + column


def _path(uri: str) -> Path:
    path = to_fs_path(uri)
    assert path is not None
    return Path(path)


def _converter() -> Converter:
    """The converter of messages. The library's takes an action with a command for a command."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]

    def action(value: Any, _: object) -> types.Command | types.CodeAction:
        if isinstance(value.get("command"), str):
            return converter.structure(value, types.Command)
        return converter.structure(value, types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, action)
    return converter


CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        apply_edit=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True, resource_operations=[types.ResourceOperationKind.Create]
        ),
    ),
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            resolve_support=types.ClientCodeActionResolveOptions(["edit"])
        )
    ),
    window=types.WindowClientCapabilities(show_document=types.ShowDocumentClientCapabilities(support=True)),
)
"""The capabilities of most editors."""


@asynccontextmanager
async def editor(
    *folders: Path,
    options: Sequence[str] = (),
    cwd: str = "/",
    capabilities: types.ClientCapabilities = CAPABILITIES,
    encoding: types.PositionEncodingKind = types.PositionEncodingKind.Utf16,
) -> AsyncIterator[Editor]:
    """An editor that has opened the folders. At the end, the server must end well and have printed
    nothing."""
    opened = Editor(folders, encoding)
    client = opened.client
    await client.start_io(
        sys.executable, "-m", "kognitos_migrate", "server", *options, env=environment(), cwd=cwd
    )
    capabilities = types.ClientCapabilities(
        workspace=capabilities.workspace,
        text_document=capabilities.text_document,
        window=capabilities.window,
        general=types.GeneralClientCapabilities(position_encodings=[encoding]),
    )
    roots = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
    await client.initialize_async(types.InitializeParams(capabilities=capabilities, workspace_folders=roots))
    client.initialized(types.InitializedParams())
    try:
        yield opened
        await client.shutdown_async(None)
        client.exit(None)
        assert await exit_code(client) == 0
        printed = (await errors(client)).decode()
        assert not printed, printed
    finally:
        server = client._server
        if server is not None and server.returncode is None:
            server.kill()
        await client.stop()  # type: ignore[no-untyped-call]


async def exit_code(client: LanguageClient) -> int:
    """The exit code of the server, once it has ended."""
    assert client._server is not None
    return await asyncio.wait_for(client._server.wait(), PATIENCE)


async def errors(client: LanguageClient) -> bytes:
    """The text that the server has printed to its standard error."""
    assert client._server is not None
    assert client._server.stderr is not None
    return await client._server.stderr.read()


def environment() -> Mapping[str, str]:
    """The environment of a server."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(session: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a session of an editor to its end."""
    return asyncio.run(session)
