"""A ledger as JSON, and back. A file that isn't a report is an error with a location."""

import json
from pathlib import Path
from typing import Any

import pytest

from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.result import Finding, Result
from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.json_report import json_report
from kognitos_migrate.report.ledger.markdown_page import ledger_markdown
from kognitos_migrate.report.ledger.model import Ledger
from kognitos_migrate.report.ledger.reader import merged_ledger, read_ledger
from kognitos_migrate.report.ledger.writer import ledger_json
from tests.report.examples import finding, place
from tests.report.ledgers import LEDGER, RESULT, SOURCES, project

BY_PATH = {source.path: source for source in SOURCES}


def written(folder: Path, ledger: Ledger = LEDGER, name: str = "state.json") -> Path:
    """The file of a report."""
    file = folder / name
    file.write_text(ledger_json(ledger, BY_PATH), encoding="utf-8")
    return file


def said(ledger: Ledger = LEDGER) -> Any:
    return json.loads(ledger_json(ledger, BY_PATH))


def test_all_that_is_shown_comes_back(tmp_path: Path) -> None:
    back = read_ledger(written(tmp_path))
    assert html_report(back) == html_report(LEDGER)
    assert ledger_markdown(back) == ledger_markdown(LEDGER)
    assert back.projects[0].fingerprints == LEDGER.projects[0].fingerprints
    again = written(tmp_path, back)
    assert json.loads(again.read_text()) == said()


def test_what_check_says_is_said_with_the_project() -> None:
    report = said()
    checked = json.loads(json_report(RESULT, BY_PATH, Path.cwd()))
    for one in (*report["findings"], *report["suppressed"], *report["blind_spots"], *report["errors"]):
        assert one.pop("project") == "acme"
    for one in (*report["findings"], *report["suppressed"], *checked["findings"], *checked["suppressed"]):
        del one["fingerprint"]
    assert {key: report[key] for key in checked} == checked


def test_the_progress_is_said_in_numbers() -> None:
    progress = said()["progress"]
    assert progress["percent"] == 20
    assert progress["conversations"] == {
        "fixable": 1,
        "manual": 1,
        "adaptable": 1,
        "unclear": 1,
        "kept": 1,
        "migrated": 1,
    }
    assert progress["by_owner"]["@pollers"] == {"manual": 1, "adaptable": 1, "unclear": 1, "kept": 1}


def test_cells_of_notebooks_come_back(tmp_path: Path) -> None:
    cell = "work/book.ipynb:cell 3"
    ledger = Ledger((project(Result(findings=(finding(place(2, 1, 4, cell)),))),))
    (one,) = said(ledger)["findings"]
    assert (one["filename"], one["cell"], one["location"]["row"]) == ("work/book.ipynb", 3, 2)
    (back,) = read_ledger(written(tmp_path, ledger)).projects
    assert back.result.findings[0].place.path == cell


# Several projects.


def other(name: str, *findings: Finding) -> Ledger:
    """A ledger of one project with these findings."""
    return Ledger((project(Result(findings=findings, files=1), name=name),))


def test_projects_are_joined(tmp_path: Path) -> None:
    one = written(tmp_path)
    two = written(tmp_path, other("billing", finding(place(1, 1, 4))), "other.json")
    both = merged_ledger([one, two])
    assert [project.name for project in both.projects] == ["acme", "billing"]
    report = said(both)
    assert [finding["project"] for finding in report["findings"]] == [*["acme"] * 4, "billing"]
    assert (report["summary"]["files"], report["summary"]["findings"]) == (6, 5)
    assert set(report["progress"]["by_project"]) == {"acme", "billing"}
    page = ledger_markdown(both)
    assert "| `billing` | 0 | 1 | 0 |" in page
    assert "| `billing/a.py` | 1 | 1 | 0 |" in page
    assert read_ledger(written(tmp_path, both)).projects == both.projects


