"""Calls of an HTTP client: the request that they send, and the reply that they return."""

from collections.abc import Iterator

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import ENTERING, class_attribute
from kognitos_migrate.interpret.classes.session_classes import open_session
from kognitos_migrate.interpret.error_contents import note_client_error
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.request_hooks import (
    HOOK_OBJECTS,
    MOUNTS,
    call_hooks,
    call_override,
    entries_at,
    nested_values,
    note_interceptors,
    register_hooks,
)
from kognitos_migrate.interpret.request_parts import (
    RequestArguments,
    Sender,
    arguments_by_role,
    base_urls,
    http_method_of,
    raises_on_failure,
    request_headers,
    with_base,
)
from kognitos_migrate.interpret.state.facts import AccessKind, Request, UseKind
from kognitos_migrate.interpret.state.use_details import HOOK
from kognitos_migrate.rulebook.model import Client, RequestCallable, Role, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand, Prepared, join_operands
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Function,
    Json,
    Lit,
    MemberRef,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)

_LAST_REPLY = "the last response of a connection"


def new_session(call: CallPoint, client: Client) -> Value:
    """A new session, with the arguments of its constructor as attributes."""
    ref, session = call.interpreter.allocate_library_instance(call.act, call.node, client.id)
    call.note_flows(*call.arguments.everything(), *call.arguments.merged)
    others = open_session(call.interpreter, session, call.arguments)
    if isinstance(session, Instance):
        register_hooks(call, client, session, [*others.keywords.values(), *others.positional])
    return ref


def session_call(call: CallPoint, sender: Sender, name: str) -> Value:
    """The result of a session's method. An override of the method that all verbs call (`request`) is run
    instead."""
    client, session, ref = sender.client, sender.session, sender.ref
    assert session is not None
    assert ref is not None
    if name == client.session_receive:
        return call.act.env.get(_last_reply_name(ref)) or session.attributes.get(_LAST_REPLY, UNKNOWN)
    verb = client.session_methods.get(name)
    if verb is None:
        prefix = call.arguments.first("prefix") if name == client.session_mounts else None
        if prefix is not None:
            call.interpreter.stores += session.put(MOUNTS, prefix)
        register_hooks(call, client, session, call.arguments.everything())
        return ref if name in ENTERING else Unknown(name)
    cls, through = session.cls, client.session_through or ""
    override = class_attribute(call.interpreter, cls, through) if cls is not None else None
    if isinstance(override, Function) and verb.method is not None:
        call.note_flows(*call.arguments.merged)
        return call.call(Bound(override, ref), _generic_arguments(call, client, verb))
    return _send_and_store(call, sender, verb)


def _generic_arguments(call: CallPoint, client: Client, verb: RequestCallable) -> Arguments:
    """The arguments of a verb, rearranged for the method that all verbs call.

    `post(url, …)` becomes `request("POST", url, …)`.
    """
    arguments = call.arguments
    redirected = Arguments(
        [call.operand(Text((Lit(verb.method or "", call.site),)))],
        dict(arguments.keywords),
        arguments.spread,
        arguments.keyword_spread,
        dict(arguments.holders),
    )
    for role, value in zip(verb.arguments, arguments.positional, strict=False):
        if role is Role.URL:
            redirected.positional.append(value)
        else:
            redirected.keywords[client.keyword(role)] = value
            redirected.holders[client.keyword(role)] = value.site
    url = client.keyword(Role.URL)
    if url in redirected.keywords and len(redirected.positional) == 1:
        redirected.positional.append(redirected.keywords.pop(url))
    return redirected


def base_session_call(call: CallPoint, receiver: Value, name: str) -> Value:
    """The result of `super().request(...)` and the like: the library's own method, even if the subclass
    overrides it."""
    interpreter = call.interpreter
    session = interpreter.heap.get(receiver)
    client = (
        interpreter.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    )
    if client is None or not isinstance(session, Instance) or not isinstance(receiver, Ref):
        return Unknown(name)
    if name == "__init__":
        open_session(interpreter, session, call.arguments)
        return NONE
    if name not in client.session_methods:
        return receiver if name in ENTERING else Unknown(name)
    return _send_and_store(call, Sender(client, receiver, session), client.session_methods[name])


