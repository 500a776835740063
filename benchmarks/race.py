"""Commands run side by side: each round runs all of them, so that what disturbs one disturbs the others."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.memory import watched


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and the folder in which it runs."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    changes: bool = False
    """Whether it changes files: it is then given a fresh copy of the folder each time."""
    forgets: Path | None = None
    """A folder that is emptied before each run."""

    @property
    def is_there(self) -> bool:
        """Whether the program is installed."""
        return shutil.which(self.arguments[0]) is not None


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    wall: float
    cpu: float
    """Seconds of user and system time, of all processes."""
    memory: int
    """Bytes, of all processes together, where Linux tells; else of the largest."""


def race(commands: Sequence[Command], rounds: int, scratch: Path) -> dict[str, Run]:
    """By command: the medians of its runs. Those that are not installed are left out.

    A first round is not counted: it fills caches, also those of the system.
    """
    there = [command for command in commands if command.is_there]
    counted = [[_run(command, scratch) for command in there] for _ in range(rounds + 1)][1:]
    return {command.name: _median([found[place] for found in counted]) for place, command in enumerate(there)}


def _run(command: Command, scratch: Path) -> Run:
    folder = command.folder
    if command.forgets is not None:
        shutil.rmtree(command.forgets, ignore_errors=True)
    if command.changes:
        shutil.rmtree(scratch, ignore_errors=True)
        folder = Path(shutil.copytree(folder, scratch))
    begun = time.perf_counter()
    process = subprocess.Popen(
        command.arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with watched(process.pid) as peak:
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), command
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall, used.ru_utime + used.ru_stime, max(peak.bytes, used.ru_maxrss * unit))


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        median(run.wall for run in runs),
        median(run.cpu for run in runs),
        int(median(run.memory for run in runs)),
    )


def machine() -> Iterator[str]:
    """The machine, in words."""
    import platform

    yield f"{platform.system()} {platform.machine()}"
    yield f"{os.cpu_count()} cores"
    yield f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    yield f"{platform.python_implementation()} {platform.python_version()}"
