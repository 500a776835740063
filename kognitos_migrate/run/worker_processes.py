"""Worker processes that share the items of a task."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kognitos_migrate.source.content import has_open_documents

if TYPE_CHECKING:
    from mmap import mmap
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext
    from multiprocessing.queues import SimpleQueue


if TYPE_CHECKING:
    Context = ForkContext | SpawnContext
    WorkerTask = Callable[[Connection, Connection], None]

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


def core_count() -> int:
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


def reader_count() -> int:
    """The number of processes that can read files at the same time. 1 if open documents override files, since
    a spawned process doesn't see them."""
    return 1 if has_open_documents() and _start_method() == "spawn" else core_count()


def do_nothing(*_: object) -> None:
    """Return None for any arguments: the default callback."""


class ProcessFlag:
    """A flag that this process or a forked one sets once and never clears. A spawned process starts with a
    copy of its own, not set."""

    def __init__(self, *, shared: bool) -> None:
        """Create the flag, not set. Only a `shared` one is visible to forked processes, and costs the import
        of `mmap`."""
        self._byte = _shared_byte() if shared else bytearray(1)

    def __reduce__(self) -> tuple[Callable[[], "ProcessFlag"], tuple[()]]:
        return partial(ProcessFlag, shared=False), ()

    def set(self) -> None:
        """Set the flag."""
        self._byte[0] = 1

    def is_set(self) -> bool:
        """Whether the flag is set."""
        return self._byte[0] == 1


def _shared_byte() -> "mmap":
    from mmap import mmap

    return mmap(-1, 1)


def map_in_processes(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    least_per_worker: int = 1,
    on_progress: Callable[[int], None] = lambda _count: None,
    after_share: Callable[[], object] = do_nothing,
) -> list[Done]:
    """The results of `work` for the items, in their order.

    Up to `workers` processes share the work, this one included, each with at least `least_per_worker` items.
    The result for a share must not depend on the other shares. Slow items should come first. `on_progress` is
    called with the number of newly finished items. `after_share` is called after each share of this process
    while other processes run. If processes can't be started, or one dies, all the work is done here.
    """
    workers = min(workers, len(items) // max(1, least_per_worker))
    if workers > 1:
        try:
            return _map_in_workers(work, items, workers, on_progress, after_share)
        except (ImportError, OSError, EOFError):
            pass  # processes could not be started, or one died: do the work here
    results = work(items)
    on_progress(len(items))
    return results


def _map_in_workers(
    work: Callable[[Sequence[Item]], list[Done]],
    items: Sequence[Item],
    workers: int,
    on_progress: Callable[[int], None],
    after_share: Callable[[], object],
) -> list[Done]:
    """Map the items in `workers` processes. This one does the first share; then each process takes the next
    one."""
    from multiprocessing import get_context

    start_method = _start_method()
    context = get_context("fork") if start_method == "fork" else get_context("spawn")
    shares = list(_shares(len(items), workers * _SHARE))
    results_by_share: dict[int, list[Done]] = {}
    with ExitStack() as stack:
        stack.enter_context(_safe_path(start_method))
        numbers = context.SimpleQueue()  # may start a process, too
        for number in range(1, len(shares) + workers):  # numbers beyond the shares end the workers
            numbers.put(number)
        worker_task = partial(_work_on_shares, numbers, work, items, shares)
        worker_processes = stack.enter_context(_started_workers(context, worker_task, workers - 1))
        number = 0
        while number < len(shares):
            results_by_share[number] = work(items[slice(*shares[number])])
            on_progress(len(results_by_share[number]))
            after_share()
            for worker in worker_processes:
                worker.listen(on_progress)
            number = numbers.get()
        for worker in worker_processes:
            results_by_share.update(worker.wait(on_progress))
    return [result for number in sorted(results_by_share) for result in results_by_share[number]]


@contextmanager
def run_in_background(work: Callable[[], Done]) -> Iterator[Callable[[], Done]]:
    """Run `work` in a forked process during the block, and yield a function that returns its result. If
    forking isn't possible, or `work` raises there, that function runs `work` itself."""
    with ExitStack() as stack:
        worker_processes: Sequence[_WorkerProcess] = ()
        with suppress(ImportError, OSError):
            if core_count() > 1 and _start_method() == "fork":
                from multiprocessing import get_context

                worker_processes = stack.enter_context(
                    _started_workers(get_context("fork"), partial(_send_result, work), 1)
                )

        def result() -> Done:
            for worker in worker_processes:
                with suppress(EOFError):
                    return cast(Done, worker.wait(do_nothing)[0][0])
            return work()

        yield result
        for worker in worker_processes:  # joining a running one would wait for its result
            worker.process.terminate()


def _send_result(work: Callable[[], Any], receiver: "Connection", sender: "Connection") -> None:
    """Run `work` and send its result. An exception is not sent: the pipe closes, and the receiver runs `work`
    itself."""
    _end_on_interrupt()
    receiver.close()
    with suppress(Exception):
        sender.send({0: [work()]})


def _shares(item_count: int, count: int) -> Iterator[tuple[int, int]]:
    """The start and end of each share. A share is a `count`-th of the items that remain, or the least size if
    that is more."""
    least = item_count // _MOST_SHARES
    start = 0
    while start < item_count:
        end = min(item_count, start + max(1, least, (item_count - start) // count if least else 1))
        yield start, end
        start = end


class _WorkerProcess:
    """A worker process, which sends the number of finished items after each share and its results at the
    end."""

    def __init__(self, context: "Context", worker_task: "WorkerTask") -> None:
        """Start the process. A forked one inherits the work; a spawned one receives it pickled."""
        self._inbox, sender = context.Pipe(duplex=False)
        self._results: Mapping[int, list[Any]] | None = None
        self.process = context.Process(target=worker_task, args=(self._inbox, sender), daemon=True)
        self.process.start()
        sender.close()

    def listen(self, on_progress: Callable[[int], None]) -> None:
        """Handle the messages that have arrived. Raises EOFError if the process has ended early."""
        while self._results is None and self._inbox.poll():
            self._handle_message(on_progress)

    def wait(self, on_progress: Callable[[int], None]) -> Mapping[int, list[Any]]:
        """The results by number of the share. Blocks until they arrive. Raises EOFError if the process has
        ended early."""
        while self._results is None:
            self._handle_message(on_progress)
        return self._results

    def _handle_message(self, on_progress: Callable[[int], None]) -> None:
        message = self._inbox.recv()
        if isinstance(message, int):
            on_progress(message)
        else:
            self._results = message


@contextmanager
def _started_workers(
    context: "Context", worker_task: "WorkerTask", count: int
) -> Iterator[Sequence[_WorkerProcess]]:
    """Start `count` worker processes and join them after the block. If the block raises, they are
    terminated."""
    worker_processes: list[_WorkerProcess] = []
    try:
        for _ in range(count):
            worker_processes.append(_WorkerProcess(context, worker_task))
        yield worker_processes
    except BaseException:
        for worker in worker_processes:
            worker.process.terminate()
        raise
    finally:
        for worker in worker_processes:
            worker.process.join()


def _work_on_shares(
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


def _start_method() -> str:
    """The start method: forking is cheap, but safe only without threads, and used only on Linux."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
