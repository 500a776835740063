"""A parsed module: numbers, parents, spans; texts that can't be parsed."""

import sys

import libcst as cst
import pytest

from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.parser_input import SourceSyntaxError, UnfaithfulError
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree


def find(tree: Tree, kind: type[cst.CSTNode], number: int = 0) -> cst.CSTNode:
    """The node of a kind, by its place among those of its kind."""
    return [node for node in tree.nodes if isinstance(node, kind)][number]


def test_a_site_names_its_node() -> None:
    tree = parse("a.py", "x = f(1)\n")
    for node in tree.nodes:
        assert tree.node(tree.site(node)) is node
        assert tree.site(node).path == "a.py"


def test_numbers_are_the_same_when_the_text_is_parsed_again() -> None:
    text = "def f(a, *, b=1):\n    return [a, b]\n"
    one, other = parse("a.py", text), parse("a.py", text)
    assert [type(node) for node in one.nodes] == [type(node) for node in other.nodes]
    assert one.parents == other.parents


def test_a_parent_comes_before_its_children() -> None:
    tree = parse("a.py", "class A:\n    def f(self):\n        return self.x\n")
    assert tree.parents[0] == -1
    assert all(above < number for number, above in enumerate(tree.parents))
    assert tree.parent(tree.module) is None
    for node in tree.nodes[1:]:
        parent = tree.parent(node)
        assert parent is not None
        assert any(child is node for child in parent.children)


def test_ancestors_go_from_the_inside_out() -> None:
    tree = parse("a.py", "def f():\n    return g(1)\n")
    kinds = [type(node) for node in tree.ancestors(find(tree, cst.Integer))]
    assert kinds == [
        cst.Arg,
        cst.Call,
        cst.Return,
        cst.SimpleStatementLine,
        cst.IndentedBlock,
        cst.FunctionDef,
        cst.Module,
    ]


def test_enclosing_is_the_nearest_of_the_kinds() -> None:
    tree = parse("a.py", "class A:\n    def f(self):\n        return 1\n")
    number = find(tree, cst.Integer)
    assert isinstance(tree.enclosing(number, cst.ClassDef), cst.ClassDef)
    assert isinstance(tree.enclosing(number, cst.ClassDef, cst.FunctionDef), cst.FunctionDef)
    assert tree.enclosing(number, cst.Lambda) is None
    assert tree.enclosing(tree.module, cst.Module) is None


def test_descendants_are_the_nodes_within_in_source_order() -> None:
    tree = parse("a.py", "a(b, c)\nd(e)\n")
    call = find(tree, cst.Call)
    names = [node.value for node in tree.descendants(call) if isinstance(node, cst.Name)]
    assert next(iter(tree.descendants(call))) is call
    assert names == ["a", "b", "c"]
    assert list(tree.descendants(tree.module)) == tree.nodes
    leaf = find(tree, cst.Name)
    assert leaf in list(tree.descendants(leaf))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_spans_count_bytes_of_the_text_as_it_is(end: str) -> None:
    text = f"é = 'ü'{end}x = y{end}"
    tree = parse("a.py", text)
    name = find(tree, cst.Name, 2)
    start = text.encode().rindex(b"y")
    assert tree.span(name) == Span("a.py", start, start + 1)
    assert tree.code(name) == "y"
    assert tree.code(find(tree, cst.SimpleString)) == "'ü'"
    assert tree.slice(Span("a.py", 0, len(text.encode()))) == text


@pytest.mark.parametrize(
    ("text", "inner", "outer"),
    [
        ("x = f(1)\n", "f(1)", "f(1)"),
        ("x = (f(1))\n", "f(1)", "(f(1))"),
        ("x = ( (f(1) ) )\n", "f(1)", "( (f(1) ) )"),
        ("x = (f)(1)\n", "(f)(1)", "(f)(1)"),
        ("x = (\n    f(1)  # why\n)\n", "f(1)", "(\n    f(1)  # why\n)"),
        ("x = (\n    f(1)  # why (not)\n)\n", "f(1)", "(\n    f(1)  # why (not)\n)"),
        ("x = (  # (first\n    f(1)\n)\n", "f(1)", "(  # (first\n    f(1)\n)"),
        (
            "if a:\n    x = ((  # ä(\r\n\r\n    # (\r\n    f(1) \\\n)  # )\n    )\n",
            "f(1)",
            "((  # ä(\r\n\r\n    # (\r\n    f(1) \\\n)  # )\n    )",
        ),
        ("x = (f(\n    (1),\n))\n", "f(\n    (1),\n)", "(f(\n    (1),\n))"),
    ],
)
def test_outer_span_has_the_parentheses(text: str, inner: str, outer: str) -> None:
    tree = parse("a.py", text)
    call = find(tree, cst.Call)
    assert tree.code(call) == inner
    assert tree.slice(tree.outer_span(call)) == outer


