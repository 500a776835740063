"""Fingerprints: identify a finding across versions of the code, independent of its line."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.secrets import Secrets
from kognitos_migrate.source.file import Language, SourceFile
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import LogicalLines, lines_alone, logical_statements

LENGTH = 32


class Fingerprint(Struct, frozen=True):
    """What a finding is known by: its code, its file, its statement, and which of equal ones it is.

    `path` is relative to the folder of the configuration, so that it doesn't depend on where the command
    runs. `ordinal` begins at 1.
    """

    code: str
    path: str
    statement: str
    ordinal: int

    @property
    def digest(self) -> str:
        """The same as one short text."""
        said = "\0".join((self.code, self.path, self.statement, str(self.ordinal)))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def fingerprints(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile], root: Path
) -> Mapping[Finding, Fingerprint]:
    """The fingerprint of each of `findings`, which are all that was found: equal ones are counted by
    place."""
    known: dict[str, LogicalLines | None] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    found: dict[Finding, Fingerprint] = {}
    for finding in sorted(findings, key=lambda finding: (finding.place, finding.code)):
        shown = finding.place.path
        if shown not in known:
            source = sources.get(shown)
            known[shown] = _read(source) if source is not None else None
        read = known[shown]
        said = read.normalised(finding.place.row) if read is not None else ""
        key = (finding.code, project_path(shown, root), said)
        seen[key] += 1
        found[finding] = Fingerprint(*key, seen[key])
    return found


def digests(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile], root: Path
) -> Mapping[Finding, str]:
    """The fingerprints of `findings`, as short texts."""
    return {finding: one.digest for finding, one in fingerprints(findings, sources, root).items()}


def _read(source: SourceFile) -> LogicalLines:
    """The statements of a source as reports show them, so that every one of them knows the same
    fingerprints."""
    text = Secrets.of([(source.path, source.text)]).masked(source.text)
    return logical_statements(text) if source.language is Language.PYTHON else lines_alone(text)


def project_path(path: str, root: Path) -> str:
    """`path`, which opens a file from here, as it is from the folder `root`."""
    try:
        return os.path.relpath(path, root).replace(os.sep, "/")
    except ValueError:  # another drive, on Windows
        return path
