"""Words that tests expect of the program for the words in their own canned replies."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.compared_values import TESTS, compared_values, contained_literals
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.edits.stubs.unchanged_words import (
    WordSearch,
    contains_word,
    is_old_word_expected,
    is_read_by_program,
    literal_parts,
)
from kognitos_migrate.interpret.state.facts import AccessKind, Use
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Ref, Text, Value


def migrate_expected_words(context: PlanContext) -> Iterator[PendingEdit]:
    """Pending edits of the words that tests compare with the words which the plan writes into their replies.

        assert Run.parse({"state": "done"}).state == "done"

    The program may restore the old word where it reads it: then the expected word stays, unless the test
    looks at the word of the reply itself, as a builder of replies does (`if state == "done"`). Raises
    RefusalError if it is the literal in the reply itself, as in a test with a parameter `state`, or if the
    test's own word can't be edited.
    """
    _require_words_unchanged(context)
    canned = context.state.canned_words
    for site in sorted(canned.keys() & context.state.unchanged_words):
        raise _refusal(site)
    for site, field in list(canned.items()):
        is_own = field not in context.state.restored_words or not is_read_by_program(context, site)
        for use in context.literal_uses.get(site, []):
            if use.kind not in TESTS or use.site.path not in context.facts.tests:
                continue
            if is_old_word_expected(context, site, field, use, canned):
                raise _refusal(use.site)
            if is_own or WordSearch(context, site).is_compared(use):
                yield from _word_edits(context, field, use)


def _refusal(site: Site) -> RefusalError:
    message = "the test compares the word in its response with the program's, which stays"
    return RefusalError(site, "stub", message, "write the expected word as a literal of its own")


def _require_words_unchanged(context: PlanContext) -> None:
    """Raises RefusalError if a test makes another text of the word of its own reply, as by
    `state.upper()`."""
    for (site, frame), value in context.facts.values.items() if context.state.canned_words else ():
        if site.path not in context.facts.tests or not contains_word(value, context.state.canned_words):
            continue
        tree, node = context.tree(site), context.node(site)
        if not isinstance(node, cst.Name) or not isinstance(tree.parent(node), cst.Attribute):
            continue
        words = (part.site for part in literal_parts(value) if part.site in context.state.canned_words)
        if any(
            not is_read_by_program(context, word) or WordSearch(context, word).leads_to_target((site, frame))
            for word in words
        ):
            message = "the test looks at the word in its response here"
            raise RefusalError(site, "stub", message, "write the response as a literal for each word")


_LOOK_UPS = (AccessKind.FLOW, AccessKind.READ, AccessKind.CONTAINS, AccessKind.WALK, AccessKind.MERGE)
"""Accesses to a container of words that show none of them."""


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
