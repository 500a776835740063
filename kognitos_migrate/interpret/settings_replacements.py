"""Replacements in the texts and contents of settings files, such as those of names by environment variables.

A replacement of `${HOST}` in `https://${HOST}/v1` leaves the literals on both sides.
"""

import re
from collections.abc import Iterator

from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind, values_in_object
from kognitos_migrate.interpret.strings import texts_of
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled_method
from kognitos_migrate.source.data_file.forms import is_settings_module
from kognitos_migrate.text_search.bounded_regex import may_change
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Json, Lit, MemberRef, Text, Unknown, Value
from kognitos_migrate.values.texts import holes, known_text, texts_between_holes

VARIABLES = "[$%]"
"""An expression for the signs of environment variables in a text."""
PLACEHOLDERS = {"format": "[{}]", "format_map": "[{}]", "safe_substitute": r"\$", "substitute": r"\$"}
"""Expressions for the signs of what methods of texts and of `string.Template` replace, by method."""


def is_left_by_replacement(point: EvalPoint, value: Value, pattern: str | None) -> bool:
    """Whether a value is the contents of settings files, or a text of them, and a replacement of all matches
    of a regular expression leaves what is known of it: the expression has no match in its literals.

    The replaced characters are then in a part that isn't known. None is an unknown expression.
    """
    if pattern is None or not _is_from_settings(point, value):
        return False
    return not any(_may_change(pattern, text) for text in _texts(point, value))


def _may_change(pattern: str, text: Text, *, is_behind: bool = False, is_before: bool = False) -> bool:
    """Whether a match may have characters of the literals of a text."""
    pieces = texts_between_holes(text)
    last = len(pieces) - 1
    if any(
        may_change(pattern, piece, is_behind=is_behind or place > 0, is_before=is_before or place < last)
        for place, piece in enumerate(pieces)
        if piece
    ):
        return True
    texts_of_holes = (inner for hole in holes(text) for inner in texts_of(hole.value))
    return any(_may_change(pattern, inner, is_behind=True, is_before=True) for inner in texts_of_holes)


def _is_from_settings(point: EvalPoint, value: Value) -> bool:
    choices = alternatives(value)
    texts = [choice for choice in choices if not _is_settings_contents(point, choice)]
    if not texts:
        return bool(choices)
    is_setting = any(isinstance(choice, Unknown) and choice.public for choice in texts)
    return is_setting and all(isinstance(choice, Text | Unknown) for choice in texts)


def _is_settings_contents(point: EvalPoint, value: Value) -> bool:
    tree = point.interpreter.trees.get(value.site.path) if isinstance(value, Json) else None
    return tree is not None and is_settings_module(tree.text)


def _texts(point: EvalPoint, value: Value) -> Iterator[Text]:
    """The texts that a value may be, and the keys and values in contents."""
    for choice in alternatives(value):
        content = choice.value if isinstance(choice, Json) else choice
        yield from texts_of(content)
        for heap_object in heap_objects_behind(alternatives(content), point.interpreter.heap):
            for key in heap_object.entries if isinstance(heap_object, DictObject) else ():
                yield Text((Lit(key),))
            for inner in values_in_object(heap_object):
                yield from texts_of(inner)


def replace_in_contents(call: CallPoint, member: MemberRef) -> Value:
    """The result of `contents.replace(old, new)`, and of methods that fill placeholders of contents."""
    pattern = PLACEHOLDERS.get(member.name) or _expression_of_old(call)
    is_left = is_left_by_replacement(call, member.receiver, pattern)
    return member.receiver if is_left else call_unmodeled_method(call, member)


def _expression_of_old(call: CallPoint) -> str | None:
    old = call.arguments.first("old")
    text = known_text(old.value) if old is not None else None
    return re.escape(text) if text else None
