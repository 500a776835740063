"""Calls without a model, of code that isn't analysed: what escapes to it, and what it may change."""

import sys
from collections.abc import Callable

import libcst as cst

from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.escaped_objects import call_method_of_escaped
from kognitos_migrate.interpret.ini_options import default_of_option
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.library_effects import leaves_objects, runs_code, runs_examples
from kognitos_migrate.interpret.names import expose_examples, expose_module_texts
from kognitos_migrate.interpret.reply_attributes import replies_with_methods
from kognitos_migrate.interpret.setting_defaults import (
    arguments_without,
    named_setting,
    setting_default,
    setting_or_default,
)
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.tracked_values import texts_in
from kognitos_migrate.interpret.stored_objects import class_attributes
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Class, Function, MemberRef, Reply, Unknown, Value
from kognitos_migrate.values.texts import may_be_text, may_hold_text


def extend_by_unknown(interpreter: Interpreter, value: Value) -> None:
    """Add unknown elements to a list or dict of texts, which code that isn't analysed may change."""
    for container in interpreter.heap.objects_of(value):
        if isinstance(container, SequenceObject) and may_hold_text(container):
            interpreter.stores += container.add(UNKNOWN)
    _add_unknown_entries(interpreter, value)


def _add_unknown_entries(interpreter: Interpreter, value: Value) -> None:
    """Add unknown entries to a dict of texts, or of lists of texts, and to such dicts inside it."""
    heap = interpreter.heap
    dicts = {id(container): container for container in _dicts_of(heap, value)}
    for container in (waiting := list(dicts.values())):
        entries = container.any_entry()
        elements = [part.element() for part in heap.objects_of(entries) if isinstance(part, SequenceObject)]
        if any(map(may_be_text, (entries, *elements))):
            interpreter.stores += not container.open
            container.open, container.others = True, join(container.others, UNKNOWN)
        inner = {id(part): part for part in _dicts_of(heap, entries) if id(part) not in dicts}
        dicts.update(inner)
        waiting.extend(inner.values())


def _dicts_of(heap: Heap, value: Value) -> list[DictObject]:
    return [container for container in heap.objects_of(value) if isinstance(container, DictObject)]


def _add_unknown_attributes(interpreter: Interpreter, value: Value) -> None:
    """Let the classes in a list have further attributes: code that derives a class from them may add some."""
    for sequence in interpreter.heap.objects_of(value):
        for base in alternatives(sequence.element()) if isinstance(sequence, SequenceObject) else ():
            for site in interpreter.classes.mro(base).sites if isinstance(base, Class) else ():
                interpreter.classes.add_unknown_attribute(site, UNKNOWN)


def _forget_order(interpreter: Interpreter, value: Value) -> None:
    """Forget the indexes of a list of texts, which code that isn't analysed may sort or shuffle."""
    for sequence in interpreter.heap.objects_of(value):
        if isinstance(sequence, SequenceObject) and may_hold_text(sequence):
            sequence.forget_order()


def option_value(call: CallPoint, what: str) -> Value:
    """The value of an option that a parser of settings files returns: unknown, or one of the defaults that
    the program's parsers have."""
    call_unmodeled(call, what)
    return join(
        named_setting(call.arguments),
        default_of_option(call.interpreter, call.arguments.positional[-1].value),
    )


def call_unmodeled(call: CallPoint, what: str, name: str = "") -> Value:
    """Call a function that isn't analysed, named `name`, and return its value.

    Its arguments escape and may be changed. It may call functions among them, and may store values under
    texts among them. A function that receives a request may send it and return the reply.
    """
    arguments = list(call.arguments.everything())
    for argument in arguments:
        call.interpreter.notes.note_texts_passed(call.act, argument.value)
        if arguments[1:]:
            call.interpreter.notes.note_texts_passed_together(call.act, argument.value)
    return call_without_storage(call, what, name)


