"""ruff's formatter, which tests ask whether it leaves alone what edits write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def ruff_format(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """`ruff format` with these arguments, and `given` as its input. Skips the test where there is no ruff."""
    ruff = shutil.which("ruff", path=Path(sys.executable).parent) or pytest.skip("ruff is not there")
    command = [ruff, "format", "--isolated", "--no-cache", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def left_alone(text: str) -> bool:
    """Whether the formatter gives a module back as it is."""
    done = ruff_format("-", given=text)
    assert done.returncode == 0, done.stderr
    return done.stdout == text
