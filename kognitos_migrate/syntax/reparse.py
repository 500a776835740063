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
from kognitos_migrate.syntax.parser_input import parse_obstacle, without_form_feeds
from kognitos_migrate.syntax.syntax_errors import SourceSyntaxError
from kognitos_migrate.syntax.tree import Tree, numbered, parse

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def reparse(before: Tree, edits: Sequence[Edit], text: str) -> Tree:
    """Parse what `edits` have made of a module: `text`. Raises SourceSyntaxError, and GapError where they lie
    in what was not parsed."""
    edits = in_order(edits)
    gaps = _gaps(before, edits, text)
    seen = gaps.blanked() if gaps.places else text
    pieces = _pieces(before, edits, seen)
    if pieces is None:
        return parse(before.path, text, gaps.places)
    body: list[Statement] = []
    for piece in pieces:
        if isinstance(piece, str):
            found = _statements(piece, before.module)
            if found is None:
                return parse(before.path, text, gaps.places)
            body.extend(found)
        else:
            body.append(piece)
    return numbered(before.path, text, before.module.with_changes(body=body), gaps)


def _gaps(before: Tree, edits: Sequence[Edit], text: str) -> ElidedRegions:
    """What was not parsed, where it is now. Raises GapError where an edit lies in it."""
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


def _pieces(before: Tree, edits: Sequence[Edit], text: str) -> list[str | Statement] | None:
    """The changed module's statements: those that are as they were, and between them the texts of others.
    None where the first or the last has changed, which have more than themselves around them."""
    module, tops = before.module, before.tops
    starts, ends = tops[:-1], tops[1:]
    touched = [_touched(edits, start, end) for start, end in zip(starts, ends, strict=True)]
    if not touched or touched[0] or touched[-1]:
        return None
    grown = [0, *accumulate(_growth(edit) for edit in edits)]
    encoded = text.encode("utf-8", "surrogatepass")
    found: list[str | Statement] = []
    at = 0
    while at < len(ends):
        first = at
        while touched[at]:
            at += 1
        if at > first:
            begin = starts[first] + grown[_before(edits, starts[first])]
            end = starts[at] + grown[_before(edits, starts[at])]
            found.append(encoded[begin:end].decode("utf-8", "surrogatepass"))
        found.append(module.body[at])
        at += 1
    return found


def _touched(edits: Sequence[Edit], start: int, end: int) -> bool:
    at = _before(edits, start)
    return at < len(edits) and edits[at].span.start <= end


def _before(edits: Sequence[Edit], offset: int) -> int:
    """How many of the edits, of which none overlap, lie before an offset and don't touch it."""
    return bisect_left(edits, offset, key=lambda edit: edit.span.end)


def _growth(edit: Edit) -> int:
    return len(edit.text.encode("utf-8", "surrogatepass")) - (edit.span.end - edit.span.start)


def _statements(text: str, module: cst.Module) -> Sequence[Statement] | None:
    """The statements of a part of a module; None where it is no whole number of them, or is indented in
    another way."""
    if parse_obstacle(text) is not None:
        return None
    try:
        part = cst.parse_module(without_form_feeds(text))
    except Exception:  # what is wrong is said of the whole
        return None
    same = (part.default_indent, part.default_newline) == (module.default_indent, module.default_newline)
    if not (same and part.has_trailing_newline and part.body) or part.footer:
        return None
    first, *rest = part.body
    return [first.with_changes(leading_lines=[*part.header, *first.leading_lines]), *rest]


_FLAGS = (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
"""Of a module, and of a notebook's cells."""


def require_compilable(path: str, before: str | None, after: str) -> None:
    """Raise SourceSyntaxError where Python doesn't compile `after`, and did compile `before`: a text that is
    written for another version of Python says nothing."""
    flags = next((flags for flags in _FLAGS if before is None or _fault(path, before, flags) is None), None)
    fault = None if flags is None else _fault(path, after, flags)
    if fault is not None:
        raise fault


def _fault(path: str, text: str, flags: int) -> SourceSyntaxError | None:
    """Why Python doesn't compile a text; None where it does. Nothing of the text is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix("\ufeff"), path, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return SourceSyntaxError(error.msg, error.lineno or 1)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return SourceSyntaxError(f"can't be compiled ({type(error).__name__})", 1)
    return None
