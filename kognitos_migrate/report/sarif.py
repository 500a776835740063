"""Findings as SARIF 2.1.0."""

import os
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from kognitos_migrate import __version__, addresses
from kognitos_migrate.config.settings import OFF_BY_DEFAULT
from kognitos_migrate.findings.result import Finding, Fix, Place, Problem, Step, Suppressed, SuppressionKind
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import json_text, plain, plain_lines
from kognitos_migrate.report.export import APPLICABILITY_PHRASES, ExportedRun, ListedEdits, paragraphs
from kognitos_migrate.rulebook.codes import all_rules
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
FINGERPRINT = "kognitosMigrate/v1"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_KINDS = {
    "KOG4": "documentation",
    "KOG5": "adapted",
    "KOG8": "half-migrated",
    "KOG91": "suppression",
    "KOG9": "analysis",
}
"""The subject of codes by prefix. Other codes are calls of the API."""

Json = dict[str, object]


def sarif_report(run: ExportedRun) -> str:
    """The log, in ASCII. Paths are relative to the root of the repository."""
    writer = _SarifWriter(run)
    rules = list(_rules(run))
    indexes = {str(rule["id"]): number for number, rule in enumerate(rules)}
    result = run.result
    sarif_run: Json = {
        "tool": {
            "driver": {
                "name": "kognitos-migrate",
                "version": __version__,
                "semanticVersion": __version__,
                **({"informationUri": addresses.DOCUMENTATION} if addresses.DOCUMENTATION else {}),
                "rules": rules,
            }
        },
        "originalUriBaseIds": {ROOT: {"description": {"text": "The top folder of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not result.problems,
                "toolExecutionNotifications": [writer.notification(problem) for problem in result.problems],
            }
        ],
        "results": [
            *(writer.result(finding, indexes, []) for finding in result.findings),
            *(
                writer.result(suppression.finding, indexes, [_suppression(suppression)])
                for suppression in result.suppressed
            ),
        ],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [sarif_run]})


def _rules(run: ExportedRun) -> Iterator[Json]:
    """All rules, the tool's own codes, and other codes of findings."""
    homepage = next((api.url for api in run.rulebook.apis.values()), None)
    rules_by_code = {rule.code: rule for rule in all_rules(run.rulebook)}
    findings_by_code = {finding.code: finding for finding in reversed(run.every)}
    for code in sorted({*rules_by_code, *findings_by_code}):
        rule = rules_by_code.get(code)
        if rule is None:
            finding = findings_by_code[code]
            yield _rule(
                code, finding.name, finding.message, finding.message, finding.url or homepage, "error"
            )
        elif isinstance(rule, Operation):
            yield _rule(code, rule.name, rule.message, rule.explain.rstrip(), rule.url, "error")
        else:
            yield _rule(code, rule.name, rule.message, rule.explain.rstrip(), homepage, rule.severity)


def _rule(code: str, name: str, message: str, explain: str, rule_url: str | None, severity: str) -> Json:
    url = addresses.rule_page(code, rule_url)
    text = f"{explain}\n\nSee {url}" if url else explain
    page = f"{explain}\n\n[{url}]({url})" if url else explain
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": _sentence(message)},
        "fullDescription": {"text": _flat(explain)},
        "help": {"text": text, "markdown": page},
        **({"helpUri": url} if url else {}),
        "defaultConfiguration": {
            "level": _LEVELS[Severity(severity)],
            "enabled": not code.startswith(OFF_BY_DEFAULT),
        },
        "properties": {"tags": _tags(code, name), "problem.severity": _PROBLEMS[Severity(severity)]},
    }


def _tags(code: str, name: str) -> list[str]:
    """The tags that code scanning filters by."""
    kind = next((tag for start, tag in _KINDS.items() if code.startswith(start)), "api")
    return ["migration", "maintainability", kind, name]