def test_a_tuple_has_its_parentheses_outside() -> None:
    tree = parse("a.py", "x = (1, 2)\n")
    assert tree.slice(tree.outer_span(find(tree, cst.Tuple))) == "(1, 2)"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x = 1",
        "# only a comment",
        "x = 1\r\ny = 2\n",
        "if x:\n\ty\n",
        "x = 1\x0c\n",
        "x = '''a\r\nb'''\r\n",
        "match x:\n    case {'a': [1, *_]}:\n        pass\n",
    ],
)
def test_a_text_is_read_back_unchanged(text: str) -> None:
    assert parse("a.py", text).module.code == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("x = (1\n", 1, id="a parenthesis that is never closed"),
        pytest.param("x = 1\ny = = 2\n", 2, id="two signs"),
        pytest.param("print 'hello'\n", 1, id="the print statement of Python 2"),
        pytest.param("def f():\npass\n", 2, id="a block that isn't indented"),
        pytest.param("x = 'abc\n", 1, id="a text that is never closed"),
        pytest.param(
            "if x:\n\ty\n        z\n", 3, id="tabs and spaces mixed, of which LibCST does not say the line"
        ),
    ],
)
def test_what_is_no_python_says_its_line(text: str, line: int) -> None:
    with pytest.raises(SourceSyntaxError) as caught:
        parse("a.py", text)
    assert caught.value.message
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = a" + ".b()" * 400 + "\n", id="a long chain of calls"),
        pytest.param("x = " + " + ".join(["a"] * 800) + "\n", id="a long sum"),
        pytest.param("if a:\n    pass\n" + "elif b:\n    pass\n" * 800, id="many branches"),
    ],
)
def test_what_is_nested_deeply_is_read(text: str) -> None:
    tree = parse("a.py", text)
    if (3, 12) <= sys.version_info < (3, 12, 3):  # these can't be told to go deeper than a fixed limit
        with pytest.raises(UnfaithfulError, match="nested too deeply"):
            tree.code(tree.module)
    else:
        assert tree.code(tree.module) == text


def test_what_is_nested_deeper_than_this_python_goes_is_told() -> None:
    tree = parse("a.py", "if a:\n    pass\n" + "elif b:\n    pass\n" * 800)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(700)
    try:
        with pytest.raises(UnfaithfulError, match="nested too deeply"):
            tree.span(tree.module)
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = " + "(" * 401 + "a" + ")" * 401 + "\n", id="brackets in brackets"),
        pytest.param("x = " + "[" * 9_000 + "]" * 9_000 + "\n", id="more of them than the parser can bear"),
    ],
)
def test_what_is_nested_too_deeply_is_an_error_of_the_source(text: str) -> None:
    with pytest.raises(SourceSyntaxError, match="nested too deeply"):
        parse("a.py", text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = a" + ".b" * 20_000 + "\n", id="attributes"),
        pytest.param("x = " + " + ".join(["1"] * 20_000) + "\n", id="operators"),
        pytest.param("x = a" + "()" * 20_000 + "\n", id="calls"),
        pytest.param("x = " + "not " * 20_000 + "1\n", id="words"),
        pytest.param("x = (\n" + "'a'\n" * 20_000 + ")\n", id="texts"),
        pytest.param("x = (\n" + "a +\n" * 20_000 + "a)\n", id="over lines"),
        pytest.param("x = f'{a" + ".b" * 20_000 + "}'\n", id="in a formatted text"),
        pytest.param("x = f'{" + "[" * 9_000 + "]" * 9_000 + "}'\n", id="brackets in a formatted text"),
        pytest.param("if x: pass\n" + "elif x: pass\n" * 20_000, id="elif"),
    ],
)
def test_what_hangs_together_too_long_is_an_error_of_the_source(text: str) -> None:
    with pytest.raises(SourceSyntaxError, match="nested too deeply"):
        parse("a.py", text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = a.b + 1\n" * 2_000, id="statements"),
        pytest.param("x = [" + "-a.b()[0], " * 2_000 + "]\n", id="items"),
        pytest.param("f(" + ", ".join(f"a{n}=1 + 2" for n in range(2_000)) + ")\n", id="arguments"),
        pytest.param("x = '" + "[" * 2_000 + "'  # " + "(" * 2_000 + "\n", id="brackets in texts"),
        pytest.param("x = '''" + "a + b" * 2_000 + "'''  # " + "+" * 2_000 + "\n", id="texts and comments"),
    ],
)
def test_what_is_long_and_flat_is_read(text: str) -> None:
    assert parse("a.py", text).text == text


def test_what_is_too_large_is_an_error_of_the_source() -> None:
    with pytest.raises(SourceSyntaxError, match="too large to be read: 2,000,007 characters"):
        parse("a.py", "x = '" + "a" * 2_000_000 + "'\n")


NOT_READ_BACK = "try:\n    f()\nexcept OSError :\n    pass\n"
"""LibCST forgets the space in front of the colon."""


def test_a_module_that_is_not_read_back_has_no_spans() -> None:
    tree = parse("a.py", NOT_READ_BACK)
    for node in tree.nodes:
        with pytest.raises(UnfaithfulError, match=r"a\.py"):
            tree.span(node)


def test_texts_and_bytes_that_stand_together_are_no_python() -> None:
    with pytest.raises(SourceSyntaxError):
        parse("a.py", "x = 'a' b'c'\n")
