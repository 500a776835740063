"""Name resolution: which variable a name is."""

import libcst as cst
import pytest

from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.scopes import Scopes


def owners(text: str, name: str) -> list[str]:
    """The kinds of the scopes that own the variables which a name is, in source order."""
    tree = parse("m.py", text)
    variables = [tree.memoize(Scopes).variable(node) for node in tree.names_spelled(name)]
    return [type(tree.nodes[variable.scope]).__name__ for variable in variables]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\nprint(x)\n", ["Module", "Module"]),
        ("def f(x):\n    return x\n", ["FunctionDef", "FunctionDef"]),
        ("x = 1\ndef f():\n    return x\n", ["Module", "Module"]),
        ("[x for x in y]\n", ["ListComp", "ListComp"]),
        ("f = lambda x: x\n", ["Lambda", "Lambda"]),
        ("class C:\n    x = 1\n    y = x\n", ["ClassDef", "ClassDef"]),
        ("class C:\n    x = 1\n    def f(self):\n        return x\n", ["ClassDef", "Module"]),
        ("def f():\n    import x\n    return x\n", ["FunctionDef", "FunctionDef"]),
        ("def f():\n    [(x := y) for y in z]\n    return x\n", ["FunctionDef", "FunctionDef"]),
    ],
)
def test_a_name_belongs_to_the_scope_that_binds_it(text: str, expected: list[str]) -> None:
    assert owners(text, "x") == expected


def test_a_global_name_is_the_modules() -> None:
    tree = parse("m.py", "x = 1\ndef f():\n    global x\n    x = 2\n")
    bindings = [node for node in tree.of_kind(cst.Name) if node.value == "x"]
    scopes = tree.memoize(Scopes)
    assert (
        len({scopes.variable(node) for node in bindings if node in scopes.bindings(scopes.variable(node))})
        == 1
    )
