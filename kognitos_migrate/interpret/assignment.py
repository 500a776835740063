"""Assignment to names, attributes, items and unpacking targets."""

from collections.abc import Sequence as Elements
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import dynamic_imports, exceptions, names
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.containers import note_key
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.displays import key_of, put_entry
from kognitos_migrate.interpret.escaped_objects import set_attribute_of_escaped, set_item_of_escaped
from kognitos_migrate.interpret.function_definitions import (
    CODE,
    DEFAULTS,
    note_code_replaced,
    note_defaults_access,
)
from kognitos_migrate.interpret.http import set_request_attribute, set_session_item
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, elements_of, note_iteration
from kognitos_migrate.interpret.mocking import mock_objects, patches, recorded_calls, stubs
from kognitos_migrate.interpret.mocking.double_arguments import part_of_call
from kognitos_migrate.interpret.names import NAMESPACE, bind, name_in
from kognitos_migrate.interpret.overwrites import (
    join_class_attribute,
    overwrite_attribute_anywhere,
    overwrite_class_attributes,
    overwrite_names,
)
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.tracked_values import texts_in
from kognitos_migrate.interpret.state.use_details import ITEM_SET, SLICE, STORE
from kognitos_migrate.interpret.stored_objects import note_storage
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    HeapObject,
    Instance,
    Iterated,
    Operand,
    Prepared,
    SequenceObject,
    StubContent,
)
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Decoding,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Value,
    environment_variable,
)
from kognitos_migrate.values.texts import known_text


def assign(interpreter: Interpreter, act: Activation, target: cst.CSTNode, value: Value, site: Site) -> None:
    """Bind `target` to `value`, which the expression at `site` yields."""
    if isinstance(target, cst.Name):
        bind(interpreter, act, target.value, value)
        interpreter.note_access(AccessKind.FLOW, value, site, act.site(target))
        if interpreter.exposed:
            names.note_namespace_binding(EvalPoint(interpreter, act, target), target.value, value)
        if interpreter.readers.looks_into_frames:
            interpreter.note_replies_escaped(value, act, target, site, "code that inspects stack frames")
    elif isinstance(target, cst.Attribute):
        _assign_attribute(interpreter, act, target, Operand(value, site, act.frame.id))
    elif isinstance(target, cst.Subscript):
        _assign_item(interpreter, act, target, Operand(value, site, act.frame.id))
    elif isinstance(target, cst.Tuple | cst.List):
        _unpack(interpreter, act, target, value, site)
    elif isinstance(target, cst.StarredElement):
        assign(interpreter, act, target.value, interpreter.allocate_sequence(act, target, (), value), site)


def _assign_attribute(
    interpreter: Interpreter, act: Activation, target: cst.Attribute, operand: Operand
) -> None:
    owner = interpreter.operand(act, target.value)
    set_attribute(EvalPoint(interpreter, act, target), owner, target.attr.value, operand)


def set_attribute(point: EvalPoint, owner: Operand, name: str, operand: Operand) -> None:
    """Set an attribute at this point."""
    interpreter = point.interpreter
    point.note_access(AccessKind.WRITE, owner)
    point.note_flows(operand)
    patches.install_by_assignment(point, owner, name, operand)
    for choice in alternatives(owner.value):
        if isinstance(choice, Ref) and isinstance(heap_object := interpreter.heap[choice], Instance):
            _set_of_instance(point, choice, heap_object, name, operand)
        elif isinstance(choice, Ref) and isinstance(heap_object, Prepared):
            set_request_attribute(point, heap_object, name, operand)
        elif isinstance(choice, Class) and (info := interpreter.class_info(choice.site)):
            _set_of_class(interpreter, choice, info, name, operand.value)
        elif isinstance(choice, Ref) and _set_in_content(point, heap_object, name, operand):
            continue
        elif (mock := mock_objects.mock_object(interpreter, choice)) is not None:
            mock_objects.configure_mock(point, mock, (name,), operand)
        elif isinstance(choice, Reply) and recorded_calls.is_stub(interpreter, choice):
            stubs.set_stub_attribute(point, choice, name, operand)
        elif isinstance(choice, ModuleRef) and (
            module := interpreter.transfer.load_module(interpreter, choice.path)
        ):
            if point.act.frame.path not in interpreter.testing.modules:
                interpreter.facts.rebound.add((choice.path, name))
            joined = join(name_in(interpreter, module, name), operand.value)
            interpreter.shared.bind(module.frame.id, module.env, name, joined)
            names.defer_binding(interpreter, module.frame.id, name, operand.value)
        elif choice != NONE:  # None has no attributes that can be set
            if name in DEFAULTS:
                note_defaults_access(point, choice)
            if name == CODE:
                note_code_replaced(interpreter, choice)
            if names.is_of_any_module(choice):
                overwrite_attribute_anywhere(interpreter, name, operand)
                interpreter.log_sinks.note_reader()
            interpreter.log_sinks.note_attribute_set(choice, name, operand.value)
            if isinstance(choice, Symbol):
                _set_in_library(point, f"{choice.name}.{name}", operand.value)
            interpreter.expose(choice)
            set_attribute_of_escaped(interpreter, name, operand)
            note_storage(point, operand, STORE)


