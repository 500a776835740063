"""Reaching definitions: the lines that bind the value of a read."""

from __future__ import annotations

from textwrap import dedent

import libcst as cst
import pytest

from kognitos_migrate.syntax.definition_flow import Definition, DefinitionKind
from kognitos_migrate.syntax.definitions import Definitions
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree


def lines_of(text: str) -> list[int] | None:
    """The lines that may bind what the last name in `text` reads. None if no definition is known."""
    tree = parse("main.py", dedent(text).strip() + "\n")
    definitions = tree.memoize(Definitions)
    definition = definitions.of(tree.of_kind(cst.Name)[-1])
    if definition is None:
        return None
    return sorted({*bound(tree, definitions, definition, set())})


def bound(
    tree: Tree, definitions: Definitions, definition: Definition, visited: set[Definition]
) -> list[int]:
    if definition in visited:
        return []
    visited.add(definition)
    if definition.kind is DefinitionKind.BINDING:
        start = tree.span(tree.nodes[definition.node]).start
        return [tree.utf8_text[:start].count(b"\n") + 1]
    return [
        line
        for one in definitions.sources_of_merge(definition)
        for line in bound(tree, definitions, one, visited)
    ]


PROGRAMS = {
    "the last one": ("a = 1\na = 2\nprint(a)", [2]),
    "either branch": ("if x:\n    a = 1\nelse:\n    a = 2\nprint(a)", [2, 4]),
    "a loop that may not run": ("a = 1\nfor x in xs:\n    a = 2\nprint(a)", [1, 3]),
    "a handler": ("a = 1\ntry:\n    a = f()\n    a = g()\nexcept E:\n    print(a)", [1, 3, 4]),
    "after a finally": ("a = 1\ntry:\n    a = 2\nfinally:\n    b = 3\nprint(a)", [3]),
    "in a finally": ("a = 1\ntry:\n    a = 2\nfinally:\n    print(a)", [1, 3]),
    "in a finally after a handler": (
        "a = 1\ntry:\n    f()\nexcept E:\n    a = 4\n    g()\nfinally:\n    print(a)",
        [1, 5],
    ),
    "in a finally after a return": (
        "def f():\n    a = 1\n    try:\n        return g()\n    finally:\n        print(a)",
        [2],
    ),
    "bound by a finally": ("a = 1\ntry:\n    a = 2\nfinally:\n    a = 3\nprint(a)", [5]),
    "bound by a finally on the way out of a loop": (
        """
        a = 1
        while True:
            try:
                break
            finally:
                a = 2
        print(a)
        """,
        [6],
    ),
    "bound by another function": (
        """
        def f():
            a = 1
            def g():
                nonlocal a
                a = 2
            g()
            print(a)
        """,
        None,
    ),
    "a global bound by a function": ("a = 1\ndef f():\n    global a\n    a = 2\nf()\nprint(a)", None),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_definitions_of_the_last_read(name: str) -> None:
    text, lines = PROGRAMS[name]
    assert lines_of(text) == lines
