"""The tasks of the analysis process. Each is one run of the pipeline that the command line uses.

The server makes tasks, too, so the engine is imported only when one runs.
"""

from collections.abc import Mapping
from typing import Protocol

from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.result import Applicability, Change, Place, Result
from kognitos_migrate.lsp.model import ProjectEdit, ProjectState
from kognitos_migrate.lsp.ranges import PositionEncoding, RangeIndex
from kognitos_migrate.run.progress import Silent
from kognitos_migrate.run.scan import scan
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.file import read_source
from kognitos_migrate.structs import Struct, replace


class EditorTask(Protocol):
    """A task. It runs in the folder of its project, where open documents override the files on disk."""

    def run(self, documents: Mapping[str, str], /) -> object:
        """The result. `documents` are the texts of open documents by path. Raises UserError."""


class CheckTask(Struct, frozen=True):
    """A check of `paths`. With `changed`, those files alone have changed since a check that depended
    on the `analysed` ones."""

    paths: tuple[str, ...]
    options: Options
    encoding: PositionEncoding
    changed: frozenset[str] = frozenset()
    analysed: frozenset[str] = frozenset()

    def run(self, _documents: Mapping[str, str], /) -> ProjectState | None:
        """The state of the project. None if the changes don't matter to it."""
        if self.changed and self.changed.isdisjoint(self.analysed) and not self._may_have_findings():
            return None
        from kognitos_migrate.lsp.project_state import project_state

        session = _suppress_baseline(run_check(self.paths, self.options))
        return project_state(session, self.encoding)

    def _may_have_findings(self) -> bool:
        """Whether a changed file may have a finding, which costs no look at the rest of the project."""
        request = self.options.scan_request(sorted(self.changed))
        scanned = scan(request._replace(files=request.files._replace(force_exclude=True)), Silent())
        return bool(scanned.reading.sources or scanned.reading.problems)


def _suppress_baseline(session: Session) -> Session:
    if session.settings.baseline is None:
        return session
    from kognitos_migrate.run.baseline_file import read_baseline, suppress_known

    return suppress_known(session, read_baseline(session.settings.baseline))


class FixTask(Struct, frozen=True):
    """A fix of `paths` up to a level: of one conversation if `chosen` has the place of a finding, else of
    all."""

    paths: tuple[str, ...]
    options: Options
    encoding: PositionEncoding
    level: Applicability = Applicability.SAFE
    chosen: Place | None = None

    def run(self, documents: Mapping[str, str], /) -> ProjectEdit:
        """The edits of the fix."""
        from kognitos_migrate.lsp.project_edit import project_edit

        chosen = frozenset() if self.chosen is None else frozenset({self.chosen})
        session = run_check(self.paths, replace(self.options, level=self.level, chosen=chosen))
        for problem in session.result.problems:
            raise UsageError(problem.message, path=problem.path or None, line=problem.line)
        if session.sources:
            from kognitos_migrate.run.fix_options import without_done_todos

            session = without_done_todos(session)
        edit = project_edit(session, documents, self.encoding)
        return edit if self.chosen is None else replace(edit, summary="")


class IgnoreTask(Struct, frozen=True):
    """A comment that suppresses a finding with `code` at `place`."""

    paths: tuple[str, ...]
    options: Options
    encoding: PositionEncoding
    code: str
    place: Place

    def run(self, documents: Mapping[str, str], /) -> ProjectEdit:
        """The edit that adds the comment."""
        from kognitos_migrate.lsp.ignore_comment import with_ignore_comment
        from kognitos_migrate.lsp.project_edit import project_edit
        from kognitos_migrate.run.configuration import configure

        request = self.options.scan_request(self.paths)
        configuration = configure(
            request.configured_from, self.options.config, self.options.store, self.options.files.overrides
        )
        settings = configuration.settings
        source = read_source(self.place.path)
        after = with_ignore_comment(
            source.text, self.code, self.place, configuration.rulebook, settings.today
        )
        if after is None:
            raise UsageError("no comment can suppress it here", path=self.place.path, line=self.place.row)
        result = Result(changes=(Change(source.path, source.text, after),))
        session = Session(result, {source.path: source}, configuration.rulebook, settings)
        return replace(project_edit(session, documents, self.encoding), summary="")


class ExplainTask(Struct, frozen=True):
    """The explanation of a line (from 0) of a file."""

    path: str
    line: int
    options: Options
    encoding: PositionEncoding
    character: int | None = None

    def run(self, _documents: Mapping[str, str], /) -> str:
        """The text that `explain` prints."""
        from kognitos_migrate.findings.explanation import PlaceQuery
        from kognitos_migrate.report.explanation import explained_text
        from kognitos_migrate.report.redact import redact, redact_session, secrets_of
        from kognitos_migrate.report.style import TextStyle
        from kognitos_migrate.run.place_query import explain_place

        row, column = self.line + 1, None
        if self.character is not None:
            index = RangeIndex(read_source(self.path).text, self.encoding)
            row, column = index.row_and_column(self.line, self.character)
        explanation, session = explain_place(PlaceQuery(self.path, row, column), self.options, Silent())
        explanation, session = redact(explanation, secrets_of(session)), redact_session(session)
        return explained_text(explanation, session.sources, TextStyle())
