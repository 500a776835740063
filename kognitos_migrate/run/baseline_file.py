"""The baseline file: known findings pass, new ones fail."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kognitos_migrate.errors import ConfigError, UsageError
from kognitos_migrate.findings.fingerprint import Fingerprint, fingerprints, project_path
from kognitos_migrate.findings.result import BaselineEntry, Finding, Suppressed, SuppressionKind
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import GENERATED, read_bounded, shown_path
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.writing.output import write_output

VERSION = 1
STATEMENT = 80
"""Characters of a statement's line that are written, for readers; the fingerprint covers all of it."""

_FIELDS = ("path", "code", "fingerprint", "statement")


class BaselineUpdate(Struct, frozen=True):
    """The entries of an updated baseline, and those that were added and removed."""

    known: tuple[BaselineEntry, ...]
    added: tuple[BaselineEntry, ...]
    gone: tuple[BaselineEntry, ...]


def read_baseline(file: Path) -> tuple[BaselineEntry, ...]:
    """The entries of the baseline `file`. Raises ConfigError if it is missing, unreadable or invalid."""
    display_path = shown_path(file)
    try:
        document = json.loads(read_bounded(file, GENERATED).decode("utf-8"))
    except FileNotFoundError as error:
        hint = "run `kognitos-migrate baseline create`"
        raise ConfigError("no such file", path=display_path, expected=hint) from error
    except json.JSONDecodeError as error:
        raise ConfigError(
            "isn't valid JSON", path=display_path, line=error.lineno, expected=error.msg
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"the baseline can't be read: {error}", path=display_path) from error
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise ConfigError(
            "is not a baseline of this version", path=display_path, expected=f'expected "version": {VERSION}'
        )
    return tuple(_entries(document, display_path))


def _entries(document: Mapping[str, object], display_path: str) -> Iterator[BaselineEntry]:
    entries = document.get("findings")
    for entry in entries if isinstance(entries, list) else [None]:
        values = [entry.get(name) for name in _FIELDS] if isinstance(entry, dict) else []
        if not values or not all(isinstance(value, str) for value in values):
            expected = f"expected a list of entries with {', '.join(_FIELDS)}"
            raise ConfigError("is not a baseline", path=display_path, key="findings", expected=expected)
        yield BaselineEntry(*map(str, values))


def write_baseline(file: Path, entries: Iterable[BaselineEntry], project: Path) -> None:
    """Write the baseline of a project with one finding per line, so that it merges well. Raises UsageError if
    it can't be written."""
    lines = [json.dumps({name: getattr(entry, name) for name in _FIELDS}) for entry in sorted(entries)]
    findings = "".join(
        f"\n    {line}{',' if number < len(lines) else ''}" for number, line in enumerate(lines, 1)
    )
    end = "\n  " if lines else ""
    text = f'{{\n  "version": {VERSION},\n  "findings": [{findings}{end}]\n}}\n'
    try:
        write_output(str(file), text.encode(), project)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the baseline can't be written: {why}", path=shown_path(file)) from error


def baseline_entries(session: Session, mask: Callable[[str], str]) -> tuple[BaselineEntry, ...]:
    """The findings of a run as baseline entries, with the secrets in their statements masked by `mask`."""
    prints = _prints(session)
    return tuple(sorted(_baseline_entry(prints[finding], mask) for finding in session.result.findings))


def suppress_known(session: Session, entries: Sequence[BaselineEntry]) -> Session:
    """The run with the findings in `entries` suppressed, and with the entries that no longer occur."""
    prints = _prints(session)
    wanted = {entry.fingerprint for entry in entries}
    old = {finding for finding in session.result.findings if prints[finding].digest in wanted}
    result = session.result
    suppressed = [*result.suppressed, *(Suppressed(finding, SuppressionKind.BASELINE) for finding in old)]
    result = replace(
        result,
        findings=tuple(finding for finding in result.findings if finding not in old),
        suppressed=tuple(
            sorted(suppressed, key=lambda suppression: (suppression.finding.place, suppression.finding.code))
        ),
        gone=tuple(_missing_entries(session, entries, {prints[finding].digest for finding in prints})),
    )
    return replace(session, result=result)


def update_baseline(
    session: Session,
    entries: Sequence[BaselineEntry],
    mask: Callable[[str], str],
    *,
    adding: bool,
) -> BaselineUpdate:
    """The baseline without the entries that no longer occur. With `adding`, new findings are added.

    `mask` masks secrets in all statements. Entries are matched by their fingerprints only.
    """
    prints = _prints(session)
    there = {
        prints[finding].digest: _baseline_entry(prints[finding], mask) for finding in session.result.findings
    }
    entries = [replace(entry, statement=mask(entry.statement)) for entry in entries]
    gone = tuple(_missing_entries(session, entries, set(there)))
    had = {entry.fingerprint for entry in entries}
    added = tuple(entry for digest, entry in there.items() if digest not in had) if adding else ()
    left = [entry for entry in entries if entry not in gone]
    return BaselineUpdate(tuple(sorted({*left, *added})), added, gone)


def _missing_entries(
    session: Session, entries: Sequence[BaselineEntry], fingerprints: set[str]
) -> Iterator[BaselineEntry]:
    """The `entries` that are not among `fingerprints`, in files that the run covers.

    It covers the files that it read and those that are deleted, and only the selected codes.
    """
    root = session.settings.root
    looked_at = {project_path(path, root) for path in session.readable_files}
    selection = Selection(session.settings)
    for entry in entries:
        file = os.path.join(root, *entry.path.split("/"))
        within = entry.path in looked_at or not os.path.lexists(file)
        if (
            within
            and entry.fingerprint not in fingerprints
            and selection.selects_code(entry.code, shown_path(file))
        ):
            yield entry


def _prints(session: Session) -> Mapping[Finding, Fingerprint]:
    result = session.result
    every = (*result.findings, *(suppression.finding for suppression in result.suppressed))
    return fingerprints(every, session.sources, session.settings.root)


def _baseline_entry(fingerprint: Fingerprint, mask: Callable[[str], str]) -> BaselineEntry:
    line = mask(fingerprint.line)
    shown = line if len(line) <= STATEMENT else line[: STATEMENT - 1] + "…"
    return BaselineEntry(fingerprint.path, fingerprint.code, fingerprint.digest, shown)
