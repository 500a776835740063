"""Terminal styles."""

import click

from kognitos_migrate.report.escape import plain
from kognitos_migrate.structs import Struct


class TextStyle(Struct, frozen=True):
    """Styles text for a terminal, or leaves it unchanged."""

    color: bool = False
    links: bool = False
    """Whether the terminal shows links."""

    def code(self, text: str, url: str | None = None) -> str:
        """A finding's code, linked to the page that explains it."""
        styled = self._apply_style(text, fg="red", bold=True)
        if url is None or not self.links:
            return styled
        return f"\x1b]8;;{plain(url)}\x1b\\{styled}\x1b]8;;\x1b\\"

    def good(self, text: str) -> str:
        """Something fixable or fixed."""
        return self._apply_style(text, fg="green")

    def bad(self, text: str) -> str:
        """Something removed or wrong."""
        return self._apply_style(text, fg="red")

    def strong(self, text: str) -> str:
        """A name or a heading."""
        return self._apply_style(text, bold=True)

    def frame(self, text: str) -> str:
        """The frame of an excerpt: line numbers, arrows."""
        return self._apply_style(text, fg="blue", bold=True)

    def label(self, text: str) -> str:
        """The label before a help line."""
        return self._apply_style(text, fg="cyan", bold=True)

    def _apply_style(self, text: str, fg: str | None = None, *, bold: bool | None = None) -> str:
        if not self.color or not text:
            return text
        return click.style(text, fg=fg, bold=bold)
