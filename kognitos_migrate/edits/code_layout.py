"""Lays out edited lines as a formatter would: indentation, line endings, and breaks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.edits.line_breaking import CodeStyle, LineBreaks, break_line
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.source.text_edits import Edit, Span, in_order
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import first_token, logical_lines
from kognitos_migrate.syntax.tree import Tree


def indentation(tree: Tree, offset: int) -> str:
    """The white space at the start of the line that holds `offset`."""
    start = tree.encoded.rfind(b"\n", 0, offset) + 1
    line = tree.encoded[start:offset]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def step(tree: Tree) -> str:
    """One step of the file's own indentation."""
    return tree.module.default_indent


def newline(tree: Tree) -> str:
    """The file's own line ending."""
    return tree.module.default_newline


def starts_line(tree: Tree, offset: int) -> bool:
    """Whether only white space stands before `offset` in its line."""
    start = tree.encoded.rfind(b"\n", 0, offset) + 1
    return not tree.encoded[start:offset].strip()


def separator(tree: Tree, offset: int) -> str:
    """What stands between the item that begins at `offset` and one that is put behind it."""
    return f",{newline(tree)}{indentation(tree, offset)}" if starts_line(tree, offset) else ", "


_FEW = 3
"""As many entries may stand on one line."""


def object_display(tree: Tree, offset: int, entries: Sequence[CodeTemplate]) -> CodeTemplate:
    """`{ … }` with one entry a line, if they are more than a few or one has lines of its own; the text that
    entries move is indented one step more."""
    text = "".join(part if isinstance(part, str) else tree.slice(part) for one in entries for part in one)
    if len(entries) <= _FEW and "\n" not in text:
        return (
            "{",
            *(part for number, one in enumerate(entries) for part in (", " * bool(number), *one)),
            "}",
        )
    outer = indentation(tree, offset)
    inner = outer + step(tree)
    end = newline(tree)
    parts: list[str | Span] = ["{", end]
    for entry in entries:
        parts.append(inner)
        parts.extend(entry)
        parts.extend((",", end))
    return (*parts, outer, "}")


_WIDTHS = (79, 88, 100, 120)
"""What people choose as the length of lines."""
_ENDLESS = 2_000
"""So many characters in a line are more than anybody lays out."""
_NEAR = 9
"""How far below a length the lines are that show that it was chosen."""


def line_width(tree: Tree) -> int:
    """The longest line that a file may have: the least of what people choose that holds all its lines. (That
    they are all short shows little.)"""
    lengths = sorted(len(line) for line in tree.text.splitlines())
    longest = lengths[-1] if lengths else 0
    few = len(lengths) - bisect_left(lengths, _WIDTHS[0] - _NEAR) < _NEAR
    return next((width for width in _WIDTHS[few:] if longest <= width), _WIDTHS[-1])


def lay_out_edits(tree: Tree, edits: Sequence[Edit]) -> list[Edit]:
    """Edits of one file, in order, so that the lines that they make are laid out as the file's are."""
    found: list[Edit] = []
    known = tree.cached(_known)
    for start, end, own in _by_statement(tree, in_order(edits)):
        if not _is_endless(tree, start, end):
            statement = tuple(own)
            if statement not in known:
                known[statement] = list(_ChangedStatement(tree, start, end, own).laid_out())
            own = known[statement]
        found.extend(own)
    return found


def _is_endless(tree: Tree, start: int, end: int) -> bool:
    text = tree.encoded[start:end]
    return len(text) > _ENDLESS and any(len(line) > _ENDLESS for line in text.split(b"\n"))


def _known(_tree: Tree) -> dict[tuple[Edit, ...], list[Edit]]:
    """What became of the edits of a statement: they are laid out for each conversation, and with those of all
    others, which are mostly the same."""
    return {}


def _by_statement(tree: Tree, edits: Sequence[Edit]) -> Iterator[tuple[int, int, list[Edit]]]:
    """The edits that lie in a statement or in the head of one, or in several that an edit reaches over, with
    where these begin and end."""
    cuts = tree.cached(_cuts)
    held: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        first = bisect_right(cuts, edit.span.start) - 1
        last = max(bisect_left(cuts, edit.span.end), first + 1)
        if held and first < held[-1][1]:
            start, end, own = held.pop()
            own.append(edit)
            held.append((start, max(end, last), own))
        else:
            held.append((first, last, [edit]))
    return ((cuts[first], cuts[min(last, len(cuts) - 1)], own) for first, last, own in held)


_STATEMENTS: tuple[type[cst.CSTNode], ...] = (
    *(cst.SimpleStatementLine, cst.Decorator, cst.FunctionDef, cst.ClassDef, cst.With, cst.For, cst.While),
    *(cst.If, cst.Else, cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally),
    *(cst.Match, cst.MatchCase),
)
"""What begins with a line of its own."""


