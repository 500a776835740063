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

from kognitos_migrate.source.open_documents import are_open

if TYPE_CHECKING:
    from mmap import mmap
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext
    from multiprocessing.queues import SimpleQueue


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

    def release_later(self, release: Callable[[], object]) -> None:
        """Keep the objects of `release` alive. It is called before they are freed, and undoes references
        between them, since garbage collection takes long to find objects that refer to each other."""
        self._releases.append(release)

    def let_go(self) -> None:
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


if TYPE_CHECKING:
    Context = ForkContext | SpawnContext
    Help = Callable[[Connection, Connection], None]

Item = TypeVar("Item")
Done = TypeVar("Done")

MOST = 16
"""The limit on the processes of one run."""
_SAFE = "PYTHONSAFEPATH"
_SHARE = 4
"""The divisor of the share size: a share is the remaining items divided by this number per process. Shares
shrink towards the end, so that no process waits long for another."""
_MOST_SHARES = 512
"""The limit on the number of shares, which sets their least size. The share numbers wait in a pipe that holds
8,000 bytes on some systems."""


def available() -> int:
    """The number of processes that can run at the same time, at most `MOST`."""
    if hasattr(os, "sched_getaffinity"):
        return min(MOST, len(os.sched_getaffinity(0)))
    return min(MOST, os.cpu_count() or 1)


def isolated_command(program: str) -> list[str]:
    """The command that runs a Python program with this process's modules.

    The working folder isn't among their folders: it may contain the code under analysis, which must never
    run.
    """
    folders = [os.path.abspath(folder) for folder in sys.path if folder]
    return [sys.executable, "-c", f"import sys; sys.path[:] = {folders!r}; {program}"]


def available_readers() -> int:
    """The number of processes that can read files at the same time. 1 if open documents override files, since
    a spawned process doesn't see them."""
    return 1 if are_open() and _method() == "spawn" else available()


def do_nothing(*_: object) -> None:
    """Return None for any arguments: the default callback."""


