"""The verdict on a program: run on v1, migrated, run on v2, compared."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES, Case, Outcome, load_case, run_program
from tests.programs.migrating import migrate
from tests.server import Dialect

from . import grammar
from .grammar import Absence, Choices
from .render import ARGUMENTS, ENVIRONMENT, FILES, render


class Verdict(Enum):
    """How it went."""

    MIGRATED = "does on v2 what it did on v1"
    REFUSED = "left as it is, with findings"
    BROKEN = "does something else on v2"
    MISSED = "nothing was found in it"
    PARTIAL = "migrated in part"
    LOUD = "migrated, and something is still found in it"
    WRONG = "does not work on v1: the grammar is at fault"


@dataclass(frozen=True)
class Judgement:
    """The verdict, and what there is to look at."""

    verdict: Verdict
    detail: str
    texts: dict[str, str]


def judge(chosen: Choices) -> Judgement:
    """Migrate the program and run it before and after."""
    case, modules = _case(chosen), render(chosen)
    result, texts = migrate(case, [decode_module(text.encode(), path) for path, text in modules.items()])
    if not result.findings:
        return _by_command(modules)
    if result.remaining:
        why = "\n".join(
            f"{one.place.path}:{one.place.row} {one.code} {one.reason}: {one.fix.message}"
            for one in result.remaining
        )
        return Judgement(Verdict.PARTIAL if result.changes else Verdict.REFUSED, why, modules)
    before, after = _run(case, modules, "v1"), _run(case, texts, "v2")
    expected = chosen.absence is Absence.UNCAUGHT and "KeyError" in before.stderr
    if (before.exit_code and not expected) or not before.effects:
        return Judgement(Verdict.WRONG, before.stderr, modules)
    if _observed(before) != _observed(after):
        return Judgement(
            Verdict.BROKEN, f"{before.stdout}\n{after.stdout}\n{after.stderr}\n{after.refusals}", texts
        )
    again, _ = migrate(case, [decode_module(text.encode(), path) for path, text in texts.items()])
    if again.findings or again.changes:
        return Judgement(Verdict.LOUD, "\n".join(one.message for one in again.findings), texts)
    return Judgement(Verdict.MIGRATED, "", texts)


def _by_command(modules: dict[str, str]) -> Judgement:
    """The verdict on a program in which the engine alone finds nothing: the command also reads the settings
    files beside it."""
    with tempfile.TemporaryDirectory() as place:
        for path, text in {**modules, **FILES}.items():
            target = Path(place, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "kognitos_migrate", "check", "--no-cache", "--isolated"]
        run = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    return Judgement(Verdict.REFUSED if run.returncode == 1 else Verdict.MISSED, run.stdout, modules)


def _observed(outcome: Outcome) -> tuple[object, ...]:
    """Output, exit code and effects in order. The text on stderr is for people, an exception's type too."""
    return outcome.stdout, outcome.exit_code, outcome.effects


def _case(chosen: Choices) -> Case:
    """The case of a program: all share one configuration but for the dialect of requests."""
    shared = load_case(FIXTURES / "programs" / "tiny_hack_upload")
    dialect: Dialect = "reference" if chosen.dialect is grammar.Dialect.REFERENCE else "guide"
    return replace(
        shared,
        run=("main.py", *ARGUMENTS),
        env=ENVIRONMENT,
        files=FILES,
        stdin="",
        exit_code=0,
        dialect=dialect,
        config={**shared.config, "v2_request": dialect},
    )


def _run(case: Case, modules: dict[str, str], mode: str) -> Outcome:
    with tempfile.TemporaryDirectory() as place:
        for path, text in modules.items():
            target = Path(place, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return run_program(Path(place), case, "v1" if mode == "v1" else "v2")
