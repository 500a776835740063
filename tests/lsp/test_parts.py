"""The parts of the server: ranges, replacements, comments, projects, and the outcomes of tasks."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.result import Place
from kognitos_migrate.lsp.model import FileProblem, ProjectState, TextReplacement
from kognitos_migrate.lsp.project_edit import replacements
from kognitos_migrate.lsp.projects import OpenDocument, Projects
from kognitos_migrate.lsp.ranges import PositionEncoding, RangeIndex, TextRange
from kognitos_migrate.lsp.server import MigrationServer
from kognitos_migrate.lsp.tasks import CheckTask
from kognitos_migrate.lsp.worker import Job, Outcome, document_bytes, outcome_of
from kognitos_migrate.lsp.worker_client import AnalysisProcess
from kognitos_migrate.run.session import Options
from kognitos_migrate.source.positions import line_ends
from kognitos_migrate.structs import Struct
from tests.unit.discover.trees import plant

TEXT = "a😀é = 1\r\nb\rc\nd"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 7), ("utf-16", 4), ("utf-32", 3)])
def test_columns_count_in_the_units_of_the_editor(encoding: str, column: int) -> None:
    index = RangeIndex(TEXT, PositionEncoding(encoding))
    assert index.of_place(Place("a.py", 1, 1, 1, 4)) == TextRange(0, 0, 0, column)
    assert index.row_and_column(0, column) == (1, 4)
    assert index.of_offsets(0, len(TEXT)) == TextRange(0, 0, 3, 1)


def test_a_place_outside_of_the_text_is_clipped() -> None:
    index = RangeIndex(TEXT, PositionEncoding.UTF_16)
    assert index.of_place(Place("a.py", 2, 5, 9, 9)) == TextRange(1, 1, 3, 1)
    assert index.row_and_column(9, 9) == (10, 1)


def test_replacements_give_the_new_text() -> None:
    """Whatever the line endings are, and without a line feed at the end."""
    chance = random.Random(1)
    pieces = ("a", "b", "\n", "\n", "\r\n", "é😀", "\r")
    for _ in range(2_000):
        before, after = ("".join(chance.choices(pieces, k=chance.randrange(9))) for _ in range(2))
        parts = list(replacements(before, after, RangeIndex(before, PositionEncoding.UTF_16)))
        assert _apply(before, parts) == after
        ends = [part.range[2:] for part in parts]
        assert all(end < part.range[:2] for end, part in zip(ends, parts[1:], strict=False))


def _apply(text: str, parts: Sequence[TextReplacement]) -> str:
    for part in reversed(parts):
        start, end = _offset(text, *part.range[:2]), _offset(text, *part.range[2:])
        text = text[:start] + part.text + text[end:]
    return text


def _offset(text: str, line: int, character: int) -> int:
    start = [0, *line_ends(text)][line]
    column = 0
    while PositionEncoding.UTF_16.units(text[start : start + column]) < character:
        column += 1
    return start + column


def test_a_document_is_encoded_as_its_file_is() -> None:
    text = "# -*- coding: latin-1 -*-\né = 1\n"
    assert document_bytes("a.py", text) == text.encode("latin-1")
    assert document_bytes("a.py", f"{text}€") == f"{text}€".encode()  # which Python couldn't save
    assert document_bytes("a.py", "# coding: nonsense\n") == b"# coding: nonsense\n"


def test_a_request_that_is_cancelled_does_not_leave_its_outcome_to_the_next(tmp_path: Path) -> None:
    call = 'import requests\nrequests.get("https://rest-api.app.kognitos.com/v1/run/1")\n'
    plant(tmp_path, {"one/a.py": call, "two/a.py": "import os\n"})
    task = CheckTask((".",), Options(), PositionEncoding.UTF_16)

    async def session() -> list[object]:
        analysis = AnalysisProcess()
        try:
            first = asyncio.ensure_future(analysis.run(Job(str(tmp_path / "one"), {}, task)))
            await asyncio.sleep(0.1)  # it has begun
            first.cancel()
            return [
                (await analysis.run(Job(str(tmp_path / name), {}, task))).result for name in ("two", "one")
            ]
        finally:
            process = await analysis.start()
            analysis.stop()
            await process.communicate()

    two, one = asyncio.run(session())
    assert two == ProjectState()
    assert isinstance(one, ProjectState)
    assert [finding.code for finding in one.findings] == ["KOG201"]


def test_one_process_is_started_and_none_after_the_end(tmp_path: Path) -> None:
    task = CheckTask((".",), Options(), PositionEncoding.UTF_16)

    async def session() -> Outcome:
        analysis = AnalysisProcess()
        processes = await asyncio.gather(analysis.start(), analysis.start())
        assert processes[0] is processes[1]
        analysis.end()
        await processes[0].communicate()
        outcome = await analysis.run(Job(str(tmp_path), {}, task))
        assert analysis._process is None
        return outcome

    assert asyncio.run(session()) == Outcome(error="the session has ended")


def test_an_error_without_a_file_is_shown_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MigrationServer(Options())
    project = server.projects.add_folder("/project")
    messages: list[str] = []
    monkeypatch.setattr(server, "documents", dict)
    monkeypatch.setattr(server, "show", lambda text, _kind: messages.append(text))
    broken = ProjectState(problems=(FileProblem("", 1, "one"), FileProblem("", 1, "two")))
    for state in (broken, broken, ProjectState(), broken):
        server._publish(project, state, {})
    assert messages == ["one\ntwo"] * 2


class _Failing(Struct, frozen=True):
    error: Exception

    def run(self, _documents: Mapping[str, str], /) -> object:
        """Fail."""
        raise self.error


def test_an_error_of_a_task_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = str(tmp_path)
    failed = outcome_of(Job(folder, {}, _Failing(UsageError("no such thing"))))
    assert failed == Outcome(error="no such thing")
    failed = outcome_of(Job(folder, {}, _Failing(ZeroDivisionError("by 0"))))
    assert failed.error.startswith("internal error, please report: ZeroDivisionError: by 0 (")
    assert "Traceback" in failed.detail
    gone = outcome_of(Job(str(tmp_path / "gone"), {}, _Failing(ValueError())))
    assert gone.error == f"{tmp_path / 'gone'}: No such file or directory"


def test_a_change_that_cannot_matter_costs_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("import os\n")

    def state(text: str, analysed: frozenset[str] = frozenset()) -> object:
        changed = frozenset({"a.py"})
        task = CheckTask((".",), Options(), PositionEncoding.UTF_16, changed, analysed)
        return outcome_of(Job(str(tmp_path), {str(tmp_path / "a.py"): text}, task)).result

    assert state("import sys\n") is None
    assert state("import sys\n", frozenset({"a.py"})) == ProjectState()
    call = 'import requests\nrequests.get("https://rest-api.app.kognitos.com/v1/run/1")\n'
    found = state(call)
    assert isinstance(found, ProjectState)
    assert [finding.code for finding in found.findings] == ["KOG201"]


def test_a_file_belongs_to_the_innermost_folder() -> None:
    projects = Projects()
    outer, inner = projects.add_folder("/project"), projects.add_folder("/project/inner")
    assert projects.of_file("/project/a.py") is outer
    assert projects.of_file("/project/inner/b/c.py") is inner
    assert projects.of_file("/project/inner2/c.py") is outer
    outside = projects.of_file("/elsewhere/a.py")
    assert not outside.is_whole
    assert projects.of_file("/elsewhere/b.py") is outside
    assert projects.add_folder("/elsewhere").is_whole


def test_a_project_knows_which_documents_have_changed() -> None:
    project = Projects().add_folder("/project")
    project.mark_changed("/project/a.py")  # before the first check, which covers all files
    assert project.is_stale
    assert project.changed == set()
    project.is_stale = False
    project.mark_changed("/project/a.py")
    assert project.changed == {"a.py"}
    project.is_stale, project.has_failed = False, True
    project.changed.clear()
    project.mark_changed("/project/a.py")
    assert project.changed == set()
    project.has_failed = False
    project.mark_stale()
    project.mark_changed("/project/b.py")
    assert project.changed == set()
    document = OpenDocument("file:///project/a.py", "/project/a.py", 2, "")
    assert not project.is_current(document)
    project.versions = {"/project/a.py": 2}
    assert project.is_current(document)


def test_secrets_of_the_sources_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plant(
        tmp_path,
        {
            "settings.py": 'BASE = "https://robot:Xk29-wq81-Zz@rest-api.app.kognitos.com/v1"\n',
            "jobs.py": "import requests\nimport settings\n\nrequests.get(settings.BASE + '/run/1')\n",
        },
    )
    state = outcome_of(Job(str(tmp_path), {}, CheckTask((".",), Options(), PositionEncoding.UTF_16))).result
    assert isinstance(state, ProjectState)
    (finding,) = state.findings
    assert "`https://robot:" in finding.hover
    assert "Xk29-wq81-Zz" not in repr(state)
