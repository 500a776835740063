"""The memory of a command and of all processes that it begins, as Linux tells it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EVERY = 0.05
"""Seconds between two looks."""
_PROC = Path("/proc")


class Peak:
    """The most that was seen so far."""

    def __init__(self) -> None:
        self.bytes = 0


@contextmanager
def watched(process: int) -> Iterator[Peak]:
    """Look at a process and those that it begins, now and then, in the time of the block.

    What processes share is counted once. Where there is no `/proc`, nothing is seen.
    """
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(_EVERY):
            peak.bytes = max(peak.bytes, sum(map(_share, _family(process))))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _family(process: int) -> Iterator[int]:
    """A process, and all that it and they have begun."""
    yield process
    try:
        children = "".join(
            file.read_text() + " " for file in (_PROC / str(process) / "task").glob("*/children")
        )
    except OSError:  # it has ended meanwhile
        return
    for child in children.split():
        yield from _family(int(child))


def _share(process: int) -> int:
    """The bytes of a process, its share of those that it has together with others."""
    try:
        lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
