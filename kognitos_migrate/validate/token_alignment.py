"""Aligns two sequences of tokens, as `difflib` does, in a time that repeated tokens don't multiply."""

from collections import Counter
from collections.abc import Sequence
from difflib import Match, SequenceMatcher

_SIZE = 10_000_000
"""The number of pairs of equal tokens, which `difflib` looks at, up to which it is as fast."""


def token_matcher(left: Sequence[bytes], right: Sequence[bytes]) -> SequenceMatcher[bytes]:
    """The alignment of two sequences: the longest common run of tokens, then those on both sides of it."""
    counts = Counter(right)
    if sum(count * counts[token] for token, count in Counter(left).items()) > _SIZE:
        return RankMatcher(left, right)
    return SequenceMatcher(None, left, right, autojunk=False)


class RankMatcher(SequenceMatcher[bytes]):
    """Finds the longest common run by the ranks of runs: equal runs of one length have the same rank."""

    def __init__(self, left: Sequence[bytes], right: Sequence[bytes]) -> None:
        super().__init__(None, left, right, autojunk=False)
        self._tokens, self._other_tokens = left, right

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """The longest common run of `a[alo:ahi]` and `b[blo:bhi]`: of several, the first in `a`, then in
        `b`."""
        left, right = self._tokens[alo:ahi], self._other_tokens[blo:bhi]
        ranks = _Ranks([*left, *right])
        shortest, longest = 0, min(len(left), len(right))
        while shortest < longest:
            size = (shortest + longest + 1) // 2
            if ranks.first_common(size, len(left)) is None:
                longest = size - 1
            else:
                shortest = size
        at, other = ranks.first_common(shortest, len(left)) or (0, 0)
        return Match(alo + at, blo + other, shortest)


class _Ranks:
    """The ranks of the runs in a sequence of tokens, by the length of the run."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self._by_power = [_rank_runs(tokens)]
        """The ranks of the runs of 1, 2, 4, … tokens, by where they start."""

    def _of(self, size: int) -> list[tuple[int, int]]:
        """By start: the ranks of the first and the last tokens of a run, which overlap."""
        power = size.bit_length() - 1
        while len(self._by_power) <= power:
            shorter, half = self._by_power[-1], 1 << (len(self._by_power) - 1)
            self._by_power.append(_rank_runs(list(zip(shorter, shorter[half:], strict=False))))
        ranks = self._by_power[power]
        return list(zip(ranks, ranks[size - (1 << power) :], strict=False))

    def first_common(self, size: int, end: int) -> tuple[int, int] | None:
        """The first run of `size` tokens before `end` that is also behind it, and where it is there, counted
        from `end`. None if there is none."""
        if size == 0:
            return None
        runs = self._of(size)
        behind = {run: at for at, run in reversed([*enumerate(runs[end:])])}
        before = enumerate(runs[: max(end - size + 1, 0)])
        return next(((at, behind[run]) for at, run in before if run in behind), None)


def _rank_runs(runs: Sequence[object]) -> list[int]:
    """A number for each run, equal for equal runs."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(run, len(numbers)) for run in runs]
