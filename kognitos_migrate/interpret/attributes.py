"""Attribute access on each kind of abstract value."""

import libcst as cst

from kognitos_migrate.interpret import exceptions, named_modules, names, request_hooks
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import (
    PROPERTY_DECORATORS,
    attribute_of_base,
    class_attribute,
    has_unseen_attributes,
    is_class_method,
    is_descriptor,
    is_exception,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.classes.class_attributes import attribute_of_class, getter_of
from kognitos_migrate.interpret.classes.enums import method_of_member, name_of_member, property_of_member
from kognitos_migrate.interpret.dict_merge import note_set_fields_read
from kognitos_migrate.interpret.dynamic_attributes import (
    attribute_by_getter,
    handles_missing_attribute,
    has_closed_names,
)
from kognitos_migrate.interpret.error_messages import ARGUMENTS
from kognitos_migrate.interpret.framework_settings import attribute_of_framework
from kognitos_migrate.interpret.function_definitions import DEFAULTS, note_defaults_access
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.merged_attributes import note_merged_attribute, own_attribute
from kognitos_migrate.interpret.mocking import mock_objects, recorded_calls, stubs
from kognitos_migrate.interpret.names import NAME, NAMESPACE, name_in
from kognitos_migrate.interpret.overwrites import overwrite_attributes
from kognitos_migrate.interpret.partial_methods import bound_partial_method
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import KINDS, Instance, Operand, Prepared, ServiceDouble, partial_target
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Decoding,
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

_PARTS = frozenset(
    (View.STATUS, View.OK, View.FAILED, View.TEXT, View.JSON, View.ADDRESS, View.HEADERS, View.VERB)
)
"""The attributes of a reply that are positions in it."""
_MODELLED_METHODS = ("get", "items", "keys", "values", "copy")
"""Methods of a reply that are modelled even if they are called later."""

_GLOBALS = "__globals__"
"""The attribute of a function that contains the namespace of its module."""
_FRAME_GLOBALS = "f_globals"
_HIDING_DECORATORS = ("builtins.property", "builtins.staticmethod")
"""Decorators of methods that are read although the instance has an attribute of the name."""
_PARTIAL_ARGUMENTS = ("args", "keywords")
"""The attributes of `functools.partial` that contain its bound arguments. A program may change them."""


def attribute(  # noqa: C901  a branch for each kind of value
    m: Interpreter, act: Activation, node: cst.CSTNode, value: Value, name: str
) -> Value:
    """The attribute `name` of a single value, not a join."""
    if type(value) is Const and value.value is None:
        return NEVER
    if isinstance(value, MemberRef | Ref) and (mock := mock_objects.mock_object(m, value)) is not None:
        recorded_request = mock_objects.recorded_attribute(EvalPoint(m, act, node), mock, name)
        if recorded_request is not None:
            return recorded_request
    if isinstance(value, Symbol) and f"{value.name}.{name}" in exceptions.LAST:
        return exceptions.any_error(m)
    if (of_framework := attribute_of_framework(m, act, value, name)) is not None:
        return of_framework
    if isinstance(value, Symbol):
        part = names.module_value(m, act, f"{value.name}.{name}", 0)  # of a package without a file of its own
        return part if isinstance(part, ModuleRef) else stubs.library_value(m, act, f"{value.name}.{name}")
    if isinstance(value, ModuleRef):
        return _attribute_of_module(m, act, node, value, name)
    if isinstance(value, Bound) and value.function == Symbol("builtins.super"):
        return attribute_of_base(m, value, name)
    if isinstance(value, Ref) and name == NAMESPACE and isinstance(heap_object := m.heap[value], Instance):
        return names.instance_namespace(m, heap_object)[0]
    if name == NAMESPACE:
        class_values = join(*_own_attributes(m, value))
        m.use(UseKind.ESCAPE, join(value, class_values), act, node, act.site(node), detail="__dict__")
    if isinstance(value, Class):
        return attribute_of_class(EvalPoint(m, act, node), value, name)
    if isinstance(value, Ref) and isinstance(heap_object := m.heap[value], Instance):
        return _attribute_by_getattribute(EvalPoint(m, act, node), value, heap_object, name)
    if isinstance(value, Ref) and isinstance(heap_object, Prepared):
        return _attribute_of_prepared(m, act, node, value, heap_object, name)
    if isinstance(value, Reply):
        return _attribute_of_reply(EvalPoint(m, act, node), value, name)
    if isinstance(value, Ref) and isinstance(heap_object, ServiceDouble):
        return stubs.double_member(m, act, value, heap_object, name)
    if name in DEFAULTS and isinstance(value, Function | Bound):
        note_defaults_access(EvalPoint(m, act, node), value)
        return UNKNOWN
    if name == _GLOBALS and isinstance(function := getattr(value, "function", value), Function):
        return names.module_namespace(EvalPoint(m, act, node), ModuleRef(function.site.path))
    if name == _FRAME_GLOBALS and isinstance(value, Unknown):
        return names.module_namespace(EvalPoint(m, act, node), ModuleRef(act.frame.path))
    if isinstance(value, Text):
        return _attribute_of_text(EvalPoint(m, act, node), value, name)
    if isinstance(value, Unknown) and (
        exceptions.is_caught(value) or name in (*exceptions.HELD, exceptions.ATTEMPT)
    ):
        return exceptions.error_attribute(EvalPoint(m, act, node), value, name)
    if value == names.ANY_MODULE:
        names.expose_texts(EvalPoint(m, act, node), value, (name,))
    if value == named_modules.SETTINGS_MODULE:
        return setting_at(name)
    if isinstance(value, Unknown) and value.source:
        return value.attribute(name)
    if isinstance(value, Ref) and not _is_method(m, act, node, value, name):
        m.use(UseKind.METHOD, value, act, node, act.site(node), detail=name)
    return MemberRef(value, name)


def _attribute_of_text(point: EvalPoint, text: Text, name: str) -> Value:
    """An attribute of a text, which may be a member of an enumeration, a template, or a URL object."""
    if name == "name" and (label := name_of_member(point.machine, text)) is not None:
        return label
    if name in ("value", "name", "template"):
        return text
    method = method_of_member(point.machine, text, name) or property_of_member(point, text, name)
    if method is not None:
        return method
    if not (hasattr(str, name) or name in recorded_calls.OF_HOST or _is_called(point.act, point.node)):
        point.use(UseKind.METHOD, text, point.site, detail=name)  # a part of a URL object
    return MemberRef(text, name)


def _is_unknown_member(m: Interpreter, reply: Reply, name: str) -> bool:
    """Whether the rule file of a client doesn't describe a member of its reply."""
    if recorded_calls.is_sent(m, reply):
        return False
    return not {name, f"{name}()"} & m.views(reply.request).keys()


def _own_attributes(m: Interpreter, value: Value) -> list[Value]:
    """The attributes that a class defines itself."""
    info = m.class_info(value.site) if isinstance(value, Class) else None
    return list(info.attributes.values()) if info is not None else []


_GETTER = "__getattr__"
"""The function of a module, or method of a class, that is called for an attribute that is missing."""


def _attribute_of_module(
    m: Interpreter, act: Activation, node: cst.CSTNode, value: ModuleRef, name: str
) -> Value:
    if name == NAMESPACE:
        return names.module_namespace(EvalPoint(m, act, node), value)
    if name == NAME:
        return MemberRef(value, name)
    module = m.transfer.load_module(m, value.path)
    if module is not None and name in module.env:
        return names.attribute_of_package(m, module, name)
    part = m.files.find(value.path, name, 1) if value.path.endswith(names.PACKAGE) else None
    if part is not None:
        return ModuleRef(part)
    getter = name_in(m, module, _GETTER) if module is not None else UNKNOWN
    if not isinstance(getter, Function):
        return UNKNOWN
    return m.call(act, node, getter, Arguments([EvalPoint(m, act, node).operand(plain_text(name))]))


def _is_method(m: Interpreter, act: Activation, node: cst.CSTNode, value: Ref | Reply, name: str) -> bool:
    """Whether an attribute is a method that is modelled, or is called on the spot."""
    if _is_called(act, node):
        return True
    if isinstance(value, Reply):
        return name in _MODELLED_METHODS
    return f"{KINDS[type(m.heap[value])]}.{name}" in m.transfer.methods


def _is_called(act: Activation, node: cst.CSTNode) -> bool:
    parent = act.tree.parent(node)
    return isinstance(parent, cst.Call) and parent.func is node


def _attribute_of_reply(point: EvalPoint, reply: Reply, name: str) -> Value:
    m = point.machine
    if not reply.path:
        return _attribute_of_response(point, reply, name)
    if reply.path == (View.REQUEST,):
        return request_hooks.hook_request_attribute(m, reply, name)
    if reply.path == (View.ADDRESS,) and recorded_calls.is_sent(m, reply):
        return recorded_calls.attribute_of_address(m, reply, name)
    if reply.path == (View.ADDRESS,) and not _is_called(point.act, point.node):
        client = m.libraries.clients[m.facts.requests[reply.request].client]
        if name in client.carriers.verbs:
            return Reply(reply.request, (View.VERB,))
        if client.is_body(name):
            return reply.at(name)
        return UNKNOWN if name in recorded_calls.OF_HOST else reply
    if not _is_method(m, point.act, point.node, reply, name):
        point.use(UseKind.METHOD, reply, point.site, detail=name)
    return MemberRef(reply, name)


def _attribute_of_response(point: EvalPoint, reply: Reply, name: str) -> Value:
    """An attribute of the response object of a client."""
    m = point.machine
    view = m.views(reply.request).get(name)
    if view is View.SELF:
        return reply
    if view is not None and view in _PARTS:
        return reply.at(view)
    if view is View.HEADER:
        return reply.at(View.HEADERS).at(Decoding.ANY)
    if view is View.NOTHING and recorded_calls.is_sent(m, reply):
        return reply.at(view)
    if view is View.OTHER:
        return UNKNOWN
    if _is_unknown_member(m, reply, name) and not _is_called(point.act, point.node):
        point.use(UseKind.METHOD, reply, point.site, detail=name)
    return MemberRef(reply, name)


def _attribute_of_prepared(
    m: Interpreter, act: Activation, node: cst.CSTNode, ref: Ref, prepared: Prepared, name: str
) -> Value:
    request = m.facts.requests[prepared.request]
    client = m.libraries.clients.get(request.client)
    role = client.request.get(name) if client else None
    if role is Role.HEADERS:
        headers, _ = m.record_at(prepared.site, prepared.frame)
        operand = Operand(headers, prepared.site, prepared.frame)
        if operand not in request.operands.setdefault(role, []):
            request.operands[role].append(operand)
        return headers
    is_set = role is not None and bool(request.value(role))
    if client is not None and client.is_body(name) and not is_set:
        address = Reply(prepared.request, (View.ADDRESS,))
        if role is None and f"{name}()" not in client.carriers.asked:
            m.use(UseKind.METHOD, address, act, node, act.site(node), detail="the body of the sent request")
        return address
    if role is not None:
        return join(*(operand.value for operand in request.value(role))) if request.value(role) else UNKNOWN
    return MemberRef(ref, name)


def replies_with_methods(m: Interpreter, value: Value) -> Value:
    """The replies whose methods `value` may be. A caller of these methods reads the reply."""
    replies: list[Value] = []
    for choice in alternatives(value):
        if isinstance(choice, MemberRef) and isinstance(reply := choice.receiver, Reply):
            if f"{choice.name}()" in m.views(reply.request):
                replies.append(reply)
    return join(*replies)


def _attribute_by_getattribute(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value:
    """The result of a class's `__getattribute__`, and what it may look up; without one, the attribute."""
    m = point.machine
    answer: Value = NEVER
    reader = class_attribute(m, instance.cls, "__getattribute__") if instance.cls else NEVER
    if isinstance(reader, Function) and all(frame.function != reader.site for frame in m.running.frames):
        answer = point.call(Bound(reader, ref), Arguments([point.operand(plain_text(name))]))
        if not any(isinstance(choice, Unknown) for choice in alternatives(answer)):
            return answer
    return join(answer, _attribute_of_instance(m, point.act, point.node, ref, instance, name))


def _attribute_of_instance(
    m: Interpreter, act: Activation, node: cst.CSTNode, ref: Ref, instance: Instance, name: str
) -> Value:
    class_value = class_attribute(m, instance.cls, name) if instance.cls else NEVER
    if name == "__class__" and instance.cls is not None and class_value is NEVER:
        return instance.cls
    note_merged_attribute(EvalPoint(m, act, node), instance, name, class_value)
    own = own_attribute(m, instance, name, class_value)
    methods, choices = methods_in(class_value), alternatives(class_value)
    results = [_bound_method_or_property(m, act, node, ref, instance, method) for method in methods]
    if results and len(methods) == len(choices):
        hides_own = all(is_descriptor(m, method, *_HIDING_DECORATORS) for method in methods)
        return join(*results) if hides_own else join(own, *results)
    results = [own, *results]
    partials = [bound_partial_method(EvalPoint(m, act, node), ref, choice) for choice in choices]
    bound = [partial for partial in partials if partial is not None]
    if bound and len(bound) == len(partials):
        return join(own, *bound)
    for choice in choices:
        getter = getter_of(m, choice)
        if getter is not None:
            owners = (ref,) if isinstance(getter, Function) else (ref, instance.cls or UNKNOWN)
            arguments = [Operand(owner, act.site(node), act.frame.id) for owner in owners]
            results.append(m.call(act, node, getter, Arguments(arguments)))
        elif methods and not isinstance(choice, Function):
            results.append(choice)
    if results[1:]:
        return join(*results)
    if own is NEVER and class_value is NEVER:
        session_attribute = _attribute_of_session(EvalPoint(m, act, node), ref, instance, name)
        if session_attribute is not None:
            return session_attribute
        return _missing_attribute(EvalPoint(m, act, node), ref, instance, name)
    has_generated_init = instance.cls is not None and not isinstance(
        class_attribute(m, instance.cls, "__init__"), Function
    )
    if (
        own is not NEVER
        and has_generated_init
        and instance.cls
        and name in mro_of(m, instance.cls).field_names
    ):
        return own  # the class only has the default, which the constructor has stored
    return join(own, class_value)


def _attribute_of_session(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value | None:
    """An attribute that the library of a session describes; None for other attributes and objects."""
    m = point.machine
    client = m.libraries.clients.get(instance.client or "")
    if client is None:
        return None
    if name in client.session_methods:
        return MemberRef(ref, name)
    if client.session_attributes.get(name) is Role.HOOKS:
        hooks, record = m.record(point.act, point.node)
        record.others = m.sequence(point.act, point.node)
        instance.put(name, Operand(hooks, instance.site, instance.frame))
        return hooks
    if client.session_attributes.get(name) is Role.HEADERS:
        headers, _ = m.record_at(instance.site, instance.frame)
        instance.put(name, Operand(headers, instance.site, instance.frame))
        return headers
    return None


def _missing_attribute(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> Value:
    """An attribute that neither an instance nor its class is known to have: that of a base class of a
    library, or what a method returns for missing attributes."""
    m = point.machine
    supplied = attribute_by_getter(point, ref, instance, name)
    if supplied is not None:
        return supplied
    family = mro_of(m, instance.cls).family if instance.cls is not None else None
    if family is not None and name in family.field_set_names:
        note_set_fields_read(point, instance)
    target = partial_target(instance)
    if name == "func" and target is not None:
        return target
    if name in _PARTIAL_ARGUMENTS and target is not None:
        kind = "partial keyword" if name == "keywords" else "partial "
        bound = join(*(value for key, value in instance.attributes.items() if key.startswith(kind)))
        point.use(UseKind.ESCAPE, bound, point.site, detail="functools.partial")
        overwrite_attributes(m, instance, point.operand(ref))
        return UNKNOWN
    if instance.cls is not None and name in (*exceptions.HELD, ARGUMENTS) and is_exception(m, instance.cls):
        return exceptions.any_error(m)
    if instance.cls is not None and has_unseen_attributes(m, instance.cls):
        point.use(UseKind.ESCAPE, ref, point.site, detail=f"the attribute {name} of its class")
    for base in sorted(mro_of(m, instance.cls).outside_names) if instance.cls is not None else ():
        if f"{base}.{name}" in m.transfer.symbols:
            return Symbol(f"{base}.{name}")
    is_handled = handles_missing_attribute(point.act, point.node) and has_closed_names(m, ref)
    return NEVER if is_handled else MemberRef(ref, name)


def _bound_method_or_property(
    m: Interpreter, act: Activation, node: cst.CSTNode, ref: Ref, instance: Instance, method: Function
) -> Value:
    """The result of reading a method or property through an instance."""
    if is_descriptor(m, method, *PROPERTY_DECORATORS):
        return m.call(act, node, Bound(method, ref), Arguments())
    if is_descriptor(m, method, "builtins.staticmethod"):
        return method
    of_class = is_class_method(m, method) and instance.cls
    return Bound(method, instance.cls if of_class and instance.cls else ref)
