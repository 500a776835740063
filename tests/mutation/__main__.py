"""`python -m tests.mutation [N] [SEED]`: try N random mutants of the interpreter and the edits with the tests
that reach them, and list those that no test notices.

`--at kognitos_migrate/edits/plan.py:12` tries all mutants of a file, a line or a folder; `--coverage` prints
the branches that the same tests take. `--within 60`: a mutant that no test notices within that many seconds
of CPU time counts as not noticed. `--known` leaves out tests without known reach, if a first run has found
the reach of the others.

Noticed mutants are recorded in `.mutation/` and not tried again as long as the module is unchanged. A
survivor is tried again once a test or any other module has changed. An interrupted run continues where it
stopped.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from . import reach, suite
from .kept import Kept
from .mutants import Mutant, mutants
from .trial import Trial, try_all


def main() -> None:
    """Try some mutants, and tell how many were noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("number", nargs="?", type=int, default=50)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--at", default="")
    parser.add_argument("--within", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--known", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    given = parser.parse_args()
    if given.coverage:
        reach.look()
        print(reach.table())
        return
    drawn = _at(given.at) if given.at else _drawn(given.number, given.seed)
    kept = Kept(suite.KEPT / "tried.jsonl")
    known = [trial for path, mutant in drawn if (trial := kept.trial(path, mutant))]
    left = [(path, mutant) for path, mutant in drawn if not kept.trial(path, mutant)]
    trials = list(known)

    def done(trial: Trial) -> None:
        kept.keep(trial)
        trials.append(trial)
        if trial.outcome != "noticed":
            print(f"{len(trials)}/{len(drawn)} {_line(trial)}", flush=True)

    if left:
        try_all(left, reach.reach(anew=not given.known), given.within, done)
    print("\n".join(["", *sorted(_line(trial) for trial in trials if trial.outcome != "noticed")]))
    print(_sum(trials))


def _drawn(number: int, seed: int) -> list[tuple[Path, Mutant]]:
    """The first of all mutants in an order that the seed says: more of them begin with the same ones."""
    every = [(path, mutant) for path in suite.modules() for mutant in mutants(path.read_text("utf-8"))]
    random.Random(seed).shuffle(every)
    return every[:number]


def _at(place: str) -> list[tuple[Path, Mutant]]:
    start, _, line = place.partition(":")
    return [
        (path, mutant)
        for path in suite.modules()
        if path.relative_to(suite.ROOT).as_posix().startswith(start)
        for mutant in mutants(path.read_text("utf-8"))
        if not line or mutant.line <= int(line) <= mutant.end
    ]


def _line(trial: Trial) -> str:
    note = " (no test gets there)" if trial.outcome == "unreached" else ""
    return f"{trial.path}:{trial.mutant.line}: {trial.mutant.what}{note}"


def _sum(trials: list[Trial]) -> str:
    whole, noticed = Counter[str](), Counter[str]()
    for trial in trials:
        for name in (*(one for one in suite.MUTATED if trial.path.startswith(f"{one}/")), "all"):
            whole[name] += 1
            noticed[name] += trial.outcome == "noticed"
    said = [
        f"{name}: {noticed[name]} of {whole[name]}, {100 * noticed[name] / whole[name]:.1f} %"
        for name in whole
    ]
    return "noticed\n" + "\n".join(said)


if __name__ == "__main__":
    main()
