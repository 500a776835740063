"""Entries of dicts: the values at a key, from the dict itself or from mappings that are merged into it."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from kognitos_migrate.interpret.classes.enums import are_equal_members, differs_from_text, has_own_comparison
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import MERGED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    HeapObject,
    Operand,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Const,
    Decoding,
    Join,
    Reply,
    Symbol,
    Unknown,
    Value,
    environment_variable,
    setting_at,
)
from kognitos_migrate.values.texts import known_text


def surely_has_key(interpreter: Interpreter, record: DictObject, key: Value) -> bool:
    """Whether a dict has an entry of a key, or of each that it may be, on every path to the code that is
    running. The member of an Enum is another key than its value."""
    if isinstance(key, Join):
        return all(surely_has_key(interpreter, record, choice) for choice in key.values)
    word = known_text(key)
    if word is None or not interpreter.regions.surely_has_entry(record, word):
        return False
    keys = keys_with_text(interpreter, record, word)
    if not any(map(partial(differs_from_text, interpreter), (key, *keys))):
        return True
    return bool(keys) and all(are_equal_members(interpreter, key, own) for own in keys)


def keys_with_text(interpreter: Interpreter, heap_object: HeapObject, word: str | None = None) -> list[Value]:
    """The keys of a dict that have a text, or any. None of another object."""
    entries = heap_object.entries if isinstance(heap_object, DictObject) else {}
    return [
        interpreter.facts.values.get((entry.key, entry.operand.frame), NEVER)
        for text, places in entries.items()
        for entry in (places if word in (text, None) else ())
        if entry.key is not None
    ]


_ENVIRONMENT = Symbol("os.environ")


def record_item(interpreter: Interpreter, record: DictObject, key: Value) -> Value:
    """The value that a dict may have at `key`. In a mapping of settings, a layer in sight without the key has
    none there."""
    word = known_text(key) if not has_own_comparison(interpreter, key) else None
    values: list[Value] = []
    is_setting = word is not None and any(map(_is_of_settings, interpreter.heap.with_merged_dicts(record)))
    for owner, merged in _dicts_with_value(interpreter, record, word):
        own = [owner.any_entry() if word is None else owner.get(word), owner.others]
        if own != [NEVER, NEVER] or merged:
            values += own
        elif word is None or not (is_setting and _may_lack_key(owner, word)):
            values.append(UNKNOWN)
        for choice in merged:
            if isinstance(choice, Reply):
                values.append(choice.at(word if word is not None else Decoding.ANY))
            elif _merged_dict(interpreter, owner, choice) is None:
                values.append(_merged_item(choice, word))
    if record.ignores_case and word is not None:
        for owner in interpreter.heap.with_merged_dicts(record):
            values += map(owner.get, record.other_spellings(word, owner))
    return join(*values) if values or word is None else _setting(word)


def _may_lack_key(record: DictObject, word: str) -> bool:
    """Whether a layer of settings doesn't have a key, as far as is known. A settings file in sight may have
    other keys when it is deployed, as its texts may be others."""
    return _is_of_settings(record) or _surely_lacks_key(record, word)


def _is_of_settings(record: DictObject) -> bool:
    return record.open and is_data_file(record.site.path)


def stored_values(interpreter: Interpreter, record: DictObject, word: str) -> Value:
    """The values that code stores under a key, in a dict or in one of those merged into it that may supply
    them. Never if there are none."""
    return join(*(owner.get(word) for owner, _ in _dicts_with_value(interpreter, record, word)))


def ignore_case(interpreter: Interpreter, value: Value) -> Value:
    """Take the keys of dicts for names of headers. Returns the value."""
    for choice in alternatives(value):
        if isinstance(record := interpreter.heap.get(choice), DictObject):
            record.ignores_case = True
    return value


def _merged_item(mapping: Value, word: str | None) -> Value:
    """The value that a merged mapping has at a key: a variable of the environment, or a setting if the
    mapping has a named source, such as a settings file or a caller out of sight."""
    if mapping == _ENVIRONMENT and word:
        return environment_variable(word)
    has_source = isinstance(mapping, Unknown) and bool(mapping.source)
    return _setting(word) if has_source and word else UNKNOWN


def _setting(key: str) -> Value:
    return replace(setting_at(key), is_data=True)


def note_merged_read(
    point: EvalPoint, record: DictObject, key: Value, operand: Site, detail: str = MERGED
) -> None:
    """Record the read of `key` for the replies that were merged into a dict."""
    for _, merged in _dicts_with_value(point.interpreter, record, known_text(key)):
        for choice in merged:
            if isinstance(choice, Reply) and choice.path == (View.JSON,):
                point.note_use(UseKind.READ, choice, operand, key, detail)


def _dicts_with_value(
    interpreter: Interpreter, record: DictObject, word: str | None
) -> Iterator[tuple[DictObject, list[Value]]]:
    """A dict and those merged into it that may supply the value at a key, once each, with the values merged
    into them."""
    reached: dict[DictObject, None] = {record: None}
    waiting = [record]
    while waiting:
        owner = waiting.pop()
        merged = list(_merged_values(interpreter, owner, word))
        yield owner, merged
        inner = [_merged_dict(interpreter, owner, choice) for choice in reversed(merged)]
        new = [each for each in inner if each is not None and each not in reached]
        reached.update(dict.fromkeys(new))
        waiting += new


def _merged_dict(interpreter: Interpreter, owner: DictObject, merged: Value) -> DictObject | None:
    """The dict that a value merged into another dict is. None for any other value."""
    inner = interpreter.heap.get(merged)
    return inner if isinstance(inner, DictObject) and inner is not owner else None


def _merged_values(interpreter: Interpreter, record: DictObject, word: str | None) -> Iterator[Value]:
    """The merged values of a dict that may supply the value at a key."""
    own = word is not None and word in record.entries
    spreads = (
        record.spreads if word is None else record.spreads[_last_index_with_key(interpreter, record, word) :]
    )
    for spread in spreads:
        if word is None or not own or _may_override_entry(interpreter, spread, record, word):
            yield from alternatives(spread.value)


def _last_index_with_key(interpreter: Interpreter, record: DictObject, word: str) -> int:
    """The index of the last mapping in a display that surely has the key, and so replaces what is in front
    of it. 0 if there is none."""
    for number, spread in reversed(list(enumerate(record.spreads))):
        inner = interpreter.heap.get(spread.value)
        if (
            isinstance(inner, DictObject)
            and interpreter.regions.surely_has_entry(inner, word)
            and not inner.spreads
        ):
            return number if are_elements_of_display(interpreter, record, number) else 0
    return 0


def are_elements_of_display(interpreter: Interpreter, record: DictObject, last: int) -> bool:
    """Whether the mappings up to an index are elements of the display that creates the dict, in order and
    once each."""
    tree = interpreter.trees[record.site.path]
    display = tree.node(record.site)
    elements = display.elements if isinstance(display, cst.Dict) else ()
    written = [
        tree.site(element.value) for element in elements if isinstance(element, cst.StarredDictElement)
    ]
    merged = [spread.site for spread in record.spreads[: last + 1]]
    return all(spread.frame == record.frame for spread in record.spreads[: last + 1]) and (
        merged == written[: last + 1]
    )


def possible_overrides(interpreter: Interpreter, record: DictObject, name: str) -> Value:
    """The values that entries with unknown keys may put in place of an entry; Never if there are none.

    Values of replies are left out.
    """
    values = [record.others]
    for spread in record.spreads:
        if record.surely_overrides(name, spread):
            continue
        for choice in alternatives(spread.value):
            inner = interpreter.heap.get(choice)
            if isinstance(inner, DictObject):
                values.append(possible_overrides(interpreter, inner, name) if inner is not record else NEVER)
            elif not isinstance(choice, Reply) and choice != Const(None):
                values.append(Unknown(name))
    return join(*values)


def _may_override_entry(interpreter: Interpreter, spread: Operand, record: DictObject, word: str) -> bool:
    """Whether a merged value may replace an entry: it may have the key, and the entry isn't set after the
    merge."""
    objects = interpreter.heap.objects_of(spread.value)
    if objects and all(
        isinstance(heap_object, DictObject) and _surely_lacks_key(heap_object, word)
        for heap_object in objects
    ):
        return False
    return not record.surely_overrides(word, spread)


def _surely_lacks_key(record: DictObject, word: str) -> bool:
    """Whether a dict certainly doesn't have the key."""
    return not (word in record.entries or record.spreads or record.open)
