"""Answers of canned replies whose JSON text a test composes: `'{"size": %s}' % size`."""

import re
from functools import partial
from itertools import islice

import libcst as cst

from kognitos_migrate.edits.body.json_text import require_json_name
from kognitos_migrate.edits.body.list_values import entry_comprehension
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.json_objects import object_of
from kognitos_migrate.rulebook.model import EntryKeys
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Hole, Lit, Text, Value
from kognitos_migrate.values.texts import possible_texts

_LIMIT = 100
"""The number of combinations of parts that are tried."""


def decode_composed_answer(context: PlanContext, entry: EntryKeys, site: Site) -> list[PendingEdit]:
    """The pending edits that decode the text at `site` and make a list of entries of the object. Empty if no
    text there is composed of parts. Raises RefusalError if a text may be no JSON object, or if the test reads
    it out of the reply."""
    places = [
        place for place in _operands_of_choice(context, site) if {*context.alternatives_at(place)} != {NONE}
    ]
    choices = [choice for place in places for choice in context.alternatives_at(place)]
    if not any(isinstance(choice, Text) and len(choice.parts) > 1 for choice in choices):
        return []
    if not all(_is_object(context, choice) for choice in choices):
        message = "the stub's response text is composed, and may not be a JSON object"
        raise RefusalError(site, "stub", message, "write the response as a literal where the stub is created")
    reading = _read_from_container(context, set(choices), site)
    if reading is not None:
        raise RefusalError(
            reading, "stub", "the test reads the composed text of a stub's response", "compare the outputs"
        )
    return [_decode(context, entry, place) for place in places]


def _operands_of_choice(context: PlanContext, site: Site) -> list[Site]:
    """The expressions that have the value of the one at `site`: the operands of a conditional expression."""
    tree, node = context.tree(site), context.node(site)
    if not isinstance(node, cst.IfExp):
        return [site]
    return [
        *_operands_of_choice(context, tree.site(node.body)),
        *_operands_of_choice(context, tree.site(node.orelse)),
    ]


def _decode(context: PlanContext, entry: EntryKeys, site: Site) -> PendingEdit:
    module = require_json_name(context, site, context.state.imports)
    whole = context.outer_span(site)
    return PendingEdit(whole, entry_comprehension(entry, context, site, (f"{module}.loads(", whole, ")"), {}))


def _is_object(context: PlanContext, value: Value) -> bool:
    """Whether all texts that a value may be are those of JSON objects."""
    value = _with_integers(value)
    texts = list(islice(possible_texts(value, partial(_contains_str_of_value, context)), _LIMIT))
    return 0 < len(texts) < _LIMIT and all(text is not None and object_of(text) is not None for text in texts)


def _with_integers(value: Value) -> Value:
    """A text with a number in each hole that any integer fills, as `%d` does."""
    if not isinstance(value, Text):
        return value
    holes = (part for part in value.parts if isinstance(part, Hole))
    numbers = {hole for hole in holes if hole.mark and _INTEGER.fullmatch(hole.mark.text)}
    return Text(tuple(Lit("1") if part in numbers else part for part in value.parts))


_INTEGER = re.compile(r"%[di]|\{\w*:d\}")
"""Placeholders that only numbers fill, in the form of an integer."""


def _contains_str_of_value(context: PlanContext, hole: Hole) -> bool:
    """Whether a hole contains its value as `str` returns it."""
    if hole.mark is not None:
        return re.fullmatch(r"\{\w*\}|%[sd]", hole.mark.text) is not None
    placeholder = context.tree(hole.site).parent(context.node(hole.site))
    if isinstance(placeholder, cst.FormattedStringExpression):
        return placeholder.conversion is None and placeholder.format_spec is None
    return all(isinstance(choice, Text) for choice in alternatives(hole.value))


def _read_from_container(context: PlanContext, texts: set[Value], site: Site) -> Site | None:
    """An expression of a test that reads one of the texts out of a container; None if there is none. The
    expression at `site` puts it there."""
    for (place, _), value in context.facts.values.items():
        if place.path not in context.facts.tests or place == site or texts.isdisjoint(alternatives(value)):
            continue
        node = context.node(place)
        if isinstance(node, cst.Subscript) or is_method_call(node, "get", "pop", "values"):
            return place
    return None
