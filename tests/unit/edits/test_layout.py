"""How what is written fits into the lines around it."""

import libcst as cst
import pytest

from kognitos_migrate.edits import layout
from kognitos_migrate.edits.draft import compose
from kognitos_migrate.source.span import Span, apply_edits
from kognitos_migrate.syntax.tree import Tree, parse

TEXT = "def f():\n\tif a:\n\t\tb = 1  # é\n\nc = 2\n"


@pytest.mark.parametrize(
    ("before", "white", "starts"),
    [
        ("def", "", True),
        ("if a", "\t", True),
        ("b =", "\t\t", True),
        ("1  #", "\t\t", False),
        ("c =", "", True),
    ],
)
def test_the_white_space_in_front_of_a_line(before: str, white: str, starts: bool) -> None:
    tree = parse("a.py", TEXT)
    offset = tree.encoded.index(before.encode())
    assert layout.indentation(tree, offset) == white
    assert layout.starts_line(tree, offset) is starts


@pytest.mark.parametrize(
    ("before", "new", "after", "fits"),
    [
        ("x" * 40, "y" * 50, "z" * 10, True),
        ("x" * 40, "y" * 50, "z" * 11, False),
        ("é" * 40, "é" * 50, "é" * 10, True),
        ("x" * 40, "y" * 50 + "\n", "z" * 11, True),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\nlonger = 'than the line that is looked at'\n"])
def test_whether_a_line_stays_short(before: str, new: str, after: str, fits: bool, end: str) -> None:
    tree = parse("a.py", f"first = 1\n{before}={after}{end}")
    at = tree.encoded.index(b"=", 10)
    assert layout.fits(tree, Span("a.py", at, at + 1), (new,)) is fits


def test_text_that_is_moved_counts_as_long_as_it_is() -> None:
    tree = parse("a.py", f"a = '{'x' * 60}'\nb = 1\n")
    at = tree.encoded.index(b"b") + 4
    moved = Span("a.py", 4, 66)
    assert layout.fits(tree, Span("a.py", at, at + 1), (moved, "y" * 34))
    assert not layout.fits(tree, Span("a.py", at, at + 1), (moved, "y" * 35))


def test_a_display_has_an_entry_a_line() -> None:
    tree = parse("a.py", "def f():\r\n  b = {}\r\n")
    assert "".join(map(str, layout.display(tree, tree.encoded.index(b"{"), [("1: 2",), ("3: ", "4")]))) == (
        "{\r\n    1: 2,\r\n    3: 4,\r\n  }"
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "    a = f(b, c=1, *d, **e)",
            "    a = f(\n        b,\n        c=1,\n        *d,\n        **e,\n    )",
        ),
        ("    a = f((b), (c))", "    a = f(\n        (b),\n        (c),\n    )"),
        ("    a = f(\n        b, c\n    )", "    a = f(\n        b,\n        c,\n    )"),
        ("    a = f(\n        b, c,\n    )", "    a = f(\n        b,\n        c,\n    )"),
        ("    a = f(\n        b\n    )", "    a = f(\n        b,\n    )"),
        ("    a = f(\n        b,\n        c\n    )", None),
        ("    a = f(b, g(\n    ))", None),
        ("    a = f(b\n    )", None),
        ("    a = f()", None),
    ],
)
def test_arguments_on_lines_of_their_own(before: str, expected: str | None) -> None:
    tree = parse("a.py", f"def g():\n{before}\n")
    (call, *_) = [node for node in tree.of_kind(cst.Call) if _calls(tree, node, "f")]
    edits = compose(layout.one_a_line(tree, call), {"a.py": tree})
    after = apply_edits(tree.text, edits).removeprefix("def g():\n").removesuffix("\n")
    assert after == (before if expected is None else expected)


def _calls(tree: Tree, node: cst.Call, name: str) -> bool:
    return tree.code(node.func) == name
