"""Programs that `fix` is known to break: each has a comment that says what differs on v2. One that is mended
fails here, and moves to the other fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import FIXTURES
from tests.harness.trial import Verdict, try_out

pytestmark = pytest.mark.slow

PROGRAMS = sorted((FIXTURES / "known_breaks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_is_broken_in_silence(program: Path) -> None:
    verdicts = {try_out(program, dialect, level="safe").verdict for dialect in ("guide", "reference")}
    assert verdicts == {Verdict.BROKEN}, "mended: move it to the other fixtures"
