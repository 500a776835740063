"""Slices of texts, lists and received URLs: `values[start:end]`."""

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, note_iteration
from kognitos_migrate.interpret.mocking.recorded_calls import received_url
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CUT_OFF, SLICED
from kognitos_migrate.interpret.strings import slice_of_text
from kognitos_migrate.interpret.url_values import text_behind
from kognitos_migrate.syntax.shapes import length_cut_off
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import UNKNOWN, Reply, Symbol, Text, Value


def rest_behind_prefix(point: EvalPoint, node: cst.Subscript, container: Operand) -> Value | None:
    """The value of `text[len(prefix):]` if each text starts with the prefix, or is a URL that a stub
    received. None for any other subscript."""
    interpreter, act = point.interpreter, point.act
    length = length_cut_off(node)
    if length is None or interpreter.evaluate(act, length.func) != Symbol("builtins.len"):
        return None
    start = interpreter.operand(act, length.args[0].value)
    if not isinstance(start.value, Text):
        return None
    owners = list(alternatives(container.value))
    received = [received_url(interpreter, owner) for owner in owners]
    if owners and None not in received:
        urls = join(*(url for url in received if url is not None))
        point.note_use(UseKind.METHOD, urls, container.site, start.value, CUT_OFF)
        return UNKNOWN
    texts = [text_behind(owner, start.value) if isinstance(owner, Text) else None for owner in owners]
    if None in texts:
        return None
    point.note_use(UseKind.METHOD, start.value, start.site, detail=CUT_OFF)
    return join(*(text for text in texts if text is not None))


def slice_of(interpreter: Interpreter, act: Activation, node: cst.CSTNode, owner: Value, site: Site) -> Value:
    """The value of `values[start:end]`: a new list with some of its elements, or of recorded requests, or a
    part of a text."""
    operand = Operand(owner, site, act.frame.id)
    if any(isinstance(heap_object, SequenceObject) for heap_object in interpreter.heap.objects_of(owner)):
        note_iteration(EvalPoint(interpreter, act, node), operand, "iteration")
        return interpreter.allocate_sequence(act, node, (), element_of(interpreter, owner))
    if _is_recording(interpreter, owner):
        return owner
    interpreter.note_use(UseKind.METHOD, owner, act, node, site, detail=SLICED)
    if interpreter.tracked(owner):
        return UNKNOWN
    return slice_of_text(interpreter, act, node, owner) if isinstance(owner, Text) else owner


def _is_recording(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is what a library's double recorded: a list of requests, or one of them."""
    stub = interpreter.facts.requests[value.request].stub if isinstance(value, Reply) else None
    return isinstance(value, Reply) and not value.path and stub is not None and stub.sender is None
