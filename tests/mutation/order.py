"""In which order tests are tried: those soon that together do the most in the least time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .reach import Reach

_LEAST = 0.02
"""Seconds that any test costs, whatever it does."""


class Order:
    """Each line that a group of tests reaches is a bit of a number."""

    def __init__(self, reach: Reach) -> None:
        self.seconds = reach.seconds
        self.inside = {path: _bits(lines) for path, lines in reach.reached.items()}
        self.anywhere: dict[str, int] = {}
        place = 0
        for path, lines in reach.reached.items():
            for unit, bits in self.inside[path].items():
                self.anywhere[unit] = self.anywhere.get(unit, 0) | bits << place
            place += max(lines, default=0) + 1

    def of(self, path: Path, units: set[str]) -> list[str]:
        """The groups that reach all lines of the module that any group reaches come first. Groups that reach
        all lines of the engine that any group reaches follow. The rest comes last, the fastest first."""
        order: list[str] = []
        for bits in (self.inside[path], self.anywhere):
            order.extend(self._covering(bits, units.difference(order)))
        return [*order, *sorted(units.difference(order), key=self._costs)]

    def _covering(self, bits: Mapping[str, int], units: set[str]) -> Iterator[str]:
        """Always the one next that reaches the most that none before it does, for its time."""
        left = 0
        for unit in units:
            left |= bits.get(unit, 0)
        gains = {unit: bits[unit] for unit in units if unit in bits}
        while left and gains:
            gains = {unit: new for unit, reached in gains.items() if (new := reached & left)}
            best = max(gains, key=lambda unit: (gains[unit].bit_count() / self._costs(unit)[0], unit))
            left &= ~gains.pop(best)
            yield best

    def _costs(self, unit: str) -> tuple[float, str]:
        return self.seconds.get(unit, 0) + _LEAST, unit


def _bits(lines: Mapping[int, set[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line, units in lines.items():
        for unit in units:
            found[unit] = found.get(unit, 0) | 1 << line
    return found
