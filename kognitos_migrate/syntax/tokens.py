"""Token-level views of a text: logical lines, comments, and bracket groups."""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from kognitos_migrate.structs import Struct

_SPACE = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER})
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Token(Struct, frozen=True):
    """A token, the gap between it and the previous token, its offset, and its line's indentation."""

    text: str
    gap: str
    start: int
    margin: str


class Group(Struct, frozen=True):
    """A pair of brackets and the nodes between them."""

    opening: Token
    content: Sequence["Node"]
    closing: Token


Node: TypeAlias = Token | Group


class LogicalLine(Struct, frozen=True):
    """A statement, or the header of a compound one. `end` is the end of its last token."""

    nodes: Sequence[Node]
    start: int
    end: int


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The logical lines of a text, up to the first token that can't be read."""
    lines = list(io.StringIO(text, newline=""))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    waiting: list[Token] = []
    end = 0
    for token in _tokens_of(lines):
        first, last = (starts[row - 1] + column for row, column in (token.start, token.end))
        if token.type == tokenize.NEWLINE:
            nodes = _nest(waiting)
            if nodes is not None:
                yield LogicalLine(nodes, waiting[0].start, end)
            waiting = []
        elif token.type not in _SPACE:
            line = lines[token.start[0] - 1]
            margin = line[: len(line) - len(line.lstrip(" \t\f"))]
            waiting.append(Token(text[first:last], text[end:first] if waiting else "", first, margin))
            end = last


def first_token(node: Node) -> Token:
    """The first token of a node."""
    return node if isinstance(node, Token) else node.opening


def tokens(nodes: Sequence[Node]) -> Iterator[Token]:
    """All tokens of the nodes, in order."""
    for node in nodes:
        if isinstance(node, Token):
            yield node
        else:
            yield node.opening
            yield from tokens(node.content)
            yield node.closing


