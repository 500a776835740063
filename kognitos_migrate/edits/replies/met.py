"""The literals that a word of a reply meets in the tests of a program."""

from collections.abc import Iterable, Mapping

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Use, UseKind
from kognitos_migrate.rulebook.model import Member
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Lit, Ref, Text, Value
from kognitos_migrate.values.heap import Record, Sequence
from kognitos_migrate.values.join import alternatives

TESTS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY)


def unknown_of(scene: Scene, old: Member, uses: Iterable[Use]) -> Mapping[str, Site]:
    """The words that a field is tested for and that neither the rules nor the configuration know, each with
    the first place."""
    words = scene.settings.vocabularies.get(old.vocabulary or "", {})
    own = scene.settings.own_words.get(old.vocabulary or "", frozenset())
    found: dict[str, Site] = {}
    for use in uses:
        if use.kind in TESTS and use.other is not None:
            searched = texts_searched(use)
            for lit in met(scene, use.other):
                if lit.text in searched:
                    continue
                if lit.text not in words and lit.text not in own and lit.text not in _held(scene, use):
                    found.setdefault(lit.text, use.site)
    return found


def texts_searched(use: Use) -> frozenset[str]:
    """The texts in which a word is searched, as in `state in "failed cancelled"`: they are no words."""
    if use.kind is not UseKind.COMPARE or use.detail not in ("In", "NotIn") or use.other is None:
        return frozenset()
    choices = alternatives(use.other)
    return frozenset(one.literal for one in choices if isinstance(one, Text) and one.literal is not None)


def _held(scene: Scene, use: Use) -> frozenset[str]:
    """The texts of the program that may stand in the word's place where it is tested."""
    choices = (choice for value in scene.everywhere(use.operand) for choice in alternatives(value))
    return frozenset(one.literal for one in choices if isinstance(one, Text) and one.literal is not None)


def met(scene: Scene, other: Value | None) -> list[Lit]:
    """The literals among what a word is tested for."""
    found: list[Lit] = []
    for value in compared(scene, other):
        if isinstance(value, Text) and value.literal is not None:
            part = value.parts[0] if len(value.parts) == 1 else None
            if isinstance(part, Lit):
                found.append(part)
            elif value.literal:
                found.append(Lit(value.literal))
    return found


def compared(scene: Scene, other: Value | None) -> list[Value]:
    """What a word is tested for, one by one: the elements of lists, the keys of dicts."""
    found: list[Value] = []
    for choice in alternatives(other) if other is not None else ():
        if isinstance(choice, Ref):
            thing = scene.facts.heap[choice]
            if isinstance(thing, Sequence):
                found.extend(alternatives(thing.element()))
            elif isinstance(thing, Record):
                found.extend(_keys(thing))
        else:
            found.append(choice)
    return found


def _keys(record: Record) -> list[Value]:
    keys: list[Value] = []
    for name, entries in record.entries.items():
        keys.extend(Text((Lit(name, entry.key, 0 if entry.key else -1),)) for entry in entries)
    return keys
