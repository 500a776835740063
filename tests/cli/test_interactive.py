"""`kognitos-migrate fix --interactive`: what is taken is changed, and nothing else, once all is decided."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_explain import CONFIG, PROGRAM

PROMPT = "Make this change? [y,n,p,s,a,e,q,?]"
INTERRUPT = b"\x03"
SECONDS = 60
"""How long a terminal may be silent."""
CALL = (
    "import requests\n\n"
    'requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})\n'
)


@pytest.fixture
def three(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three conversations, each in its own file, and somebody who answers."""
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(CALL)
    monkeypatch.setattr("kognitos_migrate.cli.interactive.require_terminal", lambda: None)
    return tmp_path


def migrated(folder: Path) -> str:
    """The files that are migrated, in one word: `ac`."""
    return "".join(path.stem for path in sorted(folder.glob("?.py")) if "/v2/runs" in path.read_text())


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ("y\ny\ny\n", "abc"),
        ("y\nn\ny\n", "ac"),
        ("n\na\n", "bc"),
        ("a\n", "abc"),
        ("y\nq\n", "a"),
        ("q\n", ""),
        ("n\nn\nn\n", ""),
        ("?\nY\n\nno\nyes\n", "ac"),
    ],
)
def test_what_is_taken_is_changed(run: Run, three: Path, answers: str, result: str) -> None:
    ran = run("fix", "-i", input=answers)
    assert migrated(three) == result
    assert ran.exit_code == (0 if result == "abc" else 1), ran.output


TWICE = CALL + CALL.partition("\n\n")[2].replace("json={}", "json={'n': 2}")


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ("p\ns\n", "a"),
        ("s\np\n", "b"),
        ("y\ns\np\n", "b"),
        ("y\np\nq\n", "a"),
        ("n\na\n", "b"),
        ("s\na\n", "b"),
    ],
)
def test_the_rest_of_a_program_is_taken_or_left(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str, result: str
) -> None:
    monkeypatch.setattr("kognitos_migrate.cli.interactive.require_terminal", lambda: None)
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(TWICE)
    assert run("fix", "-i", input=answers).exit_code == 1
    whole = [path.stem for path in sorted(tmp_path.glob("?.py")) if "/v1/" not in path.read_text()]
    assert "".join(whole) == result


def test_what_is_asked(run: Run, three: Path) -> None:
    shown = run("fix", "--interactive", input="?\ny\nn\nq\n").stdout
    assert "(1/3) 1 v1 call in a.py:\na.py:3:1: KOG101 [*] starts a v1 run\n" in shown
    assert "--- a/a.py\n+++ b/a.py\n" in shown
    assert "(3/3) 1 v1 call in c.py:" in shown
    assert shown.count(PROMPT) == 4
    assert "a - yes to this and all that follow\n" in shown
    assert "Fixed 1 v1 call; changed 1 file.\n" in shown
    assert "  2  skipped: run `fix` again to decide\n" in shown
    assert "  --> b.py" not in shown  # the excerpt was just on the screen
    assert "\nNothing changed: you accepted no fix.\n" in run("fix", "-i", input="n\nn\n").stdout


@pytest.mark.parametrize("answers", ["y\ny\n", "y\n", ""])
def test_nothing_is_written_before_all_is_decided(run: Run, three: Path, answers: str) -> None:
    ran = run("fix", "-i", input=answers)
    assert (ran.exit_code, migrated(three)) == (130, "")
    assert "interrupted" in ran.stderr


def test_conversations_that_share_a_constant_are_offered_together(run: Run, three: Path) -> None:
    (three / "urls.py").write_text('API = "https://rest-api.app.kognitos.com/v1"\n')
    for name in ("a.py", "b.py"):
        (three / name).write_text(
            "import requests\nfrom urls import API\n\n"
            'requests.post(f"{API}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})\n'
        )
    shown = run("fix", "-i", input="n\ny\n")
    assert "(1/2) 2 v1 calls in a.py, b.py, urls.py:" in shown.stdout
    assert "/v1" in (three / "urls.py").read_text()
    assert "v2" in (three / "c.py").read_text()


