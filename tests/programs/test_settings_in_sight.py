"""Programs whose base URL or version is in a settings file of the project alone: `fix` changes the file with
the code, and both run on v2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import FIXTURES
from tests.harness.trial import Verdict, try_out
from tests.server import Dialect

PROGRAMS = sorted(path for path in (FIXTURES / "settings").iterdir() if path.is_dir())


@pytest.mark.parametrize("dialect", ["guide", "reference"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_the_program_runs_on_v2(program: Path, dialect: Dialect) -> None:
    trial = try_out(program, dialect, level="safe")
    assert trial.verdict is Verdict.MIGRATED
