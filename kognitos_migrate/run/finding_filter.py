"""Filters findings by selected and ignored codes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from kognitos_migrate.addresses import rule_page
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.ignore_rules import settings_patterns
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.result import Finding, Result
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.rulebook.codes import expected_selector, nearest_codes, selectors_without_code
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.configuration import Configuration
from kognitos_migrate.structs import Struct, replace

OFF_WHERE_TEXTS_ARE_SEARCHED = ("KOG403", "KOG5")
"""The codes that are off by default in a run over other files: comments of Python, and adapted call sites."""

ALL = "ALL"
"""The selector of all codes, as in other linters."""

EVERYTHING = (ALL,)


def narrow_settings(
    configured: Configuration, select: Sequence[str], ignore: Sequence[str], extend_select: Sequence[str]
) -> Settings:
    """The settings with the selection of the command line.

    `select` replaces the configured codes; `ignore` and `extend_select` add to them. Raises UsageError if a
    selector matches no code.
    """
    settings, rulebook = configured.settings, configured.rulebook
    all_codes = tuple(sorted({operation.code.rstrip("0123456789") for operation in rulebook.operations}))
    chosen = []
    for option, selectors in (("select", select), ("ignore", ignore), ("extend-select", extend_select)):
        codes = [code for selector in selectors for code in (all_codes if selector == ALL else (selector,))]
        _refuse_unknown(option, codes, rulebook)
        chosen.append(tuple(codes))
    return replace(
        settings,
        select=chosen[0] or settings.select,
        ignore=(*settings.ignore, *chosen[1]),
        extend_select=chosen[2],
    )


def _refuse_unknown(option: str, selectors: Sequence[str], rulebook: Rulebook) -> None:
    for unknown in selectors_without_code(selectors, rulebook):
        near = nearest_codes(unknown, rulebook)
        expected = f"did you mean {' or '.join(near)}?" if near else f"expected {expected_selector(rulebook)}"
        raise UsageError(f"--{option}: {unknown!r} selects no rule", expected=expected)


def select_findings(result: Result, settings: Settings) -> Result:
    """`result` with the selected findings only, each with the severity that `settings` define, and with the
    address of its page."""
    selection = Selection(settings)

    def take_selected(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(
            _with_rule_url(_with_severity(finding, settings.severity))
            for finding in findings
            if selection.selects(finding)
        )

    return replace(
        result,
        findings=take_selected(result.findings),
        remaining=take_selected(result.remaining),
        suppressed=tuple(
            replace(
                suppression, finding=_with_rule_url(_with_severity(suppression.finding, settings.severity))
            )
            for suppression in result.suppressed
            if selection.selects(suppression.finding)
        ),
    )


def _with_severity(finding: Finding, severity: Mapping[str, str]) -> Finding:
    """The finding with the severity configured for the longest matching prefix of its code."""
    prefixes = [prefix for prefix in severity if finding.code.startswith(prefix)]
    if not prefixes:
        return finding
    return replace(finding, severity=Severity(severity[max(prefixes, key=len)]))


def _with_rule_url(finding: Finding) -> Finding:
    """The finding with the address of the page of its code, if the documentation is published."""
    page = rule_page(finding.code, finding.url)
    return finding if page == finding.url else replace(finding, url=page)


class Selection(Struct, frozen=True):
    """The selected codes, by file."""

    settings: Settings

    @property
    def selects_all(self) -> bool:
        """Whether no code is selected or ignored in the settings."""
        return not (self.settings.select or self.settings.ignore or self.settings.per_file_ignores)

    def selects(self, finding: Finding) -> bool:
        """Whether the finding's code is selected, and not ignored in its file."""
        return self.selects_code(finding.code, finding.place.path)

    def selects_code(self, code: str, path: str) -> bool:
        """Whether the code is selected, and not ignored in this file."""
        return self._is_selected(code) and not self._is_ignored_in(code, path)

    def is_ignored(self, code: str, path: str) -> bool:
        """Whether the code is ignored in this file, as opposed to being not selected."""
        ignored = _longest_prefix_length(code, self.settings.ignore)
        return (ignored > 0 and ignored >= self._selection_length(code)) or self._is_ignored_in(code, path)

    def _is_selected(self, code: str) -> bool:
        """Whether the code is selected. The longest prefix wins, and `ignore` wins a tie."""
        return self._selection_length(code) > _longest_prefix_length(code, self.settings.ignore)

    def _selection_length(self, code: str) -> int:
        """The length of the longest prefix that selects the code; 0 if none does."""
        if self.settings.select:
            wanted = _longest_prefix_length(code, self.settings.select)
        else:
            wanted = 0 if _longest_prefix_length(code, self.settings.off) else 1
        return max(wanted, _longest_prefix_length(code, self.settings.extend_select))

    def _is_ignored_in(self, code: str, display_path: str) -> bool:
        if not self.settings.per_file_ignores:
            return False
        path = os.path.relpath(display_path, self.settings.root).replace(os.sep, "/")
        return any(
            _longest_prefix_length(code, codes)
            and settings_patterns("per-file-ignores", (pattern,)).matches(path)
            for pattern, codes in self.settings.per_file_ignores.items()
        )


def _longest_prefix_length(code: str, prefixes: Sequence[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)