def _set_in_content(point: EvalPoint, heap_object: HeapObject, name: str, operand: Operand) -> bool:
    """Whether an attribute is a part of a stub's reply, or an entry of a mapping, which is set."""
    if isinstance(heap_object, DictObject) and heap_object.has_attributes:
        interpreter, key = point.interpreter, point.operand(plain_text(name))
        interpreter.stores += put_entry(interpreter, heap_object, key, operand, point.site, optional=True)
        return True
    return isinstance(heap_object, StubContent) and stubs.set_content_attribute(
        point, heap_object, name, operand
    )


def _set_in_library(point: EvalPoint, name: str, value: Value) -> None:
    """Bind a dotted name of a library's module to another value."""
    point.interpreter.log_sinks.note_replacement(name)
    if name in exceptions.HOOKS:
        exceptions.call_error_hook(point, name, value)
        point.interpreter.log_sinks.note_program_stream()
    if name == "sys.stderr":
        point.interpreter.log_sinks.note_stream(value)
    if name == names.SEARCH_PATH.name:
        names.note_search_path_change(point.interpreter)
    point.interpreter.note_rebinding(name, value, point.site)


def _set_of_instance(point: EvalPoint, ref: Ref, instance: Instance, name: str, operand: Operand) -> None:
    interpreter = point.interpreter
    if name == NAMESPACE:
        merge_and_note(point, names.instance_namespace(interpreter, instance)[1], operand)
    if name == "__class__":
        _take_class(point, instance, ref, operand)
    if not _set_by_class(point, ref, instance, name, operand):
        is_new = name not in instance.attributes
        interpreter.stores += instance.put(name, operand)
        if is_new and (
            interpreter.guards > interpreter.guard_of.get(ref.id, 0)
            or interpreter.regions.exits_since_creation(ref.id)
        ):
            inherited = class_attribute(
                interpreter, instance.cls, name
            )  # which is read if this code isn't run
            instance.attributes[name] = join(inherited, operand.value)


def _set_of_class(interpreter: Interpreter, cls: Class, info: ClassInfo, name: str, value: Value) -> None:
    inherited = class_attribute(interpreter, cls, name)  # which other code may read before, or after a `del`
    join_class_attribute(interpreter, info, name, join(inherited, value))
    names.defer_binding(interpreter, info.frame, name, value)
    for base in interpreter.classes.mro(cls).infos if name == "__bases__" else ():
        overwrite_class_attributes(interpreter, base)


def _take_class(point: EvalPoint, instance: Instance, ref: Ref, operand: Operand) -> None:
    """Join the attributes of a class that is assigned to an instance's `__class__` into those of the
    instance."""
    interpreter = point.interpreter
    for cls in alternatives(operand.value):
        for info in interpreter.classes.mro(cls).infos if isinstance(cls, Class) else ():
            for name, value in info.attributes.items():
                own = Bound(value, ref) if isinstance(value, Function) else value
                interpreter.stores += instance.put(name, operand._replace(value=own))