def edit_by_hand(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of editors that are run from now on. Each replaces the text of its file."""
    opened: list[list[str]] = []
    run_command = subprocess.run

    def run_or_edit(command: list[str], **options: Any) -> object:
        if command[0] != "vim":
            return run_command(command, **options)
        opened.append(command)
        Path(command[-1]).write_text("print('by hand')\n")
        return None

    monkeypatch.setattr(subprocess, "run", run_or_edit)
    return opened


@pytest.mark.parametrize("name", ["+:!touch x.py", "-c.py", "$(touch x).py", "`touch x`.py"])
def test_the_name_of_a_file_is_no_command_of_the_editor(
    name: str, run: Run, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (three / "a.py").rename(three / name)
    opened = edit_by_hand(monkeypatch)
    monkeypatch.setenv("VISUAL", "vim")
    run("fix", "-i", ".", input="e\nq\n")
    assert [command[-1] for command in opened] == [str(three / name)]


def test_an_editor_that_fails_is_reported(run: Run, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", str(three / "no-such-editor"))
    ran = run("fix", "-i", input="e\n")
    assert ran.exit_code == 2
    assert "the editor failed" in ran.stderr


def test_an_editor_is_opened_and_the_code_is_looked_at_again(
    run: Run, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = edit_by_hand(monkeypatch)
    monkeypatch.setenv("VISUAL", "vim -n")
    ran = run("fix", "-i", input="n\ne\ny\n")
    assert opened == [["vim", "-n", "+3", str(three / "b.py")]]
    assert (ran.exit_code, migrated(three)) == (1, "c")
    assert (three / "b.py").read_text() == "print('by hand')\n"
    assert ran.stdout.count("v1 call in a.py:") == 1


def test_uncommitted_changes_are_refused_before_a_question(run: Run, three: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    ran = run("fix", "-i", input="y\ny\ny\n")
    assert (ran.exit_code, PROMPT in ran.stdout) == (2, False)
    assert "uncommitted changes in a.py, b.py, c.py" in ran.stderr
    assert run("fix", "-i", "--allow-dirty", input="a\n").exit_code == 0


def test_what_is_taken_can_be_planned_and_marked(run: Run, three: Path) -> None:
    run("fix", "-i", "--mark", "--plan", "plan.json", input="y\nq\n")
    assert migrated(three) == ""
    run("apply", "plan.json")
    assert migrated(three) == "a"
    assert "# TODO(kognitos-migrate): KOG101 run `fix` again to decide " in (three / "b.py").read_text()


def test_nothing_to_take(run: Run, three: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (three / name).write_text(CALL.replace("abcd3fg9", "zzzz"))
    ran = run("fix", "-i")
    assert (ran.exit_code, "No changes to make.\n" in ran.stdout) == (1, True)
    assert run("fix", "-i", "kognitos-migrate.yaml").exit_code in (0, 1)


def test_replies_are_adapted_where_that_is_asked_for(run: Run, three: Path) -> None:
    for name in ("b.py", "c.py"):
        (three / name).unlink()
    (three / "a.py").write_text(PROGRAM.replace('return reply.json()["worker_id"]', "unknown(reply.json())"))
    shown = run("fix", "-i", "--adapt", input="y\n").stdout
    assert "+++ b/kognitos_v1.py" in shown
    assert (three / "kognitos_v1.py").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--interactive needs a terminal; use `fix --plan FILE`"),
        (["--diff"], "--interactive can't be combined with --diff"),
        (["--output-format", "json"], "--interactive can't be combined with --output-format json"),
    ],
)
def test_what_cannot_be_done_is_an_error(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run("fix", "-i", *arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("keys", "code", "result"), [(b"y\nn\na\n", 1, "ac"), (b"y\n\x03", 130, ""), (b"y\n\x04", 130, "")]
)
def test_at_a_real_terminal(three: Path, keys: bytes, code: int, result: str) -> None:
    """With Ctrl-C and Ctrl-D as a terminal sends them."""
    assert _at_terminal(three, keys) == code
    assert migrated(three) == result


def _at_terminal(folder: Path, keys: bytes) -> int:
    import pty

    root = str(Path(__file__).parents[2])
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover
        os.chdir(folder)
        environment = {
            **os.environ,
            "PYTHONPATH": root,
            "TERM": "xterm",
            "XDG_STATE_HOME": str(folder / "state"),
        }
        os.execve(sys.executable, [sys.executable, "-m", "kognitos_migrate", "fix", "-i"], environment)
    answers = keys.splitlines(keepends=True)
    seen, given, silent = b"", 0, 0
    while True:
        if not select.select([terminal], [], [], 1)[0]:
            silent += 1
            if silent == SECONDS:
                os.kill(child, signal.SIGKILL)
                raise AssertionError(f"it waits for something after {seen[-200:]!r}")
            if answers[:given][-1:] == [INTERRUPT]:  # lost where readline was about to read
                os.write(terminal, INTERRUPT)
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so where the other end is closed
            break
        if not part:
            break
        seen += part
        if given < len(answers) and seen.count(f"{PROMPT} ".encode()) > given:
            os.write(terminal, answers[given])
            given += 1
    os.close(terminal)
    assert b"\x1b[32m+" in seen
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
