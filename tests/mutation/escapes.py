"""`python -m tests.mutation.escapes [N] [SEED]`: plant random faults in the edits, migrate the fixture
programs that reach them, run what is written, and list the faults whose result misbehaves all the same.

`--at kognitos_migrate/edits/url/rewrite.py:12` plants all faults of a file or a line. `--programs 20` is the
limit on the programs for each fault; those that reach its line are drawn at random.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import pickle
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import coverage

from kognitos_migrate.findings.result import Finding, Result
from tests.harness import Case, Outcome, load_case, programs, run_program
from tests.programs.migrating import migrate, read, written

from . import planting, suite
from .mutants import Mutant, mutants

EDITS = "kognitos_migrate/edits"
SECONDS = 60.0
"""The limit for one fault, in seconds."""
_PATIENCE = 20
"""The limit for one program, in seconds."""
_AT_ONCE = 2

Texts = Mapping[str, str]
Reached = dict[str, dict[str, set[int]]]
"""By program and by path: the lines of the edits that its migration reaches."""
_right: dict[str, Texts] = {}
"""The right results of the programs. Forks of this process find them here."""


@dataclass
class Fault:
    """One mutant, and the number of programs by what became of them."""

    path: str
    mutant: Mutant
    programs: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    escapes: list[str] = field(default_factory=list)
    """The names of the programs that were changed as if safely, and misbehave."""


@functools.cache
def _case(name: str) -> Case:
    return load_case(programs()[name])


def _names() -> list[str]:
    """The programs that migrate, can run here, and are no notebooks."""
    cases = [_case(name) for name in programs()]
    return [case.name for case in cases if case.runs_here and not case.is_notebook and case.after.is_dir()]


def _migrated(name: str) -> tuple[Result, Texts]:
    case = _case(name)
    return migrate(case, read(case.before))


def _right_texts(names: Sequence[str]) -> tuple[dict[str, Texts], Reached]:
    """The right results of the programs, and the lines that lead to them."""
    texts: dict[str, Texts] = {}
    reached: Reached = {}
    for name in names:
        watch = coverage.Coverage(data_file=None, include=[f"{suite.ROOT}/{EDITS}/*"], messages=False)
        watch.start()
        try:
            result, texts[name] = _migrated(name)
        finally:
            watch.stop()
        if result.remaining:
            del texts[name]
            continue
        data = watch.get_data()
        reached[name] = {
            Path(path).relative_to(suite.ROOT).as_posix(): set(data.lines(path) or ())
            for path in data.measured_files()
        }
    return texts, reached


def _known() -> tuple[dict[str, Texts], Reached]:
    """The right texts and the reached lines, from the last run if edits and fixtures are unchanged."""
    file = suite.KEPT / f"escapes-{suite.digest(EDITS, 'fixtures')[:16]}.pickle"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(pickle.dumps(_right_texts(_names())))
    known: tuple[dict[str, Texts], Reached] = pickle.loads(file.read_bytes())
    return known


def _reaching(reached: Reached, path: str, mutant: Mutant) -> list[str]:
    """The programs whose migration evaluates the code that a mutant changes."""
    for lines in (range(mutant.line, mutant.end + 1), (mutant.statement,)):
        names = [name for name, known in reached.items() if not known.get(path, set()).isdisjoint(lines)]
        if names:
            return names
    return []


@functools.cache
def _run_before(name: str) -> Outcome:
    return run_program(_case(name).before, _case(name), "v1")


def _misbehaves(name: str, texts: Texts) -> bool:
    """Whether a changed program does something else on v2 than the original on v1."""
    case = _case(name)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "after")
        shutil.copytree(case.before, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for path, data in written(read(case.before), texts).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        before, after = _run_before(name), run_program(folder, case, "v2", timeout=15, after_refusal=3)
    own = (before.stdout, before.exit_code, before.effects)
    statuses = [Counter(refusal.status for refusal in outcome.refusals) for outcome in (before, after)]
    return own != (after.stdout, after.exit_code, after.effects) or bool(statuses[1] - statuses[0])


def _reason(findings: Sequence[Finding]) -> str:
    """The reason of the refusal that blocks the most findings, with the validator's message."""
    counts = Counter(_label(finding) for finding in findings)
    return counts.most_common(1)[0][0]


