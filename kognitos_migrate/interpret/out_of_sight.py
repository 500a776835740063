"""Calls of code that can't be followed."""

from kognitos_migrate.interpret.attributes import replies_of
from kognitos_migrate.interpret.machine import Call
from kognitos_migrate.interpret.settings import default_of, setting, without
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.record import replace
from kognitos_migrate.values.base import UNKNOWN, Value


def unknown_call(call: Call, what: str) -> Value:
    """A call of code that can't be followed: its arguments escape, functions among them may be called."""
    for given in call.arguments.everything():
        call.machine.hand_out(given.value)
        call.machine.notes.name(call.act, given.value)
        call.use(UseKind.ESCAPE, given.value, given.site, detail=what)
        call.use(UseKind.ESCAPE, replies_of(call.machine, given.value), given.site, detail=what)
    return UNKNOWN


def unknown_or_default(call: Call, name: str, what: str, unknown: Value) -> Value:
    """A call of such code which may be asked for a setting, going by its name."""
    default = default_of(name, call.arguments)
    if default is None:
        unknown_call(call, what)
        return unknown
    unknown_call(replace(call, arguments=without(call.arguments, default)), what)
    return setting(call.arguments, default)
