"""Lays out edited lines as a formatter would: indentation, line endings, and breaks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.edits.line_breaking import CodeStyle, EditedBreaks, break_line
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.source.text_edits import Edit, Span, in_order
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tokens import first_token, logical_lines
from kognitos_migrate.syntax.tree import Tree


def indentation(tree: Tree, offset: int) -> str:
    """The white space at the start of the line that contains `offset`."""
    start = tree.utf8_text.rfind(b"\n", 0, offset) + 1
    line = tree.utf8_text[start:offset]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def step(tree: Tree) -> str:
    """One step of the file's own indentation."""
    return tree.module.default_indent


def newline(tree: Tree) -> str:
    """The file's own line ending."""
    return tree.module.default_newline


def starts_line(tree: Tree, offset: int) -> bool:
    """Whether only white space precedes `offset` in its line."""
    start = tree.utf8_text.rfind(b"\n", 0, offset) + 1
    return not tree.utf8_text[start:offset].strip()


def separator(tree: Tree, offset: int) -> str:
    """The text between the item at `offset` and a new item after it."""
    return f",{newline(tree)}{indentation(tree, offset)}" if starts_line(tree, offset) else ", "


_FEW = 3
"""The most entries that share one line."""


def object_display(tree: Tree, offset: int, entries: Sequence[CodeTemplate]) -> CodeTemplate:
    """`{ … }`, with one entry per line if there are more than a few or one has several lines. The source that
    entries move is indented one step more."""
    text = "".join(part if isinstance(part, str) else tree.slice(part) for entry in entries for part in entry)
    if len(entries) <= _FEW and "\n" not in text:
        return (
            "{",
            *(part for number, entry in enumerate(entries) for part in (", " * bool(number), *entry)),
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
"""Common line widths, in characters."""
_ENDLESS = 2_000
"""A statement with a line longer than this, in bytes, isn't laid out."""
_NEAR = 9
"""A file has chosen the least width if it has at least this many lines that are at most this much shorter."""


def line_width(tree: Tree) -> int:
    """The longest line that a file may have: the least common width that holds all its lines. The least width
    of all is assumed only if several lines come close to it."""
    lengths = sorted(len(line) for line in tree.text.splitlines())
    longest = lengths[-1] if lengths else 0
    few = len(lengths) - bisect_left(lengths, _WIDTHS[0] - _NEAR) < _NEAR
    return next((width for width in _WIDTHS[few:] if longest <= width), _WIDTHS[-1])


def lay_out_edits(tree: Tree, edits: Sequence[Edit]) -> list[Edit]:
    """The edits of one file, in source order, with the lines that they make laid out in the file's style."""
    new_edits: list[Edit] = []
    by_statement = tree.memoize(_layout_cache)
    for start, end, own in _edits_by_statement(tree, in_order(edits)):
        if not _has_overlong_line(tree, start, end):
            statement = tuple(own)
            if statement not in by_statement:
                by_statement[statement] = list(_ChangedStatement(tree, start, end, own).laid_out())
            own = by_statement[statement]
        new_edits.extend(own)
    return new_edits


def _has_overlong_line(tree: Tree, start: int, end: int) -> bool:
    text = tree.utf8_text[start:end]
    return len(text) > _ENDLESS and any(len(line) > _ENDLESS for line in text.split(b"\n"))


def _layout_cache(_tree: Tree) -> dict[tuple[Edit, ...], list[Edit]]:
    """A cache: the laid-out edits of a statement, by its edits. A statement is laid out for each conversation
    and for all together, mostly with the same edits."""
    return {}


def _edits_by_statement(tree: Tree, edits: Sequence[Edit]) -> Iterator[tuple[int, int, list[Edit]]]:
    """Group edits by the statement, or head of one, that they lie in, each group with its start and end
    offset in bytes. Statements that an edit spans form one group."""
    cuts = tree.memoize(_statement_starts)
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        first = bisect_right(cuts, edit.span.start) - 1
        last = max(bisect_left(cuts, edit.span.end), first + 1)
        if groups and first < groups[-1][1]:
            start, end, own = groups.pop()
            own.append(edit)
            groups.append((start, max(end, last), own))
        else:
            groups.append((first, last, [edit]))
    return ((cuts[first], cuts[min(last, len(cuts) - 1)], own) for first, last, own in groups)


_STATEMENTS: tuple[type[cst.CSTNode], ...] = (
    *(cst.SimpleStatementLine, cst.Decorator, cst.FunctionDef, cst.ClassDef, cst.With, cst.For, cst.While),
    *(cst.If, cst.Else, cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally),
    *(cst.Match, cst.MatchCase),
)
"""Nodes that begin a line."""


def _statement_starts(tree: Tree) -> list[int]:
    """The byte offsets at which a module may be cut: its start and end, and the lines at which statements and
    their clauses begin."""
    starts = (tree.span(node).start for node in tree.of_kind(*_STATEMENTS))
    return sorted({0, *(tree.utf8_text.rfind(b"\n", 0, start) + 1 for start in starts), len(tree.utf8_text)})


class _TextPiece(Struct, frozen=True):
    """A piece of a changed text: its start there (in characters), and the span and edit that it was made
    from."""

    start: int
    text: str
    origin: Span
    edit: Edit | None


class _NewLine(Struct, frozen=True):
    """The new text of a line of the changed text, from `start` to `end` (in characters)."""

    start: int
    end: int
    text: str


class _ChangedStatement:
    """A statement with its edits applied."""

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
        """The edits; those that make a broken line are merged into one."""
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
        return self._merge_edits(new)

    def _is_short_line(self) -> bool:
        """Whether the statement is one line of permitted length. Most are, and needn't be parsed."""
        lines = self._text.splitlines()
        return len(lines) == 1 and len(lines[0]) <= self._tree.memoize(line_width)

    def _piece_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1

    def _origin(self, start: int, end: int) -> Span:
        """The span of the source from which a range of the changed text was made."""
        first, last = self._pieces[self._piece_at(start)], self._pieces[self._piece_at(end - 1)]
        before, after = _size(first.text[: start - first.start]), _size(last.text[: end - last.start])
        return Span(
            self._tree.path,
            first.origin.start + (before if first.edit is None else 0),
            last.origin.start + after if last.edit is None else last.origin.end,
        )

    def _style(self, origin: Span) -> CodeStyle:
        """The file's style, with a width that permits the lines of `origin`."""
        encoded = self._tree.utf8_text
        start = encoded.rfind(b"\n", 0, origin.start) + 1
        end = encoded.find(b"\n", origin.end)
        before = self._tree.slice(Span(origin.path, start, len(encoded) if end < 0 else end))
        width = max(self._tree.memoize(line_width), *(len(line) for line in before.split("\n")))
        return CodeStyle(width, step(self._tree), newline(self._tree), self._breaks)

    @cached_property
    def _breaks(self) -> EditedBreaks:
        return EditedBreaks(
            frozenset(
                piece.start + place
                for piece in self._pieces
                if piece.edit is not None
                for place, character in enumerate(piece.text)
                if character == "\n"
            )
        )

    def _merge_edits(self, new: Sequence[_NewLine]) -> list[Edit]:
        """The edits, with one for each range that contains new lines."""
        ranges: list[tuple[int, int]] = []
        for line in new:
            start, end = self._extent(line)
            if ranges and start < ranges[-1][1]:
                start, end = ranges[-1][0], max(end, ranges.pop()[1])
            ranges.append((start, end))
        places = [(self._piece_at(start), self._piece_at(end - 1)) for start, end in ranges]
        covered = {number for first, last in places for number in range(first, last + 1)}
        return [
            *(
                piece.edit
                for number, piece in enumerate(self._pieces)
                if piece.edit and number not in covered
            ),
            *(Edit(self._origin(*place), 0, self._with(new, *place)) for place in ranges),
        ]

    def _extent(self, new: _NewLine) -> tuple[int, int]:
        """The range of a new line, widened to whole edits."""
        first, last = self._pieces[self._piece_at(new.start)], self._pieces[self._piece_at(new.end - 1)]
        return (
            new.start if first.edit is None else first.start,
            new.end if last.edit is None else last.start + len(last.text),
        )

    def _with(self, new: Sequence[_NewLine], start: int, end: int) -> str:
        """A range of the changed text, given by its first and last offset, with its new lines."""
        text: list[str] = []
        done = start
        for line in new:
            if start <= line.start < end:
                text += (self._text[done : line.start], line.text)
                done = line.end
        return "".join((*text, self._text[done:end]))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
