"""The statements of a text as its rows show them, and its comments: tokens, without a tree."""

import re
import tokenize
from collections.abc import Sequence

from kognitos_migrate.record import Struct

_LINE_END = re.compile(r"\r\n|\r|\n")
_BETWEEN = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_SPACE = re.compile(r"\s+|\\$", re.MULTILINE)
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


class Statements(Struct, frozen=True):
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
        return _LAST_COMMA.sub("", _SPACE.sub("", text).replace("'", '"'))


def statements(text: str) -> Statements:
    """What the tokens of `text` say. After what is no token, each line is a statement."""
    lines = _LINE_END.split(text)
    rest = (f"{line}\n" for line in lines)
    reader = _Reader()
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            reader.take(token)
    except (tokenize.TokenError, SyntaxError):
        pass
    return Statements(lines, reader.spans, reader.all_comments(), reader.texts)


def lines_alone(text: str) -> Statements:
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
    return Statements(lines, (), comments)


class _Reader:
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
