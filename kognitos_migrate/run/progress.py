"""The interface through which a run reports its progress."""

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of a run, and may show it."""

    def phase(self, label: str, total: int | None = None) -> None:
        """Begin a phase of `total` steps (None: unknown)."""

    def advance(self, steps: int = 1) -> None:
        """Record that `steps` steps of the phase are done."""


class Silent:
    """A progress receiver that shows nothing."""

    def phase(self, label: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, steps: int = 1) -> None:
        """Do nothing."""
