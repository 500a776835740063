"""Dicts into which several replies are merged one after the other."""

from collections.abc import Collection, Container

import libcst as cst

from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Reply


def keeps_earlier_reply(context: PlanContext, read: Use) -> bool:
    """Whether a dict that is read may contain fields of an earlier reply, which a later one lacks.

    last = {}
    while waiting:
        last.update(poll())         # the fields of the poll before stay, unless this one has them

    row = {**job, **poll()}         # a new dict for each reply
    """
    requests = requests_of([read])
    refs = [ref for request in requests for ref in context.dicts_with_reply.get(request, ())]
    records = [record for ref in refs if isinstance(record := context.facts.heap[ref], DictObject)]
    parts = {part: None for record in records for part in context.facts.heap.with_merged_dicts(record)}
    merges = {part: merged for part in parts if (merged := _merges(part, requests))}
    return any(
        len(merged) > 1
        or not _creates_dict_for_merge(context, part, merged[0])
        or _merges_again(context, part, merges)
        for part, merged in merges.items()
    )


def _merges(record: DictObject, requests: Collection[int]) -> list[Operand]:
    """The replies to some requests that are merged into a dict itself."""
    return [
        spread
        for spread in record.spreads
        if any(isinstance(value, Reply) and value.request in requests for value in alternatives(spread.value))
    ]


def _creates_dict_for_merge(context: PlanContext, record: DictObject, merge: Operand) -> bool:
    """Whether each merge at a place gets a dict of its own: the same round of the same call creates it."""
    if (record.site.path, record.frame) != (merge.site.path, merge.frame):
        return False
    tree = context.tree(merge.site)
    created, merged = tree.node(record.site), tree.node(merge.site)
    return loops_around(tree, created) == loops_around(tree, merged)


def _merges_again(context: PlanContext, record: DictObject, others: Container[DictObject]) -> bool:
    """Whether the expression that creates a dict also merges one of others: `{**last, **reply}`."""
    tree = context.tree(record.site)
    match tree.node(record.site):
        case cst.Dict(elements):
            operands = [element.value for element in elements if isinstance(element, cst.StarredDictElement)]
        case cst.BinaryOperation(left, _, right):
            operands = [left, right]
        case cst.Call(args=args):
            operands = [arg.value for arg in args]
        case _:
            return False
    values = (value for operand in operands for value in context.values_at(tree.site(operand)))
    return any(
        isinstance(merged := context.facts.heap[choice], DictObject) and merged in others
        for value in values
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    )
