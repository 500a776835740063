"""The syntax nodes of source that may contain a secret, and its constants."""

from __future__ import annotations

import ast
import functools
import re
import warnings

from kognitos_migrate.findings.expression_names import text_of
from kognitos_migrate.findings.secret_screen import may_contain_secret

_LEAVES = frozenset(
    ("arg", "attr", "conversion", "ctx", "id", "kind", "level", "name", "names", "op", "ops", "type_comment")
)
"""Fields that contain no expression."""
_DOCUMENT = re.compile(r"[\n\"'<]|--[\w-]")
"""A sign of a text in another format."""


@functools.lru_cache(maxsize=1)
def nodes_of_source(text: str) -> list[ast.AST]:
    """The nodes of source that may contain a secret, a parent before its children, without operators and
    contexts. Empty if the source contains no secret, or can't be parsed."""
    if not may_contain_secret(text):
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _nodes_of(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def document_literals(text: str) -> str:
    """The constants of Python source that may be texts of another format: JSON, settings, a command, a
    header. Docstrings are left out."""
    nodes = nodes_of_source(text)
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings)
    texts = (text_of(node.value) for node in constants if isinstance(node.value, str | bytes))
    return "\n".join(text.replace("\r\n", "\n") for text in texts if _DOCUMENT.search(text))


def _nodes_of(module: ast.Module) -> list[ast.AST]:
    nodes: list[ast.AST] = [module]
    for node in nodes:
        for name in _INNER[type(node)]:
            value = getattr(node, name, None)
            if type(value) is list:
                nodes += [child for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return nodes


class _InnerFields(dict[type, tuple[str, ...]]):
    """The fields that may contain expressions, by node type."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
        fields = self[kind] = tuple(name for name in names if name not in _LEAVES)
        return fields


_INNER = _InnerFields()
