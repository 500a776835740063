"""Explanations: the answer to the question about a place, and its parts."""

import re

from kognitos_migrate.findings.request_classification import ClassifiedRequest
from kognitos_migrate.findings.result import Change, Finding, Step
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import Rows

_TARGET = re.compile(r"(?P<path>.+?):(?:cell (?P<cell>[0-9]+):)?(?P<row>[0-9]+)(?::(?P<column>[0-9]+))?:?")


class PlaceQuery(Struct, frozen=True):
    """The place that a user asks about. Rows and columns start at 1, and count within the cell if there is
    one."""

    path: str
    row: int
    column: int | None = None
    cell: int | None = None


class ConversationMember(Struct, frozen=True):
    """A finding of a conversation, and the reason why `check` doesn't report it (None: it is reported)."""

    finding: Finding
    hidden: str | None


class ExplainedFinding(Struct, frozen=True):
    """A finding with its context.

    `hidden` is the reason why `check` doesn't report it (None: it is reported). `members` are the findings of
    its conversation, including itself. `changes` are the changes of its fix.
    """

    finding: Finding
    hidden: str | None
    members: tuple[ConversationMember, ...]
    changes: tuple[Change, ...]
    unlock: str | None = None
    """The text to add so that it can be fixed: configuration, or a rule file."""


class RelatedFinding(Struct, frozen=True):
    """A finding elsewhere whose trace or fix includes the place, with that step."""

    finding: Finding
    step: Step


class Explanation(Struct, frozen=True):
    """The answer to a query, whose statement has the rows `rows`.

    `notes` are the reasons why nothing is found.
    """

    target: PlaceQuery
    rows: Rows
    findings: tuple[ExplainedFinding, ...] = ()
    related_findings: tuple[RelatedFinding, ...] = ()
    requests: tuple[ClassifiedRequest, ...] = ()
    notes: tuple[str, ...] = ()


def parse_place_query(text: str) -> PlaceQuery | None:
    """Parse `FILE:LINE`, `FILE:LINE:COLUMN`, or `FILE:cell 3:LINE` of a notebook. None for any other text."""
    match = _TARGET.fullmatch(text)
    if match is None:
        return None
    column, cell = (int(match[name]) if match[name] else None for name in ("column", "cell"))
    return PlaceQuery(match["path"], int(match["row"]), column, cell)
