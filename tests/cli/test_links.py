"""Links at terminals that show them."""

import io

import pytest

from kognitos_migrate.cli.terminal import has_links
from tests.cli.conftest import Run

VARIABLES = ("CI", "COLORTERM", "DOMTERM", "FORCE_COLOR", "FORCE_HYPERLINK", "KONSOLE_VERSION", "NO_COLOR")


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"TERM": "xterm"}, False),
        ({"TERM": "xterm", "VTE_VERSION": "6800"}, True),
        ({"TERM": "xterm", "VTE_VERSION": "4800"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm", "TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm", "WT_SESSION": "1"}, True),
        ({"TERM": "xterm", "WT_SESSION": "1", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb", "VTE_VERSION": "6800"}, False),
        ({"TERM": "screen", "VTE_VERSION": "6800", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "xterm", "FORCE_HYPERLINK": "1"}, True),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"}, False),
    ],
)
def test_the_terminal_decides(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], shown: bool
) -> None:
    for name in (*VARIABLES, "TERM_PROGRAM", "TMUX", "VTE_VERSION", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert has_links(Terminal()) is shown


def test_links_are_for_terminals_only(run: Run, project: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b]8" not in run("check", "--color", "always").stdout
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    assert "\x1b]8;;https://example.com/KOG101\x1b\\" in run("check").stdout
    assert "\x1b]8" not in run("check", "--color", "never").stdout
    assert "\x1b]8" not in run("check", "--output-format", "json").stdout