def call_without_storage(call: CallPoint, what: str, name: str = "") -> Value:
    """Call a function that isn't analysed and stores nothing under the texts that it receives."""
    function = name if "." in name and not name.startswith("builtins.") else ""
    is_standard = "." in name and name.partition(".")[0] in sys.stdlib_module_names
    for argument in call.arguments.everything():
        if _may_extend_lists(name):
            extend_by_unknown(call.interpreter, argument.value)
        if "." not in name and not leaves_objects(name):
            _forget_order(call.interpreter, argument.value)
        if not (is_standard or leaves_objects(name)) or runs_code(name):
            _add_unknown_entries(call.interpreter, argument.value)
        if not name.startswith("builtins."):
            _add_unknown_attributes(call.interpreter, argument.value)
        call.interpreter.notes.note_mutation(argument.value, call.site, name)
        for choice in alternatives(argument.value):
            if isinstance(choice, Class) and not leaves_objects(name):
                call.interpreter.classes.pass_on(choice.site)
            (expose_examples if runs_examples(name) else expose_module_texts)(call, choice)
            if isinstance(choice, MemberRef):
                call.interpreter.notes.note_mutation(choice.receiver, call.site, choice.name)
                if not leaves_objects(choice.name):
                    extend_by_unknown(call.interpreter, choice.receiver)
        call.interpreter.mark_escaped(argument.value)
        supplied = (argument.value, replies_with_methods(call.interpreter, argument.value))
        for value in (
            *supplied,
            *(() if is_standard else class_attributes(call.interpreter, argument.value)),
        ):
            call.interpreter.note_use_at(
                UseKind.ESCAPE, value, call.operand(value), argument.site, detail=what, function=function
            )
    choices = [choice for argument in call.arguments.positional for choice in alternatives(argument.value)]
    sent_requests = [
        choice for choice in choices if isinstance(choice, Reply) and choice.path == (View.REQUEST,)
    ]
    return join(*(Reply(reply.request) for reply in sent_requests)) if sent_requests else UNKNOWN


_LISTS = ("builtins.list.", "builtins.set.", "collections.deque.")


def _may_extend_lists(function: str) -> bool:
    """Whether a function that isn't analysed is expected to change lists that it gets: a method of a list, or
    one that an expression returns. Libraries' functions rarely do."""
    is_method = function.startswith(_LISTS) and not leaves_objects(function.rpartition(".")[2])
    return is_method or not function or function.endswith("()")


def call_or_default(
    call: CallPoint, name: str, what: str, unknown: Value, section: Unknown | None = None
) -> Value:
    """Call a function that isn't analysed. If its name and arguments are those of a read of a setting, its
    default may be the result. `section` is the object whose method it is."""
    return _result_or_default(call, name, unknown, lambda point: call_unmodeled(point, what, name), section)


def declare_setting(call: CallPoint, name: str, what: str, unknown: Value) -> Value:
    """Call a function that declares a setting, and stores nothing under the texts that it receives."""
    return _result_or_default(call, name, unknown, lambda point: call_without_storage(point, what, name))


def _result_or_default(
    call: CallPoint,
    name: str,
    unknown: Value,
    hand_over: Callable[[CallPoint], Value],
    section: Unknown | None = None,
) -> Value:
    default = setting_default(name, call.arguments)
    if default is None:
        result = hand_over(call)
        return unknown if result is UNKNOWN else result
    hand_over(replace(call, arguments=arguments_without(call.arguments, default)))
    return setting_or_default(call.arguments, default, section)


def call_unmodeled_method(call: CallPoint, callee: MemberRef) -> Value:
    """Call a method of an object that isn't analysed. It may change its receiver.

    It may also store its arguments under texts among them, under the receiver's text, or under the key of
    `items[key].method(value)`.
    """
    notes = call.interpreter.notes
    call.note_use(UseKind.METHOD, callee.receiver, call.site, detail=callee.name)
    notes.note_mutation(callee.receiver, call.site, callee.name)
    notes.note_texts_passed(call.act, callee.receiver)
    call.interpreter.expose(callee.receiver)
    if isinstance(callee.receiver, Function | Bound) and not leaves_objects(callee.name):
        call.interpreter.mark_escaped(callee.receiver)  # such as a task that is queued, or retried
    call_method_of_escaped(call, callee.receiver, callee.name, call.arguments)
    _note_item_key(call)
    if not leaves_objects(callee.name):
        extend_by_unknown(call.interpreter, callee.receiver)
    what = f"the method {callee.name} of an unknown object"
    return call_or_default(call, callee.name, what, UNKNOWN)


def _note_item_key(call: CallPoint) -> None:
    """Record the key of `items[key].method(value)`: the value may be stored under it."""
    func = call.node.func if isinstance(call.node, cst.Call) and call.node.args else None
    owner = func.value if isinstance(func, cst.Attribute) else None
    key = key_of(call.interpreter, call.act, owner) if isinstance(owner, cst.Subscript) else None
    if key is not None:
        texts = texts_in(key.value, call.interpreter.heap)
        call.interpreter.notes.outside_names(call.act).puts.update(dict.fromkeys(texts))
