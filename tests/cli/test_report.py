"""`kognitos-migrate report`."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_markdown_in_a_file(run: Run, project: Path) -> None:
    result = run("report", "-o", "state.md")
    assert (result.exit_code, result.stdout) == (0, "")
    page = (project / "state.md").read_text(encoding="utf-8")
    assert page.startswith("# Kognitos v1 to v2 migration\n")
    assert "| KOG101 | starts a v1 run | 2 | 1 | 1 |" in page
    assert "  xyz:\n" in page


def test_json(run: Run, project: Path) -> None:
    report = json.loads(run("report", "--format", "json").stdout)
    assert report["summary"]["missing"][0]["key"] == "xyz"


def test_an_unreadable_file_is_in_the_report_and_an_error(run: Run, project: Path) -> None:
    (project / "bad.py").write_bytes(b"# kognitos \xe9\n")
    result = run("report")
    assert result.exit_code == 2
    assert "## Not checked" in result.stdout


def test_html(run: Run, project: Path) -> None:
    assert run("report", "--format", "html", "-o", "state.html").exit_code == 0
    page = (project / "state.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>\n")
    assert "fixable.py" in page
    assert f"<title>Kognitos v1 to v2 migration: {project.name}</title>" in page


@pytest.mark.parametrize(
    ("name", "start"), [("state.html", "<!doctype html>\n"), ("state.JSON", "{"), ("state.txt", "# Kognitos")]
)
def test_the_suffix_of_the_file_chooses_the_format(run: Run, project: Path, name: str, start: str) -> None:
    (project / "<script>alert(1)<%2fscript>.py").write_text('url = KOGNITOS + "/v1/invoke/abc"\n')
    assert run("report", "-o", name).exit_code == 0
    page = (project / name).read_text(encoding="utf-8")
    assert page.startswith(start)
    assert ("<script>alert" in page) == (name != "state.html")


def test_owners_are_those_of_the_repository(run: Run, project: Path) -> None:
    (project / "CODEOWNERS").write_text("* @all\n/manual.py @hands\n")
    page = run("report", "--format", "html").stdout
    assert ["@hands" in page, "@all" in page, "nobody" in page] == [True, True, False]


def test_what_has_changed_since_an_earlier_report(run: Run, project: Path) -> None:
    run("report", "--format", "json", "-o", "old.json")
    (project / "fixable.py").write_text("print('done')\n")
    (project / "new.py").write_text('url = KOGNITOS + "/v1/invoke/abc"\n')
    page = run("report", "--compare", "old.json").stdout
    assert "1 finding gone, 1 new." in page
    assert '<h2 id="since">' in run("report", "--compare", "old.json", "--format", "html").stdout
    said = json.loads(run("report", "--compare", "old.json", "--format", "json").stdout)
    assert [one["filename"] for one in said["comparison"]["new"]] == ["new.py"]


def test_a_report_that_is_merged_twice_counts_once(run: Run, project: Path) -> None:
    run("report", "--format", "json", "-o", "one.json")
    (project / "link.json").symlink_to("one.json")
    once = json.loads(run("report", "--merge", "one.json", "--format", "json").stdout)
    files = ("one.json", "./one.json", "link.json")
    twice = json.loads(run("report", "--merge", *files, "--format", "json").stdout)
    assert once["summary"] == twice["summary"]
    assert len(twice["projects"]) == 1


@pytest.mark.parametrize("output_format", ["markdown", "json", "html"])
def test_reports_are_joined(run: Run, project: Path, output_format: str) -> None:
    run("report", "--format", "json", "-o", "one.json")
    run("report", "fixable.py", "--format", "json", "-o", "two.json")
    result = run("report", "--merge", "one.json", "two.json", "--format", output_format)
    assert result.exit_code == 0
    assert f"{project.name} (one.json)/manual.py" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--merge"], "error: --merge: no reports to merge; pass their files"),
        (["--merge", "none.json"], "error: none.json: no such file"),
        (
            ["--merge", "a.json", "--select", "KOG1"],
            "error: --merge can't be combined with options that choose files or codes; ",
        ),
        (["--compare", "fixable.py"], "error: fixable.py: isn't valid JSON: "),
        (["--compare", "none.json"], "error: none.json: no such file"),
    ],
)
def test_what_can_not_be_read_is_an_error(run: Run, project: Path, arguments: list[str], error: str) -> None:
    result = run("report", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(error)


def test_the_json_of_check_is_no_report(run: Run, project: Path) -> None:
    run("check", "--output-format", "json", "-o", "check.json")
    result = run("report", "--compare", "check.json")
    assert result.exit_code == 2
    assert "check.json: made_by: is not the JSON of a report" in result.stderr
