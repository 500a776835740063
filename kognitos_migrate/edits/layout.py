"""Writing a JSON object into source, on lines of its own, indented as its surroundings are."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.edits.draft import Draft
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


WIDTH = 100
"""The longest line that is written without a break."""


def fits(tree: Tree, span: Span, parts: Parts) -> bool:
    """Whether the line that holds `span` stays short with `parts` in its place."""
    start = tree.encoded.rfind(b"\n", 0, span.start) + 1
    end = tree.encoded.find(b"\n", span.end)
    rest = tree.encoded[span.end : len(tree.encoded) if end < 0 else end]
    text = "".join(part if isinstance(part, str) else tree.slice(part) for part in parts)
    return (
        "\n" in text
        or len(tree.encoded[start : span.start].decode()) + len(text) + len(rest.decode()) <= WIDTH
    )


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


def one_a_line(tree: Tree, call: cst.Call) -> list[Draft]:
    """Put the arguments of a call that stand on one line on lines of their own."""
    span = tree.span(call)
    if not call.args:
        return []
    first, last = _start(tree, call.args[0]), tree.outer_span(call.args[-1].value).end
    if b"\n" in tree.encoded[first:last]:
        return []
    alone = starts_line(tree, first)
    if not alone and b"\n" in tree.encoded[span.start : span.end]:
        return []
    outer = indentation(tree, span.start)
    inner = newline(tree) + (indentation(tree, first) if alone else outer + step(tree))
    found: list[Draft] = []
    for number, arg in enumerate(call.args):
        start = _start(tree, arg)
        before = start if not number else tree.outer_span(call.args[number - 1].value).end + 1
        if number or not alone:
            found.append(Draft(Span(tree.path, before, start), (inner,), rank=-1))
    if not alone:
        found.append(Draft(Span(tree.path, last, span.end - 1), (",", newline(tree), outer), rank=2))
    elif not isinstance(call.args[-1].comma, cst.Comma):
        found.append(Draft(Span(tree.path, last, last), (",",), rank=2))
    return found


def _start(tree: Tree, arg: cst.Arg) -> int:
    """Where an argument begins."""
    if arg.keyword is not None:
        return tree.span(arg.keyword).start
    return tree.outer_span(arg.value).start - len(arg.star)