def _set_by_class(point: EvalPoint, ref: Ref, instance: Instance, name: str, operand: Operand) -> bool:
    """Whether the class handles the assignment: by a property's setter or a descriptor, which are called."""
    interpreter = point.interpreter
    if instance.cls is None:
        return False
    set_method = class_attribute(interpreter, instance.cls, "__setattr__")
    if isinstance(set_method, Function) and not _is_running(interpreter, set_method):
        point.call(Bound(set_method, ref), Arguments([point.operand(plain_text(name)), operand]))
    setter = class_attribute(interpreter, instance.cls, f"{name}.setter")
    if isinstance(setter, Function):
        point.call(Bound(setter, ref), Arguments([operand]))
        return True
    attribute = class_attribute(interpreter, instance.cls, name)
    descriptor = interpreter.heap.get(attribute)
    if not isinstance(descriptor, Instance) or descriptor.cls is None:
        return False
    setter = class_attribute(interpreter, descriptor.cls, "__set__")
    if isinstance(setter, Function):
        point.call(Bound(setter, attribute), Arguments([point.operand(ref), operand]))
    return isinstance(setter, Function)


def _is_running(interpreter: Interpreter, function: Function) -> bool:
    return any(frame.function == function.site for frame in interpreter.running.frames)


def _assign_item(interpreter: Interpreter, act: Activation, target: cst.Subscript, operand: Operand) -> None:
    owner = interpreter.operand(act, target.value)
    key = key_of(interpreter, act, target)
    if owner.value == names.SEARCH_PATH:
        names.note_search_path_change(interpreter)
    if key is None:
        for part in interpreter.heap.objects_of(owner.value):
            if isinstance(part, SequenceObject):
                part.forget_order()
                element = elements_of(interpreter, operand.value)
                interpreter.stores += part.add(element)
        interpreter.note_use(UseKind.ESCAPE, operand.value, act, target, operand.site, detail=SLICE)
        return
    point = EvalPoint(interpreter, act, target)
    point.note_access(AccessKind.WRITE, owner, known_text(key.value))
    point.note_flows(operand)
    for choice in alternatives(owner.value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, DictObject) and isinstance(choice, Ref):
            optional = interpreter.guards > interpreter.guard_of.get(choice.id, 0)
            within = interpreter.regions.exits_since_creation(choice.id)
            place = act.site(target)
            interpreter.stores += put_entry(
                interpreter, heap_object, key, operand, place, optional=optional, within=within
            )
        elif isinstance(heap_object, Instance) and isinstance(
            setter := class_attribute(interpreter, heap_object.cls, "__setitem__"), Function
        ):
            interpreter.call(act, target, Bound(setter, choice), Arguments([key, operand]))
        elif isinstance(heap_object, SequenceObject):
            heap_object.forget_order()
            interpreter.stores += heap_object.add(operand.value)
        elif isinstance(choice, Reply):
            interpreter.note_use(UseKind.METHOD, choice, act, target, owner.site, detail=ITEM_SET)
            interpreter.mark_escaped(operand.value)
            for stored in (key, operand):
                point.note_use(UseKind.ESCAPE, stored.value, stored.site, detail=_UNKNOWN_ITEM)
        elif names.is_module_namespace(choice) and (word := known_text(key.value)) is not None:
            module = owner._replace(value=cast(MemberRef, choice).receiver)
            set_attribute(point, module, word, operand)
        else:
            _assign_item_of_unknown(point, choice, key, operand)


def _assign_item_of_unknown(point: EvalPoint, owner: Value, key: Operand, operand: Operand) -> None:
    """Set an item of an object that isn't known, or of the namespace of a module."""
    interpreter = point.interpreter
    if names.is_module_namespace(owner):
        module = cast(ModuleRef, cast(MemberRef, owner).receiver)
        overwrite_names(interpreter, module, written=operand.value)
    if owner == names.MODULES:
        dynamic_imports.replace_module(point, key.value, operand.value)
    word = known_text(key.value) if owner == dynamic_imports.ENVIRONMENT else None
    if word is not None:
        dynamic_imports.note_variable_set(interpreter, key.value, operand)
    if not set_session_item(point, owner, key, operand):
        note_key(interpreter, key, key.value, key.site, owner)
    interpreter.expose(owner)
    for path in interpreter.trees if names.is_of_any_module(owner) else ():
        interpreter.expose(ModuleRef(path))
    set_item_of_escaped(interpreter, owner, key, operand, point.site)
    note_storage(point, operand, environment_variable(word).source if word else _UNKNOWN_ITEM)
    puts = interpreter.notes.outside_names(point.act).puts
    puts.update(dict.fromkeys(texts_in(key.value, interpreter.heap)))