def _send_and_store(call: CallPoint, sender: Sender, verb: RequestCallable) -> Value:
    """The result of a session's method: the reply, or None if a second method returns the reply."""
    if sender.session is not None:
        note_interceptors(call, sender.client, sender.session)
    reply = _join_override_results(call, sender, verb, send(call, sender, verb))
    if sender.client.session_receive is None or sender.session is None or sender.ref is None:
        return reply
    call.act.env[_last_reply_name(sender.ref)] = reply
    sender.session.put(_LAST_REPLY, call.operand(reply))
    return NONE


def _join_override_results(call: CallPoint, sender: Sender, verb: RequestCallable, reply: Value) -> Value:
    """The reply, joined with the results of the program's override of the method that sends a request.

    An override of the method that creates the request is recorded in `facts.replaced`.
    """
    client, cls = sender.client, sender.session.cls if sender.session is not None else None
    override = class_attribute(call.interpreter, cls, client.session_sends or "") if cls is not None else None
    own = client.session_methods.get(client.session_sends or "")
    for name, method in client.session_methods.items() if cls is not None else ():
        attribute = class_attribute(call.interpreter, cls, name) if cls is not None else None
        if method.gives is View.REQUEST and isinstance(attribute, Function):  # the library calls it
            call.interpreter.facts.replaced.setdefault(client.id, attribute.site)
    if not isinstance(override, Function) or verb == own or verb.gives is not View.SELF or sender.ref is None:
        return reply
    replies = [choice for choice in alternatives(reply) if isinstance(choice, Reply)]
    return join(reply, *(call_override(call, Bound(override, sender.ref), choice) for choice in replies))


def _last_reply_name(ref: Ref) -> str:
    """The reserved name under which an activation stores the last reply of a session. It is no valid
    identifier."""
    return f"{_LAST_REPLY} {ref.id}"


def send(call: CallPoint, sender: Sender, verb: RequestCallable) -> Value:
    """Record the request that a call sends or prepares, and return the value of the call."""
    arguments, holders = arguments_by_role(sender.client, verb, call.arguments)
    call.note_flows(*call.arguments.merged)
    for name, argument in call.arguments.keywords.items():
        if name not in sender.client.keywords:  # as in `cookies=` and `auth=`
            call.note_use(UseKind.REQUEST, argument.value, argument.site, detail=name)
    targets = [*arguments.pop(Role.REQUEST, []), *arguments.pop(Role.URL, [])]
    hook_requests = [
        choice for target in targets for choice in alternatives(target.value) if _is_recorded_request(choice)
    ]
    if hook_requests:
        return join(*(Reply(choice.request) for choice in hook_requests if isinstance(choice, Reply)))
    refs = [choice for target in targets for choice in _prepared_refs(call.interpreter, target.value)]
    urls = [rest for target in targets if (rest := _exclude_prepared(call.interpreter, target)) is not None]
    results: list[Value] = []
    for ref in refs:
        reply = _send_prepared(call, sender, ref, arguments)
        if verb.gives is not View.REQUEST:
            _call_argument_hooks(call, sender, reply)
            _call_registered_hooks(call, sender, arguments, reply)
        results.append(ref if verb.gives is View.REQUEST else reply)
    if urls or not refs:
        reply = _record_request(call, sender, verb, arguments, holders, urls)
        if verb.gives is View.REQUEST:
            prepared = Prepared(call.site, call.act.frame.id, reply.request)
            results.append(call.interpreter.heap.new(prepared))
        else:
            _call_argument_hooks(call, sender, reply)
            _call_registered_hooks(call, sender, arguments, reply)
            results.append(reply)
    result = join(*(_call_result(choice, verb.gives) for choice in results))
    if verb.gives is View.FUTURE:
        return call.interpreter.allocate_task(call.act, call.node, result)
    return result


def _is_recorded_request(value: Value) -> bool:
    """Whether a value is a request that is already recorded, as hooks and overrides receive it."""
    return isinstance(value, Reply) and value.path == (View.REQUEST,)


