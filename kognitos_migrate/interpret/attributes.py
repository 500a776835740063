"""Attribute access on each kind of abstract value."""

import libcst as cst

from kognitos_migrate.interpret import dynamic_imports, exceptions, names
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import (
    PROPERTY_DECORATORS,
    class_attribute,
    is_class_method,
    is_descriptor,
    is_exception,
    may_have_more_attributes,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.classes.class_attributes import attribute_of_class, getter_of
from kognitos_migrate.interpret.classes.enums import (
    method_of_member,
    name_of_member,
    property_of_member,
    value_of_member,
)
from kognitos_migrate.interpret.classes.super_objects import attribute_of_super
from kognitos_migrate.interpret.containers import item_of
from kognitos_migrate.interpret.dict_entries import ignore_case
from kognitos_migrate.interpret.dict_merge import note_set_fields_read
from kognitos_migrate.interpret.dynamic_attributes import (
    attribute_by_getter,
    handles_missing_attribute,
    has_closed_names,
)
from kognitos_migrate.interpret.error_contents import ARGUMENTS
from kognitos_migrate.interpret.framework_settings import attribute_of_framework
from kognitos_migrate.interpret.function_definitions import (
    DEFAULTS,
    RETRY,
    note_defaults_access,
    note_policy_access,
    part_of_function,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.log_objects import attribute_of_logging
from kognitos_migrate.interpret.mocking import mock_objects, recorded_calls, stubs
from kognitos_migrate.interpret.names import NAME, NAMESPACE, name_in
from kognitos_migrate.interpret.namespace_attributes import attribute_with_merged_values, note_namespace_read
from kognitos_migrate.interpret.overwrites import overwrite_attributes
from kognitos_migrate.interpret.reply_attributes import (
    attribute_of_prepared,
    attribute_of_reply,
    is_callee,
    is_method,
)
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.values.heap import (
    PARTIAL_METHOD,
    PARTIAL_TARGET,
    DictObject,
    Instance,
    Operand,
    Prepared,
    ServiceDouble,
    partial_target,
)
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
    setting_at,
)

_GLOBALS = "__globals__"
"""The attribute of a function that contains the namespace of its module."""
_FRAME_GLOBALS = "f_globals"
_HIDING_DECORATORS = ("builtins.property", "builtins.staticmethod")
"""Decorators of methods that are read although the instance has an attribute of the name."""
_PARTIAL_ARGUMENTS = ("args", "keywords")
"""The attributes of `functools.partial` that contain its bound arguments. A program may change them."""


def read_attribute(  # noqa: C901  a branch for each kind of value
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Value, name: str
) -> Value:
    """The attribute `name` of a single value, not a join."""
    if (of_logging := attribute_of_logging(EvalPoint(interpreter, act, node), value, name)) is not None:
        return of_logging
    if type(value) is Const and value.value is None:
        return NEVER
    if (
        isinstance(value, MemberRef | Ref)
        and (mock := mock_objects.mock_object(interpreter, value)) is not None
    ):
        recorded_request = mock_objects.recorded_attribute(EvalPoint(interpreter, act, node), mock, name)
        if recorded_request is not None:
            return recorded_request
    if isinstance(value, Symbol) and f"{value.name}.{name}" in exceptions.LAST:
        return exceptions.any_error(interpreter)
    if (of_framework := attribute_of_framework(interpreter, act, value, name)) is not None:
        return of_framework
    if isinstance(value, Symbol):
        part = names.module_value(
            interpreter, act, f"{value.name}.{name}", 0
        )  # of a package without a file of its own
        return (
            part
            if isinstance(part, ModuleRef)
            else stubs.library_value(interpreter, act, f"{value.name}.{name}")
        )
    if isinstance(value, ModuleRef):
        return _attribute_of_module(interpreter, act, node, value, name)
    if isinstance(value, Bound) and value.function == Symbol("builtins.super"):
        return attribute_of_super(EvalPoint(interpreter, act, node), value, name)
    if (
        isinstance(value, Ref)
        and name == NAMESPACE
        and isinstance(heap_object := interpreter.heap[value], Instance)
    ):
        return names.instance_namespace(interpreter, heap_object)[0]
    if name == NAMESPACE:
        class_values = join(*_own_attributes(interpreter, value))
        interpreter.expose(value)
        interpreter.mark_escaped(class_values)  # its functions may be called by their names
        interpreter.note_use(
            UseKind.ESCAPE, join(value, class_values), act, node, act.site(node), detail="__dict__"
        )
    if isinstance(value, Class):
        return attribute_of_class(EvalPoint(interpreter, act, node), value, name)
    if isinstance(value, Ref) and isinstance(heap_object := interpreter.heap[value], Instance):
        return _attribute_by_getattribute(EvalPoint(interpreter, act, node), value, heap_object, name)
    if isinstance(value, Ref) and isinstance(heap_object, Prepared):
        return attribute_of_prepared(interpreter, act, node, value, heap_object, name)
    if isinstance(value, Reply):
        return attribute_of_reply(EvalPoint(interpreter, act, node), value, name)
    if isinstance(value, Ref) and isinstance(heap_object, ServiceDouble):
        return stubs.double_member(interpreter, act, value, heap_object, name)
    if name in DEFAULTS and isinstance(value, Function | Bound):
        note_defaults_access(EvalPoint(interpreter, act, node), value)
        return UNKNOWN
    if name == RETRY and isinstance(value, Function | Bound):
        note_policy_access(interpreter, value)
    if name == _GLOBALS and isinstance(function := getattr(value, "function", value), Function):
        return names.module_namespace(EvalPoint(interpreter, act, node), ModuleRef(function.site.path))
    if name == _FRAME_GLOBALS and isinstance(value, Unknown):
        return names.module_namespace(EvalPoint(interpreter, act, node), ModuleRef(act.frame.path))
    if isinstance(value, Text):
        return _attribute_of_text(EvalPoint(interpreter, act, node), value, name)
    if isinstance(value, Unknown) and (
        exceptions.is_caught(value) or name in (*exceptions.HELD, exceptions.ATTEMPT)
    ):
        return exceptions.error_attribute(EvalPoint(interpreter, act, node), value, name)
    if value == names.ANY_MODULE:
        names.expose_module_texts(EvalPoint(interpreter, act, node), value, (name,))
    if value == dynamic_imports.SETTINGS_MODULE:
        return setting_at(name)
    if isinstance(value, Unknown) and value.source:
        return value.attribute(name)
    if isinstance(value, Ref) and _has_entry_as_attribute(interpreter, act, node, value, name):
        owner = node.value if isinstance(node, cst.Attribute) else node
        return item_of(interpreter, act, node, value, act.site(owner), plain_text(name))
    if isinstance(value, Ref) and not is_method(interpreter, act, node, value, name):
        interpreter.note_use(UseKind.METHOD, value, act, node, act.site(node), detail=name)
    if (
        isinstance(value, Bound | Function)
        and (own_part := part_of_function(interpreter, value, name)) is not None
    ):
        return own_part
    if not is_callee(act, node):
        interpreter.expose(value)
    return MemberRef(value, name)


def _has_entry_as_attribute(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Ref, name: str
) -> bool:
    """Whether an attribute of a mapping is its entry of that name. It has the methods of dicts, and may have
    others, by names that are no known keys."""
    record = interpreter.heap[value]
    if not isinstance(record, DictObject) or not record.has_attributes or hasattr(dict, name):
        return False
    layers = interpreter.heap.with_merged_dicts(record)
    return not is_callee(act, node) or any(name in layer.entries for layer in layers)


def _attribute_of_text(point: EvalPoint, text: Text, name: str) -> Value:
    """An attribute of a text, which may be a member of an enumeration, a template, or a URL object."""
    if name == "name" and (label := name_of_member(point.interpreter, text)) is not None:
        return label
    if name in ("value", "name", "template", "_value_"):
        return value_of_member(point.interpreter, text)
    method = method_of_member(point.interpreter, text, name) or property_of_member(point, text, name)
    if method is not None:
        return method
    if not (hasattr(str, name) or name in recorded_calls.OF_HOST or is_callee(point.act, point.node)):
        point.note_use(UseKind.METHOD, text, point.site, detail=name)  # a part of a URL object
    return MemberRef(text, name)


def _own_attributes(interpreter: Interpreter, value: Value) -> list[Value]:
    """The attributes that a class defines itself."""
    info = interpreter.class_info(value.site) if isinstance(value, Class) else None
    return list(info.attributes.values()) if info is not None else []


_GETTER = "__getattr__"
"""The function of a module, or method of a class, that is called for an attribute that is missing."""


def _attribute_of_module(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: ModuleRef, name: str
) -> Value:
    if name == NAMESPACE:
        return names.module_namespace(EvalPoint(interpreter, act, node), value)
    if name == NAME:
        return MemberRef(value, name)
    module = interpreter.transfer.load_module(interpreter, value.path)
    if module is not None and name in module.env:
        return names.attribute_of_package(interpreter, module, name)
    part = interpreter.files.find(value.path, name, 1) if value.path.endswith(names.PACKAGE) else None
    if part is not None:
        return ModuleRef(part)
    getter = name_in(interpreter, module, _GETTER) if module is not None else UNKNOWN
    if not isinstance(getter, Function):
        return UNKNOWN
    return interpreter.call(
        act, node, getter, Arguments([EvalPoint(interpreter, act, node).operand(plain_text(name))])
    )


def _attribute_by_getattribute(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value:
    """The result of a class's `__getattribute__`, and what it may look up; without one, the attribute."""
    interpreter = point.interpreter
    answer: Value = NEVER
    reader = class_attribute(interpreter, instance.cls, "__getattribute__") if instance.cls else NEVER
    if isinstance(reader, Function) and all(
        frame.function != reader.site for frame in interpreter.running.frames
    ):
        answer = point.call(Bound(reader, ref), Arguments([point.operand(plain_text(name))]))
        if not any(isinstance(choice, Unknown) for choice in alternatives(answer)):
            return answer
    return join(answer, _attribute_of_instance(interpreter, point.act, point.node, ref, instance, name))


def _attribute_of_instance(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, ref: Ref, instance: Instance, name: str
) -> Value:
    class_value = class_attribute(interpreter, instance.cls, name) if instance.cls else NEVER
    if name == "__class__" and instance.cls is not None and class_value is NEVER:
        return instance.cls
    note_namespace_read(EvalPoint(interpreter, act, node), instance, name, class_value)
    own = attribute_with_merged_values(interpreter, instance, name, class_value)
    client = interpreter.libraries.clients.get(instance.client or "")
    if client is not None and client.session_attributes.get(name) is Role.HEADERS:
        ignore_case(interpreter, own)
    methods, choices = methods_in(class_value), alternatives(class_value)
    results = [_bound_method_or_property(interpreter, act, node, ref, instance, method) for method in methods]
    if results and len(methods) == len(choices):
        hides_own = all(is_descriptor(interpreter, method, *_HIDING_DECORATORS) for method in methods)
        return join(*results) if hides_own else join(own, *results)
    results = [own, *results]
    partials = [bound_partial_method(EvalPoint(interpreter, act, node), ref, choice) for choice in choices]
    bound = [partial for partial in partials if partial is not None]
    if bound and len(bound) == len(partials):
        return join(own, *bound)
    for choice in choices:
        getter = getter_of(interpreter, choice)
        if getter is not None:
            owners = (ref, instance.cls or UNKNOWN) if isinstance(getter, Bound) else (ref,)
            arguments = [Operand(owner, act.site(node), act.frame.id) for owner in owners]
            results.append(interpreter.call(act, node, getter, Arguments(arguments)))
        elif methods and not isinstance(choice, Function):
            results.append(choice)
    if results[1:]:
        return join(*results)
    if own is NEVER and class_value is NEVER:
        session_attribute = _attribute_of_session(EvalPoint(interpreter, act, node), ref, instance, name)
        if session_attribute is not None:
            return session_attribute
        return _missing_attribute(EvalPoint(interpreter, act, node), ref, instance, name)
    has_generated_init = instance.cls is not None and not isinstance(
        class_attribute(interpreter, instance.cls, "__init__"), Function
    )
    if (
        own is not NEVER
        and has_generated_init
        and instance.cls
        and name in mro_of(interpreter, instance.cls).field_names
    ):
        return own  # the class only has the default, which the constructor has stored
    return join(own, class_value)


def _attribute_of_session(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value | None:
    """An attribute that the library of a session describes; None for other attributes and objects."""
    interpreter = point.interpreter
    client = interpreter.libraries.clients.get(instance.client or "")
    if client is None:
        return None
    if name in client.session_methods:
        return MemberRef(ref, name)
    if client.session_attributes.get(name) is Role.HOOKS:
        hooks, record = interpreter.allocate_dict(point.act, point.node)
        record.others = interpreter.allocate_sequence(point.act, point.node)
        instance.put(name, Operand(hooks, instance.site, instance.frame))
        return hooks
    if client.session_attributes.get(name) is Role.QUERY:
        query, _ = interpreter.allocate_dict(point.act, point.node)
        instance.put(name, Operand(query, instance.site, instance.frame))
        return query
    if client.session_attributes.get(name) is Role.HEADERS:
        headers, _ = interpreter.allocate_dict_at(instance.site, instance.frame)
        instance.put(name, Operand(headers, instance.site, instance.frame))
        return ignore_case(interpreter, headers)
    return None


def _missing_attribute(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value:
    """An attribute that neither an instance nor its class is known to have: that of a base class of a
    library, or what a method returns for missing attributes."""
    interpreter = point.interpreter
    supplied = attribute_by_getter(point, ref, instance, name)
    if supplied is not None:
        return supplied
    family = mro_of(interpreter, instance.cls).family if instance.cls is not None else None
    if family is not None and name in family.field_set_names:
        note_set_fields_read(point, instance)
    target = partial_target(instance)
    if name == "func" and target is not None:
        return target
    if name in _PARTIAL_ARGUMENTS and target is not None:
        kind = "partial keyword" if name == "keywords" else "partial "
        bound = join(*(value for key, value in instance.attributes.items() if key.startswith(kind)))
        interpreter.expose(bound)
        point.note_use(UseKind.ESCAPE, bound, point.site, detail="functools.partial")
        overwrite_attributes(interpreter, instance, point.operand(ref))
        return UNKNOWN
    if (
        instance.cls is not None
        and name in (*exceptions.HELD, ARGUMENTS)
        and is_exception(interpreter, instance.cls)
    ):
        return exceptions.any_error(interpreter)
    if instance.cls is not None and may_have_more_attributes(interpreter, instance.cls):
        point.note_use(UseKind.ESCAPE, ref, point.site, detail=f"the attribute {name} of its class")
    for base in sorted(mro_of(interpreter, instance.cls).outside_names) if instance.cls is not None else ():
        if f"{base}.{name}" in interpreter.transfer.symbols:
            return Symbol(f"{base}.{name}")
    if not is_callee(point.act, point.node):
        interpreter.expose(ref)
    is_handled = handles_missing_attribute(point.act, point.node) and has_closed_names(interpreter, ref)
    return NEVER if is_handled else MemberRef(ref, name)


def _bound_method_or_property(
    interpreter: Interpreter,
    act: Activation,
    node: cst.CSTNode,
    ref: Ref,
    instance: Instance,
    method: Function,
) -> Value:
    """The result of reading a method or property through an instance."""
    if is_descriptor(interpreter, method, *PROPERTY_DECORATORS):
        return interpreter.call(act, node, Bound(method, ref), Arguments())
    if is_descriptor(interpreter, method, "builtins.staticmethod"):
        return method
    of_class = is_class_method(interpreter, method) and instance.cls
    return Bound(method, instance.cls if of_class and instance.cls else ref)


def bound_partial_method(point: EvalPoint, receiver: Ref, value: Value) -> Value | None:
    """The partial application of a method of `receiver` to the arguments that `value`, an attribute of its
    class, has stored. None if the attribute is no partial method of the program's functions."""
    interpreter = point.interpreter
    method = interpreter.heap.get(value)
    target = method.attributes.get(PARTIAL_METHOD) if isinstance(method, Instance) else None
    choices = alternatives(target) if target is not None else ()
    functions = [choice for choice in choices if isinstance(choice, Function)]
    if not isinstance(method, Instance) or not functions or len(functions) < len(choices):
        return None
    ref, partial = interpreter.allocate_library_instance(point.act, point.node)
    bound = join(*(Bound(function, receiver) for function in functions))
    partial.put(PARTIAL_TARGET, point.operand(bound))
    for name, operands in method.origins.items():
        for operand in operands if name != PARTIAL_METHOD else ():
            partial.put(name, operand)
    return ref
