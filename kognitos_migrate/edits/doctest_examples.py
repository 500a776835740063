"""Examples in docstrings, which doctests run: the words in them, and the output that they expect."""

import re
from collections.abc import Iterable, Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.discover.signature import path_words, starts_path_in
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.syntax.blocks import is_statement
from kognitos_migrate.syntax.docstring_examples import PROMPT, examples_in, texts_with_examples
from kognitos_migrate.syntax.tree import Site, Tree

WORD = re.compile(r"\w+")
"""A word in the output of an example."""


def require_no_expected_path(context: ProgramFacts, matches: Iterable[Match]) -> None:
    """Raises RefusalError if the expected output of an example contains a path that the matches have, which
    changes."""
    operations = {match.operation.id: match.operation for match in matches}.values()
    expected = (
        next(expected_paths(context, operations), None) if not context.settings.leaves_examples else None
    )
    if expected is not None:
        message = "an example in this docstring expects a path of the old version"
        raise RefusalError(expected[0], "stub", message, "migrate this call by hand, with the example")


def expected_paths(
    context: ProgramFacts, operations: Iterable[Operation]
) -> Iterator[tuple[Site, str, tuple[Operation, ...]]]:
    """The docstrings with examples whose expected output contains a path of the old version, each with the
    first word of a path there and the operations that have such a path."""
    words = [(path_words(context.api(operation), operation), operation) for operation in operations]
    for tree in context.trees.values():
        for site, expected in tree.memoize(_expected_outputs) if PROMPT in tree.text else ():
            there = [
                (word.word, op)
                for word, op in words
                if word is not None and starts_path_in(word.word, expected)
            ]
            if there:
                yield site, there[0][0].decode(), tuple(operation for _, operation in there)


def docstrings_with_word(tree: Tree, word: str) -> Iterator[Site]:
    """The docstrings in whose doctest examples a word is a string literal, or quoted in one."""
    return (site for site, words in tree.memoize(_examples) if word in words)


def docstrings(tree: Tree) -> Iterator[tuple[Site, str]]:
    """The docstrings of a module that contain examples, with their texts."""
    for node, text in texts_with_examples(tree):
        if is_statement(tree, node):
            yield tree.site(node), text


def _examples(tree: Tree) -> list[tuple[Site, frozenset[str]]]:
    """The docstrings with doctest examples, each with the string literals of these."""
    words = ((site, frozenset(literals_in_examples(text))) for site, text in docstrings(tree))
    return [pair for pair in words if pair[1]]


def _expected_outputs(tree: Tree) -> list[tuple[Site, bytes]]:
    """The docstrings with doctest examples, each with the output that these expect."""
    outputs: list[tuple[Site, bytes]] = []
    for site, text in docstrings(tree):
        expected = "\n".join(example.want for example in examples_in(text))
        outputs.append((site, expected.encode("utf-8", "surrogatepass")))
    return outputs


def literals_in_examples(docstring: str) -> Iterator[str]:
    """The string literals in a docstring's examples, the quoted texts inside them, such as keys of JSON, and
    the words of the errors that they expect."""
    import ast

    for example in examples_in(docstring):
        yield from WORD.findall(example.exc_msg or "")
    try:
        trees = [ast.parse(example.source) for example in examples_in(docstring)]
    except (SyntaxError, ValueError):
        return
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
            yield from quoted_texts(node.value)


def quoted_texts(text: str) -> Iterator[str]:
    """The texts between double quotes, such as keys of JSON."""
    return (part for number, part in enumerate(text.split('"')) if number % 2)
