"""What is told of one place of the code."""

import re

from kognitos_migrate.findings.accounts import Account
from kognitos_migrate.findings.finding import Change, Finding, Step
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.logical import Rows

_TARGET = re.compile(r"(?P<path>.+?):(?:cell (?P<cell>[0-9]+):)?(?P<row>[0-9]+)(?::(?P<column>[0-9]+))?:?")


class Target(Struct, frozen=True):
    """The place that a user asks about; rows and columns from 1, in a cell of a notebook or in the file."""

    path: str
    row: int
    column: int | None = None
    cell: int | None = None


class Member(Struct, frozen=True):
    """A finding of a conversation, and why `check` does not report it; None if it does."""

    finding: Finding
    hidden: str | None


class Told(Struct, frozen=True):
    """A finding with all that belongs to it. `hidden` says why `check` does not report it, None if it does;
    `members` are those of its conversation, itself among them; `changes` what fixing that does."""

    finding: Finding
    hidden: str | None
    members: tuple[Member, ...]
    changes: tuple[Change, ...]
    unlock: str | None = None
    """What to write so that it can be fixed: configuration, or a rule file."""


class Passing(Struct, frozen=True):
    """A finding elsewhere to which the place belongs, and as what."""

    finding: Finding
    step: Step


class Explanation(Struct, frozen=True):
    """What is told of a place, whose statement has these rows. `notes` say why nothing is found."""

    target: Target
    rows: Rows
    told: tuple[Told, ...] = ()
    passing: tuple[Passing, ...] = ()
    requests: tuple[Account, ...] = ()
    notes: tuple[str, ...] = ()


def target_of(text: str) -> Target | None:
    """`FILE:LINE` or `FILE:LINE:COLUMN`, of a notebook `FILE:cell 3:LINE` too; None where it is something
    else."""
    said = _TARGET.fullmatch(text)
    if said is None:
        return None
    column, cell = (int(said[name]) if said[name] else None for name in ("column", "cell"))
    return Target(said["path"], int(said["row"]), column, cell)
