"""Worker processes, and garbage collection between analyses."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from mmap import mmap
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext
    from multiprocessing.queues import SimpleQueue


WORTH_COLLECTING = 300_000
"""So many characters leave garbage of some sixty megabytes when they have been analysed."""


@contextmanager
def paused_collector() -> Iterator[None]:
    """Without collections: a syntax tree is millions of objects that all stay until the end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class GarbageBacklog:
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


GARBAGE_BACKLOG = GarbageBacklog()
"""Those of this process."""


if TYPE_CHECKING:
    Context = ForkContext | SpawnContext
    Help = Callable[[Connection, Connection], None]

Item = TypeVar("Item")
Done = TypeVar("Done")

MOST = 16
"""Processes of one run."""
_SAFE = "PYTHONSAFEPATH"
_SHARE = 4
"""A share is what is left, divided by so many for each process: some take longer than others, and the last
ones are small, so that no process waits long for another."""
_MOST_SHARES = 512
"""A share is no smaller than one of so many equal ones; of fewer items, each is one. The numbers of shares
wait in a pipe, which holds 8,000 bytes on some systems."""


def available() -> int:
    """How many processes can work at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return min(MOST, len(os.sched_getaffinity(0)))
    return min(MOST, os.cpu_count() or 1)


def do_nothing(*_: object) -> None:
    """Done where nothing is to be done."""


class Signal:
    """Something that may be met once and for all, by this process or by one that is forked from it. One that
    begins anew knows only of what it has met itself."""

    def __init__(self, *, shared: bool) -> None:
        """It is not met yet. If nothing of it is `shared` with other processes, that costs no import."""
        self._byte = _shared_byte() if shared else bytearray(1)

    def __reduce__(self) -> tuple[Callable[[], "Signal"], tuple[()]]:
        return partial(Signal, shared=False), ()

    def give(self) -> None:
        """It is met."""
        self._byte[0] = 1

    def is_given(self) -> bool:
        """Whether it has been met."""
        return self._byte[0] == 1


def _shared_byte() -> "mmap":
    from mmap import mmap

    return mmap(-1, 1)


def map_in_processes(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    least: int = 1,
    done: Callable[[int], None] = lambda _count: None,
    meanwhile: Callable[[], object] = do_nothing,
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
        except (ImportError, OSError, EOFError):
            pass  # there is no room for processes here, or one was ended: the work is done in this one
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
    """The same in so many processes, of which this is one: it does the first share, and then, as the others
    do, the next one that nobody has begun."""
    from multiprocessing import get_context

    method = _method()
    context = get_context("fork") if method == "fork" else get_context("spawn")
    shares = list(_shares(len(items), workers * _SHARE))
    found: dict[int, list[Done]] = {}
    with ExitStack() as ended:
        ended.enter_context(_safe_path(method))
        numbers = context.SimpleQueue()  # may begin a process, too
        for number in range(1, len(shares) + workers):  # where there is no such share, nothing is left
            numbers.put(number)
        help_out = partial(_help_out, numbers, work, items, shares)
        helpers = ended.enter_context(_helpers(context, help_out, workers - 1))
        number = 0
        while number < len(shares):
            found[number] = work(items[slice(*shares[number])])
            done(len(found[number]))
            meanwhile()
            for helper in helpers:
                helper.listen(done)
            number = numbers.get()
        for helper in helpers:
            found.update(helper.wait(done))
    return [one for number in sorted(found) for one in found[number]]


@contextmanager
def in_background(work: Callable[[], Done]) -> Iterator[Callable[[], Done]]:
    """In the block, what `work` gives can be asked for: another process does it meanwhile, where there is
    room for one and it can be forked. Elsewhere, and where that goes wrong, it is done when asked for."""
    with ExitStack() as ended:
        helpers: Sequence[_HelperProcess] = ()
        with suppress(ImportError, OSError):
            if available() > 1 and _method() == "fork":
                from multiprocessing import get_context

                helpers = ended.enter_context(_helpers(get_context("fork"), partial(_do_aside, work), 1))

        def asked() -> Done:
            for helper in helpers:
                with suppress(EOFError):
                    return cast(Done, helper.wait(do_nothing)[0][0])
            return work()

        yield asked
        for helper in helpers:  # one that nobody asks would wait for it
            helper.process.terminate()


def _do_aside(work: Callable[[], Any], heard: "Connection", told: "Connection") -> None:
    """Do it, and tell what it gives; what goes wrong is not told, as with shares."""
    _end_on_interrupt()
    heard.close()
    with suppress(Exception):
        told.send({0: [work()]})


def _shares(whole: int, count: int) -> Iterator[tuple[int, int]]:
    """Where the shares of the whole begin and end: each is one of so many of what is left."""
    least = whole // _MOST_SHARES
    start = 0
    while start < whole:
        end = min(whole, start + max(1, least, (whole - start) // count if least else 1))
        yield start, end
        start = end


class _HelperProcess:
    """Another process: it tells how many items it has done, and in the end what it has found."""

    def __init__(self, context: "Context", help_out: "Help") -> None:
        """It is begun. One that is forked knows what there is to do; to others it is sent."""
        self._heard, told = context.Pipe(duplex=False)
        self._found: Mapping[int, list[Any]] | None = None
        self.process = context.Process(target=help_out, args=(self._heard, told), daemon=True)
        self.process.start()
        told.close()

    def listen(self, done: Callable[[int], None]) -> None:
        """Hear what it has told. Raises EOFError where it has ended early."""
        while self._found is None and self._heard.poll():
            self._hear(done)

    def wait(self, done: Callable[[int], None]) -> Mapping[int, list[Any]]:
        """What it has found, by the number of the share. Raises EOFError."""
        while self._found is None:
            self._hear(done)
        return self._found

    def _hear(self, done: Callable[[int], None]) -> None:
        told = self._heard.recv()
        if isinstance(told, int):
            done(told)
        else:
            self._found = told


@contextmanager
def _helpers(context: "Context", help_out: "Help", count: int) -> Iterator[Sequence[_HelperProcess]]:
    """So many processes that help: they end with the block, at once where that goes wrong."""
    helpers: list[_HelperProcess] = []
    try:
        for _ in range(count):
            helpers.append(_HelperProcess(context, help_out))
        yield helpers
    except BaseException:
        for helper in helpers:
            helper.process.terminate()
        raise
    finally:
        for helper in helpers:
            helper.process.join()


def _help_out(
    numbers: "SimpleQueue[int]",
    work: Callable[[Sequence[Any]], list[Any]],
    items: Sequence[Any],
    shares: Sequence[tuple[int, int]],
    heard: "Connection",
    told: "Connection",
) -> None:
    """Do shares while there are some, and tell what is found. What goes wrong is not told: whoever waits does
    all of it, and meets that, too."""
    _end_on_interrupt()
    heard.close()
    found: dict[int, list[Any]] = {}
    with suppress(Exception):
        while (number := numbers.get()) < len(shares):
            found[number] = work(items[slice(*shares[number])])
            told.send(len(found[number]))
        told.send(found)


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
