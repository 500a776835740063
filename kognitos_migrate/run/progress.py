"""The interface by which a run reports its progress."""

from typing import Protocol


class Progress(Protocol):
    """Is told what goes on; may show it."""

    def phase(self, label: str, total: int | None = None) -> None:
        """Something begins, in `total` steps where that is known."""

    def advance(self, steps: int = 1) -> None:
        """So many steps of the phase are done."""


class Silent:
    """Shows nothing."""

    def phase(self, label: str, total: int | None = None) -> None:
        """Nothing is shown."""

    def advance(self, steps: int = 1) -> None:
        """Nothing is shown."""
