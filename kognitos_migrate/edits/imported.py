"""What a module imports: the names it gives, and those that are no longer used."""

import re
from collections.abc import Collection

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.removal import item_span
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree


def json_module(tree: Tree) -> str | None:
    """What the module calls `json`; None where it isn't imported whole."""
    return module_named(tree, "json")


def module_named(tree: Tree, name: str) -> str | None:
    """What the module calls the module `name`; None where it isn't imported whole."""
    for statement in tree.module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Import):
                for alias in small.names:
                    if isinstance(alias.name, cst.Name) and alias.name.value == name:
                        bound = alias.asname.name if alias.asname is not None else alias.name
                        return bound.value if isinstance(bound, cst.Name) else None
    return None


def is_imported(tree: Tree, line: str) -> bool:
    """Whether the module has what the line `import name` would give it."""
    name = line.removeprefix("import ")
    return module_named(tree, name) == name


def no_longer_used(tree: Tree, drafts: list[Draft], elsewhere: Collection[str]) -> list[Draft]:
    """Drafts that take out the imports of names whose every use the drafts take out.

    `elsewhere` are the names that other modules take from modules of the program."""
    if re.search(r"\b(?:eval|exec|globals|vars)\(", tree.text):
        return []
    written = [part for draft in drafts for part in draft.parts if isinstance(part, str)]
    found: list[Draft] = []
    for statement in tree.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if not isinstance(small, cst.Import | cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
                continue
            if isinstance(statement.trailing_whitespace.comment, cst.Comment):
                continue
            gone = [alias for alias in small.names if _gone(tree, alias, drafts, written, elsewhere)]
            if gone and len(gone) == len(small.names) and len(statement.body) == 1:
                span = tree.span(small)
                start = tree.encoded.rfind(b"\n", 0, span.start) + 1
                end = tree.encoded.find(b"\n", span.end)
                found.append(Draft(Span(tree.path, start, len(tree.encoded) if end < 0 else end + 1), ("",)))
            elif len(gone) == 1 and len(small.names) > 1:
                found.append(Draft(item_span(tree, gone[0], list(small.names)), ("",)))
    return found


def _gone(
    tree: Tree, alias: cst.ImportAlias, drafts: list[Draft], written: list[str], elsewhere: Collection[str]
) -> bool:
    bound = alias.asname.name if alias.asname is not None else alias.name
    if not isinstance(bound, cst.Name):
        return False
    name = bound.value
    exported = any(node.raw_value == name for node in tree.of_kind(cst.SimpleString))
    if name in elsewhere or exported:
        return False
    if any(re.search(rf"\b{re.escape(name)}\b[.(]", text) for text in written):
        return False
    uses = [tree.span(node) for node in tree.of_kind(cst.Name) if node.value == name and _is_read(tree, node)]
    moved = [part for draft in drafts for part in draft.parts if isinstance(part, Span)]
    return bool(uses) and all(
        any(_within(span, draft.span) for draft in drafts) and not any(_within(span, part) for part in moved)
        for span in uses
    )


def _is_read(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is a variable that is read: no part of an import, no keyword, no attribute."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Arg):
        return parent.keyword is not node
    if isinstance(parent, cst.Attribute):
        return parent.attr is not node
    return tree.enclosing(node, cst.ImportAlias) is None


def _within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end


def imported_names(tree: Tree) -> set[str]:
    """The names that a module takes from another by `from … import`, as they are called there."""
    return {
        alias.name.value
        for node in tree.of_kind(cst.ImportFrom)
        if not isinstance(node.names, cst.ImportStar)
        for alias in node.names
        if isinstance(alias.name, cst.Name) and alias.asname is None
    }
