"""`kognitos-migrate report`."""

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_markdown_in_a_file(run: Run, project: Path) -> None:
    result = run("report", "-o", "state.md")
    assert (result.exit_code, result.stdout) == (0, "")
    page = (project / "state.md").read_text(encoding="utf-8")
    assert page.startswith("# Migration from v1 to v2\n")
    assert "| KOG101 | starts a run through v1 | 2 | 1 | 1 |" in page
    assert "  xyz:\n" in page


def test_json(run: Run, project: Path) -> None:
    report = json.loads(run("report", "--format", "json").stdout)
    assert report["summary"]["missing"][0]["key"] == "xyz"


def test_an_unreadable_file_is_in_the_report_and_an_error(run: Run, project: Path) -> None:
    (project / "bad.py").write_bytes(b"# kognitos \xe9\n")
    result = run("report")
    assert result.exit_code == 2
    assert "## Not looked at" in result.stdout


def test_html(run: Run, project: Path) -> None:
    assert run("report", "--format", "html", "-o", "state.html").exit_code == 0
    page = (project / "state.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>\n")
    assert "fixable.py" in page
    assert f"<title>Migration from v1 to v2: {project.name}</title>" in page


def test_owners_are_those_of_the_repository(run: Run, project: Path) -> None:
    (project / "CODEOWNERS").write_text("* @all\n/manual.py @hands\n")
    page = run("report", "--format", "html").stdout
    assert ["@hands" in page, "@all" in page, "nobody" in page] == [True, True, False]
