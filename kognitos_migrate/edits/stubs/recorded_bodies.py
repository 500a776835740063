"""Whether tests compare recorded bodies with those that the program sends."""

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.canned_replies import Stub
from kognitos_migrate.syntax.shapes import literal_text


def compares_recorded_bodies(context: ProgramFacts, stub: Stub) -> bool:
    """Whether tests may compare the body of a stub with that of a request: they do, unless the stub is
    recorded and no test names such a comparison.

    vcr.VCR(match_on=["method", "uri", "body"])
    """
    mock = next(candidate for candidate in context.rules.mocks if candidate.id == stub.mock)
    words = {word for form in mock.recordings for word in form.compares_bodies}
    return not mock.recordings or not words.isdisjoint(context.memoize(_words_of_tests))


def _words_of_tests(context: ProgramFacts) -> frozenset[str]:
    """The texts, and the names of attributes, in the tests."""
    words: set[str] = set()
    for path in context.facts.tests:
        tree = context.trees[path]
        words.update(node.attr.value for node in tree.of_kind(cst.Attribute))
        words.update(str(literal_text(node)) for node in tree.of_kind(cst.SimpleString))
    return frozenset(words)
