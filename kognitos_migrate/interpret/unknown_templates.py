"""Templates that come from settings, filled with values of the program.

settings["paths"]["begin"].format(key=key)     # the key is known, its place in the text isn't
"""

from collections.abc import Iterator

from kognitos_migrate.interpret.interpreter import CallPoint, receiver_of
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Const, Hole, Lit, Reply, Text, Unknown, Value

_BY_NAME = ("substitute", "safe_substitute")
"""Methods of templates that take a mapping of the values as well."""
_FILLING = ("format", *_BY_NAME)
_FIELD = 2
"""The length of the path of a field in a reply."""
ANY_PLACEHOLDER = "**"
"""The name of the placeholder for values that may fill another one, or none."""


def filled_template(call: CallPoint, template: Unknown, name: str) -> Text | None:
    """The text that the method `name` makes of a template that isn't known. None for any other method, and if
    one of the values isn't known to be inserted as a whole."""
    if name not in _FILLING or (template.maker and not template.is_data and not template.public):
        return None  # the object of a library isn't a text
    operands = _values_by_placeholder(call, name)
    if operands is None or not all(map(_has_no_readable_parts, operands.values())):
        return None
    fills = tuple(
        Hole(operand.value, operand.site, operand.frame, Lit(placeholder))
        for placeholder, operand in operands.items()
    )
    return Text((Hole(template, receiver_of(call), call.act.frame.id, fills=fills),))


def _values_by_placeholder(call: CallPoint, name: str) -> dict[str, Operand] | None:
    """The values by the names, or the numbers, of their placeholders. None if they aren't all known: further
    entries of a mapping are unknown values."""
    arguments = call.arguments
    if arguments.spread or (name in _BY_NAME and (arguments.keyword_spread or arguments.optional)):
        return None
    if name not in _BY_NAME:
        values = {**dict(_by_position(arguments.positional)), **arguments.keywords}
        further = [*arguments.keyword_spread, *(arguments.keywords[key] for key in arguments.optional)]
        if further:
            spreads = (spread.value for spread in arguments.keyword_spread)
            values[ANY_PLACEHOLDER] = further[0]._replace(value=join(*spreads, UNKNOWN))
        return values
    values = dict[str, Operand]()
    for mapping in arguments.positional:
        records = list(call.interpreter.heap.objects_of(mapping.value))
        if len(records) != 1 or not isinstance(records[0], DictObject) or records[0].spreads:
            return None
        if records[0].others is not NEVER or any(len(entries) > 1 for entries in records[0].entries.values()):
            return None
        values.update((key, entries[0].operand) for key, entries in records[0].entries.items())
    return {**values, **arguments.keywords}


def _by_position(operands: list[Operand]) -> Iterator[tuple[str, Operand]]:
    return ((str(number), operand) for number, operand in enumerate(operands))


def _has_no_readable_parts(operand: Operand) -> bool:
    """Whether a template can't show a part of a value: it is no object, and no reply but one of its
    fields."""
    return all(map(_is_single_value, alternatives(operand.value)))


def _is_single_value(value: Value) -> bool:
    return isinstance(value, Text | Const | Unknown) or (
        isinstance(value, Reply) and len(value.path) == _FIELD
    )
