"""What says which files a run looks at: all of the configuration and the rules that this needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.screen import Anchors

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    class Filters(Protocol):
        """What is walked into and taken, relative to a folder; `Settings` and `Scope` say it."""

        @property
        def root(self) -> str | Path:
            """The folder that the patterns are relative to."""

        @property
        def include(self) -> tuple[str, ...]:
            """Patterns of the files that a walk takes; none: those of Python."""

        @property
        def exclude(self) -> tuple[str, ...]:
            """Patterns of what is passed over."""

        @property
        def respect_gitignore(self) -> bool:
            """Whether what git ignores is passed over."""


class Scope(NamedTuple):
    """Which files are looked at, and which of them matter."""

    root: str
    """The folder of the configuration, the working folder where there is none."""
    configured: bool
    """Whether there is a configuration."""
    baseline: bool
    """Whether it names a baseline."""
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    anchors: Anchors
    respect_gitignore: bool = True
