"""The interpreter's facts about a program, by line, in the format of the annotations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Lit, Text, Value
from tests.views.values import ValueRenderer

Line = tuple[str, int]
"""A path and a row."""
Known = Mapping[Line, frozenset[tuple[str, str]]]


def known(texts: Mapping[str, str]) -> Known:
    """By path and row: what is known there, as pairs of key and text."""
    trees = {path: parse(path, text) for path, text in texts.items()}
    facts = interpret(trees, load_rulebook().clients, ())
    rows = Rows(trees)
    found: dict[Line, set[tuple[str, str]]] = defaultdict(set)
    for request in facts.requests:
        line = rows.of(request.site.path, trees[request.site.path].node(request.site))
        for given in request.value(Role.URL):
            found[line].update(("url", text) for text in rendered(given.value))
        found[line].update(("method", text) for text in rendered(request.method))
    for tree in trees.values():
        for node in tree.nodes:
            value = _assigned(node)
            if value is not None:
                texts_of = _texts(facts, tree, value)
                found[rows.of(tree.path, node)].update(("value", text) for text in texts_of)
    return {line: frozenset(pairs) for line, pairs in found.items()}


def revealed(texts: Mapping[str, str]) -> dict[Line, str]:
    """By path and row: the values of the expression statement there, in all contexts, as one line."""
    trees = {path: parse(path, text) for path, text in texts.items()}
    rulebook = load_rulebook()
    facts = interpret(trees, rulebook.clients, (), mocks=rulebook.mocks)
    rows, renderer = Rows(trees), ValueRenderer(trees, facts)
    values: dict[Line, list[Value]] = defaultdict(list)
    for (site, _), value in facts.values.items():
        tree = trees[site.path]
        node = tree.node(site)
        statement = tree.parent(node)
        if isinstance(statement, cst.Expr) and isinstance(node, cst.BaseExpression):
            values[rows.of(site.path, node)].append(value)
    return {line: renderer.render(join(*some)) for line, some in values.items()}


class Rows:
    """The row on which a node ends, which is where its trailing comment stands."""

    def __init__(self, trees: Mapping[str, Tree]) -> None:
        self._trees = trees
        self._indexes = {path: LineIndex(tree.text) for path, tree in trees.items()}

    def of(self, path: str, node: cst.CSTNode) -> Line:
        """The line of a node."""
        return path, self._indexes[path].position(self._trees[path].span(node).end).row


def rendered(value: Value) -> Iterator[str]:
    """The texts that `value` may be, with `{}` for holes; `{}` for what isn't text."""
    for choice in alternatives(value):
        yield _text(choice) if isinstance(choice, Text) else "{}"


def _text(text: Text) -> str:
    return "".join(
        part.text if isinstance(part, Lit) else _text(part.value) if isinstance(part.value, Text) else "{}"
        for part in text.parts
    )


def _assigned(node: cst.CSTNode) -> cst.BaseExpression | None:
    if isinstance(node, cst.Assign | cst.AnnAssign | cst.Return | cst.NamedExpr):
        return node.value
    return None


def _texts(facts: Facts, tree: Tree, node: cst.BaseExpression) -> Iterator[str]:
    site = tree.site(node)
    for (at, _), value in facts.values.items():
        if at == site:
            yield from rendered(value)
