"""Fingerprints identify a finding across versions of the code, independently of its line."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from kognitos_migrate.findings.result import Finding
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.source.file import ContentKind, SourceFile
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import LogicalLines, lines_alone, logical_statements

LENGTH = 32


class Fingerprint(Struct, frozen=True):
    """The identity of a finding: its code, file, statement, and number among equal ones.

    `path` is relative to the directory of the configuration, so that it doesn't depend on the working
    directory. `ordinal` starts at 1. `line` is the line of the finding, for readers.
    """

    code: str
    path: str
    statement: str
    ordinal: int
    line: str = ""

    @property
    def digest(self) -> str:
        """The fingerprint as a short hexadecimal text."""
        text = "\0".join((self.code, self.path, self.statement, str(self.ordinal)))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def fingerprints(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile], root: Path
) -> Mapping[Finding, Fingerprint]:
    """The fingerprint of each finding.

    `findings` must be all findings of the run, since equal ones are numbered by place.
    """
    lines_by_path: dict[str, LogicalLines | None] = {}
    occurrences: Counter[tuple[str, str, str]] = Counter()
    by_finding: dict[Finding, Fingerprint] = {}
    for finding in sorted(findings, key=lambda finding: (finding.place, finding.code)):
        path = finding.place.path
        if path not in lines_by_path:
            source = sources.get(path)
            lines_by_path[path] = _masked_statements(source) if source is not None else None
        lines = lines_by_path[path]
        statement = lines.normal_form(finding.place.row) if lines is not None else ""
        key = (finding.code, project_path(path, root), statement)
        occurrences[key] += 1
        line = lines.line(finding.place.row) if lines is not None else ""
        by_finding[finding] = Fingerprint(*key, occurrences[key], line)
    return by_finding


def digests(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile], root: Path
) -> Mapping[Finding, str]:
    """The digests of the fingerprints of `findings`."""
    return {
        finding: fingerprint.digest for finding, fingerprint in fingerprints(findings, sources, root).items()
    }


def _masked_statements(source: SourceFile) -> LogicalLines:
    """The statements of a source with its secrets masked, as reports show them. All reports thus have equal
    fingerprints."""
    text = Secrets.of([(source.path, source.text)]).mask(source.text)
    return logical_statements(text) if source.content_kind is ContentKind.PYTHON else lines_alone(text)


def project_path(path: str, root: Path) -> str:
    """`path`, relative to the working directory, as a path relative to `root`."""
    try:
        return os.path.relpath(path, root).replace(os.sep, "/")
    except ValueError:  # another drive, on Windows
        return path
