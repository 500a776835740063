"""GitLab's Code Quality report, by what its documentation says of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.ci_formats import gitlab_report
from kognitos_migrate.report.export import ExportedRun
from tests.report.examples import HOSTILE, RESULT, shown, source

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "code-quality.json").read_text("utf-8"))


def report(what: ExportedRun) -> Any:
    text = gitlab_report(what)
    assert text.isascii()
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    return document


def test_a_finding() -> None:
    first = report(shown(RESULT, [source("é = 1\n")], below="app"))[0]
    assert len(first.pop("fingerprint")) == 32
    assert first == {
        "check_name": "KOG101",
        "description": "KOG101: starts a v1 run (`kognitos-migrate fix`)",
        "severity": "major",
        "location": {
            "path": "app/a.py",
            "positions": {"begin": {"line": 1, "column": 1}, "end": {"line": 1, "column": 4}},
        },
    }


def test_fingerprints_are_unique() -> None:
    same = source("get()\nget()\n")
    twice = report(shown(RESULT, [same]))
    assert len({one["fingerprint"] for one in twice}) == len(twice) == 3


def test_names_from_files_are_harmless() -> None:
    assert all("\n" not in one["location"]["path"] for one in report(shown(HOSTILE)))


def test_nothing_found_is_an_empty_list() -> None:
    assert report(shown(Result())) == []
