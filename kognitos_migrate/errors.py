"""The errors that a user can cause and mend.

    UserError
    ├── UsageError      the command line: a flag, a combination of flags, a path that doesn't exist
    ├── ConfigError     the configuration file
    ├── RuleError       a rule file
    └── SourceError     a file to look at, which can't be read or written

Each carries one fault or more, so that all that is wrong with a document is told at once. Whatever else
escapes is a bug of ours.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self


class Fault(NamedTuple):
    """One thing that is wrong: what, where (as far as that is known), and what was expected instead."""

    message: str
    path: str | None = None
    line: int | None = None
    key: str | None = None
    expected: str | None = None
    reason: str | None = None
    """What kind of thing it is, where findings say so."""

    def __str__(self) -> str:
        """`file:line: key: what is wrong; what was expected`, without the parts that aren't known."""
        place = self.path
        if place is not None and self.line is not None:
            place = f"{place}:{self.line}"
        said = self.message if self.expected is None else f"{self.message}; {self.expected}"
        return ": ".join(part for part in (place, self.key, said) if part)


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
