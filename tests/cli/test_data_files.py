"""Data files of tests on the command line: changed with the program, or holding it back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASSETTE = "tests/cassettes/approved.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package with cassettes in a project; `run` has the real engine."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    shutil.copytree(FIXTURES / "mocks" / "vcr_cassettes" / "before", tmp_path, dirs_exist_ok=True)
    shutil.copy(FIXTURES / "kognitos-migrate.yaml", tmp_path)
    return tmp_path


def test_cassettes_change_with_the_program(run: Run, project: Path) -> None:
    fixed = run("fix", "--allow-dirty")
    assert f"changed {CASSETTE}" in fixed.stdout
    assert "/v1/" not in (project / CASSETTE).read_text("utf-8")
    assert run("check").exit_code == 0
    assert run("fix", "--allow-dirty").exit_code == 0
    run("undo")
    assert "/v1/" in (project / CASSETTE).read_text("utf-8")


def test_a_finding_in_a_cassette_is_at_its_url(run: Run, project: Path) -> None:
    shown = run("check").stdout
    row = (project / CASSETTE).read_text("utf-8").splitlines().index(f"    uri: {URL}") + 1
    assert f"{CASSETTE}:{row}:10" in shown
    assert f"{row} |     uri: {URL}" in shown
    assert "-    uri: " in run("fix", "--diff").stdout


URL = "https://rest-api.app.kognitos.com/v1/invoke/f5ghj7klm9npq2rst4uvw6xyz"


def test_a_cassette_that_cannot_be_read_holds_the_program_back(run: Run, project: Path) -> None:
    text = (project / CASSETTE).read_text("utf-8")
    (project / CASSETTE).write_text(text.replace("""'{"worker_id":"w17"}'""", "!!binary H4sIAAAA"), "utf-8")
    before = (project / "orders.py").read_text("utf-8")
    fixed = run("fix", "--allow-dirty")
    assert f"can't be determined ({CASSETTE}:" in fixed.stdout
    assert (project / "orders.py").read_text("utf-8") == before
    assert "fix --leave-tests" in fixed.stdout


def test_the_cassettes_must_be_given_too(run: Run, project: Path) -> None:
    before = (project / "orders.py").read_text("utf-8")
    paths = ("orders.py", "tests/test_orders.py", "tests/conftest.py")
    preview = run("fix", "--diff", *paths).stderr
    assert preview.count("would remain (not-given): the conversation includes ") == 1
    fixed = run("fix", "--allow-dirty", *paths)
    assert "which aren't in PATHS" in fixed.stdout
    assert (project / "orders.py").read_text("utf-8") == before


def test_a_plan_changes_python_only(run: Run, project: Path) -> None:
    run("fix", "--allow-dirty", "--plan", "plan.json")
    assert "orders.py" not in (project / "plan.json").read_text("utf-8")


def test_a_reply_that_no_read_leads_to_holds_the_program_back(run: Run, project: Path) -> None:
    shutil.rmtree(project / "tests")
    replies = project / "tests" / "replies"
    replies.mkdir(parents=True)
    (replies / "last.json").write_text('{"state": "done", "answer": "{}"}', "utf-8")
    (project / "tests" / "test_orders.py").write_text(TEST, "utf-8")
    fixed = run("fix", "--allow-dirty")
    assert "tests/test_orders.py:13:49" in fixed.stdout
    assert "the stub's response can't be determined" in fixed.stdout


TEST = """
import json
from pathlib import Path
from unittest.mock import MagicMock

import orders

REPLIES = [json.loads(path.read_text()) for path in Path(__file__).parent.glob("replies/*.json")]


def test_check():
    session = MagicMock()
    session.get.return_value.json.side_effect = REPLIES
    assert orders.check(session, 1) == {}
"""
