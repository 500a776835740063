"""The doctest examples in a module's docstrings."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Tree

if TYPE_CHECKING:
    from doctest import Example

PROMPT = ">>>"


def texts_with_examples(tree: Tree) -> Iterator[tuple[cst.SimpleString, str]]:
    """The string literals of a module that contain the prompt of an example, with their texts."""
    for node in tree.of_kind(cst.SimpleString):
        if PROMPT in node.value:
            yield node, str(literal_text(node))


def examples_in(docstring: str) -> Sequence["Example"]:
    """The examples of a docstring. Empty if doctest can't parse one of them."""
    from doctest import DocTestParser

    try:
        return DocTestParser().get_examples(docstring)
    except ValueError:
        return ()
