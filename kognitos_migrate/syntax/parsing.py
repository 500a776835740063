"""Parsing of modules: of a text, of a changed module where it has changed, and by Python's own compiler."""

import ast
import sys
import warnings
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.text_edits import Edit, in_order
from kognitos_migrate.syntax.changed_statements import changed_module, growth
from kognitos_migrate.syntax.elided_regions import NO_ELISION, ElidedRegions, NeedsFullParseError
from kognitos_migrate.syntax.parser_input import (
    SourceSyntaxError,
    parse_obstacle,
    python_fault,
)
from kognitos_migrate.syntax.tree import RECURSION, Tree, number_nodes, parser_text


def reparse(before: Tree, edits: Sequence[Edit], text: str) -> Tree:
    """Parse `text`, the result of `edits` to a module.

    Raises SourceSyntaxError, and NeedsFullParseError if an edit is in an elided region.
    """
    edits = in_order(edits)
    gaps = _moved_regions(before, edits, text)
    module = changed_module(before, edits, gaps.blank_text() if gaps.places else text)
    if module is None:
        return parse(before.path, text, gaps.places)
    return number_nodes(before.path, text, module, gaps, before)


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


def parse(path: str, text: str, elided: Sequence[Between] = ()) -> Tree:
    """Parse the module `text`, except the bodies and definitions at the places `elided`.

    Raises SourceSyntaxError, and NeedsFullParseError if the error's position isn't known without the elided
    regions. Whether the tree renders the text unchanged is checked when a span is first needed: it is slow.
    """
    if not elided:
        return _parse(path, text, NO_ELISION)
    try:
        return _parse(path, text, ElidedRegions(text.encode("utf-8", "surrogatepass"), elided))
    except SourceSyntaxError:  # its row would be wrong
        raise NeedsFullParseError(path) from None


def _parse(path: str, text: str, gaps: ElidedRegions) -> Tree:
    if "\0" in text:  # LibCST accepts it in a literal, Python never does
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SourceSyntaxError("Python code can't contain a NUL byte", line)
    if (reason := parse_obstacle(gaps.short_text() if gaps.places else text)) is not None:
        raise SourceSyntaxError(reason, 1, "file-too-large")
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))
    try:
        tree = number_nodes(path, text, cst.parse_module(parser_text(text, gaps)), gaps)
        require_supported_syntax(tree.module, tree.nodes, tree.parents)
        return tree
    except cst.ParserSyntaxError as error:
        raise python_fault(text) or SourceSyntaxError("LibCST can't parse it", error.raw_line) from None
    except RecursionError:
        raise SourceSyntaxError("is nested too deeply to be read", 1, "file-too-large") from None
    except (ValueError, cst.CSTValidationError) as error:
        raise SourceSyntaxError(f"can't be parsed ({type(error).__name__})", 1) from None


_UNPACKING = "unpacking in a comprehension"
_NAMES = {"LazyImport": "a lazy import", "LazyImportFrom": "a lazy import", "StarredDictComp": _UNPACKING}
UNSUPPORTED: Mapping[type[cst.CSTNode], str] = {
    getattr(cst, name): description for name, description in _NAMES.items() if hasattr(cst, name)
}
"""The kinds of nodes, which LibCST has from 1.9 on, each with its description."""
_KINDS = frozenset(UNSUPPORTED)


def require_supported_syntax(
    module: cst.Module, nodes: Sequence[cst.CSTNode], parents: Sequence[int]
) -> None:
    """Raises SourceSyntaxError at the first of a module's `nodes` that isn't supported. `parents` has the
    number of each node's parent."""
    kinds = {*map(type, nodes)}
    if kinds.isdisjoint(_KINDS) and cst.StarredElement not in kinds:
        return
    for node, parent in zip(nodes, parents, strict=True):
        description = UNSUPPORTED.get(type(node))
        if isinstance(node, cst.StarredElement) and isinstance(nodes[parent], cst.BaseComp):
            description = _UNPACKING
        if description is not None:
            positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
            message = f"uses syntax that isn't supported yet: {description}"
            raise SourceSyntaxError(message, positions[node].start.line, "syntax-unsupported")
