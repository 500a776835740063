"""Work on many things in several processes, where there is enough of it."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mmap import mmap

Item = TypeVar("Item")
Done = TypeVar("Done")

MOST = 16
"""Processes of one run."""
_SAFE = "PYTHONSAFEPATH"
_SHARES = 16
"""The parts that the work is split into for each process, since some take longer than others."""


def available() -> int:
    """How many processes can work at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return min(MOST, len(os.sched_getaffinity(0)))
    return min(MOST, os.cpu_count() or 1)


def nothing() -> None:
    """Done where nothing is to be done."""


class Signal:
    """Something that may be met once and for all, by this process or by one that is forked from it. One that
    begins anew knows only of what it has met itself."""

    def __init__(self, shared: bool) -> None:
        """It is not met yet. If nothing of it is `shared` with other processes, that costs no import."""
        self._byte = _shared_byte() if shared else bytearray(1)

    def __reduce__(self) -> tuple[Callable[[bool], "Signal"], tuple[bool]]:
        return Signal, (False,)

    def give(self) -> None:
        """It is met."""
        self._byte[0] = 1

    def is_given(self) -> bool:
        """Whether it has been met."""
        return self._byte[0] == 1


def _shared_byte() -> "mmap":
    from mmap import mmap

    return mmap(-1, 1)


def spread(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    least: int = 1,
    done: Callable[[int], None] = lambda count: None,
    meanwhile: Callable[[], object] = nothing,
) -> list[Done]:
    """What `work` gives for each of the items, in their order.

    It is done in up to `workers` processes, this one among them, each with `least` items or more; what a
    share of it gives must not depend on the other shares. What takes long had better come first. `done` is
    told how many items are through. `meanwhile` is called where other processes are at work, after each share
    that this one has done.
    """
    workers = min(workers, len(items) // max(1, least))
    if workers > 1:
        try:
            return _spread(work, items, workers, done, meanwhile)
        except _unable():
            pass  # there is no room for processes here: the work is done in this one
    found = work(items)
    done(len(items))
    return found


def _spread(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    done: Callable[[int], None],
    meanwhile: Callable[[], object],
) -> list[Done]:
    """The same in so many processes, of which this is one: it does the first share, and then those
    that no other has begun."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    method = _method()
    context = get_context(method)
    shares = list(_shares(len(items), workers * _SHARES))
    found: dict[int, list[Done]] = {}

    def note(number: int, part: list[Done]) -> None:
        found[number] = part
        done(len(part))

    with (
        _safe_path(method),
        _asking(work, items, method) as asked,
        ProcessPoolExecutor(workers - 1, context, _end_on_interrupt) as pool,
    ):
        try:
            futures = {
                number: pool.submit(asked(*share)) for number, share in enumerate(shares) if number > 0
            }
            begun: deque[int] = deque()
            for number, (start, end) in enumerate(shares):
                if number == 0 or futures[number].cancel():
                    note(number, work(items[start:end]))
                    meanwhile()
                else:
                    begun.append(number)
                while begun and futures[begun[0]].done():
                    note(begun[0], futures[begun.popleft()].result())
            for number in begun:
                note(number, futures[number].result())
        except BaseException:
            for process in active_children():
                process.terminate()
            raise
    return [one for number in sorted(found) for one in found[number]]


def _shares(whole: int, count: int) -> Iterator[tuple[int, int]]:
    """Where so many shares of the whole begin and end."""
    size = max(1, -(-whole // count))
    return ((start, start + size) for start in range(0, whole, size))


_INHERITED: dict[int, tuple[Callable[[Sequence[Any]], list[Any]], Sequence[Any]]] = {}
"""What there is to do, by number: processes that are forked have it, and it need not be sent to them."""


@contextmanager
def _asking(
    work: Callable[[Sequence[Item]], list[Done]], items: Sequence[Item], method: str
) -> Iterator[Callable[[int, int], Callable[[], list[Done]]]]:
    """What to have a process call for a share from one item to another: it holds the share only where
    processes that begin now don't know what there is to do."""
    if method != "fork":
        yield lambda start, end: partial(work, items[start:end])
        return
    key = len(_INHERITED)
    _INHERITED[key] = work, items
    try:
        yield lambda start, end: partial(_on_inherited, key, start, end)
    finally:
        del _INHERITED[key]


def _on_inherited(key: int, start: int, end: int) -> list[Any]:
    work, items = _INHERITED[key]
    return work(items[start:end])


def _end_on_interrupt() -> None:
    """Ctrl-C goes to all processes: the one that began them says so, and these end at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _safe_path(method: str) -> Iterator[None]:
    """Processes that begin anew don't look for modules in the working folder: nothing there is run."""
    if method == "fork":
        yield
        return
    if sys.version_info < (3, 11):
        raise OSError("this Python can't be told where not to look for modules")
    before = os.environ.get(_SAFE)
    os.environ[_SAFE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE]
        else:
            os.environ[_SAFE] = before


def _method() -> str:
    """Forking is cheap, and is safe where there are no threads; elsewhere processes begin anew."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _unable() -> tuple[type[Exception], ...]:
    from concurrent.futures import BrokenExecutor

    return ImportError, OSError, BrokenExecutor
