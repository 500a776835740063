"""A comment that suppresses a finding in its statement."""

from collections.abc import Sequence
from datetime import date

from kognitos_migrate.findings.result import Place
from kognitos_migrate.findings.suppressions import TOOL, Suppressions
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.tokens import logical_statements


def with_ignore_comment(text: str, code: str, place: Place, rulebook: Rulebook, today: date) -> str | None:
    """`text` with a comment that suppresses `code` in the statement at `place`.

    None if no comment there would: the statement's last line isn't known in a text that can't be tokenized.
    """
    statements = logical_statements(text)
    row = statements.rows_around(place.row).last
    if row > len(statements.lines):
        return None
    line = statements.lines[row - 1]
    comment = next((comment for comment in statements.comments if comment.row == row), None)
    directive = f"# {TOOL} ignore[{code}]"
    changes = [f"{line.rstrip()}  {directive}"]  # other tools want their comments to be the first
    if comment is not None:  # but a suppression counts only in front of prose
        changes.append(f"{line[: comment.column - 1]}{directive}  {line[comment.column - 1 :]}")
    start = _offset(text, statements.lines[: row - 1])
    for changed in changes:
        after = text[:start] + changed + text[start + len(line) :]
        if Suppressions.of({place.path: after}, rulebook, today).is_suppressed(code, place):
            return after
    return None


def _offset(text: str, lines_before: Sequence[str]) -> int:
    """The offset of the line behind `lines_before`, whose line endings are those of the text."""
    offset = 0
    for line in lines_before:
        offset += len(line)
        offset += 2 if text.startswith("\r\n", offset) else 1
    return offset
