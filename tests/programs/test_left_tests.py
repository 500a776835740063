"""Programs that only their tests hold back, in fixtures/left_tests.

`fix --leave-tests` migrates them, and lists each test that fails then.
"""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.positions import LineIndex
from tests.harness import FIXTURES, Case, Outcome, load_case, run_program, run_tests

pytestmark = pytest.mark.slow

FOLDERS = {path.parent.name: path.parent for path in sorted(FIXTURES.glob("left_tests/*/case.yaml"))}
NAMES = tuple(FOLDERS)
CODE = "KOG812"


def case(name: str) -> Case:
    return load_case(FOLDERS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_program_and_its_tests_work_before(name: str) -> None:
    outcome, tests = (
        run_program(case(name).before, case(name), "v1"),
        run_tests(case(name).before, case(name)),
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.effects
    assert tests.exit_code == 0, tests.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_program_does_the_same_on_v2(name: str) -> None:
    before, after = (
        run_program(case(name).before, case(name), "v1"),
        run_program(case(name).after, case(name), "v2"),
    )
    assert (after.stdout, after.exit_code, after.effects) == (before.stdout, 0, before.effects), after.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_program_does_the_same_in_the_other_dialect(name: str, tmp_path: Path) -> None:
    other = case(name).in_other_dialect()
    for path, text in fixed_texts(other).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    before, after = run_program(case(name).before, case(name), "v1"), run_program(tmp_path, other, "v2")
    assert (after.stdout, after.effects) == (before.stdout, before.effects), after.stderr


@pytest.mark.parametrize("name", NAMES)
def test_before_becomes_after(name: str) -> None:
    assert fixed_texts(case(name)) == texts_of(case(name).after)


@pytest.mark.parametrize("name", NAMES)
def test_each_test_that_fails_is_listed(name: str) -> None:
    listed = {without_parameters(test) for test in case(name).left}
    assert {test for test, _ in listed_tests(run(case(name)))} == listed
    assert all(words for test, words in listed_tests(run(case(name))) if test not in case(name).passing)
    failing = failed_tests(run_tests(case(name).after, case(name)))
    assert failing == {*case(name).left} - {*case(name).passing}


@pytest.mark.parametrize("name", NAMES)
def test_without_the_option_the_program_stays_and_a_finding_says_why(name: str) -> None:
    session = run(case(name), leaves_tests=False)
    held = {finding.place.path for finding in session.result.remaining if finding.is_held_by_tests}
    assert held
    assert held.isdisjoint(change.path for change in session.result.changes)


@pytest.mark.parametrize("name", NAMES)
def test_a_later_check_fails_until_the_tests_are_changed(name: str) -> None:
    session = run(case(name), folder="after", level=None)
    paths = {finding.place.path for finding in session.result.findings}
    assert paths
    assert {path for path in paths if not re.search(r"^(tests|checks)/|^test_", path)} == set()


@functools.lru_cache
def run(
    case: Case,
    *,
    leaves_tests: bool = True,
    folder: str = "before",
    level: Applicability | None = Applicability.SAFE,
) -> Session:
    """A run over a copy of the program, from within its folder."""
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        work = Path(scratch, "work")
        shutil.copytree(case.folder / folder, work, ignore=shutil.ignore_patterns("__pycache__"))
        (work / "kognitos-migrate.yaml").write_text(yaml.safe_dump(case.config), encoding="utf-8")
        patch.chdir(work)
        return run_check(["."], Options(level=level, leaves_tests=leaves_tests))


def fixed_texts(case: Case) -> Mapping[str, str]:
    """The texts of all files after the fix, by path."""
    changes = {change.path: change.after for change in run(case).result.changes}
    return {**texts_of(case.before), **changes}


def texts_of(folder: Path) -> Mapping[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def listed_tests(session: Session) -> set[tuple[str, str]]:
    """The tests that a run lists, as pytest names them, each with what to change."""
    listed = set()
    for finding in session.result.remaining:
        if finding.code == CODE:
            text = session.sources[finding.place.path].text
            start = LineIndex(text).offset(finding.place.row, finding.place.column)
            name = re.match(r"\w+", text[start:])
            inside = re.findall(r"^class (\w+)", text[:start], re.MULTILINE)
            assert name is not None
            path = "::".join((finding.place.path, *(inside[-1:] if text[start - 8] == " " else ()), name[0]))
            listed.add((path, finding.fix.message))
    return listed


def failed_tests(outcome: Outcome) -> set[str]:
    """The tests that fail, or whose fixtures do."""
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", outcome.stdout, re.MULTILINE))


def without_parameters(test: str) -> str:
    return test.partition("[")[0]
