"""Finds the requests that may send a value of another request's reply, also through code that isn't
analysed."""

from collections.abc import Iterator

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.parameter_presence import has_parameter, is_opaque
from kognitos_migrate.edits.body.rebuild_points import bodies_of, body_operands, find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import PRINT, UseKind
from kognitos_migrate.rulebook.model import LayoutMember, Role, View
from kognitos_migrate.values.heap import Iterated, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Const, Hole, Lit, Never, Ref, Reply, Text, Value

_LOSSES = frozenset((UseKind.ESCAPE, UseKind.METHOD, UseKind.DECODE, UseKind.ITERATE))
"""Uses after which a value may return as an unknown value."""
_DEPTH = 8


def feeds(context: PlanContext, source: Match, target: Match) -> bool:
    """Whether `target` sends a value of `source`'s reply."""
    for use in context.uses.get(source.request.id, []):
        if use.kind is UseKind.REQUEST and target.request.id in context.requests.by_call.get(use.site, set()):
            if use.frame == target.request.frame:
                return True
    for values in target.request.operands.values():
        for operand in values:
            if any(reply.request == source.request.id for reply in replies_in(operand.value)):
                return True
    return False


def may_feed(context: PlanContext, source: Match, target: Match) -> bool:
    """Whether `target` may send a value of `source`'s reply through code that isn't analysed: the value
    escapes, and the value that `target` sends in its slot isn't known."""
    slots = {member.slot: member for member in target.operation.old.query}
    return any(
        _escapes(context, source, member.name) and _sends_unknown(context, target, slots[member.slot])
        for member in source.operation.old.reply
        if member.slot in slots
    )


def _escapes(context: ProgramFacts, source: Match, name: str) -> bool:
    return any(
        isinstance(use.value, Reply)
        and use.value.path[:2] == (View.JSON, name)
        and use.kind in _LOSSES
        and use.detail != PRINT
        for use in context.uses.get(source.request.id, [])
    )


def _sends_unknown(context: PlanContext, target: Match, member: LayoutMember) -> bool:
    return any(
        _holds_unknown(context, value)
        for parameter in _parameters(context, target, member)
        for choice in alternatives(parameter)
        for value in _slot_values(context, target, choice)
    )


def _parameters(context: ProgramFacts, target: Match, member: LayoutMember) -> Iterator[Value]:
    """The values of a query parameter, from the dict of the query or in the URL."""
    for operand in target.request.value(Role.QUERY):
        yield from (entry.operand.value for entry in find_entries(context, operand.value, member.name))
    for path in target.paths:
        if has_parameter(path.url, member):
            last = path.url.query[-1]
            text = "".join(piece.text or "" for piece in path.url.query)
            parameter = text.partition(f"{member.name}=")[2]
            yield last.via[-1].value if last.via else Text((Lit(parameter),))


def _slot_values(context: PlanContext, target: Match, parameter: Value) -> Iterator[Value]:
    """The values of the slot: the parameter itself, or the body's entry that it names."""
    key = parameter.literal if isinstance(parameter, Text) else None
    if key is None:
        yield parameter
        return
    bodies = [body for operand in body_operands(target) for body in bodies_of(operand.value)]
    entries = [entry for body in bodies for entry in find_entries(context, body, key)]
    yield from (entry.operand.value for entry in entries)
    if not entries:
        yield from (UNKNOWN for body in bodies if is_opaque(context, body))


def _holds_unknown(context: ProgramFacts, value: Value, depth: int = 0) -> bool:
    """Whether a value, a hole of its text, or an element of it isn't known."""
    if depth > _DEPTH:
        return True
    parts: list[Value] = []
    for choice in alternatives(value):
        if isinstance(choice, Text):
            parts += [part.value for part in choice.parts if isinstance(part, Hole)]
        elif isinstance(choice, Ref):
            heap_object = context.facts.heap[choice]
            if isinstance(heap_object, SequenceObject):
                parts.append(heap_object.element())
            elif isinstance(heap_object, Iterated):
                parts.append(heap_object.element)
            else:
                return True
        elif not isinstance(choice, Reply | Const | Never):
            return True
    return any(_holds_unknown(context, part, depth + 1) for part in parts)
