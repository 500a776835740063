"""The shape of the JSON, which programs rely on."""

import json
from pathlib import Path
from typing import Any

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.export import MOST_REPEATED
from kognitos_migrate.report.json_report import json_lines_report, json_report
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import RESULT, source

SOURCES = {"a.py": source("é = 1\ntwo\nget\n")}


def report(result: Result) -> Any:
    return json.loads(json_report(result, SOURCES, Path.cwd()))


def test_a_finding() -> None:
    assert report(RESULT)["findings"][0] == {
        "code": "KOG101",
        "name": "v1-start-run",
        "message": "starts a v1 run",
        "severity": "error",
        "filename": "a.py",
        "location": {"row": 1, "column": 1},
        "end_location": {"row": 1, "column": 4},
        "fix": {
            "applicability": "safe",
            "message": "moves the whole conversation",
            "edits": [
                {
                    "content": "new",
                    "filename": "a.py",
                    "location": {"row": 1, "column": 1},
                    "end_location": {"row": 1, "column": 3},
                    "start": 0,
                    "end": 3,
                }
            ],
        },
        "reason": None,
        "held_by_tests": False,
        "help": None,
        "notes": ["KOGNITOS_URL can override the default"],
        "conversation": "c1",
        "trace": [
            {
                "filename": "a.py",
                "location": {"row": 1, "column": 1},
                "end_location": {"row": 1, "column": 4},
                "message": "the request is sent",
            }
        ],
        "url": "https://example.com/start",
        "fingerprint": "35856c447d01a163f87f60076806d5a3",
    }


def test_the_rest() -> None:
    said = report(RESULT)
    assert list(said) == [
        *("version", "findings", "summary", "blind_spots", "errors", "suppressed", "baseline"),
        "before_you_deploy",
    ]
    assert said["version"] == 1
    assert said["errors"] == [{"filename": "c.py", "row": 4, "message": "not text"}]
    assert said["blind_spots"][0]["message"] == "the method is not known"
    assert said["summary"]["by_applicability"] == {"safe": 1, "adapt": 1, "unsafe": 0, "manual": 1}
    assert said["summary"]["by_code"] == {"KOG101": 1, "KOG201": 2}
    assert (said["summary"]["files"], said["summary"]["findings"]) == (5, 3)


def test_it_is_ascii_whatever_is_in_the_names() -> None:
    assert json_report(RESULT, SOURCES, Path.cwd()).isascii()


def test_nothing_found() -> None:
    assert report(Result())["findings"] == []


def test_what_is_suppressed_is_told_with_what_suppresses_it() -> None:
    said = report(RESULT)
    kept, known = said["suppressed"]
    assert (kept["code"], kept["location"]["row"]) == ("KOG301", 4)
    assert kept["suppression"] == {
        "by": "keep",
        "reason": "the vendor | is slow",
        "until": "2027-03-31",
        "filename": "a.py",
        "location": {"row": 4, "column": 6},
        "end_location": {"row": 4, "column": 30},
    }
    assert known["suppression"] == {"by": "baseline", "reason": None, "until": None}
    assert said["summary"]["suppressed"] == 2
    assert said["baseline"] == {
        "gone": [
            {"filename": "old.py", "code": "KOG101", "fingerprint": "0123", "statement": "get(1)"},
        ]
    }


def test_json_lines_are_the_findings() -> None:
    lines = json_lines_report(RESULT, SOURCES, Path.cwd()).split("\n")
    assert list(map(json.loads, lines)) == report(RESULT)["findings"]
    assert json_lines_report(Result(), {}, Path.cwd()) == ""


def test_many_edits_of_a_conversation_are_listed_once() -> None:
    edits = tuple(Edit(Span("a.py", 0, 0), rank, "new") for rank in range(MOST_REPEATED + 1))
    (first, *_) = RESULT.findings
    for listed, repeats in ((edits, 0), (edits[1:], MOST_REPEATED)):
        finding = replace(first, fix=replace(first.fix, edits=listed))
        findings = report(replace(RESULT, findings=(finding, replace(finding, code="KOG102"))))["findings"]
        assert [len(entry["fix"]["edits"]) for entry in findings] == [len(listed), repeats]
