"""Parses a changed module where it has changed: only the statements that an edit touches.

Statements that no edit touches are kept as they are. A compound statement whose edits are all in its body
keeps its head:

    def poll(key):                      kept
        url = f"{BASE}/run/{key}"       kept
        return requests.get(url)        parsed, below `if _:` at the same indentation
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

import libcst as cst

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.syntax.parser_input import parse_obstacle, without_form_feeds
from kognitos_migrate.syntax.tree import Tree


def changed_module(before: Tree, edits: Sequence[Edit], text: str) -> cst.Module | None:
    """The syntax of `text`, the result of `edits`, in order, to the parsed text of a module.

    None if a changed top-level statement can't be parsed alone.
    """
    return _ChangedStatements(before, edits, text).module()


def growth(edit: Edit) -> int:
    """The number of bytes that an edit adds to the text."""
    return len(edit.text.encode("utf-8", "surrogatepass")) - (edit.span.end - edit.span.start)


class _NotAloneError(Exception):
    """Changed statements can't be parsed alone, or are written in another way than the module."""


class _ChangedStatements:
    """The statements of one module after its edits. Offsets are in bytes, before the edits."""

    def __init__(self, before: Tree, edits: Sequence[Edit], text: str) -> None:
        self._module, self._edits = before.module, edits
        self._extents = before.rendering.extents
        self._tops = [0, *before.rendering.tops[1:]]
        """The starts of the top-level statements, the first one with the module's header, and the end of the
        last one."""
        self._text = text.encode("utf-8", "surrogatepass")
        self._grown = [0, *accumulate(map(growth, edits))]

    def module(self) -> cst.Module | None:
        """The changed module; None if it has to be parsed as a whole."""
        module, end = self._module, self._module
        header = module.header
        body: list[cst.BaseStatement] = []
        for segment in self._segments(module.body, self._tops, ()):
            if not isinstance(segment, tuple):
                body.append(segment)
                end = module
                continue
            try:
                end = self._part(segment)
            except _NotAloneError:
                return None
            if body:
                body += _with_header(end)
            else:
                header = end.header
                body += end.body
        if not body:
            return None
        return module.with_changes(
            header=header, body=body, footer=end.footer, has_trailing_newline=end.has_trailing_newline
        )

    def _segments(
        self, body: Sequence[cst.BaseStatement], bounds: Sequence[int], indents: Sequence[str]
    ) -> Iterator[cst.BaseStatement | Between]:
        """The statements that are kept, and the ranges of those that aren't. `bounds` are the starts of the
        statements, and the end of the last one; `indents` are those of the blocks around them."""
        first = -1
        for number, statement in enumerate(body):
            reusable = self._reusable(statement, bounds[number], bounds[number + 1], indents)
            if reusable is None:
                first = bounds[number] if first < 0 else first
                continue
            if first >= 0:
                yield first, bounds[number]
                first = -1
            yield reusable
        if first >= 0:
            yield first, bounds[-1]

    def _reusable(
        self, statement: cst.BaseStatement, start: int, end: int, indents: Sequence[str]
    ) -> cst.BaseStatement | None:
        """The statement, or one with the same head, whose body has changed; None if it has to be parsed."""
        own = self._edits_touching(start, end)
        if not own:
            return statement
        block = getattr(statement, "body", None)
        if not isinstance(block, cst.IndentedBlock):
            return None
        bounds = [self._extents[id(inner)][0] for inner in block.body]
        bounds.append(self._extents[id(block.body[-1])][1])
        if own[0].span.start < bounds[0] or own[-1].span.end >= bounds[-1]:
            return None
        try:
            body = self._changed_body(block, bounds, indents)
        except _NotAloneError:
            return None
        return statement.with_changes(body=block.with_changes(body=body)) if body else None

    def _edits_touching(self, start: int, end: int) -> Sequence[Edit]:
        """The edits of a range, and those at its start or end."""
        first = last = self._count_before(start)
        while last < len(self._edits) and self._edits[last].span.start <= end:
            last += 1
        return self._edits[first:last]

    def _count_before(self, offset: int) -> int:
        """The number of edits that end before an offset. The edits must not overlap."""
        return bisect_left(self._edits, offset, key=lambda edit: edit.span.end)

    def _changed_body(
        self, block: cst.IndentedBlock, bounds: Sequence[int], indents: Sequence[str]
    ) -> list[cst.BaseStatement]:
        """The statements of a block. Raises _NotAloneError."""
        indents = (*indents, block.indent or self._module.default_indent)
        body: list[cst.BaseStatement] = []
        for segment in self._segments(block.body, bounds, indents):
            body += self._statements(segment, indents) if isinstance(segment, tuple) else (segment,)
        return body

    def _statements(self, place: Between, indents: Sequence[str]) -> Sequence[cst.BaseStatement]:
        """The statements in a range of a block, parsed in a block that is indented alike. Raises
        _NotAloneError."""
        heads = (f"{margin}if _:{self._module.default_newline}" for margin in accumulate(("", *indents[:-1])))
        part = self._parse("".join(heads) + self._changed_text(place))
        body: Sequence[cst.BaseStatement] = part.body
        footers = [part.footer]
        for indent in indents:
            block = self._only_block(body, indent)
            footers.append(block.footer)
            body = block.body
        if any(footers) or not part.has_trailing_newline:
            raise _NotAloneError
        return body

    def _only_block(self, body: Sequence[cst.BaseStatement], indent: str) -> cst.IndentedBlock:
        """The block of the only statement, an `if`. Raises _NotAloneError if it is indented in another way,
        or if an edit has added an `else`, which belongs to the statement that stands there."""
        match body:
            case [cst.If(body=cst.IndentedBlock() as block, orelse=None)] if (
                block.indent or self._module.default_indent
            ) == indent:
                return block
        raise _NotAloneError

    def _part(self, place: Between) -> cst.Module:
        """The tree of top-level statements, with the module's header if they are the first ones, and its
        footer if they are the last ones. Raises _NotAloneError."""
        start, end = place
        is_last = end == self._tops[-1]
        part = self._parse(self._changed_text((start, -1 if is_last else end)))
        if not part.body or not (is_last or (part.has_trailing_newline and not part.footer)):
            raise _NotAloneError
        return part

    def _changed_text(self, place: Between) -> str:
        """The new text of a range, or of the rest of the module, if its end is negative."""
        start, end = (offset + self._grown[self._count_before(offset)] for offset in place)
        return self._text[start : None if place[1] < 0 else end].decode("utf-8", "surrogatepass")

    def _parse(self, text: str) -> cst.Module:
        """The tree of a text that is indented like the module. Raises _NotAloneError."""
        if text.startswith("\ufeff") or parse_obstacle(text) is not None:
            raise _NotAloneError
        try:
            part = cst.parse_module(without_form_feeds(text))
        except Exception:  # the error is reported when the whole module is parsed
            raise _NotAloneError from None
        module = self._module
        if (part.default_indent, part.default_newline) != (module.default_indent, module.default_newline):
            raise _NotAloneError
        return part


def _with_header(part: cst.Module) -> Sequence[cst.BaseStatement]:
    """The statements of a part of a module, with its header."""
    first, *rest = part.body
    return [first.with_changes(leading_lines=[*part.header, *first.leading_lines]), *rest]
