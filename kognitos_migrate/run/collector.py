"""The collector of cyclic garbage, which costs more than half of an analysis and finds nothing in it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

WORTH_COLLECTING = 300_000
"""So many characters leave garbage of some sixty megabytes when they have been analysed."""


@contextmanager
def resting_collector() -> Iterator[None]:
    """Without collections: a syntax tree is millions of objects that all stay until the end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Leavings:
    """What analyses have left: it is let go of when it is much. To take apart what is there when a run ends
    would be work for nothing."""

    def __init__(self) -> None:
        self._held: list[object] = []
        self._size = 0

    def add(self, size: int, *held: object) -> None:
        """An analysis of so many characters is over; what is `held` was made for it."""
        self._held += held
        self._size += size

    def let_go(self) -> None:
        """Another is to begin: what is left by the others goes, if it is much."""
        if self._size >= WORTH_COLLECTING:
            self._held.clear()
            gc.collect()
            self._size = 0


LEAVINGS = Leavings()
"""Those of this process."""
