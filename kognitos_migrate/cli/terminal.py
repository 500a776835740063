"""The terminal: whether it shows colors, and a progress bar."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from kognitos_migrate.run.progress import Progress, Silent


def is_colored(stream: TextIO) -> bool:
    """Whether output to `stream` is colored, following the command's `--color` and no-color.org."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


_LINKING_PROGRAMS = ("ghostty", "Hyper", "iTerm.app", "rio", "Tabby", "vscode", "WezTerm", "WarpTerminal")
"""Values of TERM_PROGRAM of terminals that show links."""
_LINKING_TERMS = ("alacritty", "foot", "xterm-ghostty", "xterm-kitty")
_LINKING_VARIABLES = ("DOMTERM", "KONSOLE_VERSION", "WT_SESSION")
_LINKING_VTE = 5000
"""The first version of the VTE library that shows links: 0.50."""


def has_links(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that shows links (OSC 8). FORCE_HYPERLINK decides if it is set."""
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    if not (stream.isatty() and is_colored(stream)) or "TMUX" in os.environ or "CI" in os.environ:
        return False
    version = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or os.environ.get("TERM", "") in _LINKING_TERMS
        or any(name in os.environ for name in _LINKING_VARIABLES)
        or (version.isdecimal() and int(version) >= _LINKING_VTE)
    )


PATIENCE = 0.5
"""Seconds of work before the progress bar appears."""
_TICK = 0.1
_BAR = 24


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress]:
    """The progress of a run, drawn at a terminal and erased at the end."""
    if quiet or not sys.stderr.isatty():
        yield Silent()
        return
    bar = _ProgressBar()
    thread = threading.Thread(target=bar.draw_until_over, daemon=True)
    thread.start()
    try:
        yield bar
    finally:
        bar.over.set()
        thread.join()


class _ProgressBar:
    """Draws the progress from a thread of its own, so that the work never waits for output."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._label = ""
        self._total: int | None = None
        self._done = 0
        self._begun = time.monotonic()

    def phase(self, label: str, total: int | None = None) -> None:
        """Start a phase of the run with a number of steps, if that is known."""
        self._label, self._total, self._done = label, total, 0

    def advance(self, steps: int = 1) -> None:
        """Count finished steps."""
        self._done += steps

    def draw_until_over(self) -> None:
        """Draw the bar periodically once the run has taken long enough, and erase it at the end."""
        drawn = ""
        while not self.over.wait(_TICK):
            if time.monotonic() - self._begun < PATIENCE:
                continue
            line = self._line()
            if line != drawn:
                sys.stderr.write(f"\r{line:<{len(drawn)}}")
                sys.stderr.flush()
                drawn = line
        if drawn:
            sys.stderr.write(f"\r{'':<{len(drawn)}}\r")
            sys.stderr.flush()

    def _line(self) -> str:
        if not self._total:
            dots = "." * (1 + int(time.monotonic() * 2) % 3)
            return f"{self._label} {dots:<3}"
        filled = _BAR * min(self._done, self._total) // self._total
        return f"{self._label} [{'#' * filled}{'-' * (_BAR - filled)}] {self._done}/{self._total}"
