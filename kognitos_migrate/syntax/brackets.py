"""The logical lines of a text, nested as their brackets are: tokens, without a tree."""

import io
import tokenize
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from kognitos_migrate.record import Struct

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
