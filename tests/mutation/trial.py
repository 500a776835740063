"""Tries mutants, each in a fork of a process that has collected all tests: the tests that reach it, in the
order that order.py says, until one of them fails."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Literal, NoReturn

import pytest

from . import planting, suite
from .mutants import Mutant
from .order import Order
from .reach import Reach

Outcome = Literal["noticed", "survived", "unreached"]
Planted = list[tuple[FunctionType, CodeType]]

_AT_ONCE = 2
_MEMORY = 4 << 30
_PATIENCE = 400
"""Seconds of computing after which a mutant that is there from the start counts as noticed."""


@dataclass(frozen=True)
class Trial:
    """The result of a mutant. `by` is the group of tests that noticed it, or how it noticed."""

    path: str
    mutant: Mutant
    outcome: Outcome
    by: str
    seconds: float


Done = Callable[[Trial], None]


def try_all(drawn: list[tuple[Path, Mutant]], reach: Reach, within: float, done: Done) -> None:
    """Try these mutants, each for so many seconds of computing, and tell what became of each as soon as it is
    known."""
    quiet = ["-q", "-s", "--tb=native", "--assert=plain", "-p", "no:cacheprovider"]
    pytest.main([*quiet, *suite.arguments()], plugins=[_Trials(drawn, reach, within, done)])


@dataclass(frozen=True)
class _Running:
    path: Path
    mutant: Mutant
    scratch: Path
    start: float


class _Trials:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, drawn: list[tuple[Path, Mutant]], reach: Reach, within: float, done: Done) -> None:
        self.drawn, self.reach, self.within, self.done = drawn, reach, within, done
        self.order = Order(reach)
        self.running: dict[int, _Running] = {}
        self.units: dict[str, list[pytest.Item]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self.units.setdefault(suite.unit_of(item), []).append(item)
        for unit in self.reach.failing:
            self.units.pop(unit, None)
        known = planting.functions()
        for path, mutant in self.drawn:
            changes = planting.changes(path, mutant.number, known)
            if any(self.reach.at_import(path, _inside(function)) for function, _ in changes or ()):
                changes = None  # functions that make others are run before a fault could be put into them
            chosen = self._chosen(path, mutant, whole=changes is None)
            if not chosen:
                self._tell(_Running(path, mutant, Path(), time.monotonic()), "unreached", "")
                continue
            while len(self.running) >= _AT_ONCE:
                self._wait()
            self._start(path, mutant, changes, chosen)
        while self.running:
            self._wait()
        return True

    def _chosen(self, path: Path, mutant: Mutant, *, whole: bool) -> list[str]:
        """The groups of tests to try."""
        reached = self.reach.of(path, mutant.line, mutant.end)
        reached = reached or self.reach.of(path, mutant.statement, mutant.statement)
        if whole:
            reached = self.reach.of_module(path)
        return self.order.of(path, reached.intersection(self.units))

    def _start(self, path: Path, mutant: Mutant, changes: Planted | None, chosen: list[str]) -> None:
        scratch = Path(tempfile.mkdtemp(prefix="kognitos-mutant-"))
        sys.stdout.flush()
        child = os.fork()
        if child:
            self.running[child] = _Running(path, mutant, scratch, time.monotonic())
            return
        try:
            _settle(scratch)
            if changes is None:
                ids = [item.nodeid for unit in self._in_time(chosen) for item in self.units[unit]]
                _try_from_the_start(
                    f"{path.relative_to(suite.ROOT).as_posix()}:{mutant.number}", ids, scratch
                )
            for function, code in changes:
                function.__code__ = code
            for unit in chosen:
                if time.process_time() > self.within:
                    break
                self._run(unit, scratch)
            os._exit(0)
        finally:
            os._exit(3)

    def _in_time(self, chosen: list[str]) -> list[str]:
        """The groups that can run within the time limit of a mutant."""
        taken = itertools.accumulate(self.reach.seconds[unit] for unit in chosen)
        return [unit for unit, seconds in zip(chosen, taken, strict=True) if seconds < self.within]

    def _run(self, unit: str, scratch: Path) -> None:
        (scratch / "by").write_text(unit, encoding="utf-8")
        items = self.units[unit]
        patience = 5 + 10 * self.reach.seconds.get(unit, 5)
        for item, following in zip(items, [*items[1:], None], strict=True):
            signal.setitimer(signal.ITIMER_PROF, patience)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if item.session.testsfailed:
                os._exit(1)

    def _wait(self) -> None:
        child, status = os.wait()
        one = self.running.pop(child)
        said = one.scratch / "by"
        by = said.read_text("utf-8") if said.exists() else ""
        shutil.rmtree(one.scratch, ignore_errors=True)
        if os.WIFSIGNALED(status):
            by = f"{signal.Signals(os.WTERMSIG(status)).name} in {by}"
        elif os.waitstatus_to_exitcode(status) not in (0, 1):
            sys.exit(f"{one.path}:{one.mutant.line}: the trial itself failed")
        self._tell(one, "noticed" if status else "survived", by if status else "")

    def _tell(self, one: _Running, outcome: Outcome, by: str) -> None:
        path, took = one.path.relative_to(suite.ROOT).as_posix(), time.monotonic() - one.start
        self.done(Trial(path, one.mutant, outcome, by, round(took, 1)))


def _inside(function: FunctionType) -> set[int]:
    """The lines of a function's body, without those of functions in it."""
    lines = {line for _, _, line in function.__code__.co_lines() if line is not None}
    return {line for line in lines if line > min(lines)}


def _settle(scratch: Path) -> None:
    """A process of its own: silent, with a folder for its files, and limits for what does not end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(scratch)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _try_from_the_start(mutant: str, ids: list[str], scratch: Path) -> NoReturn:
    listed = scratch / "ids"
    listed.write_text("\n".join(ids), encoding="utf-8")
    (scratch / "by").write_text("a run from the start", encoding="utf-8")
    resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE, _PATIENCE))
    quiet = [
        "-x",
        "-q",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.mutation.planted",
    ]
    environment = {**os.environ, planting.VARIABLE: mutant, "PYTHONPATH": str(suite.ROOT)}
    command = [sys.executable, "-m", "pytest", *quiet, f"@{listed}"]
    os._exit(1 if subprocess.run(command, cwd=suite.ROOT, env=environment).returncode else 0)
