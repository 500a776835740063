"""`python -m tests.fuzz [N] [SEED]`: N hostile files of each kind; prints how they went, and the slowest."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .hostile import configurations, odd_rules, rules, sources
from .trials import try_configuration, try_odd_rule, try_rule, try_source

Drawn = TypeVar("Drawn")


def main(number: int, start: int) -> None:
    """Run all trials. A failure ends the run and prints its input."""
    _try("sources", sources(), lambda drawn: try_source(*drawn), number, start)
    _try("configurations", configurations(), try_configuration, number, start)
    _try("rules", rules(), try_rule, number, start)
    _try("odd rules", odd_rules(), lambda drawn: try_odd_rule(*drawn), number, start)


def _try(
    kind: str, strategy: st.SearchStrategy[Drawn], attempt: Callable[[Drawn], str], number: int, start: int
) -> None:
    counts: Counter[str] = Counter()
    seconds: list[float] = []

    def run(drawn: Drawn) -> None:
        began = time.process_time()
        counts[attempt(drawn)] += 1
        seconds.append(time.process_time() - began)

    tried = settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seed(start)(tried(given(strategy)(run)))()
    said = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    print(
        f"{len(seconds)} {kind}, seed {start}, none failed: {said}; slowest {max(seconds):.1f} s", flush=True
    )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 100,
        int(sys.argv[2]) if len(sys.argv) > 2 else 1,
    )
