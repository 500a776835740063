"""Spans are those that LibCST's own provider finds, and the text is that of the module."""

import libcst as cst
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from kognitos_migrate.syntax import tree as trees
from kognitos_migrate.syntax.node_positions import WHITESPACE, RenderedModule, render_module
from kognitos_migrate.syntax.parsing import parse
from tests.unit.syntax.test_node_children import TEXTS

ENDS: list[str] = [
    "",
    "\n",
    "x",
    "x\n",
    "# x",
    "if x:\n    y",
    "if x: y\n\n  # z\n",
    "(\n  x # y\n)",
    "é = 'ü' ; ü\r\n",
]


@pytest.mark.parametrize("text", [*TEXTS, *ENDS])
def test_spans_are_those_of_libcst(text: "str | bytes") -> None:
    module = cst.parse_module(text)
    found = render_module(module)
    assert found.text == module.code
    size = len(found.text.encode())
    expected = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    for node, span in expected.items():
        if isinstance(node, WHITESPACE):
            continue
        # LibCST counts a newline at the end that isn't there.
        assert found.spans[id(node)] == (min(span.start, size), min(span.start + span.length, size)), node


TWICE = "def f():\n    return g(x)\n\n\nx = 1\ny = 2\n# above\nx = 1\nx = 1\nz = 'ü', x"


FAITHFUL = [
    one for one in (*TEXTS, *ENDS, TWICE) if isinstance(one, str) and cst.parse_module(one).code == one
]


@pytest.mark.parametrize("text", FAITHFUL)
def test_statements_have_places_with_the_lines_above(text: str) -> None:
    tree = parse("a.py", text)
    for node in (node for node in tree.nodes if isinstance(node, cst.BaseStatement)):
        start, end = tree.rendering.extents[id(node)]
        span = tree.span(node)
        assert start <= span.start <= span.end <= end


@pytest.mark.parametrize("text", FAITHFUL)
def test_a_place_is_told_by_its_statement(text: str) -> None:
    whole, tree = parse("a.py", text), parse("a.py", text)
    for node, same in zip(tree.nodes[1:], whole.nodes[1:], strict=True):
        assert tree.place(node) == whole.span(same)
    assert tree.place(tree.module) == whole.span(whole.module)


@pytest.mark.parametrize(("name", "times"), [("g", 0), ("y", 0), ("x", 1)])
def test_only_what_stands_in_several_places_has_all_written(
    name: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0

    def counting(module: cst.Module) -> RenderedModule:
        nonlocal count
        count += 1
        return render_module(module)

    monkeypatch.setattr(trees, "render_module", counting)
    tree = parse("a.py", TWICE)
    for node in tree.of_kind(cst.Name)[:4] if name == "g" else tree.of_kind(cst.Name):
        if node.value == name:
            tree.place(node)
    assert count == times