def _record_request(
    call: CallPoint,
    sender: Sender,
    verb: RequestCallable,
    arguments: RequestArguments,
    holders: dict[Role, list[Site]],
    urls: list[Operand],
) -> Reply:
    """Record a request that wasn't prepared before."""
    bases = base_urls(call, sender)
    if urls:
        arguments[Role.URL] = [with_base(url, bases, sender.client.session_joins) for url in urls]
    request = Request(
        -1,
        call.site,
        call.act.frame.id,
        sender.client.id,
        http_method_of(verb, arguments),
        arguments,
        [base for _, base in bases],
        holders,
        request_headers(sender, arguments),
        mounts=sender.attribute_operands(MOUNTS),
        settings=[*sender.attribute_operands(HOOK_OBJECTS), *sender.operands_of(Role.QUERY)],
        optional=frozenset(
            role for name, role in sender.client.keywords.items() if name in call.arguments.optional
        ),
        regions=call.interpreter.regions.with_exits(),
        lacks=verb.lacks,
        raises=raises_on_failure(call, sender),
    )
    reply = call.interpreter.notes.request(request)
    note_client_error(call, reply)
    for header in request.session_headers:
        call.note_access(AccessKind.SEND, header)
        call.note_use(UseKind.REQUEST, header.value, header.site, detail=Role.HEADERS.value)
    for role, values in arguments.items():
        for value in values:
            call.note_use(UseKind.REQUEST, value.value, value.site, detail=role.value)
    if arguments.get(Role.JSON):
        _require_encoded(call, sender, reply)
    return reply


def _require_encoded(call: CallPoint, sender: Sender, reply: Reply) -> None:
    """Call a session's own JSON encoder with a body. If it does more than encode the body, the reply gets a
    METHOD use."""
    interpreter = call.interpreter
    for encoder in sender.attribute_operands(sender.client.session_encodes or ""):
        ref, _ = interpreter.allocate_dict_at(encoder.site, encoder.frame)
        body = Operand(ref, encoder.site, encoder.frame)
        for choice in alternatives(encoder.value):
            text = call.call(choice, Arguments([body]))
            kinds = {
                access.kind
                for accesses in interpreter.facts.accesses.get(ref, {}).values()
                for access in accesses
            }
            is_encoded = all(
                isinstance(choice, Json) and choice.value == ref for choice in alternatives(text)
            )
            if not is_encoded or kinds - {AccessKind.FLOW, AccessKind.ENCODE}:
                call.note_use(UseKind.METHOD, reply, encoder.site, detail="a custom JSON encoder")


def _call_argument_hooks(call: CallPoint, sender: Sender, reply: Reply) -> None:
    """Call the hooks among the keyword arguments and the session's attributes that have no role in the
    request."""
    client, session = sender.client, sender.session
    origins = session.origins if session is not None else {}
    request_attributes = (*client.session_attributes, client.session_encodes)
    of_session = [operand for name in origins if name not in request_attributes for operand in origins[name]]
    own = [operand for name, operand in call.arguments.keywords.items() if name not in client.keywords]
    call_hooks(call, client, [*own, *of_session], reply)


def _call_result(value: Value, view: View) -> Value:
    """The value of a call, for a client whose function returns a member of the reply instead of the reply."""
    if isinstance(value, Reply) and view in (View.JSON, View.TEXT, View.STATUS, View.OK):
        return value.at(view)
    return NONE if view is View.NOTHING else value


# Prepared requests.


def _prepared_refs(interpreter: Interpreter, value: Value) -> Iterator[Ref]:
    for choice in alternatives(value):
        if isinstance(choice, Ref) and isinstance(interpreter.heap[choice], Prepared):
            yield choice


def _exclude_prepared(interpreter: Interpreter, target: Operand) -> Operand | None:
    """A target without prepared requests; None if it is nothing else."""
    prepared = list(_prepared_refs(interpreter, target.value))
    rest = [choice for choice in alternatives(target.value) if choice not in prepared]
    return target._replace(value=join(*rest)) if rest or not prepared else None


