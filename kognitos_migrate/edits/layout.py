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


def display(tree: Tree, offset: int, entries: Sequence[Parts]) -> Parts:
    """`{ … }` with one entry a line; the text that entries move is indented one step more."""
    outer = indentation(tree, offset)
    inner = outer + step(tree)
    end = newline(tree)
    parts: list[str | Span] = ["{", end]
    for entry in entries:
        parts.append(inner)
        parts.extend(entry)
        parts.extend((",", end))
    return (*parts, outer, "}")
