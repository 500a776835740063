"""Line breaks in edits.

Each part of line_breaks.txt is a program, below its name, in which an edit replaces a name by WRITTEN. Below
`#>` is the result, which no formatter would change. `python -m tests.rewrites.test_line_breaks` rewrites
these results: read the difference.
"""

from __future__ import annotations

import ast
import re

import pytest

from kognitos_migrate.edits.code_layout import indentation, lay_out_edits
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Tree
from tests.rewrites.tables import path_of, programs
from tests.ruff import left_alone

WRITTEN = {
    "BODY": '{\n    "process_id": "b4fznghynbdemslfd5k044fgd",\n    "stage": "Published",\n}',
    "OUTPUTS": '{output["name"]: output["value"] for output in run["outputs"] or []}',
    "SHORT": '"id"',
}
PROGRAMS = programs("line_breaks.txt")


@pytest.mark.parametrize("name", PROGRAMS)
def test_lines_are_as_a_formatter_would_break_them(name: str) -> None:
    before, _, after = PROGRAMS[name].partition("\n#>\n")
    got = changed(before + "\n")
    assert got == after + "\n"
    assert ast.dump(ast.parse(got)) == ast.dump(ast.parse(plainly(before)))


@pytest.mark.parametrize("name", [name for name in PROGRAMS if not name.startswith("not for a formatter")])
def test_a_formatter_leaves_them_alone(name: str) -> None:
    assert left_alone(PROGRAMS[name].partition("\n#>\n")[2] + "\n")


def changed(text: str) -> str:
    """A program after its edits, with the lines laid out."""
    tree = parse("a.py", text)
    return apply_edits(text, lay_out_edits(tree, edits(tree)))


def plainly(text: str) -> str:
    """A program after its edits, with the lines unbroken."""
    tree = parse("a.py", text)
    return apply_edits(text, edits(tree))


def edits(tree: Tree) -> list[Edit]:
    return [
        Edit(
            Span("a.py", found.start(), found.end()),
            0,
            WRITTEN[found[0]].replace("\n", "\n" + indentation(tree, found.start())),
        )
        for found in re.finditer("|".join(WRITTEN), tree.text)
    ]


def main() -> None:
    """Write what the programs become now."""
    parts: list[str] = []
    for name, body in PROGRAMS.items():
        before = body.partition("\n#>\n")[0]
        parts.append(f"# {name}\n{before}\n#>\n{changed(before + chr(10))[:-1]}")
    path_of("line_breaks.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
