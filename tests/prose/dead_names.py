"""Finds docstrings that name code in backticks which no longer exists."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import sys
from collections.abc import Iterator

from tests.prose.offences import PACKAGE, ROOT, docstrings

EXAMPLES = frozenset(
    {
        *("answer", "base_url", "dry_run", "self", "some_thing", "total_items"),
        *("args", "cancel", "done", "fromlist", "model_dump", "model_validate", "patch", "pathspec", "setUp"),
        *("c3", "invoke", "things", "v1", "v2024_06_30", "ynpsaq"),
    }
)
"""Names of analyzed programs and of libraries, and other words like names, that docstrings quote."""

_NAME = re.compile(r"`(_?[a-z]\w+)(?:\(\))?`")
_WORD = re.compile(r"[A-Za-z_]\w*")


def dead_names_of_package() -> list[str]:
    """The names in backticks that are neither in the code of their module nor defined in the package."""
    modules = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    defined = {*keyword.kwlist, *dir(builtins), *sys.stdlib_module_names, *EXAMPLES}
    for path, tree in modules.items():
        defined.update(_WORD.findall(path))
        defined.update(_definitions(tree))
    return [
        f"{path}::{place}: `{name}`"
        for path, tree in modules.items()
        for place, name in dead_names(tree, defined)
    ]


def dead_names(tree: ast.Module, defined: set[str]) -> Iterator[tuple[str, str]]:
    """The names in backticks that are neither in the module's code nor in `defined`, with the qualified
    names that their docstrings document."""
    alive = {*defined, *_names(tree)}
    for place, text in docstrings(tree, ""):
        yield from ((place, name) for name in _NAME.findall(text) if name not in alive)


def _definitions(tree: ast.Module) -> Iterator[str]:
    """The names of functions and classes, and those that the module and its classes bind."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef | ast.Module):
            for statement in node.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                    yield from (target.id for target in targets if isinstance(target, ast.Name))


def _names(tree: ast.Module) -> Iterator[str]:
    """The names in the module's code, and the words in its strings other than docstrings."""
    documented = {
        statement.value
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(attr=name) | ast.arg(name) | ast.keyword(str(name)):
                yield name
            case ast.alias(name, alias):
                yield from (*name.split("."), alias or name)
            case ast.Constant(str(text)) if node not in documented:
                yield from _WORD.findall(text)
