"""The keys of facts, which become names of entries."""

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.library.json_ import DECODERS
from kognitos_migrate.interpret.library_effects import reads_data
from kognitos_migrate.values.heap import DictObject, Iterated, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    DECODED_JSON,
    Decoding,
    Json,
    Reply,
    Text,
    Unknown,
    Value,
    is_result,
    is_row,
)
from kognitos_migrate.values.origins import OriginKind


def may_have_other_keys(context: PlanContext, facts: Value) -> bool:
    """Whether the facts may have a key that isn't a text. JSON turns such a key into text, but not the name
    of an entry. Facts from outside the program, as in a parameter, are assumed to have text keys."""
    for choice in alternatives(facts):
        record = context.facts.heap.get(choice)
        parts = context.facts.heap.with_merged_dicts(record) if isinstance(record, DictObject) else []
        values = [choice, *(spread.value for part in parts for spread in part.spreads)]
        if any(_may_have_any_key(context, value) for value in values):
            return True
        if any(not _is_text(name) for part in parts for name in alternatives(part.names)):
            return True
    return False


def _may_have_any_key(context: PlanContext, value: Value) -> bool:
    """Whether a mapping out of sight, or pairs in a list or iterator, may have keys of any type: the result
    of a library other than JSON, or data in what a decoder such as YAML returns."""
    pairs = context.facts.heap.get(value)
    if isinstance(pairs, SequenceObject | Iterated):
        element = pairs.element() if isinstance(pairs, SequenceObject) else pairs.element
        return not all(_is_pair_of_text(context, pair) for pair in alternatives(element))
    if is_row(value) or (is_result(value) and value != DECODED_JSON):
        return True
    origin = value.origin if isinstance(value, Unknown) else None
    if origin is None or origin.kind is not OriginKind.RESULT:
        return False
    function = origin.names[0]
    return reads_data(function) and function not in DECODERS


def _is_pair_of_text(context: PlanContext, pair: Value) -> bool:
    """Whether a pair surely begins with a text."""
    items = context.facts.heap.get(pair)
    return isinstance(items, SequenceObject) and all(
        _is_text(choice) for item in items.items[:1] for choice in alternatives(item.value)
    )


def _is_text(value: Value) -> bool:
    """Whether a key is surely a text."""
    if isinstance(value, Reply):
        return bool(value.path) and value.path[-1] is Decoding.NAMES
    return isinstance(value, Text | Json)