def _send_prepared(call: CallPoint, sender: Sender, ref: Ref, arguments: RequestArguments) -> Reply:
    """Send a prepared request, with the arguments of this call added to it."""
    interpreter, prepared = call.interpreter, call.interpreter.heap[ref]
    assert isinstance(prepared, Prepared)
    for role, values in arguments.items():
        for value in values:
            _set_role(interpreter, prepared, role, value)
            call.note_use(UseKind.REQUEST, value.value, value.site, detail=role.value)
    request = interpreter.facts.requests[prepared.request]
    for header in request_headers(sender, arguments):
        call.interpreter.note_access(AccessKind.SEND, header.value, header.site, request.site)
        request.session_headers = join_operands(request.session_headers, [header])
    return Reply(prepared.request)


def set_session_item(point: EvalPoint, owner: Value, key: Operand, operand: Operand) -> bool:
    """Set an item in an attribute of a session, if the key begins URLs of an adapter. False for others."""
    interpreter = point.interpreter
    session = interpreter.heap.get(owner.receiver) if isinstance(owner, MemberRef) else None
    client = (
        interpreter.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    )
    is_url = next(interpreter.tracked_leaves(key.value), None) is not None
    if client is None or not isinstance(session, Instance) or not is_url:
        return False
    interpreter.stores += session.put(MOUNTS, key)
    register_hooks(point, client, session, [operand])
    return True


def set_request_attribute(point: EvalPoint, prepared: Prepared, name: str, operand: Operand) -> None:
    """Set an attribute of a prepared request."""
    interpreter = point.interpreter
    client = interpreter.libraries.clients[interpreter.facts.requests[prepared.request].client]
    role = client.request.get(name)
    if role is None:
        point.note_use(UseKind.ESCAPE, operand.value, operand.site, detail=f"the request's {name}")
        unknown = f"a request with a changed {name}"
        point.note_use(UseKind.METHOD, Reply(prepared.request), operand.site, detail=unknown)
        return
    if isinstance(operand.value, Function):
        operand = operand._replace(value=point.call(operand.value, Arguments()))
    _set_role(interpreter, prepared, role, operand)
    target = Operand(UNKNOWN, prepared.site, prepared.frame)
    interpreter.note_use_at(UseKind.REQUEST, operand.value, target, operand.site, detail=role.value)


def _set_role(interpreter: Interpreter, prepared: Prepared, role: Role, operand: Operand) -> None:
    request = interpreter.facts.requests[prepared.request]
    client = interpreter.libraries.clients[request.client]
    interpreter.notes.events += 1
    request.operands[role] = join_operands(request.operands.get(role, []), [operand])
    verbs = [
        verb for verb in (*client.functions.values(), *client.session_methods.values()) if verb.with_body
    ]
    creating_verb = next((verb for verb in verbs if verb.gives is View.REQUEST), None)
    if role is Role.METHOD or (creating_verb is not None and not request.operands.get(Role.METHOD)):
        request.method = (
            http_method_of(creating_verb, request.operands) if creating_verb is not None else operand.value
        )


# Hooks.


def _call_registered_hooks(
    call: CallPoint, sender: Sender, arguments: RequestArguments, reply: Reply
) -> None:
    """Call the registered hooks with the reply, or with the request if they run before it is sent.

    The reply escapes if a hook isn't a function of the program, or returns something other than None or the
    reply.
    """
    hooks = [value.value for value in arguments.get(Role.HOOKS, [])]
    attributes = sender.session.attributes if sender.session is not None else {}
    for name, role in sender.client.session_attributes.items():
        if role is Role.HOOKS and name in attributes:
            hooks.append(attributes[name])
    whole, kinds = join(*hooks) if hooks else NEVER, sender.client.hook_spelling.hooks
    early = list(nested_values(call.interpreter, entries_at(call.interpreter, whole, kinds)))
    for hook in nested_values(call.interpreter, whole):
        if not isinstance(hook, Function | Bound):
            call.note_use(UseKind.ESCAPE, reply, call.site, detail=HOOK)
            continue
        hook_argument = reply.at(View.REQUEST) if hook in early else reply
        hook_result = call.call(hook, Arguments([call.operand(hook_argument)]))
        if hook not in early and any(choice not in (NONE, reply) for choice in alternatives(hook_result)):
            call.note_use(UseKind.ESCAPE, reply, call.site, detail=HOOK)
