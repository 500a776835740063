"""The server: the state of an editor's session, and checks of its projects when their files change."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from kognitos_migrate import __version__
from kognitos_migrate.errors import UserError, bug_report, traceback_of
from kognitos_migrate.findings.result import Applicability, Place
from kognitos_migrate.lsp.model import ProjectEdit, ProjectState
from kognitos_migrate.lsp.projects import EditorProject, OpenDocument, Projects
from kognitos_migrate.lsp.protocol import (
    SOURCE,
    EditSupport,
    diagnostic_of,
    diagnostic_of_problem,
    file_path,
    uri_of,
    workspace_edit,
)
from kognitos_migrate.lsp.ranges import PositionEncoding
from kognitos_migrate.lsp.tasks import CheckTask, EditorTask, ExplainTask, FixTask, IgnoreTask
from kognitos_migrate.lsp.worker import Job, Outcome
from kognitos_migrate.lsp.worker_client import AnalysisProcess
from kognitos_migrate.run.scan import FileChoice
from kognitos_migrate.run.session import Options
from kognitos_migrate.structs import replace

DEBOUNCE = 0.2
"""Seconds without a change after which a project is checked."""
PATIENCE = 15.0
"""Seconds that a request for actions or a hover waits for a check."""
_INVALID_MESSAGE = (JsonRpcException, AttributeError, KeyError, RuntimeError, TypeError, ValueError)
"""The errors of the library for a message that isn't of the protocol, or comes at a wrong time."""


