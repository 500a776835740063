"""Binary operators and augmented assignments: sums of texts and lists, merged dicts, arithmetic."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import strings, text_templates
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.dict_merge import merge_display
from kognitos_migrate.interpret.escaped_objects import call_method_of_escaped
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, elements_of, is_sequence
from kognitos_migrate.interpret.list_extension import extend_list
from kognitos_migrate.interpret.names import is_module_namespace
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.pair_merge import merge_argument
from kognitos_migrate.interpret.sequence_choices import concatenate
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import OPERATOR
from kognitos_migrate.interpret.strings import as_element
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join
from kognitos_migrate.values.lattice import (
    NUMBER,
    UNKNOWN,
    Const,
    Lit,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
    is_number,
)
from kognitos_migrate.values.texts import may_be_text

_DECODED = 3
"""The length of the path of an object that was decoded from the text of a field."""
_FIELD = 2
"""The length of the path of a field in a reply."""
_TEXT_VIEWS = ((View.TEXT,), (View.ADDRESS,))
_OF_SETS = (cst.BitAnd, cst.BitXor, cst.Subtract)
"""Operators of sets other than the union."""


def binary_operation(interpreter: Interpreter, act: Activation, node: cst.BinaryOperation) -> Value:
    """The value of a binary operator."""
    if isinstance(node.operator, cst.Modulo):
        return text_templates.percent_format(interpreter, act, node)
    left, right = interpreter.operand(act, node.left), interpreter.operand(act, node.right)
    point, has_sequence = (
        EvalPoint(interpreter, act, node),
        any(is_sequence(interpreter, side.value) for side in (left, right)),
    )
    if isinstance(node.operator, cst.Add) and has_sequence:
        return concatenate(interpreter, act, node, left, right)
    own = special_methods.operator_result(point, left, right, type(node.operator).__name__)
    if own is not None:
        return own
    if isinstance(node.operator, cst.Add):
        return _sum(point, node.left, left, node.right, right)
    if isinstance(node.operator, cst.Divide) and (may_be_text(left.value) or may_be_text(right.value)):
        return _joined_path(node, left, right)
    if isinstance(node.operator, cst.BitOr):
        if has_sequence:
            return concatenate(interpreter, act, node, left, right)
        return merge_display(interpreter, act, node, [left, right])
    if has_sequence and isinstance(node.operator, cst.Multiply):
        repeated = [
            elements_of(interpreter, side.value)
            for side in (left, right)
            if is_sequence(interpreter, side.value)
        ]
        return interpreter.allocate_sequence(act, node, (), join(*repeated))
    if has_sequence and isinstance(node.operator, _OF_SETS):
        return interpreter.allocate_sequence(
            act, node, (), join(elements_of(interpreter, left.value), elements_of(interpreter, right.value))
        )
    return _operator_result(point, left, right)


def augmented_assignment(interpreter: Interpreter, act: Activation, node: cst.AugAssign) -> bool:
    """The node `a += value`, with any operator."""
    target, operand = interpreter.operand(act, node.target), interpreter.operand(act, node.value)
    point = EvalPoint(interpreter, act, node)
    point.note_access(AccessKind.WRITE, target)
    point.note_access(AccessKind.WALK, operand)
    if not all(isinstance(choice, Const | Text) for choice in alternatives(operand.value)):
        interpreter.notes.note_mutation(target.value, point.site)
    if any(isinstance(choice, Ref) for choice in alternatives(operand.value)):
        for choice in alternatives(target.value):
            if isinstance(choice, Unknown | MemberRef):
                call_method_of_escaped(point, choice, "__iadd__", Arguments([operand]))
    parts = [
        choice
        for choice in alternatives(target.value)
        if isinstance(choice, Reply) and len(choice.path) > _DECODED
    ]
    point.note_use(UseKind.METHOD, join(*parts), target.site, detail="__iadd__")
    own = special_methods.operator_result(point, target, operand, type(node.operator).__name__)
    objects = interpreter.heap.objects_of(target.value)
    sequences = [heap_object for heap_object in objects if isinstance(heap_object, SequenceObject)]
    if own is not None:
        value = own
    elif sequences and not may_be_text(target.value):
        value = _extended_sequence(point, target, operand)
    elif isinstance(node.operator, cst.AddAssign):
        value = _sum(point, node.target, target, node.value, operand)
    elif isinstance(node.operator, cst.BitOrAssign):
        value = _merged_in_place(interpreter, act, node, target, operand)
    else:
        value = _operator_result(point, target, operand)
    interpreter.assign(act, node.target, value, act.site(node.value))
    return True


def _extended_sequence(point: EvalPoint, target: Operand, operand: Operand) -> Value:
    """The value of `a += values`: a list is extended in place, a tuple is replaced by a longer one."""
    interpreter = point.interpreter
    kinds = [_sequence_kind(interpreter, choice) for choice in alternatives(target.value)]
    if kinds in ([cst.Tuple], [cst.Param], [cst.AugAssign]):
        return concatenate(interpreter, point.act, point.node, target, operand)
    for choice, kind in zip(alternatives(target.value), kinds, strict=True):
        sequence = interpreter.heap.get(choice)
        if isinstance(choice, Ref) and kind in (cst.List, cst.ListComp):
            extend_list(point, target.site, choice, operand)
        elif isinstance(sequence, SequenceObject):
            element = element_of(interpreter, operand.value)
            interpreter.stores += sequence.add(element)
    return target.value


def _sequence_kind(interpreter: Interpreter, value: Value) -> type[cst.CSTNode] | None:
    """The node class of the expression that creates a list or a tuple; None for any other value."""
    sequence = interpreter.heap.get(value)
    if not isinstance(sequence, SequenceObject):
        return None
    return type(interpreter.trees[sequence.site.path].node(sequence.site))


def _merged_in_place(
    interpreter: Interpreter, act: Activation, node: cst.AugAssign, target: Operand, operand: Operand
) -> Value:
    """The value of `a |= value`: a dict is extended in place."""
    for choice in alternatives(target.value):
        if is_module_namespace(choice) and isinstance(module := cast(MemberRef, choice).receiver, ModuleRef):
            overwrite_names(interpreter, module)
            return target.value
    replies = [choice for choice in alternatives(target.value) if isinstance(choice, Reply)]
    EvalPoint(interpreter, act, node).note_use(UseKind.METHOD, join(*replies), target.site, detail="update")
    objects = interpreter.heap.objects_of(target.value)
    if not objects or not all(isinstance(heap_object, DictObject) for heap_object in objects):
        return merge_display(interpreter, act, node, [target, operand])
    for heap_object in objects:
        if isinstance(heap_object, DictObject):
            merge_argument(EvalPoint(interpreter, act, node), heap_object, operand)
    return target.value


def _sum(
    point: EvalPoint, left_node: cst.CSTNode, left: Operand, right_node: cst.CSTNode, right: Operand
) -> Value:
    """The result of `+` for operands that aren't lists: a text if one of them is, or if a field of a reply is
    added to an unknown value."""
    left, right = (as_element(point.act, side) for side in (left, right))
    sides = (left.value, right.value)
    if any(map(may_be_text, sides)) or (any(map(_may_be_field, sides)) and not any(map(_is_number, sides))):
        return concat([strings.inserted_texts(left_node, left), strings.inserted_texts(right_node, right)])
    return _operator_result(point, left, right)


def _operator_result(point: EvalPoint, left: Operand, right: Operand) -> Value:
    """The result of an operator without a model: a number if an operand is one and none is a text."""
    for side in (left, right):
        point.note_use(UseKind.METHOD, side.value, side.site, detail=OPERATOR)
    sides = (left.value, right.value)
    return NUMBER if any(map(_is_number, sides)) and not any(map(may_be_text, sides)) else UNKNOWN


def _joined_path(node: cst.BinaryOperation, left: Operand, right: Operand) -> Value:
    """The result of `/` for texts, which are paths or URLs: their segments joined."""
    slash = Text((Lit("/"),))
    return concat(
        [strings.inserted_texts(node.left, left), [slash], strings.inserted_texts(node.right, right)]
    )


def _is_number(value: Value) -> bool:
    """Whether a value is a number in every case."""
    choices = alternatives(value)
    return bool(choices) and all(map(is_number, choices))


def _may_be_field(value: Value) -> bool:
    """Whether a value may be a field of a reply, and not a part of what was decoded from its text."""
    return any(
        isinstance(choice, Reply) and (choice.path in _TEXT_VIEWS or len(choice.path) == _FIELD)
        for choice in alternatives(value)
    )
