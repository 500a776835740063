"""Commands that are killed at random moments: every file is whole, and the next command finds what was cut
short, takes it back, and cleans up."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .project import ESCAPING, SAFE, SUFFIX, AttackError, Project

Attack = Callable[[Path, int, int], Counter[str]]


def kill_fix(top: Path, count: int, seed: int) -> Counter[str]:
    """Kill `fix`."""
    return _kill(Project(top, SAFE), ("fix",), count, seed)


def kill_adapt(top: Path, count: int, seed: int) -> Counter[str]:
    """Kill `fix --adapt`, which creates a module."""
    return _kill(Project(top, ESCAPING), ("fix", "--adapt"), count, seed)


def kill_undo(top: Path, count: int, seed: int) -> Counter[str]:
    """Kill `undo`."""
    project, dice = Project(top, ESCAPING), random.Random(seed)
    after = _migrated(project, ("fix", "--adapt"))
    span = project.writing_span("undo")
    counts: Counter[str] = Counter()
    for _ in range(count):
        project.restore()
        _expect(project.run("fix", "--adapt").code == 0, "fix fails")
        project.run_killed(dice, span, "undo")
        counts[_settled(project, ("fix", "--adapt"), after)] += 1
    return counts


def two_runs(top: Path, count: int, seed: int) -> Counter[str]:
    """Two concurrent runs. The first one is killed while the second one waits for it, or neither is."""
    project, dice = Project(top, ESCAPING), random.Random(seed)
    command = ("fix", "--adapt")
    after = _migrated(project, command)
    span = _span(project, command)
    counts: Counter[str] = Counter()
    for number in range(count):
        project.restore()
        first, read = project.started(*command)
        os.read(read, 1)
        first.send_signal(signal.SIGSTOP)  # in the midst of writing, until the other one waits for it
        second, other = project.started(*command)
        time.sleep(dice.uniform(1, 3))
        first.send_signal(signal.SIGCONT)
        if number % 3:
            time.sleep(dice.uniform(0, span))
            first.send_signal(signal.SIGKILL)
        codes = (first.wait(120), second.wait(120))
        for pipe in (read, other):
            os.close(pipe)
        _expect(codes[1] in (0, 2), f"the second run ends with {codes[1]}")
        counts[_settled(project, command, after)] += 1
    return counts


def _kill(project: Project, command: tuple[str, ...], count: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)
    after = _migrated(project, command)
    span = _span(project, command)
    counts: Counter[str] = Counter()
    for _ in range(count):
        project.restore()
        project.run_killed(dice, span, *command)
        counts[_settled(project, command, after)] += 1
    return counts


def _migrated(project: Project, command: tuple[str, ...]) -> dict[str, bytes]:
    """The files as the command leaves them."""
    outcome = project.run(*command)
    after = project.files()
    _expect(outcome.code == 0 and after != project.before, outcome.output)
    return after


def _span(project: Project, command: tuple[str, ...]) -> float:
    project.restore()
    return project.writing_span(*command)


def _settled(project: Project, command: tuple[str, ...], after: dict[str, bytes]) -> str:
    """Require that all is whole after a kill, and that the next commands settle it; how it was found."""
    found = {name: data for name, data in project.files().items() if not name.endswith(SUFFIX)}
    for name in {*found, *after}:
        wanted = (project.before.get(name), after.get(name))
        _expect(found.get(name) in wanted, f"{name} is neither old nor new")
    half = found not in (project.before, after)
    following = project.run(*command)
    if half:
        _expect(following.code == 2 and "was interrupted" in following.output, following.output)
    else:
        _expect(following.code == 0, following.output)
        _expect(project.files() == after, "the next run leaves something else")
    taken_back = project.run("undo")
    _expect(taken_back.code == 0, taken_back.output)
    _expect(project.files() == project.before, "undo leaves something else")
    again = project.run("undo")
    _expect(again.code == 2 and "nothing to revert" in again.output, again.output)
    return "cut short" if half else ("old" if found == project.before else "new")


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AttackError(message)
