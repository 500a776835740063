"""Writing a JSON object into source, on lines of its own, indented as its surroundings are."""

from collections.abc import Sequence

from kognitos_migrate.edits.express import Parts
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree


def indentation(tree: Tree, offset: int) -> str:
    """The white space at the start of the line that holds `offset`."""
    start = tree.encoded.rfind(b"\n", 0, offset) + 1
    line = tree.encoded[start:offset]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def step(tree: Tree) -> str:
    """One step of the file's own indentation."""
    return tree.module.default_indent


def newline(tree: Tree) -> str:
    """The file's own line ending."""
    return tree.module.default_newline


def starts_line(tree: Tree, offset: int) -> bool:
    """Whether only white space stands before `offset` in its line."""
    start = tree.encoded.rfind(b"\n", 0, offset) + 1
    return not tree.encoded[start:offset].strip()


def separator(tree: Tree, offset: int) -> str:
    """What stands between the item that begins at `offset` and one that is put behind it."""
    return f",{newline(tree)}{indentation(tree, offset)}" if starts_line(tree, offset) else ", "


_FEW = 3
"""As many entries may stand on one line."""


def display(tree: Tree, offset: int, entries: Sequence[Parts]) -> Parts:
    """`{ … }` with one entry a line, if they are more than a few or one has lines of its own; the text that
    entries move is indented one step more."""
    text = "".join(part if isinstance(part, str) else tree.slice(part) for one in entries for part in one)
    if len(entries) <= _FEW and "\n" not in text:
        return (
            "{",
            *(part for number, one in enumerate(entries) for part in (", " * bool(number), *one)),
            "}",
        )
    outer = indentation(tree, offset)
    inner = outer + step(tree)
    end = newline(tree)
    parts: list[str | Span] = ["{", end]
    for entry in entries:
        parts.append(inner)
        parts.extend(entry)
        parts.extend((",", end))
    return (*parts, outer, "}")
