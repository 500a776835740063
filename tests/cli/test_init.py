"""`kognitos-migrate init`."""

from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run


def test_a_new_configuration_holds_the_keys_of_the_code(run: Run, project: Path) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Wrote kognitos-migrate.yaml.",
        "processes: 1 key to fill in: xyz",
        "Next: fill in kognitos-migrate.yaml, then `kognitos-migrate check`.",
    ]
    assert "  xyz:\n" in (project / "kognitos-migrate.yaml").read_text()
    assert run("check").exit_code == 1


def test_again_it_adds_what_is_new_and_names_what_is_unused(run: Run, project: Path) -> None:
    config = project / "kognitos-migrate.yaml"
    config.write_text("# mine\nprocesses:\n  old:\n    process_id: a\n    agent_id: b\n    stage: Draft\n")
    result = run("init")
    assert "processes: 1 key to fill in: xyz" in result.stdout
    assert "processes: 1 key no longer in the code: old" in result.stdout
    assert config.read_text().startswith("# mine\nprocesses:\n  old:\n")
    assert "  xyz:\n" in config.read_text()
    third = run("init")
    assert "processes: 1 key still to fill in: xyz" in third.stdout
    assert "Next: fill in kognitos-migrate.yaml" in third.stdout


def test_a_pyproject_is_added_to_in_its_own_language(run: Run, project: Path) -> None:
    config = project / "pyproject.toml"
    config.write_text('[tool.kognitos-migrate]\nhosts = ["a.example.com"]\n\n[tool.other]\nline = 1\n')
    assert "processes: 1 key to fill in: xyz" in run("init").stdout
    text = config.read_text()
    assert text.startswith('[tool.kognitos-migrate]\nhosts = ["a.example.com"]\n\n[tool.kognitos-migrate.pro')
    assert text.endswith("\n\n[tool.other]\nline = 1\n")
    assert "processes: 1 key still to fill in: xyz" in run("init").stdout
    assert config.read_text() == text


def test_a_pyproject_that_can_not_be_added_to_stays_as_it_is(run: Run, project: Path) -> None:
    text = "[tool]\nkognitos-migrate = {processes = {}}\n"
    (project / "pyproject.toml").write_text(text)
    result = run("init")
    assert result.exit_code == 2
    assert "pyproject.toml: has a layout that nothing can be added to; add the missing lines" in result.stderr
    assert "[tool.kognitos-migrate.processes.xyz]" in result.stderr
    assert (project / "pyproject.toml").read_text() == text


POLL = """
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
worker = requests.post(f"{BASE}/invoke/xyz123", json={}).json()["worker_id"]
run = requests.get(f"{BASE}/run/{worker}").json()
if run["state"] in ("done", "failed") or run["state"] == "paused":
    print(run["state"])
"""
XYZ = "xyz123: {process_id: p, agent_id: a, stage: Draft}"


