"""Query parameters that a call gives as a list of pairs: `params=[("name", value)]`."""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.item_removals import item_span
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.lattice import NEVER, Ref, Text, Value


class QueryPair(Struct, frozen=True):
    """A parameter's value, and the edit that takes the pair out of the call."""

    value: Operand
    removal: PendingEdit


def pairs_of(context: PlanContext, request: Site, operand: Operand, name: str) -> list[QueryPair] | None:
    """The pairs of a parameter in a display that a request's own call contains. None for any other value, and
    if a name isn't written out."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    argument = argument_of(tree, node)
    if argument is None or argument.call is not context.node(request):
        return None
    if not isinstance(node, cst.List | cst.Tuple):
        return None
    elements = _elements(context, operand.value)
    if elements is None or len(elements) != len(node.elements):
        return None
    pairs: list[QueryPair] = []
    for element, written in zip(elements, node.elements, strict=True):
        parts = _elements(context, element.value)
        if parts is None or len(parts) != 2 or not isinstance(written, cst.Element):
            return None
        key = parts[0].value.literal if isinstance(parts[0].value, Text) else None
        if key is None:
            return None
        if key != name:
            continue
        alone = remove_item(context, tree.site(argument.arg)) if len(elements) == 1 else None
        if alone is None and not isinstance(node, cst.List):
            return None
        pairs.append(
            QueryPair(parts[1], alone or PendingEdit(item_span(tree, written, node.elements), ("",)))
        )
    return pairs


def _elements(context: PlanContext, value: Value) -> list[Operand] | None:
    """The elements of a list or tuple, if all are known."""
    sequence = context.facts.heap[value] if isinstance(value, Ref) else None
    if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
        return None
    return sequence.items