_UNKNOWN_ITEM = "an item of an unknown object"


def _unpack(
    interpreter: Interpreter, act: Activation, target: cst.Tuple | cst.List, value: Value, site: Site
) -> None:
    targets = [element if _is_star(element) else element.value for element in target.elements]
    interpreter.note_access(AccessKind.WALK, value, site, act.site(target))
    star = next((number for number, node in enumerate(targets) if _is_star(node)), None)
    for node, assigned_value in zip(
        targets, unpack_value(interpreter, act, target.elements, star, value, site), strict=True
    ):
        rest = (
            _elements_between(interpreter, value, targets, star)
            if isinstance(node, cst.StarredElement)
            else None
        )
        if isinstance(node, cst.StarredElement) and rest is not None:
            assign(interpreter, act, node.value, interpreter.allocate_sequence(act, node, rest), site)
        else:
            assign(interpreter, act, node, assigned_value, site)


def _elements_between(
    interpreter: Interpreter, value: Value, targets: Elements[cst.CSTNode], star: int | None
) -> Elements[Operand] | None:
    """The elements of an unpacked list that the starred target gets; None if they aren't known."""
    sequence = interpreter.heap.get(value)
    if (
        star is None
        or not isinstance(sequence, SequenceObject)
        or sequence.known_variants != [sequence.items]
    ):
        return None
    return sequence.items[star : len(sequence.items) - (len(targets) - star - 1)]


def _is_star(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.StarredElement)


def unpack_value(
    interpreter: Interpreter,
    act: Activation,
    places: Elements[cst.CSTNode],
    star: int | None,
    value: Value,
    site: Site,
) -> list[Value]:
    """The values that the targets `places` get from an unpacked value.

    The target number `star` gets the join of the elements.
    """
    values: list[Value] = []
    for number, node in enumerate(places):
        is_after_star = star is not None and number > star
        place = None if number == star else number - len(places) if is_after_star else number
        values.append(
            join(
                *(_element_at(interpreter, act, node, choice, site, place) for choice in alternatives(value))
            )
        )
    return values


def _element_at(
    interpreter: Interpreter,
    act: Activation,
    target: cst.CSTNode,
    value: Value,
    site: Site,
    place: int | None,
) -> Value:
    """The value that a target gets from an unpacked value.

    `place` is its index, negative if it counts from the end, and None for the starred target.
    """
    point = EvalPoint(interpreter, act, target)
    if isinstance(value, Reply) and recorded_calls.is_stub(interpreter, value):
        return part_of_call(point, value, -1 if place is None else place)
    if isinstance(value, Reply):
        if not (value.path and value.path[-1] is Decoding.ANY):
            note_iteration(point, Operand(value, site, act.frame.id), "unpacked")
        return value.at(Decoding.ANY)
    values: list[Value] = []
    fields = special_methods.tuple_fields(interpreter, value) if isinstance(value, Ref) else None
    if fields is not None and place is not None and -len(fields) <= place < len(fields):
        return fields[place]
    for heap_object in interpreter.heap.objects_of(value):
        if (
            isinstance(heap_object, SequenceObject)
            and place is not None
            and _is_known_element(heap_object, place)
        ):
            values.append(heap_object.items[place].value)
        elif isinstance(heap_object, SequenceObject | Iterated | DictObject | Instance):
            values.append(element_of(interpreter, value))
    return join(*values) if values else element_of(interpreter, value)


def _is_known_element(sequence: SequenceObject, place: int) -> bool:
    """Whether the element of a list at this index is known."""
    return (
        place < len(sequence.items)
        if place >= 0
        else sequence.rest is NEVER and -place <= len(sequence.items)
    )
