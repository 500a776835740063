"""How much findings matter."""

import json
from pathlib import Path

from tests.cli.conftest import Run

CALL = 'requests.post(KOGNITOS + "/v1/invoke/abc")'


def test_the_configuration_says_how_severe_a_code_is(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("severity: {KOG: info, KOG101: warning}\n")
    found = json.loads(run("check", "--output-format", "json").stdout)["findings"]
    assert {one["severity"] for one in found} == {"warning"}
    assert "::warning title=" in run("check", "--output-format", "github").stdout


def test_what_is_less_severe_does_not_fail(run: Run, project: Path) -> None:
    assert run("check", "--fail-on", "error").exit_code == 1
    (project / "kognitos-migrate.yaml").write_text("severity: {KOG1: warning}\n")
    assert run("check", "--fail-on", "error").exit_code == 0
    assert run("check", "--fail-on", "warning").exit_code == 1
    assert run("check").exit_code == 1
    assert "fixable.py" in run("check", "--fail-on", "error").stdout


def test_it_is_checked(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("severity: {KOG101: fatal}\n")
    said = run("check").stderr
    assert "severity.KOG101: expected error, info or warning, got 'fatal'" in said
    (project / "kognitos-migrate.yaml").write_text("severity: {nonsense: error}\n")
    assert run("check").exit_code == 2


def test_statistics_of_comments_have_one_line(run: Run, tmp_path: Path) -> None:
    unused = "# kognitos-migrate: ignore[KOG201]"
    (tmp_path / "a.py").write_text(f"{CALL}  {unused}\nx = 1  {unused}\n")
    assert run("check", "--statistics", "-q").stdout.splitlines() == [
        "2  KOG911  unused-suppression: suppresses nothing",
        "1  KOG101  v1-start-run: starts a v1 run (1 fixable)",
    ]
