"""Replies that a program makes up, as plain data: what a reply in the old layout is in the new one."""

import json

from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.lookup import unknown_words
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.rulebook.model import Encoding, EntryKeys, Member, Operation
from kognitos_migrate.syntax.tree import Site

NO_OBJECT = "the text that is replied here is not the JSON of an object"


def relaid(scene: Scene, operation: Operation, said: dict[str, object], at: Site) -> dict[str, object]:
    """A reply's JSON in the new layout; what the old one doesn't document stays. Raises Refused, with the
    place `at`."""
    found: dict[str, object] = {}
    for name, value in said.items():
        old = operation.old.reply_slot(name)
        new = operation.new.reply_member(old.slot) if old is not None else None
        if old is not None and (new is None or new.name in found):
            raise Refused(at, "stub", f"the new reply has nothing for {name!r}")
        known_as = new.name if new is not None else name
        found[known_as] = _value(scene, operation, (old, new), value, at)
    known = any(operation.old.reply_slot(name) is not None for name in said)
    return {**found, **{name: {} for name in only_sent(scene, operation) if known}}


def _value(
    scene: Scene, operation: Operation, members: tuple[Member | None, Member | None], value: object, at: Site
) -> object:
    old, new = members
    if old is None or new is None or not isinstance(value, str):
        return value
    if old.encodings[None] is Encoding.WORD:
        words = scene.settings.vocabularies.get(old.vocabulary or "", {})
        if value not in words:
            raise unknown_words(scene, old, at, [value])
        return words[value][0]
    if old.encodings[None] is Encoding.JSON_OBJECT and new.entry is not None:
        inner = object_of(value)
        if inner is None:
            raise Refused(at, "stub", NO_OBJECT)
        return entries_of(new.entry, inner)
    return sent_with(scene, operation, old, value)


def only_sent(scene: Scene, operation: Operation) -> list[str]:
    """The fields that only the new reply has, and that another operation sends as a form."""
    old = {member.slot for member in operation.old.reply}
    sent = {
        one.new.form.fields.slot
        for one in scene.rules.operations
        if one.new.form is not None and one.new.form.fields.operation == operation.id
    }
    return [one.name for one in operation.new.reply if one.slot in sent - old]


def sent_with(scene: Scene, operation: Operation, old: Member, value: str) -> str:
    """What becomes of the value of an opaque field: of a method that another operation is sent with, its new
    one."""
    for one in scene.rules.operations:
        target = one.old.target
        if one.old.method_slot == old.slot and target is not None and target.operation == operation.id:
            return one.new.method if value == one.old.method else value
    return value


def object_of(text: str) -> dict[str, object] | None:
    """The object that a text is the JSON of."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def entries_of(entry: EntryKeys, said: dict[str, object]) -> list[object]:
    """An object as a list of entries."""
    return [{entry.name: name, entry.value: value} for name, value in said.items()]


def python(value: object) -> str:
    """A JSON value as Python source."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(python, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quoted(name)}: {python(one)}' for name, one in value.items())}}}"
    return repr(value)