@pytest.fixture
def poll(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that waits for words of its own, and the engine that knows it."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    program = tmp_path / "poll.py"
    program.write_text(POLL)
    return program


def test_words_that_the_code_says_are_filled_in_with_the_keys(run: Run, poll: Path) -> None:
    result = run("init")
    assert "states: 2 keys to fill in: failed, paused" in result.stdout
    config = poll.with_name("kognitos-migrate.yaml")
    assert "  failed:  # v2 value, a list of them, or []" in config.read_text()
    checked = run("check")
    assert "Not filled in yet: processes: xyz123; states: failed, paused.\n" in checked.stdout
    filled = config.read_text().replace("process_id:", "process_id: p").replace("agent_id:", "agent_id: a")
    filled = filled.replace("stage:  ", "stage: Draft").replace("  failed:", "  failed: Failed")
    config.write_text(filled)
    checked = run("check", "poll.py")
    assert "state 'paused' has no values in the configuration yet" in checked.stdout
    config.write_text(filled.replace("  paused:", "  paused: []"))
    assert "2 fixable" in run("check", "poll.py").stdout


def test_all_words_are_asked_for_at_once(run: Run, poll: Path) -> None:
    config = poll.with_name("kognitos-migrate.yaml")
    config.write_text(f"processes: {{{XYZ}}}\nstates: {{gone: Lost}}\n")
    checked = run("check", "poll.py")
    assert "states 'failed' and 'paused' aren't in the configuration" in checked.stdout
    assert "      failed: …" in checked.stdout
    assert "      paused: …" in checked.stdout
    assert "states: 2 keys to fill in: failed, paused" in run("init").stdout
    assert config.read_text() == f"processes: {{{XYZ}}}\nstates: {{gone: Lost, failed: , paused: }}\n"
    assert "states: 2 keys still to fill in: failed, paused" in run("init").stdout
    config.write_text(f"processes: {{{XYZ}}}\nstates: {{gone: Lost, failed: Failed, paused: []}}\n")
    assert "is complete" in run("init").stdout


def test_words_of_a_conversation_that_is_held_back_otherwise_are_not_asked_for(run: Run, poll: Path) -> None:
    poll.with_name("kognitos-migrate.yaml").write_text(f"processes: {{{XYZ}}}\n")
    assert "failed, paused" in run("init").stdout
    poll.write_text(POLL.replace("print(run", "hand_out(run); print(run"))
    poll.with_name("kognitos-migrate.yaml").write_text(f"processes: {{{XYZ}}}\n")
    assert "failed" not in run("init").stdout


STUB = """\
import json
import responses
from poll import BASE

@responses.activate
def test_poll():
    responses.post(f"{BASE}/invoke/xyz123", json={"worker_id": "w1"}, status=201)
    responses.get(f"{BASE}/run/w1", json={"state": "running"})
    responses.get(f"{BASE}/run/w1", body='{"state": "queued"}')
    responses.get(f"{BASE}/run/w1", body=json.dumps({"state": "waiting"}).encode())
    responses.get(f"{BASE}/run/w1", json={"state": "done", "answer": "{}"})
    __import__("importlib").reload(__import__("poll"))
"""


def test_words_that_only_stubs_have_are_asked_for(run: Run, poll: Path) -> None:
    poll.with_name("test_poll.py").write_text(STUB)
    assert "states: 5 keys to fill in: failed, paused, running, queued, waiting" in run("init").stdout
    states = "failed: Failed, paused: [], queued: Created, running: Executing, waiting: []"
    config = poll.with_name("kognitos-migrate.yaml")
    config.write_text(f"processes: {{{XYZ}}}\nstates: {{{states}}}\n")
    assert "kognitos-migrate.yaml is complete" in run("init").stdout


def test_nothing_to_fill_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in (["init"], ["baseline", "create"]):
        result = run(*command, "empty")
        assert (result.exit_code, result.stdout) == (2, "")
        assert (
            "no files to check, so nothing was written; run it in the folder with your code" in result.stderr
        )
    assert [*tmp_path.iterdir()] == [tmp_path / "empty"]
    (tmp_path / "plain.py").write_text("print()\n")
    assert run("init").stdout == (
        "Wrote kognitos-migrate.yaml.\n"
        "No v1 calls found in 1 file. Run `kognitos-migrate init` again in the folder with your code.\n"
    )


def test_calls_without_a_known_key_are_not_denied(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "start.py").write_text(
        "import os\nimport requests\n\n"
        "url = f\"https://rest-api.app.kognitos.com/v1/invoke/{os.environ['PROCESS']}\"\n"
        'print(requests.post(url, json={}).json()["worker_id"])\n'
    )
    assert run("init").stdout.startswith(
        "Wrote kognitos-migrate.yaml.\n"
        "No keys for processes or states found in 1 file. `kognitos-migrate check` shows 1 finding.\n"
    )


def test_keys_without_values_are_to_be_filled_in(run: Run, poll: Path) -> None:
    assert "Missing from the configuration: processes: " in run("check").stdout
    run("init")
    result = run("check")
    assert "isn't in the configuration" not in result.stdout
    assert "has no values in the configuration yet" in result.stdout
    assert "help: fill in kognitos-migrate.yaml:" in result.stdout
    assert "Not filled in yet: processes: " in result.stdout
    assert "`kognitos-migrate init`" not in result.stdout
    assert "Next: fill in the keys without values" in run("fix").stdout


def test_keys_are_unused_only_if_all_code_was_searched(run: Run, project: Path) -> None:
    config = project / "kognitos-migrate.yaml"
    config.write_text("processes:\n  old:\n    process_id: a\n    agent_id: b\n    stage: Draft\n")
    assert "no longer in the code" not in run("init", "manual.py").stdout
    assert "no longer in the code: old" in run("init").stdout


def test_nothing_is_said_of_a_missing_path(run: Run, project: Path) -> None:
    result = run("init", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert not (project / "kognitos-migrate.yaml").exists()


def test_a_configuration_that_cannot_be_written_whole_is_not_there(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(project.iterdir())
    monkeypatch.setattr("os.fsync", fail)
    result = run("init")
    assert result.exit_code == 2
    assert "can't be written: No space left on device; no file was changed" in result.stderr
    assert sorted(project.iterdir()) == before
