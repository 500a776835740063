"""Ctrl-C, or a request to end, in the middle of what must not be left half done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_HELD = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def held_signals() -> Iterator[Callable[[], None]]:
    """Whatever asks the program to end waits for the end of the block, and then does what it does.

    The block is given a function to call where it may still be given up: it raises KeyboardInterrupt if
    something has come. Only a program's main thread gets signals; elsewhere nothing is held.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    def give_way() -> None:
        if came:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield give_way
        return
    handlers = {number: signal.getsignal(number) for number in _HELD}
    heeded = {
        number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)
    }
    try:
        for number in heeded:
            signal.signal(number, note)
        yield give_way
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
