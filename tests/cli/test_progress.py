"""A bar for those who wait at a terminal, and for nobody else."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kognitos_migrate.cli import terminal as progress
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.run.progress import Silent
from tests.cli.conftest import Run


class Terminal(io.StringIO):
    """A standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


def look_at(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody looks from now on (within a test: pytest changes the streams between its phases)."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    return stream


def test_a_long_run_shows_a_bar_and_wipes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "_TICK", 0.01)
    with progress_bar() as bar:
        bar.phase("reading", 4)
        bar.advance()
        _wait_for(terminal, "1/4")
        bar.phase("analyzing 3 of 4 files")
        _wait_for(terminal, "analyzing")
    shown = terminal.getvalue()
    assert "\rreading [######------------------] 1/4" in shown
    assert shown.endswith("\r")
    assert shown.split("\r")[-2].strip() == ""


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at(monkeypatch)
    with progress_bar() as bar:
        bar.phase("reading", 1)
    assert terminal.getvalue() == ""


def test_quiet_and_pipes_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = look_at(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress_bar(quiet=True):
        time.sleep(0.02)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_bar():
        time.sleep(0.02)
    assert terminal.getvalue() == ""


def test_the_bar_is_wiped_before_the_summary(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    @contextmanager
    def bar(*, quiet: bool) -> Iterator[Silent]:
        yield Silent()
        events.append("wiped")

    monkeypatch.setattr("kognitos_migrate.cli.check.progress_bar", bar)
    monkeypatch.setattr("kognitos_migrate.cli.check.click.echo", lambda text, **_: events.append(text))
    run("check", "other.py")
    run("check", "--show-files", "other.py")
    assert events == ["wiped", "No v1 calls found in 1 file.", "wiped", "other.py\n"]


def _wait_for(terminal: Terminal, text: str) -> None:
    deadline = time.monotonic() + 5
    while text not in terminal.getvalue():
        assert time.monotonic() < deadline, terminal.getvalue()
        time.sleep(0.01)
