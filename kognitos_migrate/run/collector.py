"""The collector of cyclic garbage, which costs more than half of an analysis and finds nothing in it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

WORTH_COLLECTING = 50_000
"""So many characters leave garbage of some fifty megabytes when they have been analysed."""


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


def collected(size: int) -> None:
    """Let go of what an analysis of so many characters has left, where that is much."""
    if size >= WORTH_COLLECTING:
        gc.collect()
