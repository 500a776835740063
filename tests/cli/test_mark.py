"""`kognitos-migrate fix --mark`: comments that say what remains, as changes like any others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run
from tests.cli.test_explain import CONFIG, PROGRAM

MARKER = "# TODO(kognitos-migrate): KOG101 add the key to the configuration (unknown-key)\n"
MANUAL = 'url = KOGNITOS + "/v1/invoke/"  # unknown share xyz\n'


def test_what_remains_is_marked_and_what_is_fixed_is_not(run: Run, project: Path) -> None:
    result = run("fix", "--mark")
    assert result.exit_code == 1
    assert (project / "manual.py").read_text() == MARKER + MANUAL
    assert "TODO" not in (project / "fixable.py").read_text()
    assert "changed fixable.py\nchanged manual.py\nFixed 1 v1 call; changed 2 files.\n" in result.stdout
    assert 'Marked 1 place; `grep -rn "TODO(kognitos-migrate)" .` lists it.\n' in result.stdout
    assert " --> manual.py:2:20\n" in result.stdout


def test_what_python_would_warn_of_is_marked_without_a_word(run: Run, project: Path) -> None:
    (project / "manual.py").write_text(MANUAL + 'pattern = "\\d"\n')
    assert run("fix", "--mark").exit_code == 1
    assert (project / "manual.py").read_text() == MARKER + MANUAL + 'pattern = "\\d"\n'


def test_it_is_not_marked_twice(run: Run, project: Path) -> None:
    run("fix", "--mark")
    again = run("fix", "--mark")
    assert (project / "manual.py").read_text() == MARKER + MANUAL
    assert "changed" not in again.stdout
    assert "Marked 1 place" in again.stdout


def test_a_check_or_a_fix_without_it_leaves_markers_where_work_remains(run: Run, project: Path) -> None:
    run("fix", "--mark")
    run("fix")
    assert (project / "manual.py").read_text() == MARKER + MANUAL
    assert " --> manual.py:2:20\n" in run("check").stdout


@pytest.mark.parametrize("option", ["", "--mark"])
def test_the_marker_goes_when_the_tool_has_done_the_work(run: Run, project: Path, option: str) -> None:
    run("fix", "--mark")
    text = MARKER + MANUAL.replace("unknown share xyz", "known now")
    (project / "manual.py").write_text(text)
    (project / "other.py").write_text(MARKER + "print('by hand')\n")
    assert run("fix", *filter(None, [option])).exit_code == 0
    assert (project / "manual.py").read_text() == 'url = KOGNITOS + "/v2/runs/"  # known now\n'
    left = (project / "other.py").read_text()
    assert left == ("" if option else MARKER) + "print('by hand')\n"


def test_the_marker_follows_the_reason(run: Run, project: Path) -> None:
    run("fix", "--mark")
    (project / "manual.py").write_text(MARKER + MANUAL.replace("unknown share xyz", "adapt"))
    run("fix", "--mark")
    first = (project / "manual.py").read_text().splitlines()[0]
    assert first == "# TODO(kognitos-migrate): KOG101 adapts the reply"


def test_a_diff_shows_it_and_a_plan_holds_it_and_it_is_undone(run: Run, project: Path) -> None:
    before = {path.name: path.read_bytes() for path in project.glob("*.py")}
    shown = run("fix", "--mark", "--diff").stdout
    assert f"+{MARKER}" in shown
    assert {path.name: path.read_bytes() for path in project.glob("*.py")} == before
    run("fix", "--mark", "--plan", "plan.json")
    assert run("apply", "plan.json", "--allow-dirty").exit_code == 0
    assert (project / "manual.py").read_text() == MARKER + MANUAL
    assert run("undo").exit_code == 0
    assert {path.name: path.read_bytes() for path in project.glob("*.py")} == before


def test_bytes_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    before = b"# coding: latin-1\r\nx = '\xe9'\r\nv1/invoke  # unknown share x\r\n"
    before = before.replace(b"v1", b"KOGNITOS_URL = v1").replace(b"invoke  ", b"invoke")
    (tmp_path / "a.py").write_bytes(before)
    run("fix", "--mark")
    after = (tmp_path / "a.py").read_bytes()
    assert after.startswith(b"# coding: latin-1\r\nx = '\xe9'\r\n# TODO(kognitos-migrate): KOG101 ")
    assert b"\n" not in after.replace(b"\r\n", b"")


def test_what_is_suppressed_is_not_marked(run: Run, tmp_path: Path) -> None:
    text = "x = v1/invoke  # noqa: KOG101 kognitos unknown share x\n"
    (tmp_path / "a.py").write_text(text)
    run("fix", "--mark")
    assert (tmp_path / "a.py").read_text() == text


@pytest.fixture
def real(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program with one fixed and one refused conversation, and the real engine."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "held.py").write_text(
        'import requests\n\nAPI = "https://rest-api.app.kognitos.com/v1"\n\n\n'
        "def poll(worker_id):\n"
        '    run = requests.get(f"{API}/run/{worker_id}").json()\n'
        '    return run["state"] == "paused"\n'
    )
    return tmp_path


def test_the_engines_own_reasons(run: Run, real: Path) -> None:
    run("fix", "--mark")
    marker = (
        "    # TODO(kognitos-migrate): KOG201 fill in the configuration (word-unknown, below)\n"
        '    run = requests.get(f"{API}/run/{worker_id}").json()\n'
    )
    assert marker in (real / "held.py").read_text()
    assert "TODO" not in (real / "main.py").read_text()
    (real / "kognitos-migrate.yaml").write_text(CONFIG + "states: {paused: Paused}\n")
    assert run("fix").exit_code == 0, run("check").stdout
    assert "TODO" not in (real / "held.py").read_text()
    assert '"Paused"' in (real / "held.py").read_text()


def test_a_conversation_with_an_ignored_finding_stays(run: Run, real: Path) -> None:
    (real / "held.py").unlink()
    before = (real / "main.py").read_text()
    ran = run("fix", "--ignore", "KOG201")
    assert (ran.exit_code, (real / "main.py").read_text()) == (1, before)
    assert "by hand (ignored)" in ran.stdout


@pytest.mark.parametrize("codes", ["KOG1", "KOG201"])
def test_a_selection_shows_and_fixes_whole_conversations(run: Run, real: Path, codes: str) -> None:
    (real / "held.py").unlink()
    shown = run("check", "--select", codes).stdout
    assert "[*]" in shown
    assert "ignored" not in shown
    assert run("fix", "--select", codes).exit_code == 0
    assert run("check").exit_code == 0


def test_a_marker_is_no_evidence(run: Run, real: Path) -> None:
    (real / "held.py").write_text(
        "import requests\n\n"
        "# TODO(kognitos-migrate): KOG201 migrate it by hand\n"
        'requests.get(base + "/v1/run/x")\n'
    )
    assert run("check", "held.py").exit_code == 0