class Signal:
    """A flag that this process or a forked one sets once and never clears. A spawned process starts with a
    copy of its own, not set."""

    def __init__(self, *, shared: bool) -> None:
        """Create the flag, not set. Only a `shared` one is visible to forked processes, and costs the import
        of `mmap`."""
        self._byte = _shared_byte() if shared else bytearray(1)

    def __reduce__(self) -> tuple[Callable[[], "Signal"], tuple[()]]:
        return partial(Signal, shared=False), ()

    def set(self) -> None:
        """Set the flag."""
        self._byte[0] = 1

    def is_given(self) -> bool:
        """Whether the flag is set."""
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
    """The results of `work` for the items, in their order.

    Up to `workers` processes share the work, this one included, each with at least `least` items. The result
    for a share must not depend on the other shares. Slow items should come first. `done` is called with the
    number of newly finished items. `meanwhile` is called after each share of this process while other
    processes run. If processes can't be started, or one dies, all the work is done here.
    """
    workers = min(workers, len(items) // max(1, least))
    if workers > 1:
        try:
            return _spread(work, items, workers, done, meanwhile)
        except (ImportError, OSError, EOFError):
            pass  # processes could not be started, or one died: do the work here
    results = work(items)
    done(len(items))
    return results


def _spread(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    done: Callable[[int], None],
    meanwhile: Callable[[], object],
) -> list[Done]:
    """Map the items in `workers` processes. This one does the first share; then each process takes the next
    one."""
    from multiprocessing import get_context

    method = _method()
    context = get_context("fork") if method == "fork" else get_context("spawn")
    shares = list(_shares(len(items), workers * _SHARE))
    results_by_share: dict[int, list[Done]] = {}
    with ExitStack() as ended:
        ended.enter_context(_safe_path(method))
        numbers = context.SimpleQueue()  # may start a process, too
        for number in range(1, len(shares) + workers):  # numbers beyond the shares end the workers
            numbers.put(number)
        help_out = partial(_help_out, numbers, work, items, shares)
        helpers = ended.enter_context(_helpers(context, help_out, workers - 1))
        number = 0
        while number < len(shares):
            results_by_share[number] = work(items[slice(*shares[number])])
            done(len(results_by_share[number]))
            meanwhile()
            for helper in helpers:
                helper.listen(done)
            number = numbers.get()
        for helper in helpers:
            results_by_share.update(helper.wait(done))
    return [result for number in sorted(results_by_share) for result in results_by_share[number]]


@contextmanager
def in_background(work: Callable[[], Done]) -> Iterator[Callable[[], Done]]:
    """Run `work` in a forked process during the block, and yield a function that returns its result. If
    forking isn't possible, or `work` raises there, that function runs `work` itself."""
    with ExitStack() as ended:
        helpers: Sequence[_HelperProcess] = ()
        with suppress(ImportError, OSError):
            if available() > 1 and _method() == "fork":
                from multiprocessing import get_context

                helpers = ended.enter_context(_helpers(get_context("fork"), partial(_do_aside, work), 1))

        def result() -> Done:
            for helper in helpers:
                with suppress(EOFError):
                    return cast(Done, helper.wait(do_nothing)[0][0])
            return work()

        yield result
        for helper in helpers:  # joining a running one would wait for its result
            helper.process.terminate()


def _do_aside(work: Callable[[], Any], receiver: "Connection", sender: "Connection") -> None:
    """Run `work` and send its result. An exception is not sent: the pipe closes, and the receiver runs `work`
    itself."""
    _end_on_interrupt()
    receiver.close()
    with suppress(Exception):
        sender.send({0: [work()]})


def _shares(whole: int, count: int) -> Iterator[tuple[int, int]]:
    """The start and end of each share. A share is a `count`-th of the items that remain, or the least size if
    that is more."""
    least = whole // _MOST_SHARES
    start = 0
    while start < whole:
        end = min(whole, start + max(1, least, (whole - start) // count if least else 1))
        yield start, end
        start = end


class _HelperProcess:
    """A worker process, which sends the number of finished items after each share and its results at the
    end."""

    def __init__(self, context: "Context", help_out: "Help") -> None:
        """Start the process. A forked one inherits the work; a spawned one receives it pickled."""
        self._inbox, sender = context.Pipe(duplex=False)
        self._results: Mapping[int, list[Any]] | None = None
        self.process = context.Process(target=help_out, args=(self._inbox, sender), daemon=True)
        self.process.start()
        sender.close()

    def listen(self, done: Callable[[int], None]) -> None:
        """Handle the messages that have arrived. Raises EOFError if the process has ended early."""
        while self._results is None and self._inbox.poll():
            self._hear(done)

    def wait(self, done: Callable[[int], None]) -> Mapping[int, list[Any]]:
        """The results by number of the share. Blocks until they arrive. Raises EOFError if the process has
        ended early."""
        while self._results is None:
            self._hear(done)
        return self._results

    def _hear(self, done: Callable[[int], None]) -> None:
        message = self._inbox.recv()
        if isinstance(message, int):
            done(message)
        else:
            self._results = message


@contextmanager
def _helpers(context: "Context", help_out: "Help", count: int) -> Iterator[Sequence[_HelperProcess]]:
    """Start `count` worker processes and join them after the block. If the block raises, they are
    terminated."""
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
    receiver: "Connection",
    sender: "Connection",
) -> None:
    """Work on shares until none remains, then send the results. An exception is not sent: the pipe closes,
    and the main process does all the work and meets the exception itself."""
    _end_on_interrupt()
    receiver.close()
    results_by_share: dict[int, list[Any]] = {}
    with suppress(Exception):
        while (number := numbers.get()) < len(shares):
            results_by_share[number] = work(items[slice(*shares[number])])
            sender.send(len(results_by_share[number]))
        sender.send(results_by_share)


def _end_on_interrupt() -> None:
    """Restore the default action of SIGINT. Ctrl-C reaches all processes, and only the main one reports
    it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _safe_path(method: str) -> Iterator[None]:
    """Keep spawned processes from importing modules of the working directory (PYTHONSAFEPATH). Raises OSError
    before Python 3.11, which lacks that variable."""
    if method == "fork":
        yield
        return
    if sys.version_info < (3, 11):
        raise OSError("Python before 3.11 has no PYTHONSAFEPATH")
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
    """The start method: forking is cheap, but safe only without threads, and used only on Linux."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
