"""Words that tests expect of the program for the words in their own canned replies."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedResponse
from kognitos_migrate.edits.stubs.compared_values import compared_values
from kognitos_migrate.edits.value_provenance import ValueSearch
from kognitos_migrate.interpret.state.facts import Frame, Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Reply, Text, Value


def migrate_expected_words(context: PlanContext) -> Iterator[PendingEdit]:
    """Pending edits of the words that tests compare with the words which the plan writes into their replies.

        assert Run.parse({"state": "done"}).state == "done"

    The program may restore the old word where it reads it: then the expected word stays, unless the test
    looks at the word of the reply itself, as a builder of replies does (`if state == "done"`). Raises
    RefusalError if it is the literal in the reply itself, as in a test with a parameter `state`.
    """
    _require_words_handed_on(context)
    for site, field in list(context.state.canned_words.items()):
        for use in context.literal_uses.get(site, []):
            if use.kind is not UseKind.COMPARE or use.site.path not in context.facts.tests:
                continue
            for other in compared_values(context, use):
                if field not in context.state.restored_words or _WordSearch(context, site).is_compared(use):
                    yield from _new_word(context, field, use.site, other)
                elif _is_field(context, other) or _is_canned(context, other):
                    message = "the test compares the word in its response with the program's, which stays"
                    help_text = "write the expected word as a literal of its own"
                    raise RefusalError(use.site, "stub", message, help_text)


def _require_words_handed_on(context: PlanContext) -> None:
    """Raises RefusalError if a test looks at the word of its own reply in another way than by a comparison,
    as by `state.upper()`, by a key or by a `match`."""
    for (site, frame), value in context.facts.values.items() if context.state.canned_words else ():
        if site.path not in context.facts.tests or not _is_canned(context, value):
            continue
        tree, node = context.tree(site), context.node(site)
        if not isinstance(node, cst.Name):
            continue
        words = (part.site for part in _parts(value) if part.site in context.state.canned_words)
        is_handed_on = not isinstance(tree.parent(node), (cst.Attribute, cst.Index, cst.Match))
        if is_handed_on or not any(
            _WordSearch(context, word).leads_to_target((site, frame)) for word in words
        ):
            continue
        message = "the test looks at the word in its response here"
        raise RefusalError(site, "stub", message, "write the response as a literal for each word")


class _WordSearch(ValueSearch, frozen=True):
    """The search from an expression to the literal at `word`, through code of tests."""

    word: Site

    def is_compared(self, use: Use) -> bool:
        """Whether a comparison is of the literal itself, and not of what the program made of it."""
        return self.leads_to_target((use.operand, use.frame))

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the literal."""
        return evaluation[0] == self.word

    def carries(self, value: Value) -> bool:
        """Whether a text contains the literal."""
        return any(part.site == self.word for part in _parts(value))

    def ways_of_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The expression that a variable of a test is bound to."""
        yield source.evaluation if read[0].path in self.context.facts.tests else None

    def ways_through(self, tree: Tree, node: cst.CSTNode, frame: int) -> Iterator[Evaluation | None]:
        """The operands of an expression that chooses between values. Others may make another word of one."""
        if isinstance(node, cst.IfExp | cst.BooleanOperation | cst.NamedExpr):
            return self.operands(tree, node, frame)
        return iter((None,))

    def is_result_of_call(self, callee: Frame) -> bool:
        """Whether a function is one of the tests."""
        return callee.path in self.context.facts.tests


def _new_word(context: PlanContext, field: tuple[str, str], at: Site, word: Value) -> Iterator[PendingEdit]:
    operation = context.rules.operation(field[0])
    old = operation.old.reply_field(field[1])
    words = context.settings.vocabularies.get((old.vocabulary or "") if old is not None else "", {})
    if isinstance(word, Text) and word.literal in words:
        canned = CannedResponse(context, operation, at)
        yield canned.literal_edit(at, word, words[str(word.literal)][0], words)


def _is_field(context: PlanContext, value: Value) -> bool:
    """Whether a value is a part of a reply. A whole one is compared with a dict in its layout."""
    return isinstance(value, Reply) and value.request in context.matches and value.path != (View.JSON,)


def _is_canned(context: PlanContext, value: Value) -> bool:
    return any(part.site in context.state.canned_words for part in _parts(value))


def _parts(value: Value) -> Iterator[Lit]:
    """The literals that the alternatives of a value consist of."""
    for choice in alternatives(value):
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part
