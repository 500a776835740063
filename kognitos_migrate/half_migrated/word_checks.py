"""Words of the new version that are compared with old ones."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import ENUM
from kognitos_migrate.rulebook.codes import HALF_WORD
from kognitos_migrate.rulebook.model import LayoutMember, Operation
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Reply, Text, Unknown, Value


def word_faults(context: PlanContext, match: Match, name: str, use: Use) -> Iterator[HalfMigratedUse]:
    """The old words that the field `name` of a new reply is compared with in one use."""
    member = _member(context, match, name)
    if member is None or member.vocabulary is None:
        return
    words = context.settings.vocabularies.get(member.vocabulary, {})
    comparands = list(_comparands(context, use))
    texts = {text for text, _ in comparands}
    if not texts & words.keys() or (
        _mentions_new_words(context, words, use) and not _has_only_field_values(context, words, use)
    ):
        return
    for text, site in comparands:
        if _is_old(words, text) and not texts & set(words[text]):
            new = " or ".join(map(repr, words[text]))
            api = context.api(match.operation)
            message = f"{text!r} is a {api.old} word; {api.new} uses {new}"
            yield HalfMigratedUse(HALF_WORD, match, site, message, f"use {new} instead of {text!r}")


def _member(context: PlanContext, match: Match, name: str) -> LayoutMember | None:
    """The member of the new layout for a field, which may be named by its old name."""
    own = match.layout.reply_field(name)
    if own is not None:
        return own
    for operation in (match.operation, *context.rules.operations):
        member = _new_member(operation, name)
        if operation.api == match.operation.api and member is not None:
            return member
    return None


def _new_member(operation: Operation, name: str) -> LayoutMember | None:
    return operation.reply_pair(name)[1]


def _is_old(words: Mapping[str, tuple[str, ...]], text: str) -> bool:
    return text in words and not any(text in new for new in words.values())


def _mentions_new_words(context: PlanContext, words: Mapping[str, tuple[str, ...]], use: Use) -> bool:
    """Whether the program mentions new words for this field, so that it may translate them into old ones."""
    new = {word for new_words in words.values() for word in new_words}
    values = [use.value, *(choice for choices in _tested_alternatives(context, use) for choice in choices)]
    tested = {choice for choice in values if isinstance(choice, Reply)}
    return any(
        text in new
        for field in tested
        for other in context.uses.get(field.request, [])
        if other.value == field
        for text, _ in _comparands(context, other)
    )


def _has_only_field_values(context: PlanContext, words: Mapping[str, tuple[str, ...]], use: Use) -> bool:
    """Whether only the field itself is tested, and not possibly a word of the program's own.

    A value that was widened may be such a word.
    """
    tested = _tested_alternatives(context, use)
    return bool(tested) and not any(
        choice.literal in words if isinstance(choice, Text) else isinstance(choice, Unknown) and choice.many
        for choices in tested
        for choice in choices
    )


def _tested_alternatives(context: PlanContext, use: Use) -> list[list[Value]]:
    """The alternatives of each expression in a test that may be the field."""
    tree = context.tree(use.site)
    return [
        choices
        for node in tree.descendants(tree.node(use.site))
        for value in context.values_at(tree.site(node))
        if use.value in (choices := list(alternatives(value)))
    ]


def _comparands(context: PlanContext, use: Use) -> Iterator[tuple[str, Site]]:
    """The texts that a word is compared with, each with its own site, or else with that of the use."""
    if use.kind is UseKind.ESCAPE and use.detail == ENUM and use.other is not None:
        yield from _texts(use.other, use.site)
    elif use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY) and use.other is not None:
        for choice in alternatives(use.other):
            heap_object = context.facts.heap.get(choice)
            if isinstance(heap_object, SequenceObject):
                yield from _texts(heap_object.element(), use.site)
            elif isinstance(heap_object, DictObject):
                for key, entries in heap_object.entries.items():
                    key_site = next((entry.key for entry in entries if entry.key is not None), use.site)
                    yield key, key_site
            else:
                yield from _texts(choice, use.site)


def _texts(value: Value, at: Site) -> Iterator[tuple[str, Site]]:
    for choice in alternatives(value):
        if isinstance(choice, Text) and choice.literal is not None:
            lit = choice.parts[0] if len(choice.parts) == 1 else None
            yield choice.literal, (lit.site if isinstance(lit, Lit) and lit.site is not None else at)
