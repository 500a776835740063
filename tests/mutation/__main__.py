"""`python -m tests.mutation [N] [SEED]`: N mutants of the interpreter and the edits, drawn at random; each is
tried with the quick tests, and those that no test notices are shown. Works in a copy of the repository."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
MUTATED = ("kognitos_migrate/interpret", "kognitos_migrate/edits")
COPIED = ("kognitos_migrate", "rules", "tests", "fixtures", "pyproject.toml", "README.md")
ROUNDS = (
    ("tests/rewrites", "tests/flow", "tests/unit/edits", "tests/test_call_forms.py", "tests/test_trace.py"),
    ("tests/test_manual.py", "tests/test_halfway.py", "tests/test_lookalikes.py", "tests/programs"),
)
"""Tests that are tried one after the other, until one notices."""
PATIENCE = 400
"""Seconds after which a mutant counts as noticed: it does not come to an end."""


def main(number: int, seed: int) -> None:
    """Try some mutants, and tell how many were noticed."""
    files = [path for folder in MUTATED for path in sorted((ROOT / folder).rglob("*.py"))]
    drawn = random.Random(seed)
    killed = 0
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, place / name)
        for _ in range(number):
            path = drawn.choices(files, [file.stat().st_size for file in files])[0]
            mutant = drawn.choice(list(mutants(path.read_text("utf-8"))) or [Mutant(0, "nothing", "")])
            noticed = _noticed(place, path.relative_to(ROOT), mutant)
            killed += noticed
            if not noticed:
                print(f"survived: {path.relative_to(ROOT)}:{mutant.line}: {mutant.what}", flush=True)
    print(f"{number} mutants, seed {seed}: {killed} noticed, {100 * killed / number:.0f} %")


def _noticed(place: Path, path: Path, mutant: Mutant) -> bool:
    before = (place / path).read_text("utf-8")
    (place / path).write_text(mutant.code, encoding="utf-8")
    try:
        return any(_fails(place, tests) for tests in ROUNDS)
    finally:
        (place / path).write_text(before, encoding="utf-8")


def _fails(place: Path, tests: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 50,
        int(sys.argv[2]) if len(sys.argv) > 2 else 1,
    )
