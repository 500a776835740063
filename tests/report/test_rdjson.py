"""Reviewdog's format, by its protocol: required fields, rows from 1, columns in bytes of UTF-8."""

import json
from typing import Any

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.export import ExportedRun
from kognitos_migrate.report.rdjson import rdjson_report
from tests.report.examples import HOSTILE, RESULT, finding, place, shown, source


def report(run: ExportedRun) -> Any:
    text = rdjson_report(run)
    assert text.isascii()
    return json.loads(text)


def test_a_finding() -> None:
    document = report(shown(RESULT, [source("get()\n")], below="app"))
    assert document["source"] == {"name": "kognitos-migrate"}
    first = document["diagnostics"][0]
    assert first.pop("message").startswith("starts a v1 run\n")
    assert first == {
        "location": {
            "path": "app/a.py",
            "range": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 4}},
        },
        "severity": "ERROR",
        "code": {"value": "KOG101", "url": "https://example.com/start"},
    }


def test_columns_count_bytes() -> None:
    run = shown(Result(findings=(finding(place(2, 6, 9)),)), [source("\nx='é'get()\n")])
    assert report(run)["diagnostics"][0]["location"]["range"] == {
        "start": {"line": 2, "column": 7},
        "end": {"line": 2, "column": 10},
    }


def test_every_line_ending_ends_a_row() -> None:
    run = shown(Result(findings=(finding(place(3, 2, 5)),)), [source("x\r\ny\ré = get()\n")])
    assert report(run)["diagnostics"][0]["location"]["range"] == {
        "start": {"line": 3, "column": 3},
        "end": {"line": 3, "column": 6},
    }


def test_problems_are_diagnostics() -> None:
    diagnostics = report(shown(RESULT, []))["diagnostics"]
    problems = [entry for entry in diagnostics if "code" not in entry]
    assert len(problems) == len(RESULT.problems)
    assert all(entry["severity"] == "ERROR" and entry["message"] for entry in problems)


def test_nothing_found_is_an_empty_list() -> None:
    assert report(shown(Result(), []))["diagnostics"] == []


def test_names_from_files_are_harmless() -> None:
    assert "\x1b" not in str(report(shown(HOSTILE, [])))
