"""Words of the new version that are compared with old ones."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.half_migrated.api_calls import HalfMigratedUse
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.codes import HALF_WORD
from kognitos_migrate.rulebook.model import LayoutMember, Operation
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Ref, Reply, Text, Unknown, Value

_ENUM = "an Enum"


def word_faults(scene: PlanContext, match: Match, name: str, use: Use) -> Iterator[HalfMigratedUse]:
    """The old words that the field `name` of a new reply meets in one use."""
    member = _member(scene, match, name)
    if member is None or member.vocabulary is None:
        return
    words = scene.settings.vocabularies.get(member.vocabulary, {})
    met = list(_met(scene, use))
    texts = {text for text, _ in met}
    if not texts & words.keys() or (_is_translated(scene, words, use) and not _is_bare(scene, words, use)):
        return
    for text, site in met:
        if _is_old(words, text) and not texts & set(words[text]):
            new = " or ".join(map(repr, words[text]))
            api = scene.api(match.operation)
            message = f"{text!r} is a word of {api.old}: {api.new} says {new}"
            yield HalfMigratedUse(HALF_WORD, match, site, message, f"write {new} in the place of {text!r}")


def _member(scene: PlanContext, match: Match, name: str) -> LayoutMember | None:
    """The field as the new version knows it, also where it is read by its old name."""
    own = match.layout.reply_slot(name)
    if own is not None:
        return own
    for operation in (match.operation, *scene.rules.operations):
        found = _renamed(operation, name)
        if operation.api == match.operation.api and found is not None:
            return found
    return None


def _renamed(operation: Operation, name: str) -> LayoutMember | None:
    old = operation.old.reply_slot(name)
    return operation.new.reply_member(old.slot) if old is not None else None


def _is_old(words: Mapping[str, tuple[str, ...]], text: str) -> bool:
    return text in words and not any(text in new for new in words.values())


def _is_translated(scene: PlanContext, words: Mapping[str, tuple[str, ...]], use: Use) -> bool:
    """Whether the program knows the new words of this field, or of one that may be in its place: it may have
    made old ones of them."""
    new = {word for said in words.values() for word in said}
    found = [use.value, *(choice for choices in _tested(scene, use) for choice in choices)]
    tested = {choice for choice in found if isinstance(choice, Reply)}
    return any(
        text in new
        for field in tested
        for other in scene.uses.get(field.request, [])
        if other.value == field
        for text, _ in _met(scene, other)
    )


def _is_bare(scene: PlanContext, words: Mapping[str, tuple[str, ...]], use: Use) -> bool:
    """Whether what is tested is the field itself, and can't be a word of the program's own: what may be too
    many things to be told can."""
    found = _tested(scene, use)
    return bool(found) and not any(
        choice.literal in words if isinstance(choice, Text) else isinstance(choice, Unknown) and choice.many
        for choices in found
        for choice in choices
    )


def _tested(scene: PlanContext, use: Use) -> list[list[Value]]:
    """What the expressions of a test may be of which one is the field."""
    tree = scene.tree(use.site)
    return [
        choices
        for node in tree.descendants(tree.node(use.site))
        for value in scene.everywhere(tree.site(node))
        if use.value in (choices := list(alternatives(value)))
    ]


def _met(scene: PlanContext, use: Use) -> Iterator[tuple[str, Site]]:
    """The texts that a word meets, and where they are shown: where they are written, if that is known."""
    if use.kind is UseKind.ESCAPE and use.detail == _ENUM:
        for value in scene.everywhere(use.site):
            yield from _texts(value, use.site)
    elif use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY) and use.other is not None:
        for choice in alternatives(use.other):
            thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, SequenceObject):
                yield from _texts(thing.element(), use.site)
            elif isinstance(thing, DictObject):
                for key, entries in thing.entries.items():
                    written = next((entry.key for entry in entries if entry.key is not None), use.site)
                    yield key, written
            else:
                yield from _texts(choice, use.site)


def _texts(value: Value, at: Site) -> Iterator[tuple[str, Site]]:
    for choice in alternatives(value):
        if isinstance(choice, Text) and choice.literal is not None:
            lit = choice.parts[0] if len(choice.parts) == 1 else None
            yield choice.literal, (lit.site if isinstance(lit, Lit) and lit.site is not None else at)
