"""Installation of doubles: `patch`, `monkeypatch.setattr`."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import mock_objects
from kognitos_migrate.interpret.mocking.doubles import (
    DoubleContext,
    install_double,
    may_be_any_reply,
    note_double_results,
)
from kognitos_migrate.interpret.mocking.mock_objects import configure_from_keywords
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, ServiceDouble
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    ModuleRef,
    Symbol,
    Text,
    Value,
)


def patch_target(call: CallPoint) -> Value:
    """The double that `patch("module.requests.post")` or `patch.object(requests, "post")` installs."""
    target, attribute = call.arguments.first("target"), call.arguments.first("attribute", place=1)
    text = target.value.literal if target is not None and isinstance(target.value, Text) else None
    by_name = attribute.value.literal if attribute is not None and isinstance(attribute.value, Text) else None
    name = (text or by_name or "").rpartition(".")[2]
    place = 1 if text is not None else 2
    new = call.arguments.first("new", place=place)
    mock = call.interpreter.libraries.mock_object_library
    if mock is None:
        return UNKNOWN
    verb = call.interpreter.libraries.verbs.get(name)
    function = _replaced_function(call, text, target, by_name)
    replaced = _replaced_value(call, text, target, by_name)
    call.interpreter.log_sinks.note_replacement(
        text or by_name or "", join(target.value if target is not None else NEVER, replaced)
    )
    if new is not None:
        _note_text(call, replaced, new)
        replace_target(DoubleContext.at(call, mock, verb), name, new, function, replaced)
        return new.value if _is_double(call, new.value) else UNKNOWN
    if verb is not None:
        DoubleContext.at(call, mock, verb).note(CannedReply())
    ref, double = call.interpreter.heap.allocate(ServiceDouble(call.site, call.act.frame.id, mock.id))
    double.name, double.function = name, function
    configure_from_keywords(call, ref)
    return ref


def patch_targets(call: CallPoint) -> Value:
    """Install the doubles of `patch.multiple("module", post=double)`. A double that it makes itself, for
    `DEFAULT`, is unknown."""
    target = call.arguments.first("target")
    mock = call.interpreter.libraries.mock_object_library
    if target is None or mock is None:
        return UNKNOWN
    text = target.value.literal if isinstance(target.value, Text) else None
    news = dict(call.arguments.keywords)
    for spread in call.arguments.keyword_spread:
        for choice in alternatives(spread.value):
            record = call.interpreter.heap.get(choice)
            for name, entries in record.entries.items() if isinstance(record, DictObject) else ():
                news[name] = entries[-1].operand
    for name, new in news.items():
        call.interpreter.log_sinks.note_replacement(
            f"{text}.{name}" if text is not None else name, target.value
        )
        function = _replaced_function(call, f"{text}.{name}" if text is not None else None, target, name)
        context = DoubleContext.at(call, mock, call.interpreter.libraries.verbs.get(name))
        is_made = isinstance(new.value, Symbol)
        replace_target(context, name, new._replace(value=UNKNOWN) if is_made else new, function)
        if function is not None and is_made:
            note_double_results(call.interpreter, new._replace(value=UNKNOWN), function)
    return UNKNOWN


def monkeypatch_attribute(call: CallPoint) -> Value:
    """Install a double: `monkeypatch.setattr(requests, "post", double)`, or with the qualified name as a
    text."""
    first, second = call.arguments.first("target"), call.arguments.first("name", place=1)
    if first is None or second is None:
        return UNKNOWN
    text = first.value.literal if isinstance(first.value, Text) else None
    by_name = second.value.literal if isinstance(second.value, Text) else None
    new = second if text is not None else call.arguments.first("value", place=2)
    mock = call.interpreter.libraries.mock_object_library
    if mock is not None and new is not None:
        replaced = _replaced_value(call, text, first, by_name)
        call.interpreter.log_sinks.note_replacement(text or by_name or "", join(first.value, replaced))
        _note_text(call, replaced, new)
        function = _replaced_function(call, text, first, by_name)
        name = (text or by_name or "").rpartition(".")[2]
        context = DoubleContext.at(call, mock, call.interpreter.libraries.verbs.get(name))
        replace_target(context, name, new, function, replaced)
    return UNKNOWN


def install_by_assignment(point: EvalPoint, owner: Operand, name: str, new: Operand) -> None:
    """Install a double that a test assigns to an attribute of the program."""
    interpreter = point.interpreter
    objects = interpreter.heap.objects_of(new.value)
    is_test = point.act.frame.path in interpreter.testing.modules
    mock = interpreter.libraries.mock_object_library if is_test else None
    if mock is not None and any(isinstance(choice, ServiceDouble) for choice in objects):
        context = DoubleContext.at(point, mock, interpreter.libraries.verbs.get(name))
        replace_target(context, name, new, _replaced_function(point, None, owner, name))


def _replaced_function(
    call: EvalPoint, text: str | None, owner: Operand | None, name: str | None
) -> Site | None:
    """The function of the program that is replaced; None if it isn't the program's."""
    own = (_inner_site(choice) for choice in alternatives(_replaced_value(call, text, owner, name)))
    tests = call.interpreter.testing.modules
    return next((site for site in own if site is not None and site.path not in tests), None)


def _replaced_value(call: EvalPoint, text: str | None, owner: Operand | None, name: str | None) -> Value:
    """The value of the name that is replaced; UNKNOWN if it isn't found in the program."""
    interpreter, act, node = call.interpreter, call.act, call.node
    if text is not None:
        words = text.split(".")
        for end in range(len(words) - 1, 0, -1):
            path = interpreter.files.find(act.frame.path, ".".join(words[:end]), 0)
            if path is not None:
                value: Value = ModuleRef(path)
                for word in words[end:]:
                    value = interpreter.attribute(act, node, value, word)
                return value
    elif owner is not None and name is not None:
        return interpreter.attribute(act, node, owner.value, name)
    return UNKNOWN