def test_projects_of_one_name_are_told_apart_by_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.json", "b.json"):
        written(tmp_path, name=name)
    both = merged_ledger([Path("a.json"), Path("b.json")])
    assert [project.name for project in both.projects] == ["acme (a.json)", "acme (b.json)"]


# What is no report.


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "bad.json: isn't valid JSON: Input data was truncated; "),
        ("{", "bad.json: isn't valid JSON: Input data was truncated; "),
        ("\x00", "bad.json: isn't valid JSON: invalid character"),
        ("[" * 100_000, "bad.json: "),
        ("[]", "bad.json: Expected `object`, got `array`; "),
        ("{}", "bad.json: not a report; "),
        ('{"version": "1"}', "bad.json: version: Expected `int | null`, got `str`; "),
        ('{"version": 2}', "bad.json: a report of version 2; expected version 1; create it again"),
        ('{"version": 1, "findings": []}', "bad.json: made_by: is not the JSON of a report; "),
        (
            '{"version": 1, "made_by": "kognitos-migrate report"}',
            "bad.json: Object missing required field `findings`; ",
        ),
    ],
)
def test_what_is_no_report_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text(text)
    with pytest.raises(UsageError) as raised:
        read_ledger(Path("bad.json"))
    assert str(raised.value).startswith(error)


def broken(report: Any, *keys: str | int, value: object) -> Any:
    """`report` with another value at the end of `keys`."""
    inner = report
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return report


@pytest.mark.parametrize(
    ("keys", "value", "error"),
    [
        (("findings", 0, "code"), 1, "findings[0].code: Expected `str`, got `int`"),
        (("findings", 0, "location", "row"), 0, "findings[0].location.row: Expected `int` >= 1"),
        (("findings", 0, "severity"), "fatal", "findings[0].severity: Invalid enum value 'fatal'"),
        (("findings", 0, "project"), "nobody", "projects: nobody isn't one of its projects"),
        (("projects",), [], "projects: Expected `array` of length >= 1"),
        (("projects", 0, "conversations", 0, "state"), "odd", "projects[0].conversations[0].state: "),
        (
            ("projects", 0, "conversations", 0, "fingerprints"),
            ["x"],
            "projects[0].conversations[0].fingerprints: x isn't one of the findings",
        ),
        (
            ("projects", 0, "conversations", 0, "fingerprints"),
            [],
            "projects[0].conversations[0].fingerprints: the conversation is empty",
        ),
    ],
)
def test_what_is_wrong_in_a_report_is_told_with_its_key(
    tmp_path: Path, keys: tuple[str | int, ...], value: object, error: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(broken(said(), *keys, value=value)))
    with pytest.raises(UsageError) as raised:
        read_ledger(file)
    assert error in str(raised.value)
    assert "bad.json: " in str(raised.value)


def test_all_files_that_are_wrong_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(UsageError) as raised:
        merged_ledger([tmp_path / "a.json", tmp_path / "b.json", written(tmp_path)])
    assert [fault.message for fault in raised.value.faults] == [
        "no such file",
        "not a report",
    ]


def test_keys_that_nobody_knows_yet_are_passed_over(tmp_path: Path) -> None:
    report = said()
    report["findings"][0]["later"] = report["later"] = {"a": 1}
    file = tmp_path / "new.json"
    file.write_text(json.dumps(report))
    assert ledger_markdown(read_ledger(file)) == ledger_markdown(LEDGER)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("code", "K\x1b]0;x\x07\n::error::x\n<script>"),
        ("code", "KOG101\n"),
        ("url", "javascript:alert(1)"),
        ("url", "https://e.org/x)\n\n#\tpwned"),
        ("url", "https://e.org/\n"),
    ],
)
def test_a_code_or_an_address_that_is_none_is_an_error(tmp_path: Path, key: str, text: str) -> None:
    report = said()
    report["findings"][0][key] = text
    file = tmp_path / "state.json"
    file.write_text(json.dumps(report))
    with pytest.raises(UsageError) as error:
        read_ledger(file)
    assert f"findings[0].{key}" in str(error.value) or f"findings[...].{key}" in str(error.value)
