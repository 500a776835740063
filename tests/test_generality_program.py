"""The tool migrates a program of another API, which only its rule files describe."""

import json
import runpy
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from kognitos_migrate.config.load import read_config, settings_of
from kognitos_migrate.findings.result import Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from tests.fakes.parcels import Loopback, Parcels
from tests.harness import FIXTURES

OTHER = FIXTURES / "other_api"
BEFORE, AFTER = OTHER / "before" / "main.py", OTHER / "after" / "main.py"


def analysed(text: str) -> Result:
    config = read_config(OTHER / "kognitos-migrate.yaml")
    rules = load_rulebook(config.rules)
    return analyse([decode_module(text.encode(), "main.py")], rules, settings_of(config, rules))


def test_before_becomes_after() -> None:
    result = analysed(BEFORE.read_text("utf-8"))
    assert [finding.code for finding in result.findings] == ["PAR101", "PAR201"]
    assert result.remaining == ()
    assert [change.after for change in result.changes] == [AFTER.read_text("utf-8")]


def test_a_version_that_is_a_number_begins_no_name() -> None:
    text = BEFORE.read_text("utf-8").replace('shipment["phase"] == "finished"', "len(sys.argv) > 1")
    (change,) = analysed(text).changes
    assert 'v1_report(shipment["facts"])' in change.after


def test_after_has_nothing_left_to_find() -> None:
    result = analysed(AFTER.read_text("utf-8"))
    assert result.findings == ()
    assert result.changes == ()


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run of a program."""

    printed: str
    shipped: list[tuple[str, object]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(monkeypatch, capsys)


@dataclass(frozen=True)
class Run:
    """Runs a program against one version of the service."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, program: str, version: int) -> Outcome:
        service = Parcels(version)
        self.monkeypatch.setattr(requests.Session, "get_adapter", lambda session, url: Loopback(service))
        self.monkeypatch.setattr(time, "sleep", lambda seconds: None)
        runpy.run_path(program, run_name="__main__")
        return Outcome(self.capsys.readouterr().out, service.shipped)


def test_after_does_the_same_on_the_new_version(run: Run) -> None:
    before, after = run(str(BEFORE), 1), run(str(AFTER), 2)
    assert before.printed == "signed by Ada\ndays: 3\nsigned_by: Ada\n"
    assert before.shipped == [("dep-0047", {"weight": 3, "fragile": True})]
    assert after == before


def test_before_is_refused_where_the_old_version_is_gone(run: Run) -> None:
    with pytest.raises(requests.HTTPError, match="410"):
        run(str(BEFORE), 2)


def test_a_report_has_the_findings_of_another_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(OTHER, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project" / "before")
    result = CliRunner().invoke(cli, ["report", "--format", "json", "--no-cache"])
    assert result.exit_code == 0
    findings = json.loads(result.stdout)["findings"]
    assert [finding["code"] for finding in findings if finding["fix"]["edits"]] == ["PAR101", "PAR201"]
