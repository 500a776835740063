"""Reparses a changed module statement by statement, and compiles it with Python."""

import ast
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

import libcst as cst

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.text_edits import Edit, in_order
from kognitos_migrate.syntax.elided_regions import NO_ELISION, ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.parser_input import SourceSyntaxError, parse_obstacle, without_form_feeds
from kognitos_migrate.syntax.tree import Tree, number_nodes, parse

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def reparse(before: Tree, edits: Sequence[Edit], text: str) -> Tree:
    """Parse `text`, the result of `edits` to a module.

    Raises SourceSyntaxError, and NeedsFullParseError if an edit is in an elided region.
    """
    edits = in_order(edits)
    gaps = _moved_regions(before, edits, text)
    parsed_text = gaps.blank_text() if gaps.places else text
    segments = _segments(before, edits, parsed_text)
    if segments is None:
        return parse(before.path, text, gaps.places)
    body: list[Statement] = []
    end = before.module
    for number, segment in enumerate(segments, 1):
        if isinstance(segment, str):
            part = _parse_part(segment, before.module, is_last=number == len(segments))
            if part is None:
                return parse(before.path, text, gaps.places)
            body.extend(_statements(part))
            end = part
        else:
            body.append(segment)
            end = before.module
    module = before.module.with_changes(
        body=body, footer=end.footer, has_trailing_newline=end.has_trailing_newline
    )
    return number_nodes(before.path, text, module, gaps)


def _moved_regions(before: Tree, edits: Sequence[Edit], text: str) -> ElidedRegions:
    """The elided regions at their new places. Raises NeedsFullParseError if an edit is in one of them."""
    if not before.gaps.places:
        return NO_ELISION
    grown = [0, *accumulate(map(_growth, edits))]
    places: list[Between] = []
    for start, end in before.gaps.places:
        ahead = bisect_right(edits, start, key=lambda edit: edit.span.end)
        if ahead < len(edits) and edits[ahead].span.start < end:
            raise NeedsFullParseError(before.path)
        places.append((start + grown[ahead], end + grown[ahead]))
    return ElidedRegions(text.encode("utf-8", "surrogatepass"), places)


def _segments(before: Tree, edits: Sequence[Edit], text: str) -> list[str | Statement] | None:
    """The changed module: unchanged statements, and between them the texts of changed ones. The text of the
    last statement includes the module's footer.

    None if the first statement has changed, since the module's header may change with it.
    """
    module, tops = before.module, before.tops
    starts, ends = tops[:-1], tops[1:]
    is_touched = [_is_touched(edits, start, end) for start, end in zip(starts, ends, strict=True)]
    if not is_touched or is_touched[0]:
        return None
    grown = [0, *accumulate(_growth(edit) for edit in edits)]
    encoded = text.encode("utf-8", "surrogatepass")
    segments: list[str | Statement] = []
    at = 0
    while at < len(ends):
        first = at
        while at < len(ends) and is_touched[at]:
            at += 1
        if at > first:
            begin = starts[first] + grown[_count_before(edits, starts[first])]
            is_last = at == len(ends)
            end = len(encoded) if is_last else starts[at] + grown[_count_before(edits, starts[at])]
            segments.append(encoded[begin:end].decode("utf-8", "surrogatepass"))
        segments += module.body[at : at + 1]
        at += 1
    return segments


def _is_touched(edits: Sequence[Edit], start: int, end: int) -> bool:
    at = _count_before(edits, start)
    return at < len(edits) and edits[at].span.start <= end


def _count_before(edits: Sequence[Edit], offset: int) -> int:
    """The number of edits that end before an offset. The edits must not overlap."""
    return bisect_left(edits, offset, key=lambda edit: edit.span.end)


def _growth(edit: Edit) -> int:
    return len(edit.text.encode("utf-8", "surrogatepass")) - (edit.span.end - edit.span.start)


def _parse_part(text: str, module: cst.Module, *, is_last: bool) -> cst.Module | None:
    """The tree of a part of a module.

    None if it can't be parsed alone, is indented in another way, or ends with a footer that isn't the
    module's.
    """
    if parse_obstacle(text) is not None:
        return None
    try:
        part = cst.parse_module(without_form_feeds(text))
    except Exception:  # the error is reported when the whole module is parsed
        return None
    same = (part.default_indent, part.default_newline) == (module.default_indent, module.default_newline)
    if not (same and part.body and (is_last or (part.has_trailing_newline and not part.footer))):
        return None
    return part


def _statements(part: cst.Module) -> Sequence[Statement]:
    """The statements of a part of a module."""
    first, *rest = part.body
    return [first.with_changes(leading_lines=[*part.header, *first.leading_lines]), *rest]


_FLAGS = (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
"""Compiler flags: for a module, and for the cells of a notebook."""


def require_compilable(path: str, before: str | None, after: str) -> None:
    """Raise SourceSyntaxError if Python compiles `before` and doesn't compile `after`.

    If `before` is written for another version of Python, nothing can be concluded.
    """
    if _fault(path, after, _FLAGS[0]) is None:  # as most: then nobody has to ask the same of `before`
        return
    flags = next((flags for flags in _FLAGS if before is None or _fault(path, before, flags) is None), None)
    fault = None if flags is None else _fault(path, after, flags)
    if fault is not None:
        raise fault


def _fault(path: str, text: str, flags: int) -> SourceSyntaxError | None:
    """The reason why Python doesn't compile a text; None if it does. Nothing is executed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix("\ufeff"), path, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return SourceSyntaxError(error.msg, error.lineno or 1)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return SourceSyntaxError(f"can't be compiled ({type(error).__name__})", 1)
    return None
