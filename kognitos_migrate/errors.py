"""The errors that a user can cause and mend.

    UserError
    ├── UsageError      the command line: a flag, a combination of flags, a path that doesn't exist
    ├── ConfigError     the configuration file
    ├── RuleError       a rule file
    └── SourceError     a file to look at, which can't be read or written

Each carries one fault or more, so that all that is wrong with a document is told at once. Whatever else
escapes is a bug of ours.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

TRACEBACK_HINT = "Run the command again with --verbose for the traceback."
"""What is said where a bug of ours was met."""
_FRAMES = 40
"""So many frames of a traceback are shown."""


class Fault(NamedTuple):
    """One thing that is wrong: what, where (as far as that is known), and what was expected instead."""

    message: str
    path: str | None = None
    line: int | None = None
    key: str | None = None
    expected: str | None = None
    reason: str | None = None
    """What kind of thing it is, where findings say so."""
    detail: str = ""
    """A traceback, of a bug of ours."""

    def __str__(self) -> str:
        """`file:line: key: what is wrong; what was expected`, without the parts that aren't known."""
        place = self.path
        if place is not None and self.line is not None:
            place = f"{place}:{self.line}"
        said = self.message if self.expected is None else f"{self.message}; {self.expected}"
        return ": ".join(part for part in (place, self.key, said) if part)


def bug_report(error: Exception) -> str:
    """A bug of ours in one line, with the versions that a report of it needs."""
    from kognitos_migrate import __version__

    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    python = ".".join(map(str, sys.version_info[:3]))
    return f"internal error, please report: {text} (kognitos-migrate {__version__}, Python {python})"


def traceback_of(error: Exception) -> str:
    """The innermost frames of a bug of ours: a recursion has a thousand."""
    import traceback

    return "".join(traceback.format_exception(error, limit=-_FRAMES))


class UserError(Exception):
    """Something that the user can mend. `str()` is the text to show, one line for each fault."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        key: str | None = None,
        expected: str | None = None,
    ) -> None:
        """An error of one fault."""
        self.faults: tuple[Fault, ...] = (Fault(message, path, line, key, expected),)
        super().__init__(str(self.faults[0]))

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "Self":
        """An error of these faults (one at least), in the order of file and line."""
        ordered = tuple(sorted(faults, key=lambda fault: (fault.path or "", fault.line or 0)))
        error = cls("\n".join(map(str, ordered)))
        error.faults = ordered
        return error

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class UsageError(UserError):
    """A command line that can't be followed."""


class ConfigError(UserError):
    """A configuration that can't be used."""


class RuleError(UserError):
    """A rule file that can't be used."""


class SourceError(UserError):
    """A file that can't be read or written."""
