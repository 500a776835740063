"""Observers of the elements of lists and tuples that a URL is joined from."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import catch_points
from kognitos_migrate.edits.observers import Observation, observations_of_elements
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Ref, Text, Value


def is_element_observed(context: PlanContext, match: Match, site: Site) -> bool:
    """Whether code sees the number or the places of the elements of a list or tuple that contains the element
    at `site`: `len(parts)`, `parts[1]`, a loop. A list that is made of it, or a text that is joined from it,
    contains the element as well, and is searched in its place."""
    return any(
        _observes_elements(context, observation, site, ref)
        and not _is_in_traceback(context, match, observation.site, ref)
        for ref in context.memoize(_sequences_by_element).get(site, ())
        for observation in observations_of_elements(context, match, ref)
    )


def _sequences_by_element(context: ProgramFacts) -> dict[Site, list[Ref]]:
    """The lists and tuples of a program, by the expressions of their elements."""
    sequences: dict[Site, list[Ref]] = {}
    for number, heap_object in enumerate(context.facts.heap.objects):
        if isinstance(heap_object, SequenceObject):
            for site in {item.site for item in heap_object.items}:
                sequences.setdefault(site, []).append(Ref(number))
    return sequences


def _observes_elements(context: ProgramFacts, observation: Observation, site: Site, ref: Ref) -> bool:
    """Whether a place that sees a list doesn't show it to people, and yields no list or text with the
    element."""
    if observation.kind is AccessKind.LOG:
        return False
    if observation.kind not in (AccessKind.WALK, AccessKind.WHOLE):
        return True
    if any(_has_element(context, value, site) for value in context.values_at(observation.site)):
        return False
    return not _is_collected_again(context, observation.site, site, ref)


def _is_in_traceback(context: PlanContext, match: Match, site: Site, ref: Ref) -> bool:
    """Whether an expression is the first or last element of a list that keeps another one, in an error which
    nothing catches in the calls of the request: `raise Missing(path[-1])`."""
    tree, node = context.tree(site), context.node(site)
    call, sequence = tree.enclosing(node, cst.Call), context.facts.heap[ref]
    match tree.parent(call) if call is not None else None:
        case cst.Raise(cst.Call(args=[cst.Arg(cst.Subscript() as read)]) as error) if read is node:
            if context.callees(tree.site(error)):
                return False
        case _:
            return False
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(index))]):
            is_end = tree.code(index) in ("0", "-1")
        case _:
            return False
    frames = [
        frame.id
        for frame in context.facts.stack(match.request.frame)
        if (site, frame.id) in context.facts.values
    ]
    keeps_element = isinstance(sequence, SequenceObject) and len(sequence.items) > 1
    return (
        is_end
        and keeps_element
        and bool(frames)
        and not any(catch_points(context, site, frame, None) for frame in frames)
    )


def _is_collected_again(context: ProgramFacts, call: Site, site: Site, ref: Ref) -> bool:
    """Whether a call passes a list on by `*`, and the functions that it runs with this list collect the
    element by `*`."""
    sequences = [context.facts.heap[other] for other in context.memoize(_sequences_by_element).get(site, ())]
    collecting = {
        sequence.frame
        for sequence in sequences
        if isinstance(sequence, SequenceObject) and isinstance(context.node(sequence.site), cst.Param)
    }
    tree, node = context.tree(call), context.node(call)
    unpacked = [tree.site(arg.value) for arg in node.args if arg.star] if isinstance(node, cst.Call) else []
    callees = [
        frame.id
        for frame in context.facts.frames
        if frame.call == call
        and any(
            ref in alternatives(context.facts.values.get((argument, frame.caller), ref))
            for argument in unpacked
            if frame.caller is not None
        )
    ]
    return bool(callees) and collecting.issuperset(callees)


def _has_element(context: ProgramFacts, value: Value, site: Site) -> bool:
    for choice in alternatives(value):
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, SequenceObject) and any(item.site == site for item in heap_object.items):
            return True
        if isinstance(choice, Text) and any(hole.site == site for hole in _holes(choice)):
            return True
    return False


def _holes(text: Text) -> Iterator[Hole]:
    for part in text.parts:
        if isinstance(part, Hole):
            yield part
            if isinstance(part.value, Text):
                yield from _holes(part.value)