class _SarifWriter:
    """Writes the objects of a log. Positions of edits are computed from the sources."""

    def __init__(self, run: ExportedRun) -> None:
        self._run = run
        self._indexes: dict[str, LineIndex] = {}
        self._edits = ListedEdits()

    def result(self, finding: Finding, rules: dict[str, int], suppressions: list[Json]) -> Json:
        """A finding. Without suppressions, it has an empty list of them."""
        digest = self._run.fingerprints[finding].digest
        edits = self._edits.take(finding.fix)
        fixes = [self._fix(finding.fix, edits)] if self._is_writable(edits) else []
        return {
            "ruleId": finding.code,
            "ruleIndex": rules[finding.code],
            "level": _LEVELS[finding.severity],
            "message": {"text": _message(paragraphs(finding))},
            "locations": [self._location(finding.place)],
            "partialFingerprints": {"primaryLocationLineHash": digest, FINGERPRINT: digest},
            **({"codeFlows": [self._flow(finding.trace)]} if finding.trace else {}),
            **({"fixes": fixes} if fixes else {}),
            "suppressions": suppressions,
            "properties": {
                "applicability": finding.fix.applicability.value,
                "reason": finding.reason,
                "conversation": finding.conversation,
            },
        }

    def _is_writable(self, edits: Sequence[Edit]) -> bool:
        """Whether there are edits, none of them in a notebook, where they would have to be JSON."""
        edited = {edit.span.path for edit in edits}
        return bool(edited) and all(self._run.locations.cells(path) is None for path in edited)

    def notification(self, problem: Problem) -> Json:
        """A problem that kept a file from being analysed."""
        notification: Json = {"level": "error", "message": {"text": _message(plain(problem.message))}}
        if problem.path:
            physical: Json = {"artifactLocation": self._artifact(problem.path)}
            if problem.line is not None:
                physical["region"] = {"startLine": problem.line}
            notification["locations"] = [{"physicalLocation": physical}]
        return notification

    def _location(self, place: Place) -> Json:
        place = self._run.in_file(place)
        return {
            "physicalLocation": {
                "artifactLocation": self._artifact(place.path),
                "region": {
                    "startLine": place.row,
                    "startColumn": place.column,
                    "endLine": place.end_row,
                    "endColumn": place.end_column,
                },
            }
        }

    def _artifact(self, path: str) -> Json:
        return {"uri": quote(os.fsencode(self._run.path(path))), "uriBaseId": ROOT}

    def _flow(self, trace: Sequence[Step]) -> Json:
        locations = [
            {"location": {**self._location(step.place), "message": {"text": _message(plain(step.text))}}}
            for step in trace
        ]
        return {"threadFlows": [{"locations": locations}]}

    def _fix(self, fix: Fix, edits: Sequence[Edit]) -> Json:
        """The edits of the whole conversation, by file."""
        by_file: dict[str, list[Edit]] = {}
        for edit in edits:
            by_file.setdefault(edit.span.path, []).append(edit)
        description = f"{APPLICABILITY_PHRASES[fix.applicability]}: {fix.message}"
        return {
            "description": {"text": _message(plain(description))},
            "artifactChanges": [
                {
                    "artifactLocation": self._artifact(path),
                    "replacements": [self._replacement(edit) for edit in edits_of_file],
                }
                for path, edits_of_file in by_file.items()
            ],
        }

    def _replacement(self, edit: Edit) -> Json:
        index = self._index(edit.span.path)
        start, end = index.position(edit.span.start), index.position(edit.span.end)
        region = {
            "startLine": start.row,
            "startColumn": start.column,
            "endLine": end.row,
            "endColumn": end.column,
        }
        return {"deletedRegion": region, "insertedContent": {"text": edit.text}}

    def _index(self, path: str) -> LineIndex:
        """The line index of a file. A new file has that of an empty one."""
        index = self._indexes.get(path)
        if index is None:
            source = self._run.sources.get(path)
            index = self._indexes[path] = LineIndex(source.text if source is not None else "")
        return index


def _suppression(suppression: Suppressed) -> Json:
    by_comment = suppression.by is not SuppressionKind.BASELINE
    reason = suppression.reason or ("" if by_comment else "known to the baseline")
    until = f" (until {suppression.until})" if suppression.until else ""
    return {
        "kind": "inSource" if by_comment else "external",
        "status": "accepted",
        "justification": _message(
            plain(f"{suppression.by.value}: {reason}{until}" if reason else suppression.by.value)
        ),
    }


def _message(text: str) -> str:
    """`text` as a SARIF message, in which nothing becomes a link."""
    return plain_lines(text).replace("](", "] (")


def _flat(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
