"""Unpacks `**` arguments into keywords."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import MORE_ENTRIES, Arguments
from kognitos_migrate.interpret.dict_entries import are_elements_of_display, possible_overrides
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE


def unpack_keywords(interpreter: Interpreter, mapping: Operand, arguments: Arguments, depth: int = 0) -> None:
    """Unpack a `**` argument into keywords."""
    records = [
        heap_object
        for heap_object in interpreter.heap.objects_of(mapping.value)
        if isinstance(heap_object, DictObject)
    ]
    if not records or len(records) != len(list(alternatives(mapping.value))) or depth > budgets.NESTING:
        if mapping.value != NONE:
            arguments.keyword_spread.append(mapping)
        return
    unpacked = [_entries(interpreter, record, mapping, depth) for record in records]
    for name in dict.fromkeys(name for entries in unpacked for name in entries.keywords):
        having = [entries for entries in unpacked if name in entries.keywords]
        values = [entries.keywords[name] for entries in having]
        arguments.keywords[name] = values[-1]._replace(value=join(*(value.value for value in values)))
        arguments.holders[name] = having[-1].holders[name]
        if len(having) < len(unpacked) or any(name in entries.optional for entries in having):
            arguments.optional.add(name)
    for entries in unpacked:
        arguments.keyword_spread += entries.keyword_spread


def _entries(interpreter: Interpreter, record: DictObject, mapping: Operand, depth: int) -> Arguments:
    """The entries of a dict as keywords, with those of the mappings that were merged into it."""
    unpacked = Arguments()
    for name, entries in record.entries.items():
        values = [entry.operand for entry in entries]
        unpacked.keywords[name] = values[-1]._replace(value=join(*(value.value for value in values)))
        unpacked.holders[name] = entries[-1].holder
        if not interpreter.regions.surely_has_entry(record, name):
            unpacked.optional.add(name)
    for number, spread in enumerate(record.spreads):
        merged = Arguments()
        unpack_keywords(interpreter, spread, merged, depth + 1)
        unpacked.keyword_spread += merged.keyword_spread
        is_ordered = are_elements_of_display(interpreter, record, number)
        for name in merged.keywords:
            if not record.surely_overrides(name, spread):
                is_behind = is_ordered and _is_behind(record, name, spread)
                replaces = is_behind and _is_created_with(interpreter, spread, name)
                _merge_entry(unpacked, merged, name, replaces=replaces)
    if record.has_removals and record.spreads:  # the call may lack it: it may be an entry that was removed
        unpacked.optional.update(
            name for name in unpacked.keywords if not interpreter.regions.surely_has_entry(record, name)
        )
    if record.open:
        is_plain = not record.writes and record.others is NEVER
        is_plain = is_plain and _has_known_spreads(interpreter, record)
        unpacked.keyword_spread.append(mapping._replace(value=MORE_ENTRIES) if is_plain else mapping)
    for name, argument in unpacked.keywords.items():
        unpacked.keywords[name] = _join_merged_entry(interpreter, record, name, argument, mapping)
    return unpacked


def _is_behind(record: DictObject, name: str, spread: Operand) -> bool:
    """Whether a mapping comes behind each entry of a name, in the display that creates the dict."""
    entries = record.entries.get(name, ())
    return all(record.site.node <= entry.holder.node < spread.site.node for entry in entries)


def _is_created_with(interpreter: Interpreter, mapping: Operand, name: str) -> bool:
    """Whether a mapping surely has an entry since it was created, in the display that creates it. A later one
    may come after the mapping was merged."""
    records = [interpreter.heap.get(choice) for choice in alternatives(mapping.value)]
    return all(
        isinstance(record, DictObject)
        and interpreter.regions.surely_has_entry(record, name)
        and any(_is_element(interpreter, record, entry) for entry in record.entries.get(name, ()))
        for record in records
    )


def _is_element(interpreter: Interpreter, record: DictObject, entry: DictEntry) -> bool:
    """Whether an entry is an element of the display that creates a dict."""
    if entry.holder.path != record.site.path:
        return False
    tree = interpreter.trees[record.site.path]
    return tree.parent(tree.node(entry.holder)) is tree.node(record.site)


def _merge_entry(unpacked: Arguments, merged: Arguments, name: str, *, replaces: bool) -> None:
    """Add the entry of a merged mapping, which replaces an earlier one or may be replaced by it."""
    earlier, argument = unpacked.keywords.get(name), merged.keywords[name]
    if name not in merged.optional:
        unpacked.optional.discard(name)
    elif earlier is None:
        unpacked.optional.add(name)
    if earlier is not None and not replaces:
        argument = argument._replace(value=join(earlier.value, argument.value))
    unpacked.keywords[name], unpacked.holders[name] = argument, merged.holders[name]


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
