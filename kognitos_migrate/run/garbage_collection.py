"""Garbage collection between analyses: paused at first, then done for several of them together."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WORTH_FREEING = 150_000
"""Characters whose analyses take some sixty megabytes."""


WORTH_COLLECTING = 8 * WORTH_FREEING
"""Characters whose analyses leave enough garbage for a search. Little remains after freeing them."""


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the cyclic garbage collector: a syntax tree is millions of objects, and all stay alive until the
    end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class GarbageBacklog:
    """Keeps finished analyses alive until they exceed `WORTH_FREEING` characters, then frees them together.
    At exit nothing is freed: the process ends anyway."""

    def __init__(self) -> None:
        self._delayed: list[object] = []
        self._releases: list[Callable[[], object]] = []
        self._size = 0
        self._freed = 0
        """The characters of the analyses that were freed since the last search for garbage."""

    def add(self, size: int, *objects: object) -> None:
        """Record a finished analysis of `size` characters, and keep its objects `objects` alive."""
        self._delayed += objects
        self._size += size

    def add_release(self, release: Callable[[], object]) -> None:
        """Keep the objects of `release` alive. It is called before they are freed, and undoes references
        between them, since garbage collection takes long to find objects that refer to each other."""
        self._releases.append(release)

    def free_if_large(self) -> None:
        """Free the finished analyses if they exceed `WORTH_FREEING` characters. Call it before the next
        analysis."""
        if self._size < WORTH_FREEING:
            return
        for release in self._releases:
            release()
        self._releases.clear()
        self._delayed.clear()
        self._freed += self._size
        self._size = 0
        if self._freed >= WORTH_COLLECTING:
            gc.collect()
            self._freed = 0


GARBAGE_BACKLOG = GarbageBacklog()
"""The backlog of this process."""