def _tokens_of(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    """The tokens of lines, with a formatted string as one token, as before Python 3.12."""
    rest = iter(lines)
    depth = 0
    first: tokenize.TokenInfo | None = None
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            kind = tokenize.tok_name[token.type]
            if kind.endswith("STRING_START"):
                first, depth = first or token, depth + 1
            elif kind.endswith("STRING_END"):
                depth -= 1
                if not depth and first is not None:
                    yield tokenize.TokenInfo(tokenize.STRING, "", first.start, token.end, token.line)
                    first = None
            elif not depth:
                yield token
    except (tokenize.TokenError, SyntaxError):
        return


def _nest(flat: Sequence[Token]) -> Sequence[Node] | None:
    """The tokens nested by brackets; None if the brackets don't match."""
    levels: list[list[Node]] = [[]]
    open_brackets: list[Token] = []
    for token in flat:
        if token.text in _CLOSING:
            open_brackets.append(token)
            levels.append([])
        elif token.text in _CLOSING.values():
            if not open_brackets or _CLOSING[open_brackets[-1].text] != token.text:
                return None
            content = levels.pop()
            levels[-1].append(Group(open_brackets.pop(), content, token))
        else:
            levels[-1].append(token)
    return levels[0] if flat and not open_brackets else None


_LINE_END = re.compile(r"\r\n|\r|\n")
_BETWEEN = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_BLANKS = re.compile(r"\s+|\\$", re.MULTILINE)
_FOREIGN_COMMENT = re.compile(r"(?:#|//|--|<!--|;|/\*)(?P<said>\s{0,9}[a-z-]{1,30}:.*?)\s*(?:-->|\*/)?\s*$")
_LAST_COMMA = re.compile(r",(?=[)\]}])")


class Rows(Struct, frozen=True, order=True):
    """A range of rows, from 1. The last row is included."""

    first: int
    last: int


class Comment(Struct, frozen=True):
    """A comment: its row and column from 1, and the rows that it applies to.

    These are the rows of the statement that contains or precedes it. A comment on its own line applies to the
    next statement.
    """

    row: int
    column: int
    text: str
    about: Rows


class LogicalLines(Struct, frozen=True):
    """The lines of a text, the rows of its logical lines, and its comments."""

    lines: Sequence[str]
    spans: Sequence[Rows]
    comments: Sequence[Comment]
    texts: Sequence[Rows] = ()
    """The rows of statements that consist of a string literal, such as docstrings."""

    def rows_around(self, row: int) -> Rows:
        """The rows of the statement that contains `row`; only `row` if no statement does."""
        return next((rows for rows in self.spans if rows.first <= row <= rows.last), Rows(row, row))

    def line(self, row: int) -> str:
        """The text of `row` without its indentation. Empty if there is no such row."""
        return self.lines[row - 1].strip() if row <= len(self.lines) else ""

    def normal_form(self, row: int) -> str:
        """The statement around `row` without anything that a formatter may change.

        White space (also in strings), comments and a final comma are removed, and quotes unified. If the row
        has only a comment, it is the comment.
        """
        rows = self.rows_around(row)
        cuts = {comment.row: comment.column - 1 for comment in self.comments}
        lines = list(self.lines[rows.first - 1 : rows.last])
        code = [line[: cuts.get(rows.first + at)] for at, line in enumerate(lines)]
        text = "\n".join(code if any(map(str.strip, code)) else lines)
        return _LAST_COMMA.sub("", _BLANKS.sub("", text).replace("'", '"'))


def logical_statements(text: str) -> LogicalLines:
    """The logical lines and comments of `text`. Behind an invalid token, each line is a statement."""
    lines = _LINE_END.split(text)
    rest = (f"{line}\n" for line in lines)
    reader = _StatementReader()
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            reader.feed(token)
    except (tokenize.TokenError, SyntaxError):
        pass
    return LogicalLines(lines, reader.spans, reader.all_comments(), reader.texts)


def lines_alone(text: str) -> LogicalLines:
    """The lines of a text that is not Python, each as a statement.

    A comment behind one of the usual signs applies to its line, or to the next one if it is alone on its
    line.
    """
    lines = _LINE_END.split(text)
    comments: list[Comment] = []
    for row, line in enumerate(lines, 1):
        match = _FOREIGN_COMMENT.search(line)
        if match:
            alone = not line[: match.start()].strip()
            about = Rows(row, row + 1) if alone else Rows(row, row)
            comments.append(Comment(row, match.start() + 1, f"#{match['said']}", about))
    return LogicalLines(lines, (), comments)


class _StatementReader:
    """Groups tokens into statements, and assigns comments to them."""

    def __init__(self) -> None:
        self.spans: list[Rows] = []
        self.texts: list[Rows] = []
        self._only_text = True
        self._comments: list[Comment] = []
        self._waiting: list[tokenize.TokenInfo] = []
        self._first: int | None = None

    def feed(self, token: tokenize.TokenInfo) -> None:
        """Process the next token."""
        if token.type == tokenize.COMMENT:
            self._waiting.append(token)
        elif token.type == tokenize.NEWLINE:
            if self._first is not None:
                rows = Rows(self._first, token.start[0])
                self.spans.append(rows)
                if self._only_text:
                    self.texts.append(rows)
                self._attach_comments(rows)
            self._first, self._only_text = None, True
        elif token.type not in _BETWEEN:
            self._first = token.start[0] if self._first is None else self._first
            self._only_text = self._only_text and token.type == tokenize.STRING

    def all_comments(self) -> Sequence[Comment]:
        """All comments so far. A comment without a statement applies to its own row."""
        for token in self._waiting:
            self._comments.append(_comment(token, Rows(token.start[0], token.start[0])))
        self._waiting = []
        return self._comments

    def _attach_comments(self, rows: Rows) -> None:
        self._comments += [_comment(token, rows) for token in self._waiting]
        self._waiting = []


def _comment(token: tokenize.TokenInfo, about: Rows) -> Comment:
    row, column = token.start
    return Comment(row, column + 1, token.string, about)