def _cuts(tree: Tree) -> list[int]:
    """Where a text may be cut: where it begins and ends, and where statements and their parts do."""
    starts = (tree.span(node).start for node in tree.of_kind(*_STATEMENTS))
    return sorted({0, *(tree.encoded.rfind(b"\n", 0, start) + 1 for start in starts), len(tree.encoded)})


class _TextPiece(Struct, frozen=True):
    """A piece of a changed text: where it begins in it, and what it was made of."""

    start: int
    text: str
    origin: Span
    edit: Edit | None


class _NewLine(Struct, frozen=True):
    """What a line of the changed text, from `start` to `end`, becomes."""

    start: int
    end: int
    text: str


class _ChangedStatement:
    """A statement that edits have changed."""

    def __init__(self, tree: Tree, start: int, end: int, edits: Sequence[Edit]) -> None:
        self._tree = tree
        self._edits = edits
        self._pieces: list[_TextPiece] = []
        done = start
        for edit in edits:
            self._add(Span(tree.path, done, edit.span.start))
            self._add(edit.span, edit)
            done = edit.span.end
        self._add(Span(tree.path, done, end))
        self._starts = [piece.start for piece in self._pieces]
        self._text = "".join(piece.text for piece in self._pieces)

    def _add(self, origin: Span, edit: Edit | None = None) -> None:
        text = self._tree.slice(origin) if edit is None else edit.text
        if text or edit is not None:
            start = self._pieces[-1].start + len(self._pieces[-1].text) if self._pieces else 0
            self._pieces.append(_TextPiece(start, text, origin, edit))

    def laid_out(self) -> list[Edit]:
        """The edits, with those put together that make a line which is broken."""
        if self._is_short_line():
            return [*self._edits]
        new: list[_NewLine] = []
        for line in logical_lines(self._text):
            first, last = self._piece_at(line.start), self._piece_at(line.end - 1)
            if all(piece.edit is None for piece in self._pieces[first : last + 1]):
                continue
            style = self._style(self._origin(line.start, line.end))
            text = break_line(style, line.nodes, first_token(line.nodes[0]).margin)
            if text != self._text[line.start : line.end]:
                new.append(_NewLine(line.start, line.end, text))
        return self._put_together(new)

    def _is_short_line(self) -> bool:
        """Whether it is one line, and may be as long as it is: so are most, and need not be read."""
        lines = self._text.splitlines()
        return len(lines) == 1 and len(lines[0]) <= self._tree.cached(line_width)

    def _piece_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1

    def _origin(self, start: int, end: int) -> Span:
        """What a range of the changed text was made of."""
        first, last = self._pieces[self._piece_at(start)], self._pieces[self._piece_at(end - 1)]
        before, after = _size(first.text[: start - first.start]), _size(last.text[: end - last.start])
        return Span(
            self._tree.path,
            first.origin.start + (before if first.edit is None else 0),
            last.origin.start + after if last.edit is None else last.origin.end,
        )

    def _style(self, origin: Span) -> CodeStyle:
        """The style of what is made of this: it may be as wide as that."""
        encoded = self._tree.encoded
        start = encoded.rfind(b"\n", 0, origin.start) + 1
        end = encoded.find(b"\n", origin.end)
        before = self._tree.slice(Span(origin.path, start, len(encoded) if end < 0 else end))
        width = max(self._tree.cached(line_width), *(len(line) for line in before.split("\n")))
        return CodeStyle(width, step(self._tree), newline(self._tree), self._breaks)

    @cached_property
    def _breaks(self) -> LineBreaks:
        return LineBreaks(
            frozenset(
                piece.start + place
                for piece in self._pieces
                if piece.edit is not None
                for place, character in enumerate(piece.text)
                if character == "\n"
            )
        )

    def _put_together(self, new: Sequence[_NewLine]) -> list[Edit]:
        """The edits, where lines have become other texts: one for all that makes such a line."""
        ranges: list[tuple[int, int]] = []
        for one in new:
            start, end = self._extent(one)
            if ranges and start < ranges[-1][1]:
                start, end = ranges[-1][0], max(end, ranges.pop()[1])
            ranges.append((start, end))
        places = [(self._piece_at(start), self._piece_at(end - 1)) for start, end in ranges]
        inside = {number for first, last in places for number in range(first, last + 1)}
        return [
            *(piece.edit for number, piece in enumerate(self._pieces) if piece.edit and number not in inside),
            *(Edit(self._origin(*place), 0, self._with(new, *place)) for place in ranges),
        ]

    def _extent(self, new: _NewLine) -> tuple[int, int]:
        """What a line lies in, if edits are taken whole."""
        first, last = self._pieces[self._piece_at(new.start)], self._pieces[self._piece_at(new.end - 1)]
        return (
            new.start if first.edit is None else first.start,
            new.end if last.edit is None else last.start + len(last.text),
        )

    def _with(self, new: Sequence[_NewLine], start: int, end: int) -> str:
        """A range of the changed text, with its new lines."""
        text: list[str] = []
        done = start
        for one in new:
            if start <= one.start < end:
                text += (self._text[done : one.start], one.text)
                done = one.end
        return "".join((*text, self._text[done:end]))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
