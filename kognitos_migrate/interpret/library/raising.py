"""Errors that are asked for, groups of them, and what their methods give."""

from typing import cast

from kognitos_migrate.interpret import errors
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import UNKNOWN, Member, Symbol, Unknown, Value


def being_handled(call: Call) -> Value:
    """`sys.exc_info()`: the error that is being handled, between its type and its trace."""
    error = errors.any_error(call.machine)
    held = [call.given(one) for one in (error, error, UNKNOWN)]
    return call.machine.sequence(call.act, call.node, held)


def any_error(call: Call) -> Value:
    """`sys.exception()`; the text of one, with its trace."""
    return errors.any_error(call.machine)


def grouped(call: Call) -> Value:
    """`ExceptionGroup(message, errors)`: who handles it gets at the errors."""
    errors.message(call, Symbol("builtins.ExceptionGroup"))
    return Unknown("an ExceptionGroup", error=True)


def itself(call: Call, member: Value) -> Value:
    """`error.with_traceback(trace)`."""
    return cast(Member, member).receiver


def noted(call: Call, member: Value) -> Value:
    """`error.add_note(text)`: shown with the message."""
    for given in call.arguments.everything():
        call.use(UseKind.LOG, given.value, given.site, detail="an error's message")
    return UNKNOWN


SYMBOLS: dict[str, Model] = {
    "sys.exc_info": being_handled,
    "sys.exception": any_error,
    **dict.fromkeys(
        ("traceback.format_exc", "traceback.format_exception", "traceback.format_exception_only"), any_error
    ),
    "builtins.ExceptionGroup": grouped,
    "builtins.BaseExceptionGroup": grouped,
}
METHODS: dict[str, Method] = {"object.with_traceback": itself, "object.add_note": noted}
