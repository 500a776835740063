"""Words of tests that stay those of the old version, because the program restores the old word."""

from collections.abc import Container, Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source
from kognitos_migrate.edits.compared_values import TESTS, compared_values, contained_literals
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.table_lookup import new_word
from kognitos_migrate.edits.value_provenance import ValueSearch
from kognitos_migrate.interpret.state.facts import Frame, Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember, Operation, View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Reply, Text, Value


def is_old_word_expected(
    context: PlanContext, word: Site, field: tuple[str, str], use: Use, canned: Container[Site]
) -> bool:
    """Whether a use in a test needs the literal at `word`, which is also the word of a canned reply, in the
    old vocabulary.

        @pytest.mark.parametrize("word", ["running", "failed"])
        def test_state(word):
            api.get("/run/1", json={"state": word})
            assert client.refresh("1").state == State(word)

    `canned` are the words of canned replies.
    """
    if use.kind not in TESTS or use.site.path not in context.facts.tests:
        return False
    if field not in context.state.restored_words:
        return False
    is_own = not is_read_by_program(context, word) or WordSearch(context, word).is_compared(use)
    others = [*compared_values(context, use)] if use.kind is UseKind.COMPARE else []
    if any(_is_reply_part(context, other) for other in others):
        return True
    if not is_own:
        return any(contains_word(other, canned) for other in others)
    literals = (lit for other in compared_values(context, use) for lit in contained_literals(context, other))
    return any(lit.site is not None and lit.site.path not in context.facts.tests for lit in literals)


def translated_word(
    context: PlanContext, operation: Operation, old: LayoutMember, site: Site, choices: Iterable[Value]
) -> PendingEdit | None:
    """The pending edit that looks up the new word where a reply is built of words that the test needs in the
    old vocabulary; None if the words themselves change. Raises RefusalError if a word isn't known.

        api.get("/runs/1", json={"status": {"failed": "Failed", "running": "Executing"}[word]})
    """
    texts = [choice for choice in choices if isinstance(choice, Text)]
    words = {part.site for text in texts for part in literal_parts(text)}
    field = (operation.id, old.name)
    if site in words or not any(
        word is not None and _is_expected_somewhere(context, word, field) for word in words
    ):
        return None
    context.state.unchanged_words.update(word for word in words if word is not None)
    table = ", ".join(
        f"{string_literal(text)}: {string_literal(new_word(context, old, site, text))}"
        for text in sorted({text.literal or "" for text in texts})
    )
    tree = context.tree(site)
    span = tree.outer_span(tree.node(site))
    return PendingEdit(span, (f"{{{table}}}[", span, "]"))


def _is_expected_somewhere(context: PlanContext, word: Site, field: tuple[str, str]) -> bool:
    """Whether a use in a test needs the literal at `word` in the old vocabulary."""
    uses = context.literal_uses.get(word, ())
    return any(is_old_word_expected(context, word, field, use, (word,)) for use in uses)


def is_read_by_program(context: PlanContext, word: Site) -> bool:
    """Whether code of the program, or an object of one of its classes, has the word of a test's data as a
    text. A program that gets the data by a stub sees the field of a reply instead."""
    tests = context.facts.tests
    readers = {site.path for site, _ in context.constant_readers.get(word, ())}
    return not tests >= readers | context.instance_holders.get(word, set())


class WordSearch(ValueSearch, frozen=True):
    """The search from an expression to the literal at `word`, through code of tests."""

    word: Site

    def is_compared(self, use: Use) -> bool:
        """Whether a comparison is of the literal itself, and not of what the program made of it."""
        return self.leads_to_target((use.operand, use.frame))

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the literal."""
        return evaluation[0] == self.word

    def contains_target(self, value: Value) -> bool:
        """Whether a text contains the literal."""
        return any(part.site == self.word for part in literal_parts(value))

    def predecessors_at_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The expression that a variable of a test is bound to."""
        yield source.evaluation if read[0].path in self.context.facts.tests else None

    def predecessors_in_operation(
        self, tree: Tree, node: cst.CSTNode, frame: int
    ) -> Iterator[Evaluation | None]:
        """The operands of an expression that chooses between values. Others may make another word of one."""
        if isinstance(node, cst.IfExp | cst.BooleanOperation | cst.NamedExpr):
            return self.operands(tree, node, frame)
        return iter((None,))

    def is_result_of_call(self, callee: Frame) -> bool:
        """Whether a function is one of the tests."""
        return callee.path in self.context.facts.tests


def _is_reply_part(context: PlanContext, value: Value) -> bool:
    """Whether a value is a part of a reply. A whole one is compared with a dict in its layout."""
    return isinstance(value, Reply) and value.request in context.matches and value.path != (View.JSON,)


def contains_word(value: Value, words: Container[Site]) -> bool:
    """Whether a text is made of one of these literals."""
    return any(part.site in words for part in literal_parts(value))


def literal_parts(value: Value) -> Iterator[Lit]:
    """The literals that the alternatives of a value consist of."""
    for choice in alternatives(value):
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part
