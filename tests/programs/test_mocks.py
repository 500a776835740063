"""Runs the tests that the packages in fixtures/mocks have, with the real mock libraries: they pass before the
migration and after it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness import FIXTURES, Case, Outcome, load_case, run_tests

pytestmark = pytest.mark.slow

FOLDERS = {path.parent.name: path.parent for path in sorted(FIXTURES.glob("mocks/*/case.yaml"))}

SUFFIXES = (".py", ".json", ".yaml")
OLD = re.compile(
    r"/v1\b|/invoke/|[\"'](?:worker_id|state|answer|blob_uri|blob_url|attachments_key)[\"']\s*[]:=]"
)


def case(name: str) -> Case:
    return load_case(FOLDERS[name])


@pytest.mark.parametrize("name", FOLDERS)
def test_its_tests_pass_before_and_as_many_after(name: str) -> None:
    before = passed(run_tests(FOLDERS[name] / "before", case(name)))
    assert passed(run_tests(FOLDERS[name] / "after", case(name))) == before


@pytest.mark.parametrize("name", FOLDERS)
def test_nothing_of_v1_is_left_in_them(name: str) -> None:
    paths = (path for path in (FOLDERS[name] / "after").rglob("*.*") if path.suffix in SUFFIXES)
    texts = {path: path.read_text("utf-8") for path in paths}
    assert texts
    assert {path.name: OLD.findall(text) for path, text in texts.items() if OLD.search(text)} == {}


def passed(outcome: Outcome) -> int:
    """How many tests passed; none may fail."""
    assert outcome.exit_code == 0, outcome.stdout + outcome.stderr
    return sum(map(int, re.findall(r"(\d+) passed", outcome.stdout)))


def test_each_mock_library_is_there() -> None:
    named = {"responses", "requests_mock", "respx", "httpx_mock", "aioresponses"}
    libraries = {*named, "httpx.MockTransport", "unittest.mock", "monkeypatch.setattr"}
    texts = "".join(path.read_text("utf-8") for path in Path(FIXTURES / "mocks").rglob("before/**/*.py"))
    assert {library for library in libraries if library in texts} == libraries
