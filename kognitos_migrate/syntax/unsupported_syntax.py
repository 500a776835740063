"""Syntax that LibCST parses and the interpreter has no transfer function for.

It is from Python 3.15. A module with it isn't analysed, as one that can't be parsed.
"""

from collections.abc import Mapping, Sequence

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from kognitos_migrate.syntax.parser_input import SourceSyntaxError

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
