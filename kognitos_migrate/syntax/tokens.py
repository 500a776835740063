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
    """One token: what stands between it and the one before, where it begins, and the white space at the
    start of its line."""

    text: str
    gap: str
    start: int
    margin: str


class Group(Struct, frozen=True):
    """A pair of brackets, and what is in it."""

    opening: Token
    content: Sequence["Node"]
    closing: Token


Node: TypeAlias = Token | Group


class LogicalLine(Struct, frozen=True):
    """A statement, or the head of a compound one; `end` is where its last token ends."""

    nodes: Sequence[Node]
    start: int
    end: int


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The logical lines of a text, up to where it can't be read."""
    lines = list(io.StringIO(text, newline=""))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    begun: list[Token] = []
    end = 0
    for token in _whole(lines):
        first, last = (starts[row - 1] + column for row, column in (token.start, token.end))
        if token.type == tokenize.NEWLINE:
            nodes = _nested(begun)
            if nodes is not None:
                yield LogicalLine(nodes, begun[0].start, end)
            begun = []
        elif token.type not in _SPACE:
            line = lines[token.start[0] - 1]
            margin = line[: len(line) - len(line.lstrip(" \t\f"))]
            begun.append(Token(text[first:last], text[end:first] if begun else "", first, margin))
            end = last


def first_token(node: Node) -> Token:
    """The token that a node begins with."""
    return node if isinstance(node, Token) else node.opening


def tokens(nodes: Sequence[Node]) -> Iterator[Token]:
    """All tokens of nodes, in order."""
    for node in nodes:
        if isinstance(node, Token):
            yield node
        else:
            yield node.opening
            yield from tokens(node.content)
            yield node.closing


def _whole(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    """The tokens of lines; a formatted string is one, as it was before Python 3.12."""
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


def _nested(flat: Sequence[Token]) -> Sequence[Node] | None:
    """Tokens as brackets nest them; None where they don't."""
    levels: list[list[Node]] = [[]]
    opened: list[Token] = []
    for token in flat:
        if token.text in _CLOSING:
            opened.append(token)
            levels.append([])
        elif token.text in _CLOSING.values():
            if not opened or _CLOSING[opened[-1].text] != token.text:
                return None
            content = levels.pop()
            levels[-1].append(Group(opened.pop(), content, token))
        else:
            levels[-1].append(token)
    return levels[0] if flat and not opened else None


_LINE_END = re.compile(r"\r\n|\r|\n")
_BETWEEN = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_BLANKS = re.compile(r"\s+|\\$", re.MULTILINE)
_FOREIGN_COMMENT = re.compile(r"(?:#|//|--|<!--|;|/\*)(?P<said>\s{0,9}[a-z-]{1,30}:.*?)\s*(?:-->|\*/)?\s*$")
_LAST_COMMA = re.compile(r",(?=[)\]}])")


class Rows(Struct, frozen=True, order=True):
    """Rows of a text, from 1; the last is one of them."""

    first: int
    last: int


class Comment(Struct, frozen=True):
    """A comment: where it begins (rows and columns from 1), and the rows that it speaks of.

    Those are the statement that it stands in or behind; of a comment on a line of its own, the next one.
    """

    row: int
    column: int
    text: str
    about: Rows


class LogicalLines(Struct, frozen=True):
    """A text's lines, its logical lines (a statement, or the head of a compound one) and its comments."""

    lines: Sequence[str]
    spans: Sequence[Rows]
    comments: Sequence[Comment]
    texts: Sequence[Rows] = ()
    """The statements that are nothing but a text: what is documented."""

    def around(self, row: int) -> Rows:
        """The rows of the statement that `row` is a part of; the row alone, where it is of none."""
        return next((rows for rows in self.spans if rows.first <= row <= rows.last), Rows(row, row))

    def normalised(self, row: int) -> str:
        """The statement around `row` without what a formatter may change: white space (also that in
        strings), comments, kinds of quotes, a last comma. Of a row that is only a comment, the comment."""
        rows = self.around(row)
        cuts = {comment.row: comment.column - 1 for comment in self.comments}
        lines = list(self.lines[rows.first - 1 : rows.last])
        code = [line[: cuts.get(rows.first + at)] for at, line in enumerate(lines)]
        text = "\n".join(code if any(map(str.strip, code)) else lines)
        return _LAST_COMMA.sub("", _BLANKS.sub("", text).replace("'", '"'))


def logical_statements(text: str) -> LogicalLines:
    """What the tokens of `text` say. After what is no token, each line is a statement."""
    lines = _LINE_END.split(text)
    rest = (f"{line}\n" for line in lines)
    reader = _StatementReader()
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            reader.take(token)
    except (tokenize.TokenError, SyntaxError):
        pass
    return LogicalLines(lines, reader.spans, reader.all_comments(), reader.texts)


def lines_alone(text: str) -> LogicalLines:
    """What the lines of a text that is not Python say: each is a statement, and a comment in it (behind one
    of the usual signs) speaks of it; one on a line of its own, of the next line."""
    lines = _LINE_END.split(text)
    comments: list[Comment] = []
    for row, line in enumerate(lines, 1):
        found = _FOREIGN_COMMENT.search(line)
        if found:
            alone = not line[: found.start()].strip()
            about = Rows(row, row + 1) if alone else Rows(row, row)
            comments.append(Comment(row, found.start() + 1, f"#{found['said']}", about))
    return LogicalLines(lines, (), comments)


class _StatementReader:
    """Puts tokens together to statements."""

    def __init__(self) -> None:
        self.spans: list[Rows] = []
        self.texts: list[Rows] = []
        self._only_text = True
        self._comments: list[Comment] = []
        self._waiting: list[tokenize.TokenInfo] = []
        self._first: int | None = None

    def take(self, token: tokenize.TokenInfo) -> None:
        """The next token."""
        if token.type == tokenize.COMMENT:
            self._waiting.append(token)
        elif token.type == tokenize.NEWLINE:
            if self._first is not None:
                rows = Rows(self._first, token.start[0])
                self.spans.append(rows)
                if self._only_text:
                    self.texts.append(rows)
                self._settle(rows)
            self._first, self._only_text = None, True
        elif token.type not in _BETWEEN:
            self._first = token.start[0] if self._first is None else self._first
            self._only_text = self._only_text and token.type == tokenize.STRING

    def all_comments(self) -> Sequence[Comment]:
        """The comments so far; what still waits for a statement speaks of its own row."""
        for token in self._waiting:
            self._comments.append(_comment(token, Rows(token.start[0], token.start[0])))
        self._waiting = []
        return self._comments

    def _settle(self, rows: Rows) -> None:
        self._comments += [_comment(token, rows) for token in self._waiting]
        self._waiting = []


def _comment(token: tokenize.TokenInfo, about: Rows) -> Comment:
    row, column = token.start
    return Comment(row, column + 1, token.string, about)