def _note_text(call: CallPoint, current: Value, new: Operand) -> None:
    """Record the values that a text replaces."""
    if any(isinstance(choice, Text) for choice in alternatives(new.value)):
        patched = call.interpreter.facts.patched
        place = (new.site, call.act.frame.id)
        patched[place] = join(patched.get(place, NEVER), current)


def _is_double(call: CallPoint, value: Value) -> bool:
    """Whether a value is an object of a mock library, which `with` binds to the name behind `as`."""
    objects = call.interpreter.heap.objects_of(value)
    return bool(objects) and all(isinstance(heap_object, ServiceDouble) for heap_object in objects)


def _inner_site(value: Value) -> Site | None:
    """The definition of a function or method; None for any other value."""
    inner = value.function if isinstance(value, Bound) else value
    return inner.site if isinstance(inner, Function) else None


def replace_target(
    context: DoubleContext, name: str, new: Operand, function: Site | None, replaced: Value = UNKNOWN
) -> None:
    """Install `new` in place of the object of this name, whose value is `replaced`: a client's function or
    module, or a whole session."""
    interpreter = context.interpreter
    for choice in alternatives(new.value):
        if isinstance(choice, Class):
            choice = context.call(choice, Arguments())
        if _inner_site(choice) == function is not None:
            continue  # the function itself is put back
        heap_object = interpreter.heap.get(choice)
        own = isinstance(heap_object, Instance) and heap_object.cls is not None
        is_function = context.verb is not None or function is not None
        call_method = context.attribute(choice, "__call__") if own and is_function else UNKNOWN
        if isinstance(choice, Function | Bound) and (
            context.verb is not None or name in interpreter.libraries.senders
        ):
            install_double(context, new._replace(value=choice))
        elif isinstance(choice, Function | Bound) and function is not None:
            install_double(context, new._replace(value=choice), function)
        elif isinstance(heap_object, ServiceDouble) and function is not None:
            mock_objects.install_existing_double(context, choice, name, function)
        elif may_be_any_reply(choice) and context.verb is not None:
            install_double(context, new._replace(value=choice))
        elif isinstance(call_method, Bound):
            install_double(context, new._replace(value=call_method), function)
        elif own:
            is_client = not _install_connection(context, choice, new) and _is_client(interpreter, replaced)
            senders = sorted(interpreter.libraries.senders) if is_client else ()
            for word, verb in (*interpreter.libraries.verbs.items(), *((word, None) for word in senders)):
                method = context.attribute(choice, word)
                if isinstance(method, Bound | Function):
                    install_double(replace(context, verb=verb), new._replace(value=method))


def _is_client(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a client's module, or one of its sessions."""
    modules = {
        name.rpartition(".")[0] for each in interpreter.libraries.clients.values() for name in each.functions
    }
    objects = (interpreter.heap.get(choice) for choice in alternatives(value))
    return any(
        isinstance(choice, Symbol) and choice.name in modules for choice in alternatives(value)
    ) or any(isinstance(each, Instance) and each.client is not None for each in objects)


def _install_connection(context: DoubleContext, connection: Value, new: Operand) -> bool:
    """Install an object in place of a client's connection: one method sends a request, another one returns
    the response. Return whether it is one."""
    is_connection = False
    for client in context.interpreter.libraries.clients.values():
        receive = context.attribute(connection, client.session_receive) if client.session_receive else UNKNOWN
        if not isinstance(receive, Bound):
            continue
        is_connection = True
        own = replace(context, mock=replace(context.mock, client=client.id), verb=None)
        for word, sender in client.session_methods.items():
            method = context.attribute(connection, word) if sender.method is None else UNKNOWN
            if isinstance(method, Bound):
                install_double(own, new._replace(value=method))
        install_double(own, new._replace(value=context.call(receive, Arguments())))
    return is_connection
