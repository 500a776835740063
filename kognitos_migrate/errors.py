"""Errors that a user can cause and fix.

    UserError
    ├── UsageError      the command line: an option, a combination of options, a path that doesn't exist
    ├── ConfigError     the configuration file
    ├── RuleError       a rule file
    └── SourceError     a source file that can't be read or written

Each has one fault or more, so that all faults of a document are reported at once. Any other exception is an
internal error.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

TRACEBACK_HINT = "Run the command again with --verbose for the traceback."
"""The hint below the message of an internal error."""
_FRAMES = 40
"""The number of innermost frames in a traceback."""


class Fault(NamedTuple):
    """A fault: the message, its place (as far as it is known), and the expected input."""

    message: str
    path: str | None = None
    line: int | None = None
    key: str | None = None
    expected: str | None = None
    reason: str | None = None
    """The kind of fault, for findings."""
    detail: str = ""
    """The traceback of an internal error."""

    def __str__(self) -> str:
        """`file:line: key: message; expected`, without missing parts."""
        place = self.path
        if place is not None and self.line is not None:
            place = f"{place}:{self.line}"
        text = self.message if self.expected is None else f"{self.message}; {self.expected}"
        return ": ".join(part for part in (place, self.key, text) if part)


def bug_report(error: Exception) -> str:
    """The message of an internal error in one line, with the versions that a bug report needs."""
    from kognitos_migrate import __version__

    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    python = ".".join(map(str, sys.version_info[:3]))
    return f"internal error, please report: {text} (kognitos-migrate {__version__}, Python {python})"


def traceback_of(error: Exception) -> str:
    """The innermost frames of an exception's traceback, since a recursion has a thousand."""
    import traceback

    return "".join(traceback.format_exception(error, limit=-_FRAMES))


class UserError(Exception):
    """An error that the user can fix. `str()` is its message, one line for each fault."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        key: str | None = None,
        expected: str | None = None,
    ) -> None:
        """An error with one fault."""
        self.faults: tuple[Fault, ...] = (Fault(message, path, line, key, expected),)
        super().__init__(str(self.faults[0]))

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "Self":
        """An error with these faults (at least one), sorted by file and line."""
        sorted_faults = tuple(sorted(faults, key=lambda fault: (fault.path or "", fault.line or 0)))
        error = cls("\n".join(map(str, sorted_faults)))
        error.faults = sorted_faults
        return error

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class UsageError(UserError):
    """The command line is invalid."""


class ConfigError(UserError):
    """The configuration is invalid."""


class RuleError(UserError):
    """A rule file is invalid."""


class SourceError(UserError):
    """A file can't be read or written."""
