"""A run as other formats export it: findings with the paths that external tools expect."""

import posixpath
from collections.abc import Mapping
from functools import cached_property

from kognitos_migrate.findings.fingerprint import Fingerprint, fingerprints
from kognitos_migrate.findings.result import Applicability, Finding, Fix, Place, Result
from kognitos_migrate.report.escape import plain, plain_lines
from kognitos_migrate.report.summary import NEEDS_CONFIGURATION
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import Struct

MOST_REPEATED = 100
"""The limit on the edits that a report lists with each finding of a conversation.

Longer lists are written once: a thousand findings with a thousand edits each take 400 MB.
"""


class ListedEdits:
    """The edits that a report lists with each finding."""

    def __init__(self) -> None:
        self._listed: dict[int, tuple[Edit, ...]] = {}

    def take(self, fix: Fix) -> tuple[Edit, ...]:
        """The edits of a fix. Empty if there are many and an earlier finding lists them."""
        if id(fix.edits) in self._listed:
            return ()
        if len(fix.edits) > MOST_REPEATED:
            self._listed[id(fix.edits)] = fix.edits
        return fix.edits


class ExportedRun(Struct, frozen=True, dict=True):
    """A run for external formats.

    `below` is the working directory relative to the root of its repository, where paths start in these
    formats.
    """

    result: Result
    sources: Mapping[str, SourceFile]
    rulebook: Rulebook
    fingerprints: Mapping[Finding, Fingerprint]
    below: str = ""

    @property
    def every(self) -> tuple[Finding, ...]:
        """All findings, including suppressed ones."""
        return every_finding(self.result)

    @cached_property
    def locations(self) -> DisplayLocations:
        """The locations of places as shown to users."""
        return DisplayLocations(self.sources)

    def location_text(self, place: Place) -> str:
        """A place as text, relative to the root of the repository."""
        words = self.locations.format(place.path, place.row, place.column)
        return self.path(place.path) + words.removeprefix(place.path)

    def in_file(self, place: Place) -> Place:
        """A place in the file itself: for a notebook, in its JSON.

        Ruff exports notebooks at 1:1, or at rows of its own. But external tools show the file, and the
        strings of a cell's code have rows in it.
        """
        row, column = self.locations.in_file(place.path, place.row, place.column)
        end_row, end_column = self.locations.in_file(place.path, place.end_row, place.end_column)
        return Place(place.path, row, column, end_row, end_column)

    def path(self, path: str) -> str:
        """A path relative to the root of the repository."""
        return posixpath.normpath(posixpath.join(self.below, path))


def every_finding(result: Result) -> tuple[Finding, ...]:
    """The findings of a result, including suppressed ones."""
    return (*result.findings, *(suppression.finding for suppression in result.suppressed))


def export_run(session: Session) -> ExportedRun:
    """A run for external formats."""
    from kognitos_migrate.run.git import below_top

    finding_fingerprints = fingerprints(every_finding(session.result), session.sources, session.settings.root)
    return ExportedRun(session.result, session.sources, session.rulebook, finding_fingerprints, below_top())


APPLICABILITY_PHRASES = {
    Applicability.SAFE: "`kognitos-migrate fix`",
    Applicability.ADAPT: "`kognitos-migrate fix --adapt`",
    Applicability.UNSAFE: "`kognitos-migrate fix --unsafe`",
    Applicability.MANUAL: "by hand",
}
"""The command that fixes a finding, by applicability."""


def sentence(finding: Finding) -> str:
    """A finding on one line."""
    return plain(f"{finding.message} ({fix_description(finding)})")


def paragraphs(finding: Finding) -> str:
    """A finding with its fix, help and notes, on several lines."""
    lines = [plain(finding.message)]
    if finding.fix.message:
        lines.append(plain(f"{fix_description(finding)}: {finding.fix.message}"))
    if finding.help:
        lines.append(plain_lines(f"help: {finding.help.rstrip()}"))
    lines += [plain(f"note: {note}") for note in finding.notes]
    return "\n".join(lines)


def fix_description(finding: Finding) -> str:
    """The command that fixes a finding, with the reason if it has one."""
    phrase = (
        NEEDS_CONFIGURATION
        if finding.needs_configuration
        else APPLICABILITY_PHRASES[finding.fix.applicability]
    )
    return f"{phrase}, {finding.reason}" if finding.reason else phrase
