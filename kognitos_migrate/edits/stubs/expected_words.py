"""Words that tests expect of the program for the words in their own canned replies."""

from collections.abc import Iterator

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.canned_responses import CannedResponse
from kognitos_migrate.edits.stubs.compared_values import compared_values
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Reply, Text, Value


def migrate_expected_words(context: PlanContext) -> Iterator[PendingEdit]:
    """Pending edits of the words that tests compare with the words which the plan writes into their replies.

        assert Run.parse({"state": "done"}).state == "done"

    The program may restore the old word where it reads it: then the expected word stays. Raises RefusalError
    if it is the literal in the reply itself, as in a test with a parameter `state`.
    """
    for site, field in list(context.canned_words.items()):
        for use in context.literal_uses.get(site, []):
            if use.kind is not UseKind.COMPARE or use.site.path not in context.facts.tests:
                continue
            for other in compared_values(context, use):
                if field not in context.restored_words:
                    yield from _new_word(context, field, use.site, other)
                elif _is_reply(context, other) or _is_canned(context, other):
                    message = "the test compares the word in its response with the program's, which stays"
                    help_text = "write the expected word as a literal of its own"
                    raise RefusalError(use.site, "stub", message, help_text)


def _new_word(context: PlanContext, field: tuple[str, str], at: Site, word: Value) -> Iterator[PendingEdit]:
    operation = context.rules.operation(field[0])
    old = operation.old.reply_field(field[1])
    words = context.settings.vocabularies.get((old.vocabulary or "") if old is not None else "", {})
    if isinstance(word, Text) and word.literal in words:
        canned = CannedResponse(context, operation, at)
        yield canned.literal_edit(at, word, words[str(word.literal)][0], words)


def _is_reply(context: PlanContext, value: Value) -> bool:
    return isinstance(value, Reply) and value.request in context.matches


def _is_canned(context: PlanContext, value: Value) -> bool:
    parts = value.parts if isinstance(value, Text) else ()
    return any(part.site in context.canned_words for part in parts if part.site is not None)
