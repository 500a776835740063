"""The tests that look for faults of the engine in this process, without starting another one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.together import group_of

ROOT = Path(__file__).parents[2]
MUTATED = ("kognitos_migrate/interpret", "kognitos_migrate/edits")
COVERED = (
    *MUTATED,
    "kognitos_migrate/conversations",
    "kognitos_migrate/half_migrated",
    "kognitos_migrate/values",
)
PACKAGE = ("kognitos_migrate",)
KEPT = ROOT / ".mutation"
"""The folder of data between runs: the tests that reach each line, and the results of mutants."""

_TESTS = (
    "tests/rewrites",
    "tests/flow",
    "tests/programs",
    "tests/cli",
    "tests/report",
    "tests/unit/config",
    "tests/unit/conversations",
    "tests/unit/discover",
    "tests/unit/edits",
    "tests/unit/findings",
    "tests/unit/interpret",
    "tests/unit/modules",
    "tests/unit/rulebook",
    "tests/unit/run",
    "tests/unit/source",
    "tests/unit/syntax",
    "tests/unit/text_search",
    "tests/unit/validate",
    "tests/unit/values",
    "tests/unit/writing",
    "tests/test_call_forms.py",
    "tests/test_generality_program.py",
    "tests/test_growth.py",
    "tests/test_half_migrated.py",
    "tests/test_lookalikes.py",
    "tests/test_manual.py",
    "tests/test_migrated.py",
    "tests/test_steps.py",
    "tests/test_trace.py",
)
_START_PROCESSES = (
    "test_after_does_the_same_on_v2",
    "test_at_a_real_terminal",
    "test_before_is_refused_where_v1_is_gone",
    "test_before_works_on_v1",
    "test_its_tests_pass_before_and_as_many_after",
    "test_what_is_completed",
)
"""Tests that start processes. They check a program by running it; comparing the rewritten text also notices a
fault."""


def arguments() -> list[str]:
    """The arguments of pytest."""
    without = " and ".join(f"not {name}" for name in _START_PROCESSES)
    return [*_TESTS, "--ignore", "tests/report/browser", "-k", without]


def unit_of(item: pytest.Item) -> str:
    """The tests that share what they compute once belong together, and have one name: those of a group, and
    those of a module with a fixture of its own."""
    group = group_of(item)
    if group:
        return f"@{group}"
    assert isinstance(item, pytest.Function)
    fixtures = item._fixtureinfo.name2fixturedefs
    shared = [one for defined in fixtures.values() for one in defined if one.scope in ("module", "class")]
    return item.nodeid.split("::")[0] if shared else item.nodeid


def modules(folders: Sequence[str] = MUTATED) -> list[Path]:
    """The modules of some folders; by default, those that are mutated."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def digest(*folders: str) -> str:
    """A digest of the contents of these folders."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()
