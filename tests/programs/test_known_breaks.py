"""Programs that `fix` is known to break: each has a comment that says what differs on v2. One that is mended
fails here, and moves to the other fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import FIXTURES
from tests.harness.trial import GOOD, try_out

pytestmark = pytest.mark.slow

PROGRAMS = sorted((FIXTURES / "known_breaks").glob("*.py"))


@pytest.mark.xfail(strict=True, reason="a known difference, see docs/trust.md")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_is_migrated_or_refused(program: Path) -> None:
    for dialect in ("guide", "reference"):
        trial = try_out(program, dialect, adapt=False)
        assert trial.verdict in GOOD, trial.detail
