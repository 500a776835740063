"""Escaped objects: code that isn't analysed may return them again, under another name, and so may each
expression that isn't modelled. Writes through a value that isn't known are writes to them."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.names import NAMESPACE
from kognitos_migrate.interpret.narrowing import forget_name
from kognitos_migrate.interpret.overwrites import join_class_attribute, may_be_data, overwrite_attributes
from kognitos_migrate.interpret.state.tracked_values import values_in_object
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    Bound,
    Class,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text, may_be_text, may_hold_text

_ADDING = ("append", "add", "appendleft", "insert")
"""Methods that add their last argument to a collection."""
_EXTENDING = ("extend", "extendleft", "update", "__iadd__", "__ior__")
"""Methods that add the elements of an argument to a collection."""
_MERGING = ("update", "__iadd__", "__ior__")
"""Methods that merge an argument into a dict."""
_STORING = ("setdefault", "__setitem__")
"""Methods that store their second argument under the first one."""


def set_attribute_of_escaped(interpreter: Interpreter, name: str, operand: Operand) -> None:
    """Set an attribute of what may be any escaped object that has it."""
    for owner in _escaped_owners(interpreter):
        instance = interpreter.heap.get(owner)
        if isinstance(instance, Instance):
            attribute = instance.attributes.get(name) or class_attribute(interpreter, instance.cls, name)
            if may_be_data(attribute):
                interpreter.stores += instance.put(name, operand)
        elif isinstance(owner, Class):
            for site in interpreter.classes.mro(owner).sites:
                info = interpreter.classes.infos.get(site)
                if info is not None and name in info.attributes and may_be_data(info.attributes[name]):
                    join_class_attribute(interpreter, info, name, operand.value)
        elif isinstance(owner, ModuleRef):
            _set_in_module(interpreter, owner, name, operand.value)


def _set_in_module(interpreter: Interpreter, module: ModuleRef, name: str, value: Value) -> None:
    act = interpreter.modules.get(module.path)
    if act is not None and name in act.env and may_be_data(act.env[name]):
        forget_name(act.env, name)
        interpreter.facts.rebound.add((module.path, name))
        interpreter.shared.bind(act.frame.id, act.env, name, join(act.env[name], value))


def set_item_of_escaped(
    interpreter: Interpreter, owner: Value, key: Operand, operand: Operand, holder: Site
) -> None:
    """Set an item of `owner`, which may be any escaped dict that has its key, or the namespace of any escaped
    object."""
    word = known_text(key.value)
    for record in _escaped_dicts(interpreter):
        if word is None or word in record.entries:
            interpreter.stores += put_entry(interpreter, record, key, operand, holder, optional=True)
    if _may_be_namespace(owner) and word is not None:
        set_attribute_of_escaped(interpreter, word, operand)
    elif _may_be_namespace(owner):
        overwrite_attributes_of_escaped(interpreter, operand)


def overwrite_attributes_of_escaped(interpreter: Interpreter, operand: Operand) -> None:
    """Set an attribute with an unknown name of what may be any escaped object."""
    for owner in _escaped_owners(interpreter):
        instance = interpreter.heap.get(owner)
        if isinstance(instance, Instance):
            overwrite_attributes(interpreter, instance, operand)
        for cls in (owner, instance.cls if isinstance(instance, Instance) else None):
            if isinstance(cls, Class):
                interpreter.classes.add_unknown_attribute(cls.site, operand.value)


def call_method_of_escaped(point: EvalPoint, owner: Value, method: str, arguments: Arguments) -> None:
    """Call a method of `owner`, which may be any escaped object."""
    interpreter, operands = point.interpreter, arguments.positional
    if method in _STORING and len(operands) > 1:
        set_item_of_escaped(interpreter, owner, operands[0], operands[1], point.site)
    if method == "__setattr__" and len(operands) > 1:
        name = known_text(operands[0].value)
        if name is None:
            overwrite_attributes_of_escaped(interpreter, operands[1])
        else:
            set_attribute_of_escaped(interpreter, name, operands[1])
    if method == "__set__" and len(operands) > 1:
        name = owner.member[1] if isinstance(owner, Unknown) else ""
        _set_by_descriptor(point, operands[0], name, operands[1])
    if operands and (method in _ADDING or method in _EXTENDING):
        last = operands[-1].value
        for sequence in _escaped_lists(interpreter):
            if may_hold_text(sequence) and not _is_tuple(interpreter, sequence):
                element = last if method in _ADDING else element_of(interpreter, last)
                interpreter.stores += sequence.add(element)
    if method in _MERGING:
        for operand in (*operands[:1], *arguments.keyword_spread):
            _merge_into_escaped(point, owner, operand)
        for name, operand in arguments.keywords.items():
            set_item_of_escaped(interpreter, owner, point.operand(plain_text(name)), operand, point.site)


def _is_tuple(interpreter: Interpreter, sequence: SequenceObject) -> bool:
    return isinstance(interpreter.trees[sequence.site.path].node(sequence.site), cst.Tuple)


def _set_by_descriptor(point: EvalPoint, owner: Operand, name: str, operand: Operand) -> None:
    """Set an attribute by the descriptor of a class: the attribute of this name, or any."""
    if name:
        point.interpreter.transfer.set_attribute(point, owner, name, operand)
        return
    for choice in alternatives(owner.value):
        instance = point.interpreter.heap.get(choice)
        if isinstance(instance, Instance):
            overwrite_attributes(point.interpreter, instance, operand)


def _merge_into_escaped(point: EvalPoint, owner: Value, operand: Operand) -> None:
    """Merge a mapping into what may be any escaped dict, or the namespace of any escaped object."""
    interpreter = point.interpreter
    for choice in alternatives(operand.value):
        merged = interpreter.heap.get(choice)
        if isinstance(merged, DictObject) and merged.is_closed:
            for word, entries in list(merged.entries.items()):
                key = point.operand(plain_text(word))
                for entry in list(entries):
                    set_item_of_escaped(interpreter, owner, key, entry.operand, point.site)
        elif isinstance(merged, DictObject | SequenceObject) or isinstance(choice, Unknown):
            for record in _escaped_dicts(interpreter):
                if record is not merged and may_be_text(record.any_entry()):
                    merge_and_note(point, record, operand._replace(value=choice))
            if _may_be_namespace(owner):
                overwrite_attributes_of_escaped(interpreter, operand)


def _may_be_namespace(owner: Value) -> bool:
    """Whether a value that isn't known may be the `__dict__` of an object."""
    if isinstance(owner, MemberRef):
        return owner.name == NAMESPACE
    return isinstance(owner, Unknown) and owner.member[1] == NAMESPACE


