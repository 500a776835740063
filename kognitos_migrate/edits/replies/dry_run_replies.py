"""Dry-run replies: dicts that are read instead of a reply, with words and JSON text in their fields.

{"state": "done", "answer": json.dumps({"total": 0})}
{"status": "Succeeded", "outputs": [{"name": "total", "value": 0}]}
"""

import json
from collections.abc import Collection

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.json_text import is_empty_json_text
from kognitos_migrate.edits.body.list_values import entry_comprehension, entry_list
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.json_objects import object_entries, object_of, python_source
from kognitos_migrate.rulebook.model import Encoding, EntryKeys, LayoutMember, View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, Lit, Reply, Symbol, Text, Value, is_number
from kognitos_migrate.values.texts import only_part

_ENCODER = Symbol("json.dumps")


def changes_text_to_entries(old: LayoutMember, new: LayoutMember) -> bool:
    """Whether a field was JSON text of an object, and is a list of entries."""
    return old.encodings[None] is Encoding.JSON_OBJECT and new.encodings[None] is Encoding.ENTRIES


def encoded_values(entries: Collection[DictEntry]) -> list[Value]:
    """The JSON texts in a field of a dict, without those of an empty object."""
    return [
        choice
        for entry in entries
        for choice in alternatives(entry.operand.value)
        if choice != NONE and not is_empty_json_text(choice)
    ]


def entries_of_text(
    context: PlanContext, entry: EntryKeys, holder: DictEntry, replies: frozenset[Reply]
) -> list[PendingEdit] | None:
    """Pending edits that make lists of entries of the JSON texts in one field of a dict. None if a text isn't
    written there, or if code that doesn't read one of `replies` gets it."""
    edits: list[PendingEdit] = []
    for choice in encoded_values([holder]):
        written = _text_edit(context, entry, choice)
        if written is None or not is_only_read_as_field(
            context, choice, {holder.operand.site, written[0]}, replies
        ):
            return None
        edits.append(written[1])
    return edits


def _text_edit(context: PlanContext, entry: EntryKeys, choice: Value) -> tuple[Site, PendingEdit] | None:
    """The expression of a text, and its edit. None for text in another layout than that of `json.dumps`."""
    if isinstance(choice, Json):
        call = context.tree(choice.site).enclosing(context.node(choice.site), cst.Call)
        return _encoding_edit(context, entry, choice, call) if call is not None else None
    part = only_part(choice)
    if not isinstance(part, Lit) or part.site is None or not isinstance(choice, Text):
        return None
    text = str(choice.literal)
    data = object_of(text)
    if data is None or json.dumps(data) != text or not isinstance(context.node(part.site), cst.SimpleString):
        return None
    source = python_source(object_entries(entry, data))
    return part.site, PendingEdit(context.span(part.site), (source,))


def _encoding_edit(
    context: PlanContext, entry: EntryKeys, choice: Json, call: cst.Call
) -> tuple[Site, PendingEdit] | None:
    """The edit of `json.dumps(value)`. A display of plain values becomes a display; for any other
    value, the list is made of what the text decodes to, so that keys are texts and no object is shared."""
    tree = context.tree(choice.site)
    callees = context.alternatives_at(tree.site(call.func))
    if callees != [_ENCODER] or len(call.args) != 1 or choice.encoder is not None:
        return None
    argument = tree.node(choice.site)
    if call.args[0].value is not argument or not _is_program_dict(context, choice.value):
        return None
    is_plain = (
        isinstance(argument, cst.Dict) and bool(argument.elements) and _is_json_value(context, tree, argument)
    )
    parts = entry_list(entry, context, choice.site) if is_plain else None
    match call.func:
        case cst.Attribute(module) if parts is None:
            decoded = (tree.outer_span(module), ".loads(", tree.outer_span(call), ")")
            parts = entry_comprehension(entry, context, choice.site, decoded, {})
    return (tree.site(call), PendingEdit(tree.outer_span(call), parts)) if parts is not None else None


def _is_program_dict(context: ProgramFacts, value: Value) -> bool:
    """Whether a value is surely a dict of the program."""
    heap_objects = context.facts.heap.objects_of(value)
    is_known = len(heap_objects) == len(list(alternatives(value))) > 0
    return is_known and all(isinstance(heap_object, DictObject) for heap_object in heap_objects)


def _is_json_value(context: ProgramFacts, tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether an expression creates what its JSON text decodes to: a text, a number, None, or a display of
    such values with literal texts as keys."""
    match node:
        case cst.Dict(elements):
            return all(
                isinstance(element, cst.DictElement)
                and isinstance(element.key, cst.SimpleString)
                and _is_json_value(context, tree, element.value)
                for element in elements
            )
        case cst.List(items):
            return all(
                isinstance(item, cst.Element) and _is_json_value(context, tree, item.value) for item in items
            )
    choices = context.alternatives_at(tree.site(node))
    return bool(choices) and all(
        isinstance(choice, Text) or is_number(choice) or choice == NONE for choice in choices
    )


def is_only_read_as_field(
    context: PlanContext, text: Value, own: Collection[Site], replies: frozenset[Reply]
) -> bool:
    """Whether each expression that evaluates to a text may be the field of a reply instead, so that its use
    is one of that field's."""
    return all(
        site in own or not replies.isdisjoint(context.alternatives_at(site))
        for site in context.memoize(_sites_by_text).get(text, ())
    )


def _sites_by_text(context: ProgramFacts) -> dict[Value, dict[Site, None]]:
    """By text: the expressions that may evaluate to it."""
    sites: dict[Value, dict[Site, None]] = {}
    for (site, _), value in context.facts.values.items():
        for choice in alternatives(value):
            if isinstance(choice, Json | Text):
                sites.setdefault(choice, {})[site] = None
    return sites


def fields_of_replies(requests: Collection[int], name: str) -> frozenset[Reply]:
    """The positions of a field in the replies of requests."""
    return frozenset(Reply(request, (View.JSON, name)) for request in requests)
