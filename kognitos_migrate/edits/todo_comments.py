"""TODO comments for remaining work: written, updated and removed."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from kognitos_migrate.edits.literals import one_line
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tokens import Comment, LogicalLines, Rows, logical_statements

MARK = "TODO(kognitos-migrate)"
"""The marker that finds remaining work in a text search."""
LIMIT = 88
"""The longest line of a marker, in columns, if its indentation leaves room."""
TAB = 8
"""The columns of a tab, for that limit."""

_MARKER = re.compile(rf"#\s*{re.escape(MARK)}\s*:\s*(?P<code>\w*)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_COOKIE = re.compile(r"coding[:=]")
"""Python reads a comment in the first two lines that matches this as the file's encoding (PEP 263)."""


class TodoComment(Struct, frozen=True):
    """Remaining work in the statement at a row (from 1): the code of its finding, what to do, and why."""

    row: int
    code: str
    to_do: str
    reason: str = ""


def with_todos(text: str, todos: Iterable[TodoComment]) -> str:
    """`text` with a marker for each of `todos`, one per code and statement, and without other markers."""
    todos = tuple(todos)
    if not todos and MARK not in text:
        return text
    read = logical_statements(text)
    wanted: dict[Rows, dict[str, TodoComment]] = {}
    for todo in todos:
        rows = read.rows_around(todo.row)
        if rows in read.spans:
            wanted.setdefault(rows, {}).setdefault(todo.code, todo)
    sheet = _CommentedText.of(text)
    for comment, code in _markers(read):
        wanted_todo = wanted.get(comment.about, {}).pop(code, None)
        sheet.remove(comment) if wanted_todo is None else sheet.replace(comment, wanted_todo)
    for rows, by_code in wanted.items():
        sheet.insert(rows.first, [by_code[code] for code in sorted(by_code)])
    return sheet.text()


def without_todos(text: str, done: Mapping[int, Collection[str]]) -> str:
    """`text` without the markers with one of these codes in the statements at these rows."""
    read = logical_statements(text) if MARK in text else None
    if read is None:
        return text
    codes: dict[Rows, set[str]] = {}
    for row, over in done.items():
        codes.setdefault(read.rows_around(row), set()).update(over)
    sheet = _CommentedText.of(text)
    for comment, code in _markers(read):
        if code in codes.get(comment.about, ()):
            sheet.remove(comment)
    return sheet.text()


def count_todos(text: str) -> int:
    """The number of markers in a text."""
    return sum(1 for _ in _markers(logical_statements(text))) if MARK in text else 0


def _markers(read: LogicalLines) -> Iterator[tuple[Comment, str]]:
    """The markers among the comments, each with its code."""
    for comment in read.comments:
        match = _MARKER.match(comment.text)
        if match is not None:
            yield comment, match["code"]


def _render(todo: TodoComment, indent: str) -> str:
    """A marker that fits the limit. If there is too little room, it is without the reason's place, then with
    the first way to do it only, then shortened, and at last without the reason."""
    room = LIMIT - len(indent.expandtabs(TAB))
    head = f"# {MARK}: {todo.code} "
    first_way = todo.to_do.partition(", or ")[0]
    name = f" ({todo.reason.partition(',')[0]})" if todo.reason else ""
    whole_reason = f" ({todo.reason})" if todo.reason else ""
    for text in (f"{todo.to_do}{whole_reason}", f"{todo.to_do}{name}", f"{first_way}{name}"):
        whole = one_line(f"{head}{text}")
        if len(whole) <= room and not _COOKIE.search(whole):
            return whole
    shortened = _first_words(todo.to_do, room - len(head) - len(name))
    if shortened is None:
        name = ""
        shortened = _first_words(todo.to_do, room - len(head)) or f"{todo.to_do.partition(' ')[0]} ..."
    return one_line(f"{head}{shortened}{name}")


def _first_words(text: str, room: int) -> str | None:
    """As many words of a text as fit into `room` columns with dots behind them. None if none does."""
    words = text.split()
    starts = (f"{' '.join(words[:count])} ..." for count in range(len(words), 0, -1))
    return next((start for start in starts if len(start) <= room), None)


class _CommentedText(Struct):
    """The lines of a text, each with its line ending, and the changes to them."""

    lines: list[str]
    above: dict[int, list[str]] = field(default_factory=dict)
    """By row: the lines to insert above it."""

    @classmethod
    def of(cls, text: str) -> "_CommentedText":
        """A text without changes."""
        return cls(_LINE.findall(text))

    def text(self) -> str:
        """The text with its changes."""
        return "".join(
            part for row, line in enumerate(self.lines, 1) for part in (*self.above.get(row, ()), line)
        )

    def insert(self, row: int, todos: Iterable[TodoComment]) -> None:
        """Insert markers above the statement that begins at `row`."""
        line = self.lines[row - 1]
        indent = re.match(r"[ \t\f]*", line)
        assert indent is not None
        while row > 1 and self.lines[row - 2].rstrip("\r\n").endswith("\\"):
            row -= 1  # no comment is possible after a continued line
        markers = [f"{indent[0]}{_render(todo, indent[0])}{self._end(row)}" for todo in todos]
        self.above.setdefault(row, []).extend(markers)

    def replace(self, comment: Comment, todo: TodoComment) -> None:
        """Replace the text of a comment."""
        line = self.lines[comment.row - 1]
        before = line[: comment.column - 1]
        indent = before if not before.strip() else ""
        self.lines[comment.row - 1] = before + _render(todo, indent) + _end_of(line)

    def remove(self, comment: Comment) -> None:
        """Remove a comment, and its line if that is empty then."""
        line = self.lines[comment.row - 1]
        before = line[: comment.column - 1].rstrip()
        self.lines[comment.row - 1] = before + _end_of(line) if before else ""

    def _end(self, row: int) -> str:
        """The line ending to use at a row."""
        return _end_of(self.lines[row - 1]) or next(filter(None, map(_end_of, self.lines)), "\n")


def _end_of(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
