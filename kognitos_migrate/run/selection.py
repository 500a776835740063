"""Which findings a run shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.finding import Finding, Result
from kognitos_migrate.rulebook.codes import expected_selector, unknown_selectors
from kognitos_migrate.run.configuration import Configuration

OFF_BY_DEFAULT = ("KOG4", "KOG5")
"""v1 named where it is not called, and call sites that were adapted: a comment never fails a build."""

EVERYTHING = ("KOG",)


def narrow(configured: Configuration, select: Sequence[str], ignore: Sequence[str]) -> Settings:
    """The settings with what the command line says: its selection replaces, its ignored codes are added.

    Raises UsageError for what selects no code.
    """
    settings = configured.settings
    for option, selectors in (("--select", select), ("--ignore", ignore)):
        for unknown in unknown_selectors(selectors, configured.rulebook):
            raise UsageError(
                f"{option}: {unknown!r} selects no rule",
                expected=f"expected {expected_selector(configured.rulebook)}",
            )
    return replace(settings, select=tuple(select) or settings.select, ignore=(*settings.ignore, *ignore))


def shown(result: Result, settings: Settings) -> Result:
    """`result` with only the findings that `settings` select."""
    selection = Selection(settings)
    return replace(
        result,
        findings=tuple(filter(selection.takes, result.findings)),
        remaining=tuple(filter(selection.takes, result.remaining)),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are wanted, in which files."""

    settings: Settings

    def takes(self, finding: Finding) -> bool:
        """Whether the finding's code is selected, and not ignored in its file."""
        return self._is_selected(finding.code) and not self._is_ignored_in(finding)

    def _is_selected(self, code: str) -> bool:
        """The longest prefix of the code decides; of equally long ones, `ignore` does."""
        if self.settings.select:
            wanted = _longest(code, self.settings.select)
        else:
            wanted = 0 if _longest(code, OFF_BY_DEFAULT) else 1
        return wanted > _longest(code, self.settings.ignore)

    def _is_ignored_in(self, finding: Finding) -> bool:
        if not self.settings.per_file_ignores:
            return False
        from pathspec import GitIgnoreSpec

        path = os.path.relpath(finding.place.path, self.settings.root).replace(os.sep, "/")
        return any(
            _longest(finding.code, codes) and GitIgnoreSpec.from_lines([pattern]).match_file(path)
            for pattern, codes in self.settings.per_file_ignores.items()
        )


def _longest(code: str, prefixes: Sequence[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)