class _Protocol(LanguageServerProtocol):
    """The protocol, with responses to failed requests that contain no traceback."""

    def _send_response(
        self, msg_id: str | int, result: Any | None = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None:
            error = types.ResponseError(error.code, error.message)
        super()._send_response(msg_id, result, error)


class MigrationServer(LanguageServer):
    """A server for one editor."""

    def __init__(self, options: Options) -> None:
        """Check with the `options` of the command line."""
        super().__init__(
            SOURCE,
            __version__,
            # pygls splits lines at form feeds, so that partial changes would end up at wrong places
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=_Protocol,
        )
        self.projects = Projects()
        self.is_shut_down = False
        self.results: dict[tuple[str, Place | None], str] = {}
        """The message to show when the edit of a fix has been made, by its folder and its place."""
        self._options = options
        self._analysis = AnalysisProcess()
        self._timer: asyncio.TimerHandle | None = None
        self._checking: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._pages: Path | None = None

    # State.

    @property
    def encoding(self) -> PositionEncoding:
        """The unit of the editor's positions."""
        return PositionEncoding(self.workspace.position_encoding)

    @property
    def edit_support(self) -> EditSupport:
        """The kinds of edits that the editor can apply."""
        return EditSupport.of(self.client_capabilities)

    def documents(self) -> Mapping[str, OpenDocument]:
        """The open documents by path, without those that are no files."""
        documents: dict[str, OpenDocument] = {}
        for document in self.workspace.text_documents.values():
            path = file_path(document.uri)
            if path is not None:
                documents[path] = OpenDocument(document.uri, path, document.version, document.source)
        return documents

    def current_project(self, uri: str) -> tuple[EditorProject, str] | None:
        """The project of a document, and its path. None if the state isn't of the document's present text."""
        path = file_path(uri)
        if path is None:
            return None
        project = self.projects.of_file(path)
        document = self.documents().get(path)
        return (project, path) if document is None or project.is_current(document) else None

    # Checks.

    def schedule(self) -> None:
        """Check the stale projects soon, unless another change comes first, or the session ends."""
        if self.is_shut_down:
            return
        self._idle.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(DEBOUNCE, self._begin_checks)

    async def wait_until_idle(self) -> None:
        """Wait until all changes are checked, but not for too long."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._idle.wait(), PATIENCE)

    def warm_up(self) -> None:
        """Start the analysis process."""
        # The event loop has only a weak reference to it.
        self._warming = asyncio.ensure_future(self._analysis.start())

    def _begin_checks(self) -> None:
        self._timer = None
        if self._checking is None:
            self._checking = asyncio.ensure_future(self._check_stale_projects())

    async def _check_stale_projects(self) -> None:
        try:
            while self._timer is None and not self.is_shut_down:
                project = next((project for project in self.projects if project.is_stale), None)
                if project is None:
                    break
                await self._check(project)
        except Exception as error:
            self.report_internal_error(error)
        finally:
            self._checking = None
            if self._timer is None:
                self._idle.set()

    async def _check(self, project: EditorProject) -> None:
        documents = self.documents()
        paths = self._paths(project, documents)
        changed = frozenset(project.changed)
        project.is_stale = False
        project.changed.clear()
        if not paths:
            self._publish(project, ProjectState(), {})
            self.projects.remove(project.folder)
            return
        task = CheckTask(paths, self._options_for(project), self.encoding, changed, project.state.analysed)
        outcome = await self._run(project, task, documents)
        if self.is_shut_down:
            return
        versions = {path: document.version for path, document in documents.items()}
        project.has_failed = bool(outcome.error)
        if outcome.error:
            self._report(outcome, project)
        elif isinstance(outcome.result, ProjectState):
            self._publish(project, outcome.result, versions)
        else:
            project.versions = versions

    def _paths(self, project: EditorProject, documents: Mapping[str, OpenDocument]) -> tuple[str, ...]:
        """The paths that a check of the project analyses: its folder, or the open documents in it."""
        if project.is_whole:
            return (".",)
        paths = [path for path in documents if self.projects.of_file(path) is project]
        return tuple(sorted(project.relative(path) for path in paths if Path(path).is_file()))

    def _options_for(self, project: EditorProject) -> Options:
        """The options of a check. A document outside of all folders is checked unless it is excluded."""
        if project.is_whole:
            return self._options
        files: FileChoice = self._options.files._replace(force_exclude=True)
        return replace(self._options, files=files)

    async def _run(
        self, project: EditorProject, task: EditorTask, documents: Mapping[str, OpenDocument]
    ) -> Outcome:
        texts = {path: document.text for path, document in documents.items()}
        return await self._analysis.run(Job(project.folder, texts, task))

    def _publish(
        self, project: EditorProject, state: ProjectState, versions: Mapping[str, int | None]
    ) -> None:
        """Show the diagnostics of a state. Documents that have changed since wait for the next check."""
        documents = self.documents()
        project.state, project.versions = state, versions
        diagnostics: dict[str, list[types.Diagnostic]] = {}
        for path, diagnostic in (
            *((item.place.path, diagnostic_of(item, project, documents)) for item in state.findings),
            *((item.path, diagnostic_of_problem(item)) for item in state.problems if item.path),
        ):
            absolute = project.absolute(path)
            if self.projects.of_file(absolute) is project:
                diagnostics.setdefault(uri_of(absolute, documents), []).append(diagnostic)
        stale = {
            document.uri
            for document in documents.values()
            if document.path in versions and not project.is_current(document)
        }
        by_uri = {document.uri: document for document in documents.values()}
        for uri in sorted({*diagnostics, *project.published} - stale):
            version = by_uri[uri].version if uri in by_uri else None
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, diagnostics.get(uri, []), version)
            )
        project.published = {*diagnostics} | (project.published & stale)
        errors = [problem.message for problem in state.problems if not problem.path]
        self._report(Outcome(error="\n".join(errors)), project)

    def close_project(self, project: EditorProject) -> None:
        """Remove a project and its diagnostics."""
        self.projects.remove(project.folder)
        self._publish(project, ProjectState(), {})

    # Edits and explanations.

    async def fix_edit(
        self, project: EditorProject, level: Applicability, chosen: Place | None
    ) -> tuple[ProjectEdit, types.WorkspaceEdit]:
        """The edit that fixes one conversation, or all. Raises UserError."""
        documents = self.documents()
        paths = self._paths(project, documents)
        task = FixTask(paths, self._options_for(project), self.encoding, level, chosen)
        return await self._edit(project, task, documents)

    async def ignore_edit(
        self, project: EditorProject, code: str, place: Place
    ) -> tuple[ProjectEdit, types.WorkspaceEdit]:
        """The edit that suppresses a finding. Raises UserError."""
        documents = self.documents()
        paths = self._paths(project, documents)
        task = IgnoreTask(paths, self._options_for(project), self.encoding, code, place)
        return await self._edit(project, task, documents)

    async def _edit(
        self, project: EditorProject, task: EditorTask, documents: Mapping[str, OpenDocument]
    ) -> tuple[ProjectEdit, types.WorkspaceEdit]:
        outcome = await self._run(project, task, documents)
        edit = self._result(outcome)
        assert isinstance(edit, ProjectEdit)
        return edit, workspace_edit(edit, project, self.documents(), documents, self.edit_support)

    async def explanation(self, path: str, line: int, character: int | None) -> str:
        """The text of `explain` for a line of a file. Raises UserError."""
        project = self.projects.of_file(path)
        task = ExplainTask(project.relative(path), line, self._options, self.encoding, character)
        text = self._result(await self._run(project, task, self.documents()))
        assert isinstance(text, str)
        return text

    def _result(self, outcome: Outcome) -> object:
        if outcome.error:
            self._log(outcome.detail)
            raise UserError(outcome.error)
        return outcome.result

    async def show_page(self, name: str, text: str) -> None:
        """Show a text in the editor, or write it to its log if the editor can't show it."""
        window = self.client_capabilities.window
        can_show = window is not None and window.show_document is not None and window.show_document.support
        if not can_show or not await self._can_show(name, text):
            self.window_log_message(types.LogMessageParams(types.MessageType.Info, text))

    async def _can_show(self, name: str, text: str) -> bool:
        """Whether the editor shows this text as a document."""
        try:
            if self._pages is None:
                self._pages = Path(tempfile.mkdtemp(prefix="kognitos-migrate-"))
            page = self._pages / f"{_short_name(name)}.txt"
            page.write_text(text, encoding="utf-8", errors="backslashreplace")
            params = types.ShowDocumentParams(page.as_uri(), take_focus=True)
            return (await self.window_show_document_async(params)).success
        except (JsonRpcException, OSError):
            return False

    # Messages.

    def show(self, text: str, kind: types.MessageType) -> None:
        """Show a message to the user."""
        self.window_show_message(types.ShowMessageParams(kind, text))

    def report_internal_error(self, error: Exception) -> None:
        """Show an internal error in one line. Its traceback goes to the log of the editor."""
        with suppress(BrokenPipeError):  # the editor has ended
            self._log(traceback_of(error))
            self.show(bug_report(error), types.MessageType.Error)

    def report_server_error(self, error: Exception, _source: object) -> None:
        """Log a message of the editor that is no valid one; show any other error."""
        if isinstance(error, _INVALID_MESSAGE):
            kind = types.MessageType.Warning
            text = f"ignored an invalid message: {str(error).partition(chr(10))[0]}"
            self.window_log_message(types.LogMessageParams(kind, text))
            return
        self.report_internal_error(error)

    def _report(self, outcome: Outcome, project: EditorProject) -> None:
        """Show the error of a check, unless there is none, or the last check had the same."""
        self._log(outcome.detail)
        if outcome.error != project.reported_error:
            project.reported_error = outcome.error
            if outcome.error:
                self.show(outcome.error, types.MessageType.Error)

    def _log(self, detail: str) -> None:
        if detail:
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, detail))

    def shutdown(self) -> None:
        """End the library's threads without waiting for the one that reads the next message."""
        if self._thread_pool is not None:
            self._thread_pool.shutdown(wait=False, cancel_futures=True)

    def end(self) -> None:
        """End the analysis process, and remove the pages that were shown."""
        self._analysis.end()
        if self._pages is not None:
            shutil.rmtree(self._pages, ignore_errors=True)


def silence_logging() -> None:
    """Keep the library's log, which contains tracebacks, from the standard error, and asyncio's warning about
    an analysis process that ends after the event loop."""
    logger = logging.getLogger("pygls")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logging.getLogger("asyncio").addFilter(lambda record: record.levelno != logging.WARNING)


_LONGEST_NAME = 200
"""The bytes of a page's name. File systems allow 255."""


def _short_name(name: str) -> str:
    """A name with its middle left out if it is too long for a file."""
    data = os.fsencode(name)
    half = _LONGEST_NAME // 2
    return name if len(data) <= _LONGEST_NAME else f"{os.fsdecode(data[:half])}…{os.fsdecode(data[-half:])}"
