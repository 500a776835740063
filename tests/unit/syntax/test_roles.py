"""The roles of expressions, and the shapes of those around them."""

from collections.abc import Callable

import libcst as cst
import pytest

from kognitos_migrate.syntax import blocks, functions, roles, shapes
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree


def name_at(text: str) -> tuple[Tree, cst.Name]:
    """The tree of a module, and the first name `x` in it."""
    tree = parse("a.py", text)
    return tree, tree.names_spelled("x")[0]


Query = Callable[[Tree, cst.Name], object]


@pytest.mark.parametrize(
    ("query", "yes", "no"),
    [
        (roles.argument_of, ("f(x)", "f(*x)", "f(k=x)"), ("x()", "f(x=1)", "class A(x): pass", "f((x, y))")),
        (roles.is_keyword, ("f(x=1)",), ("f(x)", "f(k=x)", "x = 1")),
        (roles.call_of, ("x()", "x(y)(z)"), ("f(x)", "x.f()", "y.x()")),
        (roles.attribute_of, ("x.y", "x.y.z", "x.y()"), ("y.x", "x[0]")),
        (roles.is_attribute_name, ("y.x", "y.x()"), ("x.y", "x")),
        (roles.method_call_on, ("x.f()",), ("x.f", "x()", "x.f.g()", "y.x()")),
        (roles.subscript_of, ("x[0]", "x[0] = 1"), ("y[x]", "x.y[0]")),
        (roles.subscript_by, ("y[x]", "y[x, 0]"), ("x[0]", "y[x:]", "y[x + 1]")),
        (
            roles.assignment_to,
            ("x = 1", "y = x = 1", "x += 1", "x: int = 1", "(x := 1)"),
            ("x: int", "x, y = z"),
        ),
        (
            roles.value_assigned_to,
            ("x = 1", "x: int = 1", "(x := 1)"),
            ("x += 1", "y = x", "for x in y: pass"),
        ),
        (roles.is_deleted, ("del x",), ("del x[0]", "x")),
        (roles.parameter_of, ("def f(x): pass", "lambda *x: 0"), ("def f(a=x): pass", "x = 1")),
        (roles.is_context_manager, ("with x: pass", "with x as y: pass"), ("with y as x: pass", "with y: x")),
        (roles.is_compared, ("x == 1", "1 in x"), ("x + 1", "f(x)")),
        (blocks.is_statement, ("x",), ("y = x", "f(x)")),
    ],
)
def test_role_of_a_name(query: Query, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    for text in yes:
        assert query(*name_at(text)), text
    for text in no:
        assert not query(*name_at(text)), text


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("if t:\n    x\n", "t True"),
        ("if t:\n    y\nelse:\n    x\n", "t False"),
        ("if t:\n    y\nelif x:\n    z\n", "t False"),
        ("y = x if t else z", "t True"),
        ("y = z if t else x", "t False"),
        ("t and x", "t True"),
        ("t or x", "t False"),
        ("x if t else y", "t True"),
        ("y if x else z", None),
        ("x and t", None),
        ("if x:\n    y\n", None),
        ("while t:\n    x\n", None),
    ],
)
def test_decision_about_a_name(text: str, decision: str | None) -> None:
    tree, node = name_at(text)
    inner: cst.CSTNode = node
    found = None
    for ancestor in tree.ancestors(node):
        found = found or blocks.decision_on(ancestor, inner)
        inner = ancestor
    assert (f"{tree.code(found.test)} {found.outcome}" if found is not None else None) == decision


@pytest.mark.parametrize(
    ("code", "name", "owner"),
    [
        ("x.get(1)", "get", "x"),
        ("x[0].get", None, "x[0]"),
        ("x[0]", None, "x"),
        ("f(x)", None, None),
        ("x", None, None),
    ],
)
def test_shape_of_a_read(code: str, name: str | None, owner: str | None) -> None:
    module = cst.parse_module("")
    node = cst.parse_expression(code)
    assert shapes.method_name(node) == name
    assert shapes.is_method_call(node, "get", "pop") is (name == "get")
    read = shapes.owner_of(node)
    assert (module.code_for_node(read) if read is not None else None) == owner


def test_parts_of_functions() -> None:
    tree = parse(
        "a.py", "def f(a, /, b, *c, d, **e):\n    def g():\n        yield 1\n        return 2\n    return 3\n"
    )
    outer, inner = tree.of_kind(cst.FunctionDef)
    assert [p.name.value for p in functions.positional_parameters(outer)] == ["a", "b"]
    assert [p.name.value for p in functions.named_parameters(outer)] == ["a", "b", "d"]
    assert functions.receiver_name(outer) == "a"
    assert functions.receiver_name(inner) is None
    assert [functions.is_generator(tree, function) for function in (outer, inner)] == [False, True]
    returned = [list(map(tree.code, functions.returned_expressions(tree, node))) for node in (outer, inner)]
    assert returned == [["3"], ["2"]]
