"""The edits that turn the changes of a run, or one more comment, into what an editor applies."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from kognitos_migrate.errors import SourceError, UsageError
from kognitos_migrate.findings.result import Change
from kognitos_migrate.lsp.model import FileEdit, ProjectEdit, TextReplacement
from kognitos_migrate.lsp.ranges import PositionEncoding, RangeIndex
from kognitos_migrate.report.deployment import deployment_lines
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile, file_bytes, file_text
from kognitos_migrate.source.line_diff import hunks_of
from kognitos_migrate.writing.write_policy import require_allowed, target_of


def project_edit(session: Session, documents: Mapping[str, str], encoding: PositionEncoding) -> ProjectEdit:
    """The changes of a run as edits of `documents` (the open ones, by path) and of the files on disk.

    Raises UserError if one of the files can't be edited in an editor.
    """
    changes = session.result.changes
    files = tuple(_file_edit(change, session, documents, encoding) for change in changes)
    fixed = len(session.result.findings) - len(session.result.remaining)
    locations = DisplayLocations(session.sources)
    lines = (
        [f"Fixed {pluralize(fixed, 'v1 call')}; changed {pluralize(len(files), 'file')}."] if files else []
    )
    if session.result.remaining:
        remaining = len(session.result.remaining)
        lines.append(f"{pluralize(remaining, 'finding')} {'has' if remaining == 1 else 'have'} no safe fix.")
    deployment = "\n".join(deployment_lines(session.result.deployment, locations))
    return ProjectEdit(files, "\n".join(lines), deployment)


def _file_edit(
    change: Change, session: Session, documents: Mapping[str, str], encoding: PositionEncoding
) -> FileEdit:
    require_allowed(change.path, (Path.cwd(), session.settings.root))
    if change.before is None:
        if os.path.lexists(change.path):
            raise SourceError("a new module would be written here, but the file exists", path=change.path)
        return FileEdit(
            change.path, tuple(replacements("", change.after, RangeIndex("", encoding))), is_new=True
        )
    source = session.sources[change.path]
    _require_editable(source, documents.get(change.path))
    file_bytes(source, change.after)  # raises an error if the file's encoding lacks a character
    before, after = source.original_text, file_text(source, change.after)
    return FileEdit(change.path, tuple(replacements(before, after, RangeIndex(before, encoding))))


def _require_editable(source: SourceFile, document: str | None) -> None:
    """Raise UserError unless the editor sees the text that was analysed, and may change it."""
    target_of(source.path)
    if source.notebook is not None:
        raise UsageError(
            "the change includes a notebook, which an editor can't change with other files",
            path=source.path,
            expected="run `kognitos-migrate fix`",
        )
    if document is None:
        if source.encoding not in ("utf-8", "ascii"):
            raise UsageError(
                f"the change includes a file in {source.encoding}",
                path=source.path,
                expected="open it, or run `kognitos-migrate fix`",
            )
    elif document.removeprefix("\ufeff") != source.original_text:
        raise UsageError(
            "the open document isn't the text that was analyzed",
            path=source.path,
            expected="save it, and run `kognitos-migrate fix`",
        )


def replacements(before: str, after: str, index: RangeIndex) -> Iterator[TextReplacement]:
    """The replacements that turn `before`, with its `index`, into `after`, by whole lines. None touches
    another, since editors differ in the order of edits at one place."""
    starts, new_starts = _line_starts(before), _line_starts(after)
    spans: list[tuple[int, int, int, int]] = []
    for hunk in hunks_of(before, after):
        start, end = starts[hunk.start], starts[hunk.end]
        new_start, new_end = new_starts[hunk.new_start], new_starts[hunk.new_end]
        if hunk.end == len(starts) - 1:  # the last line has no line feed, so take the one before the hunk
            ahead = min(1, hunk.start)
            start, end, new_start, new_end = start - ahead, end - 1, new_start - ahead, new_end - 1
        if spans and spans[-1][1] == start:
            start, _, new_start, _ = spans.pop()
        spans.append((start, end, new_start, new_end))
    for start, end, new_start, new_end in spans:
        yield TextReplacement(index.of_offsets(start, end), after[new_start:new_end])


def _line_starts(text: str) -> list[int]:
    """The offset of each line, and the one behind a line feed at the end of the text. Only a line feed ends a
    line, as in a diff."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
