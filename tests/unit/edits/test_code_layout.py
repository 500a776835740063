"""How what is written fits into the lines around it."""

import pytest

from kognitos_migrate.edits import code_layout
from kognitos_migrate.edits.code_layout import line_width
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.parsing import parse

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
    offset = tree.utf8_text.index(before.encode())
    assert code_layout.indentation(tree, offset) == white
    assert code_layout.starts_line(tree, offset) is starts


@pytest.mark.parametrize(
    ("text", "apart"),
    [("f(a, item)", ", "), ("f(\n    a,\n    item)", ",\n    "), ("f(\r\n\ta,\r\n\titem)", ",\r\n\t")],
)
def test_what_stands_between_items(text: str, apart: str) -> None:
    tree = parse("a.py", f"{text}\n")
    assert code_layout.separator(tree, tree.utf8_text.index(b"item")) == apart


@pytest.mark.parametrize(
    ("entries", "after"),
    [
        ([("1: 2",), ("3: ", "4")], "{1: 2, 3: 4}"),
        ([("1: 2",)] * 4, "{\r\n    1: 2,\r\n    1: 2,\r\n    1: 2,\r\n    1: 2,\r\n  }"),
        ([("1: 2",), ("3: [\r\n4]",)], "{\r\n    1: 2,\r\n    3: [\r\n4],\r\n  }"),
        ([(Span("a.py", 0, 3),), (Span("a.py", 0, 10),)], "{\r\n    def,\r\n    def f():\r\n,\r\n  }"),
    ],
)
def test_a_display_has_an_entry_a_line(entries: list[CodeTemplate], after: str) -> None:
    tree = parse("a.py", "def f():\r\n  b = {}\r\n")
    parts = code_layout.object_display(tree, tree.utf8_text.index(b"{"), entries)
    assert "".join(part if isinstance(part, str) else tree.slice(part) for part in parts) == after


LONG = [f"a{number} = {'x' * 70}" for number in range(9)]


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        ([], 88),
        (["a = 1"], 88),
        (LONG, 79),
        (LONG[1:], 88),
        ([*LONG, "b" * 80], 88),
        ([*LONG, "b" * 89], 100),
        (["b" * 100], 100),
        (["b" * 101], 120),
        (["b" * 500], 120),
    ],
)
def test_how_long_lines_may_be(lines: list[str], width: int) -> None:
    assert line_width(parse("a.py", "".join(f"{line}\n" for line in lines))) == width
