"""Words that tests expect of the program for the words in their own canned replies."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source
from kognitos_migrate.edits.compared_values import TESTS, compared_values, contained_literals
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.edits.value_provenance import ValueSearch
from kognitos_migrate.interpret.state.facts import AccessKind, Frame, Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Ref, Reply, Text, Value


def migrate_expected_words(context: PlanContext) -> Iterator[PendingEdit]:
    """Pending edits of the words that tests compare with the words which the plan writes into their replies.

        assert Run.parse({"state": "done"}).state == "done"

    The program may restore the old word where it reads it: then the expected word stays, unless the test
    looks at the word of the reply itself, as a builder of replies does (`if state == "done"`). Raises
    RefusalError if it is the literal in the reply itself, as in a test with a parameter `state`, or if the
    test's own word can't be edited.
    """
    _require_words_unchanged(context)
    for site, field in list(context.state.canned_words.items()):
        is_restored = field in context.state.restored_words
        is_own = not is_restored or not is_read_by_program(context, site)
        for use in context.literal_uses.get(site, []):
            if use.kind not in TESTS or use.site.path not in context.facts.tests:
                continue
            others = [*compared_values(context, use)] if is_restored and use.kind is UseKind.COMPARE else []
            is_of_test = is_own or _WordSearch(context, site).is_compared(use)
            if any(_is_reply_part(context, other) for other in others) or (
                not is_of_test and any(_contains_canned_word(context, other) for other in others)
            ):
                message = "the test compares the word in its response with the program's, which stays"
                help_text = "write the expected word as a literal of its own"
                raise RefusalError(use.site, "stub", message, help_text)
            if is_of_test:
                yield from _word_edits(context, field, use)


def is_read_by_program(context: PlanContext, word: Site) -> bool:
    """Whether code of the program, or an object of one of its classes, has the word of a test's data as a
    text. A program that gets the data by a stub sees the field of a reply instead."""
    tests = context.facts.tests
    readers = {site.path for site, _ in context.constant_readers.get(word, ())}
    return not tests >= readers | context.instance_holders.get(word, set())


def _require_words_unchanged(context: PlanContext) -> None:
    """Raises RefusalError if a test makes another text of the word of its own reply, as by
    `state.upper()`."""
    for (site, frame), value in context.facts.values.items() if context.state.canned_words else ():
        if site.path not in context.facts.tests or not _contains_canned_word(context, value):
            continue
        tree, node = context.tree(site), context.node(site)
        if not isinstance(node, cst.Name) or not isinstance(tree.parent(node), cst.Attribute):
            continue
        words = (part.site for part in _literal_parts(value) if part.site in context.state.canned_words)
        if any(
            not is_read_by_program(context, word) or _WordSearch(context, word).leads_to_target((site, frame))
            for word in words
        ):
            message = "the test looks at the word in its response here"
            raise RefusalError(site, "stub", message, "write the response as a literal for each word")


_LOOK_UPS = (AccessKind.FLOW, AccessKind.READ, AccessKind.CONTAINS, AccessKind.WALK, AccessKind.MERGE)
"""Accesses to a container of words that show none of them."""


class _WordSearch(ValueSearch, frozen=True):
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
        return any(part.site == self.word for part in _literal_parts(value))

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


def _word_edits(context: PlanContext, field: tuple[str, str], use: Use) -> Iterator[PendingEdit]:
    """Pending edits of the words that a test's own word is compared with, looked up in, or matched with."""
    operation = context.rules.operation(field[0])
    old = operation.old.reply_field(field[1])
    words = context.settings.vocabularies.get((old.vocabulary or "") if old is not None else "", {})
    canned = CannedReplyRewrite(context, operation, use.site)
    for other in compared_values(context, use):
        _require_own_container(context, other)
        for literal in contained_literals(context, other):
            if literal.text in words:
                yield canned.literal_edit(use.site, Text((literal,)), words[literal.text][0], words)


def _require_own_container(context: PlanContext, container: Value) -> None:
    """Raises RefusalError if a container in which a test looks up its own word is used by the program, too,
    or for anything else."""
    if not isinstance(container, Ref):
        return
    for site in context.aliases_of(container):
        accesses = context.facts.accesses.get(container, {}).get(site, ())
        if site.path not in context.facts.tests or any(access.kind not in _LOOK_UPS for access in accesses):
            message = "the words that the test compares with the one in its response are used here, too"
            raise RefusalError(site, "stub", message, "write the response as a literal for each word")


def _is_reply_part(context: PlanContext, value: Value) -> bool:
    """Whether a value is a part of a reply. A whole one is compared with a dict in its layout."""
    return isinstance(value, Reply) and value.request in context.matches and value.path != (View.JSON,)


def _contains_canned_word(context: PlanContext, value: Value) -> bool:
    return any(part.site in context.state.canned_words for part in _literal_parts(value))


def _literal_parts(value: Value) -> Iterator[Lit]:
    """The literals that the alternatives of a value consist of."""
    for choice in alternatives(value):
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part
