"""`python -m tests.torture [N] [SEED]`: judge N programs drawn at random, print what was not migrated."""

from __future__ import annotations

import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .grammar import KINDS, Choices, count
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
    print(
        f"{number} of {count():,} programs, seed {seed}:",
        ", ".join(f"{n} {verdict.name}" for verdict, n in counts.items()),
    )
    return int(bool(counts.keys() - {Verdict.MIGRATED, Verdict.REFUSED}))


def _drawn(random_: random.Random) -> dict[str, Any]:
    return {name: random_.choice(list(kind)) for name, kind in KINDS.items()}


def _show(choices: Choices, judgement: Judgement) -> None:
    print(f"{judgement.verdict.name}: {choices}\n{judgement.detail}\n")


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    )
