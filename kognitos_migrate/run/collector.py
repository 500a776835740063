"""The collector of cyclic garbage, which costs more than half of an analysis and finds nothing in it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
