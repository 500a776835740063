"""SARIF: valid by the official schema, with places, traces and fixes that viewers can use."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.report.export import MOST_REPEATED, ExportedRun, export_run
from kognitos_migrate.report.sarif import sarif_report
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import new_source
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import HOSTILE, RESULT, shown, source

HERE = Path(__file__).parent
DEMO = HERE.parents[1] / "fixtures" / "demo"
SCHEMA = json.loads((HERE / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))

SOURCES = [source("é = 1\ntwo\nget\n")]


def log(what: ExportedRun) -> Any:
    """The only run of a log, which is valid."""
    text = sarif_report(what)
    assert text.isascii()
    document = json.loads(text)
    validator = jsonschema.validators.validator_for(SCHEMA)
    validator(SCHEMA, format_checker=validator.FORMAT_CHECKER).validate(document)
    (run,) = document["runs"]
    return run


def test_a_result() -> None:
    run = log(shown(RESULT, SOURCES, below="app"))
    result = run["results"][0]
    place = {
        "artifactLocation": {"uri": "app/a.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 4},
    }
    assert (result["ruleId"], result["level"]) == ("KOG101", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "KOG101"
    assert result["message"]["text"].startswith("starts a v1 run\n`kognitos-migrate fix`: moves the whole")
    assert result["locations"] == [{"physicalLocation": place}]
    assert result["codeFlows"][0]["threadFlows"][0]["locations"] == [
        {"location": {"physicalLocation": place, "message": {"text": "the request is sent"}}}
    ]


def test_fixes_replace_what_the_edits_replace() -> None:
    fix = log(shown(RESULT, SOURCES))["results"][0]["fixes"][0]
    assert fix["artifactChanges"] == [
        {
            "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
            "replacements": [
                {
                    "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 3},
                    "insertedContent": {"text": "new"},
                }
            ],
        }
    ]


def test_every_rule_has_a_text_and_an_address() -> None:
    rules = {rule["id"]: rule for rule in log(shown(Result()))["tool"]["driver"]["rules"]}
    assert {"KOG101", "KOG201", "KOG501", "KOG901"} <= set(rules)
    for rule in rules.values():
        assert rule["helpUri"].startswith("https://")
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].endswith(f"[{rule['helpUri']}]({rule['helpUri']})")
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert rule["defaultConfiguration"]["enabled"] is not rule["id"].startswith(("KOG4", "KOG5"))
        assert {"migration", "maintainability"} < set(rule["properties"]["tags"])


def test_rules_lead_to_the_site_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kognitos_migrate.addresses.DOCUMENTATION", "https://site.example.org/docs")
    driver = log(shown(Result()))["tool"]["driver"]
    assert driver["informationUri"] == "https://site.example.org/docs"
    pages = {rule["id"]: rule["helpUri"] for rule in driver["rules"]}
    assert pages["KOG101"] == "https://site.example.org/docs/rules/KOG101/"


def test_what_could_not_be_read_is_a_notification() -> None:
    (invocation,) = log(shown(RESULT, SOURCES))["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "not text"


def test_nothing_found_is_a_run_without_results() -> None:
    assert log(shown(Result()))["results"] == []


def test_what_comes_from_files_makes_no_links_and_no_odd_addresses() -> None:
    run = log(shown(HOSTILE))
    for result in run["results"]:
        assert "](" not in result["message"]["text"]
        assert "\x1b" not in result["message"]["text"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not set(uri) & set("\n\x1b<>\"' :")


def test_the_fixes_of_the_demo_do_what_fix_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DEMO)
    session = run_check(["."], Options(level=Applicability.SAFE))
    run = log(export_run(session))
    (change,) = session.result.changes
    for result in run["results"]:
        (artifact,) = result["fixes"][0]["artifactChanges"]
        assert artifact["artifactLocation"]["uri"].endswith(change.path)
        text = new_source(change.path, change.before or "").text
        assert _applied(text, artifact["replacements"]) == change.after


def _applied(text: str, replacements: Any) -> str:
    """`text` with its regions replaced, by nothing but their rows and columns."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    spans = []
    for number, one in enumerate(replacements):
        region = one["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        spans.append((start, end, number, one["insertedContent"]["text"]))
    for start, end, _, content in sorted(spans, reverse=True):
        text = text[:start] + content + text[end:]
    return text


def test_what_is_suppressed_is_a_result_that_says_so() -> None:
    results = log(shown(RESULT, SOURCES))["results"]
    assert [len(one["suppressions"]) for one in results] == [0, 0, 0, 1, 1]
    assert results[3]["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "keep: the vendor | is slow (until 2027-03-31)",
        }
    ]
    assert results[4]["suppressions"][0]["kind"] == "external"


def test_many_edits_of_a_conversation_are_listed_once() -> None:
    edits = tuple(Edit(Span("a.py", 0, 0), rank, "new") for rank in range(MOST_REPEATED + 1))
    (first, *_) = RESULT.findings
    finding = replace(first, fix=replace(first.fix, edits=edits))
    result = replace(RESULT, findings=(finding, replace(finding, code="KOG102")))
    results = log(shown(result, SOURCES))["results"]
    assert [len(entry.get("fixes", [])) for entry in results[:2]] == [1, 0]
