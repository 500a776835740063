"""`python -m tests.torture [N] [SEED]`: judge N programs drawn at random, print what was not migrated."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .grammar import KINDS, Choices, count, values_of
from .verdict import Judgement, Verdict, judge


def main(number: int, seed: int) -> int:
    """1 if a program broke, was missed, or was migrated in part."""
    drawn = random.Random(seed)
    chosen = [Choices(**_drawn(drawn)) for _ in range(number)]
    with ThreadPoolExecutor(2) as pool:
        judged = list(zip(chosen, pool.map(judge, chosen), strict=True))
    for choices, judgement in judged:
        if judgement.verdict is not Verdict.MIGRATED:
            _show(choices, judgement)
    counts = Counter(judgement.verdict for _, judgement in judged)
    for name in KINDS:
        _show_axis(name, judged)
    print(
        f"{number} of {count():,} programs, seed {seed}:",
        ", ".join(f"{n} {verdict.name}" for verdict, n in counts.items()),
    )
    return int(bool(counts.keys() - {Verdict.MIGRATED, Verdict.REFUSED}))


def _show_axis(name: str, judged: Iterable[tuple[Choices, Judgement]]) -> None:
    """One line for each value of an axis: how many programs with it got which verdict."""
    verdicts: dict[str, Counter[str]] = {}
    for choices, judgement in judged:
        verdicts.setdefault(getattr(choices, name).name, Counter())[judgement.verdict.name] += 1
    for value, counted in sorted(verdicts.items()):
        print(f"{name:>10} {value:<14}", ", ".join(f"{n} {verdict}" for verdict, n in counted.most_common()))


def _drawn(random_: random.Random) -> dict[str, Any]:
    return {name: random_.choice(values_of(name)) for name in KINDS}


def _show(choices: Choices, judgement: Judgement) -> None:
    print(f"{judgement.verdict.name}: {choices}\n{judgement.detail}\n")


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    )
