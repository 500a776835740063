"""Reparses a changed module where it has changed, and compiles it with Python."""

import ast
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.text_edits import Edit, in_order
from kognitos_migrate.syntax.changed_statements import changed_module, growth
from kognitos_migrate.syntax.elided_regions import NO_ELISION, ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.tree import Tree, number_nodes, parse


def reparse(before: Tree, edits: Sequence[Edit], text: str) -> Tree:
    """Parse `text`, the result of `edits` to a module.

    Raises SourceSyntaxError, and NeedsFullParseError if an edit is in an elided region.
    """
    edits = in_order(edits)
    gaps = _moved_regions(before, edits, text)
    module = changed_module(before, edits, gaps.blank_text() if gaps.places else text)
    if module is None:
        return parse(before.path, text, gaps.places)
    return number_nodes(before.path, text, module, gaps)


def _moved_regions(before: Tree, edits: Sequence[Edit], text: str) -> ElidedRegions:
    """The elided regions at their new places. Raises NeedsFullParseError if an edit is in one of them."""
    if not before.gaps.places:
        return NO_ELISION
    grown = [0, *accumulate(map(growth, edits))]
    places: list[Between] = []
    for start, end in before.gaps.places:
        ahead = bisect_right(edits, start, key=lambda edit: edit.span.end)
        if ahead < len(edits) and edits[ahead].span.start < end:
            raise NeedsFullParseError(before.path)
        places.append((start + grown[ahead], end + grown[ahead]))
    return ElidedRegions(text.encode("utf-8", "surrogatepass"), places)


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
