"""Unpacks `**` arguments into keywords."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import MORE_ENTRIES, Arguments
from kognitos_migrate.interpret.containers import heap_objects
from kognitos_migrate.interpret.dict_entries import possible_overrides
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, Value


def unpack_keywords(interpreter: Interpreter, mapping: Operand, arguments: Arguments, depth: int = 0) -> None:
    """Unpack a `**` argument into keywords."""
    records = [
        heap_object
        for heap_object in heap_objects(interpreter, mapping.value)
        if isinstance(heap_object, DictObject)
    ]
    if not records or len(records) != len(list(alternatives(mapping.value))) or depth > budgets.NESTING:
        if mapping.value != NONE:
            arguments.keyword_spread.append(mapping)
        return
    own: dict[str, Value] = {}
    previous_names = {*arguments.keywords}
    for record in records:
        for name, entries in record.entries.items():
            values = [entry.operand for entry in entries]
            best = values[-1]
            own[name] = join(own.get(name, NEVER), *(value.value for value in values))
            arguments.keywords[name] = Operand(own[name], best.site, best.frame)
            if not all(interpreter.regions.surely_has_entry(candidate, name) for candidate in records):
                arguments.optional.add(name)
            arguments.holders[name] = entries[-1].holder
        for spread in record.spreads:
            overriding = {
                name: argument
                for name, argument in arguments.keywords.items()
                if record.surely_overrides(name, spread)
            }
            holders = {name: arguments.holders[name] for name in overriding}
            unpack_keywords(interpreter, spread, arguments, depth + 1)
            arguments.keywords.update(overriding)
            arguments.holders.update(holders)
        if (
            record.has_removals and record.spreads
        ):  # the call may lack it: it may be an entry that was removed
            arguments.optional.update(
                name
                for name in {*arguments.keywords} - previous_names
                if not interpreter.regions.surely_has_entry(record, name)
            )
        if record.open:
            is_plain = not record.writes and record.others is NEVER
            is_plain = is_plain and _has_known_spreads(interpreter, record)
            arguments.keyword_spread.append(mapping._replace(value=MORE_ENTRIES) if is_plain else mapping)
        for name in [name for name in arguments.keywords if name not in previous_names]:
            arguments.keywords[name] = _join_merged_entry(
                interpreter, record, name, arguments.keywords[name], mapping
            )


def _has_known_spreads(interpreter: Interpreter, record: DictObject) -> bool:
    """Whether the mappings that were merged into a dict are dicts of the program, which are unpacked, too."""
    choices = [choice for spread in record.spreads for choice in alternatives(spread.value)]
    return all(isinstance(interpreter.heap.get(choice), DictObject) for choice in choices)


def _join_merged_entry(
    interpreter: Interpreter, record: DictObject, name: str, entry: Operand, spread: Operand
) -> Operand:
    """The entry of the dict `spread`, joined with the values that merged mappings may put in its place.

    The operand of such a value is the dict itself. Fields of replies are left out: each parameter reads its
    own.
    """
    value = join(entry.value, possible_overrides(interpreter, record, name))
    return entry if value == entry.value else spread._replace(value=value)