def _escaped_dicts(interpreter: Interpreter) -> list[DictObject]:
    objects = [interpreter.heap[owner] for owner in _escaped_owners(interpreter) if isinstance(owner, Ref)]
    return [heap_object for heap_object in objects if isinstance(heap_object, DictObject)]


def _escaped_lists(interpreter: Interpreter) -> list[SequenceObject]:
    objects = [interpreter.heap[owner] for owner in _escaped_owners(interpreter) if isinstance(owner, Ref)]
    return [heap_object for heap_object in objects if isinstance(heap_object, SequenceObject)]


def _escaped_owners(interpreter: Interpreter) -> list[Ref | Class | ModuleRef]:
    """The escaped objects, classes and modules, and those that are reachable from them."""
    heap = interpreter.heap
    owners: dict[Ref | Class | ModuleRef, None] = {}
    worklist: list[Value] = [*heap.escaped, *heap.exposed]
    while worklist:
        value = worklist.pop()
        if isinstance(value, MemberRef):
            worklist.append(value.receiver)
        elif isinstance(value, Bound):
            worklist += (value.function, value.receiver)
        elif isinstance(value, Function):
            worklist += _defaults(interpreter, value)
        if not isinstance(value, Ref | Class | ModuleRef) or value in owners:
            continue
        owners[value] = None
        for content in _values_reached_from(interpreter, value):
            worklist += alternatives(content)
    interpreter.steps += len(owners) // budgets.OBJECTS_A_STEP
    return list(owners)


def _defaults(interpreter: Interpreter, function: Function) -> Iterator[Value]:
    """The values of a function's defaults."""
    tree = interpreter.trees[function.site.path]
    definition = tree.node(function.site)
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return
    for parameter in parameters_of(definition):
        if parameter.default is not None:
            place = (tree.site(parameter.default), function.closure)
            yield from alternatives(interpreter.facts.values.get(place, NEVER))


def _values_reached_from(interpreter: Interpreter, owner: Ref | Class | ModuleRef) -> Iterator[Value]:
    """The values that an object, a class or a module leads to."""
    if isinstance(owner, Ref):
        heap_object = interpreter.heap[owner]
        yield from values_in_object(heap_object)
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            yield heap_object.cls
    elif isinstance(owner, Class):
        for site in interpreter.classes.mro(owner).sites:
            info = interpreter.classes.infos.get(site)
            yield from info.attributes.values() if info is not None else ()
    elif owner.path in interpreter.modules:
        yield from interpreter.modules[owner.path].env.values()
