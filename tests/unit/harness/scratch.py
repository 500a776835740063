"""Runs a program that a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Outcome, load_case, run_program
from tests.server import Mode

ANEW, READY = "import sys\n", "import requests\n"
"""The start of programs that run in a new process, and of those that run where their library is imported."""
EITHER_WAY = pytest.mark.parametrize("first", [ANEW, READY], ids=["anew", "ready"])


def run(folder: Path, program: str, case: str = "", mode: Mode = "v1", **limits: float) -> Outcome:
    """Run the text `program`, with the lines `case` in its case.yaml."""
    before = folder / "before"
    before.mkdir(parents=True)
    before.joinpath("main.py").write_text(program, encoding="utf-8")
    folder.joinpath("case.yaml").write_text(f"about: a test\n{case}", encoding="utf-8")
    return run_program(before, load_case(folder), mode, **limits)
