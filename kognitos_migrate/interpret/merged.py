"""Dicts that others, and replies, are merged into: what is read of such a dict may be theirs."""

import libcst as cst

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import MERGED, AccessKind, UseKind
from kognitos_migrate.values.base import UNKNOWN, Const, Ref, Reply, Value
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives


def merged_records(m: Machine, act: Activation, node: cst.CSTNode, parts: list[Given]) -> Value:
    """A dict that several are merged into."""
    ref, record = m.record(act, node)
    if not any(isinstance(choice, Ref) for part in parts for choice in alternatives(part.value)):
        return UNKNOWN
    for part in parts:
        absorb(m, act, node, record, part)
    return ref


def absorb(m: Machine, act: Activation, node: cst.CSTNode, record: Record, part: Given) -> None:
    """Merge what `part` holds into a dict, and note it of a reply."""
    m.access(AccessKind.MERGE, part.value, part.site, act.site(node))
    for choice in alternatives(part.value):
        if isinstance(choice, Reply):
            m.use(UseKind.ITERATE, choice, act, node, part.site, detail=MERGED)
    m.stores += merge_into(m, record, part)


def merge_into(m: Machine, record: Record, part: Given) -> bool:
    """Merge what `part` holds into a dict; where that goes round in a circle, its entries are taken over.
    Whether it holds something that was not merged into the dict before."""
    news = False
    for choice in alternatives(part.value):
        inner = m.heap[choice] if isinstance(choice, Ref) else None
        if inner is record or choice == Const(None):
            continue
        if isinstance(inner, Record) and _is_part_of(m, record, inner, set()):
            record.take_over(inner)
            for further in list(inner.spreads):
                news |= merge_into(m, record, further)
            continue
        spread = Given(choice, part.site, part.frame)
        if spread not in record.spreads:
            record.spreads.append(spread)
            news = True
    return news


def _is_part_of(m: Machine, record: Record, other: Record, seen: set[int]) -> bool:
    """Whether a dict is among those that were merged into `other`, however far."""
    for spread in other.spreads:
        inner = m.heap[spread.value] if isinstance(spread.value, Ref) else None
        if inner is record:
            return True
        if isinstance(spread.value, Ref) and isinstance(inner, Record) and spread.value.id not in seen:
            seen.add(spread.value.id)
            if _is_part_of(m, record, inner, seen):
                return True
    return False
