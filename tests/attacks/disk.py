"""A small file system that fills up: every file is old, or every file is new."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .project import ESCAPING, AttackError, Project

SIZE = 4 << 20
"""Bytes of the file system."""
PAGE = 4096


class CannotMountError(Exception):
    """This machine mounts no file system for us."""


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A file system in memory at `folder`. Raises CannotMountError."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotMountError(str(error)) from error
    if done.returncode:
        raise CannotMountError(done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill_levels(top: Path, count: int, seed: int) -> Counter[str]:
    """Leave room for fewer and fewer pages."""
    top.mkdir(exist_ok=True)
    counts: Counter[str] = Counter()
    for number in range(count):
        with mounted(top / f"disk{number}"):
            counts[_filled(top / f"disk{number}" / "p", number * 3)] += 1
    return counts


def _filled(top: Path, pages: int) -> str:
    """A run with room for so many pages."""
    project = Project(top, ESCAPING)
    project.run("check", "--no-cache")
    ballast = top / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            pass
    size = ballast.stat().st_size
    with ballast.open("rb+") as file:
        file.truncate(max(0, size - pages * PAGE))
    outcome = project.run("fix", "--adapt", "--no-cache")
    after = project.files()
    if outcome.code == 2 and after != project.before:
        raise AttackError(f"a run that failed changed files: {outcome.output}")
    ballast.unlink()
    if outcome.code == 0:
        taken_back = project.run("undo")
        if taken_back.code or project.files() != project.before:
            raise AttackError(f"undo fails: {taken_back.output}")
        return "all new"
    following = project.run("fix", "--adapt", "--no-cache")
    if following.code:
        raise AttackError(f"the next run fails: {following.output}")
    return "none changed"