def _label(finding: Finding) -> str:
    texts = (finding.fix.message, finding.help or "")
    parted = (text.partition("proven equivalent: ")[2] for text in texts)
    message = next(filter(None, parted), None)
    if message is None:
        return finding.reason or finding.fix.applicability.value
    return f"not-validated: {' '.join(message.split())}"


def _outcome(name: str, right: Texts) -> str:
    """The outcome of a program with the fault in the edits."""
    try:
        result, texts = _migrated(name)
    except Exception as error:
        return f"crash: {type(error).__name__}"
    if result.remaining:
        return _reason(result.remaining)
    if dict(texts) == dict(right):
        return "same text"
    return "MISBEHAVES" if _misbehaves(name, texts) else "behaves"


def _try(fault: Fault) -> Fault:
    """Plant a fault in this process, and migrate the programs that reach it."""
    changes = planting.changes(suite.ROOT / fault.path, fault.mutant.number, planting.functions())
    if changes is None:
        fault.outcomes["at import"] += 1
        return fault
    for function, code in changes:
        function.__code__ = code
    signal.signal(signal.SIGALRM, _stop)
    end = time.monotonic() + SECONDS
    for name in fault.programs:
        signal.alarm(_PATIENCE)
        outcome = _outcome(name, _right[name])
        signal.alarm(0)
        fault.outcomes[outcome] += 1
        if outcome == "MISBEHAVES":
            fault.escapes.append(name)
        if time.monotonic() > end:
            break
    return fault


def _stop(_number: int, _frame: object) -> None:
    raise TimeoutError


def _drawn(number: int, seed: int, reached: Reached, at: str, limit: int) -> Iterator[Fault]:
    """The faults that some program reaches, with the programs to migrate."""
    every = [
        Fault(path.relative_to(suite.ROOT).as_posix(), mutant)
        for path in suite.modules((EDITS,))
        for mutant in mutants(path.read_text("utf-8"))
    ]
    shuffler = random.Random(seed)
    start, _, line = at.partition(":")
    if at:
        every = [fault for fault in every if fault.path.startswith(start)]
        every = [fault for fault in every if not line or fault.mutant.statement == int(line)]
    else:
        shuffler.shuffle(every)
    for fault in every:
        names = _reaching(reached, fault.path, fault.mutant)
        shuffler.shuffle(names)
        fault.programs = names[:limit]
    yield from [fault for fault in every if fault.programs][: None if at else number]


def _kind(outcomes: Mapping[str, int]) -> str:
    """The worst outcome of a fault."""
    for kind in ("MISBEHAVES", "not-validated", "behaves", "same text"):
        if any(outcome.startswith(kind) for outcome in outcomes) and kind != "same text":
            return kind
    others = [outcome for outcome in outcomes if outcome != "same text"]
    return "refused or crashed" if others else "same text"


def main() -> None:
    """Try some faults, and tell what the validator does not notice."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.escapes")
    parser.add_argument("number", nargs="?", type=int, default=60)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--at", default="")
    parser.add_argument("--programs", type=int, default=20)
    options = parser.parse_args()
    texts, reached = _known()
    _right.update(texts)
    drawn = list(_drawn(options.number, options.seed, reached, options.at, options.programs))
    print(f"{len(drawn)} faults, {len(texts)} programs", flush=True)
    kinds, programs_by_outcome = Counter[str](), Counter[str]()
    with multiprocessing.get_context("fork").Pool(_AT_ONCE, maxtasksperchild=1) as pool:
        for fault in pool.imap_unordered(_try, drawn):
            kinds[_kind(fault.outcomes)] += 1
            programs_by_outcome += fault.outcomes
            print(f"{_kind(fault.outcomes)} {fault.path}:{fault.mutant.line}: {fault.mutant.what}")
            print(f"    {dict(fault.outcomes)} {' '.join(fault.escapes)}", flush=True)
    print("\nfaults", dict(kinds))
    for outcome, count in programs_by_outcome.most_common():
        print(f"{count:6} {outcome}")


if __name__ == "__main__":
    main()
