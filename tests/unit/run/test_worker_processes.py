"""Work in several processes."""

import multiprocessing
import os
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from kognitos_migrate.run import worker_processes
from kognitos_migrate.run.worker_processes import ProcessFlag, core_count, map_in_processes, run_in_background


def doubled(numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


def places(numbers: Sequence[int]) -> list[int]:
    time.sleep(0.1)  # else one process is through before another has begun
    return [os.getpid() for _ in numbers]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_is_done_comes_back_in_order(count: int, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "_start_method", lambda: method)
    told: list[int] = []
    assert map_in_processes(doubled, range(50), count, on_progress=told.append) == list(range(0, 100, 2))
    assert sum(told) == 50


def test_the_last_shares_are_small() -> None:
    """A process that is done early has little to wait for; few things may be large, and are handed out one by
    one."""
    told: list[int] = []
    map_in_processes(doubled, range(5000), 2, on_progress=told.append)
    assert max(told) == 5000 // (2 * 4)
    assert sum(told) == 5000
    assert sum(sorted(told)[:10]) < 5000 / 50
    told.clear()
    map_in_processes(doubled, range(60), 2, on_progress=told.append)
    assert told == [1] * 60


@pytest.mark.parametrize("count", [2, 16])
def test_the_numbers_of_all_shares_fit_into_a_small_pipe(count: int) -> None:
    """They are put there before anybody takes one: where there is no room, that would wait for ever."""
    for whole in (1, 511, 512, 4_000, 100_000):
        shares = list(worker_processes._shares(whole, count * worker_processes._SHARE))
        assert [start for start, _ in shares[1:]] == [end for _, end in shares[:-1]]
        assert shares[-1][1] == whole
        assert sum(4 + len(pickle.dumps(number)) for number in range(len(shares) + count)) < 8_000


def test_a_little_work_is_done_here() -> None:
    assert set(map_in_processes(places, range(9), 2, least_per_worker=5)) == {os.getpid()}
    assert {*map_in_processes(places, range(10), 2, least_per_worker=5)} > {os.getpid()}
    assert map_in_processes(places, [], 2) == []


def test_where_there_is_no_room_for_processes_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> str:
        raise OSError("no room")

    monkeypatch.setattr(worker_processes, "_start_method", refused)
    assert map_in_processes(doubled, range(4), 2) == [0, 2, 4, 6]


def test_there_is_one_process_at_least() -> None:
    assert 1 <= core_count() <= worker_processes.MOST


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_something_is_done_meanwhile(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "_start_method", lambda: method)
    done: list[int] = []
    assert map_in_processes(doubled, range(8), 2, after_share=lambda: done.append(os.getpid())) == list(
        range(0, 16, 2)
    )
    alone = method == "spawn" and sys.version_info < (3, 11)  # others would look for modules in this folder
    assert {*done} == (set() if alone else {os.getpid()})
    assert map_in_processes(doubled, range(2), 1, after_share=lambda: done.append(0)) == [0, 2]
    assert 0 not in done


def ended(numbers: Sequence[int]) -> list[int]:
    if multiprocessing.parent_process() is not None:
        os._exit(9)
    return doubled(numbers)


def failed(numbers: Sequence[int]) -> list[int]:
    if multiprocessing.parent_process() is not None:
        raise ValueError("only here")
    return doubled(numbers)


@pytest.mark.parametrize("work", [ended, failed])
def test_where_a_process_ends_early_the_work_is_done_here(
    work: Callable[[Sequence[int]], list[int]],
) -> None:
    for _ in range(10):
        assert map_in_processes(work, range(40), 2) == list(range(0, 80, 2))


def interrupted(numbers: Sequence[int]) -> list[int]:
    if multiprocessing.parent_process() is not None:
        time.sleep(60)
    raise KeyboardInterrupt


def test_what_goes_wrong_here_ends_the_others() -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        map_in_processes(interrupted, range(40), 3)
    assert not multiprocessing.active_children()
    assert time.monotonic() - begun < 30


def large(numbers: Sequence[int]) -> list[bytes]:
    return [bytes(100_000) for _ in numbers]


def test_much_is_sent_while_the_first_process_is_at_work() -> None:
    assert map_in_processes(large, range(40), 2) == [bytes(100_000)] * 40


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_work_is_done_aside_where_there_is_room(
    count: int, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_processes, "core_count", lambda: count)
    monkeypatch.setattr(worker_processes, "_start_method", lambda: method)
    with run_in_background(os.getpid) as asked:
        assert (asked() == os.getpid()) == (count == 1 or method == "spawn")


@pytest.mark.parametrize("work", [ended, failed])
def test_what_goes_wrong_aside_is_done_here(
    work: Callable[[Sequence[int]], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_processes, "core_count", lambda: 2)
    with run_in_background(partial(work, range(4))) as asked:
        assert asked() == [0, 2, 4, 6]


def test_nobody_waits_for_what_is_done_aside_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "core_count", lambda: 2)
    begun = time.monotonic()
    with run_in_background(lambda: bytes(1_000_000)):
        pass
    with pytest.raises(KeyboardInterrupt), run_in_background(partial(time.sleep, 60)):
        raise KeyboardInterrupt
    assert not multiprocessing.active_children()
    assert time.monotonic() - begun < 30


def told_of(numbers: Sequence[int], met: ProcessFlag) -> list[bool]:
    if 0 in numbers:
        met.set()
    return [met.is_set() for _ in numbers]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_a_process_meets_is_known_where_it_is_forked(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_processes, "_start_method", lambda: method)
    met = ProcessFlag(shared=True)
    work: Callable[[Sequence[int]], list[bool]] = partial(told_of, met=met)
    before: list[bool] = map_in_processes(work, range(1, 40), 2)
    assert not any(before)
    assert map_in_processes(work, [*range(1, 40), 0], 2)[-1]
    map_in_processes(work, range(40), 2)  # here the first share is the one that meets it
    assert met.is_set()
    after: list[bool] = map_in_processes(work, range(1, 40), 2)
    assert all(after) or method != "fork"
