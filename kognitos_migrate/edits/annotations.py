"""Annotations of generated functions, in the style of the module that gets these."""

import re

from kognitos_migrate.edits.imports import imports_any
from kognitos_migrate.syntax.tree import Tree

_ANNOTATED = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def[ \t].*)?\)[ \t]*->", re.MULTILINE)
"""The end of a function's head with an annotated result."""
_POSTPONED = re.compile(r"^from __future__ import .*\bannotations\b", re.MULTILINE)
_HEAD = re.compile(r"^def (\w+)\((\w+): ([^()]*)\) -> (.*):$", re.MULTILINE)


def in_style_of(tree: Tree, source: str) -> str:
    """The source of generated functions with their annotations if the module annotates functions, else
    without them. Annotations that older versions of Python can't evaluate are quoted."""
    if not _ANNOTATED.search(tree.text) or (re.search(r"\bAny\b", source) and not imports_any(tree)):
        return _HEAD.sub(r"def \1(\2):", source)
    if _POSTPONED.search(tree.text):
        return source
    return _HEAD.sub(
        lambda head: f"def {head[1]}({head[2]}: {_quote(head[3])}) -> {_quote(head[4])}:", source
    )


def entries_type(tree: Tree, *, is_evaluated: bool) -> str:
    """The type of a list of entries as an annotation, which is evaluated when the program runs or isn't."""
    is_possible = not is_evaluated or _POSTPONED.search(tree.text) is not None
    return "list[dict[str, Any]]" if is_possible and imports_any(tree) else "list"


def _quote(annotation: str) -> str:
    return f'"{annotation}"' if "[" in annotation else annotation
