"""Runs the fixture programs: before on v1, after on v2, and before where v1 is gone.

Each folder of fixtures/programs and fixtures/packages is a parameter.
"""

from __future__ import annotations

import functools
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from kognitos_migrate.findings.result import Applicability
from tests.harness import TIMEOUT_SECONDS, Case, Outcome, load_case, programs, run_program
from tests.programs.migrating import migrate, migrated, read, written
from tests.server import Mode, Refusal
from tests.together import together

pytestmark = pytest.mark.slow

PROGRAMS = programs()
SECONDS = 3.0
"""How long a program may go on where v1 is gone: some wait for ever."""
SAMPLED = 8
"""The step of the sample where one program stands for others."""
NAMES = [name for name, folder in PROGRAMS.items() if load_case(folder).runs_here]


def case(name: str) -> Case:
    return load_case(PROGRAMS[name])


@pytest.mark.parametrize("name", together(NAMES))
def test_before_works_on_v1(name: str) -> None:
    outcome = run(name, "before", "v1")
    assert not outcome.timed_out, "the program hangs"
    assert outcome.exit_code == case(name).exit_code, explain(outcome)
    assert outcome.effects, "the program starts no run, so that nothing can be compared"


@pytest.mark.parametrize("name", together(NAMES[::SAMPLED]))
def test_before_is_refused_where_v1_is_gone(name: str) -> None:
    """The proof can fail: a program that isn't migrated doesn't get through. Some programs show it for all,
    since it is due to the server."""
    outcome = run(name, "before", "v2")
    assert 410 in statuses(outcome.refusals), explain(outcome)
    assert not outcome.effects


@pytest.mark.parametrize("name", together(NAMES))
def test_after_does_the_same_on_v2(name: str) -> None:
    before, after = run(name, "before", "v1"), run(name, "after", "v2")
    assert not after.timed_out, "the program hangs\n" + explain(after)
    assert after.stdout == before.stdout, explain(after)
    assert after.exit_code == before.exit_code, explain(after)
    assert after.effects == before.effects
    assert not statuses(after.refusals) - statuses(before.refusals), explain(after)


@pytest.mark.parametrize("name", together([name for name in NAMES if not case(name).pins_dialect][::3]))
def test_the_other_dialect_does_the_same_on_v2(name: str, tmp_path: Path) -> None:
    """Every third program, migrated in memory: one after/ is enough for a person to read."""
    other, folder = case(name).in_other_dialect(), tmp_path / "after"
    sources = read(other.before)
    result, texts = migrate(other, sources)
    assert not result.remaining, [finding.fix.message for finding in result.remaining]
    shutil.copytree(other.before, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path, data in written(sources, texts).items():
        (folder / path).write_bytes(data)
    before, after = run(name, "before", "v1"), run_program(folder, other.as_deployed, "v2")
    assert not after.timed_out, "the program hangs\n" + explain(after)
    assert (after.stdout, after.exit_code) == (before.stdout, before.exit_code), explain(after)
    assert after.effects == before.effects


@pytest.mark.parametrize("name", together(NAMES))
def test_before_becomes_after(name: str) -> None:
    """`python -m tests.programs NAME` rewrites after/, so that a person can read the diff."""
    sources = read(PROGRAMS[name] / "before")
    result, texts = migrated(case(name), PROGRAMS[name] / "before")
    assert not result.remaining, [finding.fix.message for finding in result.remaining]
    after = PROGRAMS[name] / "after"
    files = written(sources, texts)
    assert files == {path: (after / path).read_bytes() for path in files}
    assert {source.path for source in read(after)} <= files.keys()


@pytest.mark.parametrize("name", together(NAMES))
def test_after_has_nothing_left_to_find(name: str) -> None:
    """`fix` twice changes nothing the second time, and `check` is silent on what was migrated."""
    result, _ = migrated(case(name), PROGRAMS[name] / "after")
    adapted = [finding for finding in result.findings if finding.code.startswith("KOG5")]
    left = [(finding.code, finding.message) for finding in result.findings if finding not in adapted]
    assert not left
    assert not adapted or case(name).fix != "safe"
    assert adapted or case(name).fix != "adapt"
    assert not result.changes


@pytest.mark.parametrize("name", together(name for name in NAMES if case(name).fix == "adapt"))
def test_nothing_is_adapted_without_being_asked(name: str) -> None:
    result, texts = migrate(replace(case(name), fix="safe"), read(PROGRAMS[name] / "before"))
    assert Applicability.ADAPT in {finding.fix.applicability for finding in result.remaining}
    fixed = {finding.place.path for finding in result.findings if finding not in result.remaining}
    before = {source.path: source.text for source in read(PROGRAMS[name] / "before")}
    assert {path for path in texts if texts[path] != before.get(path)} <= fixed


@pytest.mark.parametrize("name", together(name for name in NAMES if case(name).fix == "unsafe"))
def test_nothing_unsafe_is_done_without_being_asked(name: str) -> None:
    sources = read(PROGRAMS[name] / "before")
    result, texts = migrate(replace(case(name), fix="adapt"), sources)
    assert Applicability.UNSAFE in {finding.fix.applicability for finding in result.remaining}
    assert texts == {source.path: source.text for source in sources}


@functools.cache
def run(name: str, side: Literal["before", "after"], mode: Mode) -> Outcome:
    after_refusal = SECONDS if (side, mode) == ("before", "v2") else TIMEOUT_SECONDS
    own = case(name).as_deployed if side == "after" else case(name)
    return run_program(PROGRAMS[name] / side, own, mode, after_refusal=after_refusal)


def statuses(refusals: tuple[Refusal, ...]) -> Counter[int]:
    """Count refusals by status: methods and paths differ between v1 and v2."""
    return Counter(refusal.status for refusal in refusals)


def explain(outcome: Outcome) -> str:
    refusals = "\n".join(map(str, outcome.refusals)) or "nothing was refused"
    return f"{refusals}\n{outcome.stderr}"
