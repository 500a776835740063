"""Tries a program out: run on v1, `fix`, run on v2, compared, in both request dialects.

    python -m tests.harness.trial PROGRAM [--adapt | --unsafe] [--dialect guide|reference] [--show]

PROGRAM is a Python file, or a folder with a `main.py` (or a `case.yaml` and `before/`, as fixtures have). The
command line is run as a user runs it, on a copy, so settings files and several modules count. Prints one
verdict per dialect and returns 1 if one of them is BROKEN, PARTIAL, MISSED or CRASHED.
"""

from __future__ import annotations

import argparse
import difflib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from tests.server import Dialect, Mode

from .case import FIXTURES, Case, Deployed, Level, load_case
from .runner import Outcome, run_program

SHARED = FIXTURES / "kognitos-migrate.yaml"
DIALECTS: tuple[Dialect, ...] = ("guide", "reference")


class Verdict(Enum):
    """The result of one trial."""

    MIGRATED = "MIGRATED: the same output, exit code and effects on v2"
    REFUSED = "REFUSED: unchanged, with findings"
    PARTIAL = "PARTIAL: changed, and findings remain"
    BROKEN = "BROKEN: v2 differs from v1"
    MISSED = "MISSED: no finding"
    CRASHED = "CRASHED: the tool failed"
    WRONG = "WRONG: the program does nothing on v1, so nothing can be compared"


GOOD = (Verdict.MIGRATED, Verdict.REFUSED)


@dataclass(frozen=True)
class Trial:
    """A verdict, with the text that explains it."""

    verdict: Verdict
    detail: str


def try_out(program: Path, dialect: Dialect, level: Level = "safe") -> Trial:
    """Run, fix and run again. `program` is a file or a folder."""
    case = replace(_case(program), dialect=dialect)
    with tempfile.TemporaryDirectory() as scratch:
        before, after = Path(scratch, "before"), Path(scratch, "after")
        _copy(program, before)
        old = _run(before, case, "v1")
        shutil.copytree(before, after)
        config = {"v2_request": dialect, **case.config, **_own_config(program)}
        (after / "kognitos-migrate.yaml").write_text(yaml.safe_dump({**config, "v2_request": dialect}))
        fixed = _tool(after, "fix", "--allow-dirty", *([] if level == "safe" else [f"--{level}"]))
        found = _tool(after, "check", "--output-format", "json")
        changed = _diff(before, after)
        detail = f"{changed}\n--- fix (exit {fixed.returncode})\n{fixed.stdout}{fixed.stderr}"
        if fixed.returncode not in (0, 1) or "Traceback" in fixed.stderr:
            return Trial(Verdict.CRASHED, detail)
        if not old.effects:
            return Trial(Verdict.WRONG, f"{detail}\n{_describe(old)}")
        findings = json.loads(found.stdout)["findings"]
        if not changed:
            return Trial(Verdict.REFUSED if findings else Verdict.MISSED, detail)
        new = _run(after, case.as_deployed, "v2")
        same = old.stdout == new.stdout and old.exit_code == new.exit_code and old.effects == new.effects
        same = same and _is_same_end(old, new) and not new.timed_out
        if not same:
            return Trial(Verdict.BROKEN, f"{detail}\n=== v1\n{_describe(old)}\n=== v2\n{_describe(new)}")
        return Trial(Verdict.PARTIAL if fixed.returncode else Verdict.MIGRATED, detail)


def _case(program: Path) -> Case:
    if program.is_dir() and (program / "case.yaml").exists():
        return load_case(program)
    shared = load_case(FIXTURES / "programs" / "tiny_hack_upload")
    run = ("main.py",) if program.is_dir() else (program.name,)
    return replace(shared, run=run, env={}, files={}, deployed=Deployed(), stdin="", exit_code=0)


def _copy(program: Path, target: Path) -> None:
    if program.is_file():
        target.mkdir()
        shutil.copy(program, target)
    else:
        shutil.copytree(program / "before" if (program / "before").is_dir() else program, target)


def _own_config(program: Path) -> dict[str, Any]:
    own = program / "kognitos-migrate.yaml"
    return dict(yaml.safe_load(own.read_text())) if own.exists() else {}


def _run(folder: Path, case: Case, mode: Mode) -> Outcome:
    return run_program(folder, case, mode, timeout=30.0, after_refusal=3.0)


def _is_same_end(old: Outcome, new: Outcome) -> bool:
    """Whether both programs end by themselves, or by an exception of one type that nothing catches.

    v1's answer is missing first and then null while a run is going, and v2 has one word for both: where v1's
    null ends the program with a TypeError, the missing answer may end it with a KeyError. Only the traceback
    tells these apart. Text that the program writes to the error stream is for people.
    """
    before, after = _exception(old), _exception(new)
    if before.startswith("TypeError:") and after == "KeyError: 'answer'":
        return True
    return before.split(":")[0] == after.split(":")[0]


def _exception(outcome: Outcome) -> str:
    """The last line of the traceback that a program ends with; empty where there is none."""
    ended = outcome.exit_code and "Traceback (most recent call last)" in outcome.stderr
    return outcome.stderr.strip().splitlines()[-1] if ended else ""


def _tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kognitos_migrate", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _diff(before: Path, after: Path) -> str:
    names = sorted(
        {p.relative_to(root).as_posix() for root in (before, after) for p in root.rglob("*") if p.is_file()}
    )
    text: list[str] = []
    for name in names:
        if name == "kognitos-migrate.yaml" or name.startswith(".kognitos"):
            continue
        old, new = (
            (root / name).read_text("utf-8", "replace").splitlines(keepends=True)
            if (root / name).exists()
            else []
            for root in (before, after)
        )
        text += difflib.unified_diff(old, new, name, name)
    return "".join(text)


def _describe(outcome: Outcome) -> str:
    effects = "\n".join(f"  {effect}" for effect in outcome.effects)
    refused = "\n".join(f"  {one.method} {one.path} -> {one.status}: {one.why}" for one in outcome.refusals)
    return (
        f"exit {outcome.exit_code}{' (timed out)' if outcome.timed_out else ''}\n{outcome.stdout}"
        f"{outcome.stderr}effects:\n{effects}\nrefusals:\n{refused}"
    )


def main() -> int:
    """Try one program in the dialects that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.trial", description=__doc__)
    parser.add_argument("programs", nargs="+", type=Path)
    level = parser.add_mutually_exclusive_group()
    level.add_argument("--adapt", dest="level", action="store_const", const="adapt", default="safe")
    level.add_argument("--unsafe", dest="level", action="store_const", const="unsafe")
    parser.add_argument("--dialect", choices=DIALECTS)
    parser.add_argument(
        "--show", action="store_true", help="print the diff and the findings of good trials too"
    )
    options = parser.parse_args()
    code = 0
    for program in options.programs:
        for dialect in [options.dialect] if options.dialect else DIALECTS:
            trial = try_out(program.resolve(), dialect, options.level)
            print(f"{program} [{dialect}] {trial.verdict.value}")
            if options.show or trial.verdict not in GOOD:
                print(trial.detail)
            code |= trial.verdict not in GOOD
    return code


if __name__ == "__main__":
    sys.exit(main())
