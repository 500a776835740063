"""Calls of code that can't be followed."""

from kognitos_migrate.interpret.attributes import replies_of
from kognitos_migrate.interpret.machine import Call
from kognitos_migrate.interpret.settings import default_of, setting, without
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import UNKNOWN, Reply, Value
from kognitos_migrate.values.join import alternatives, join


def unknown_call(call: Call, what: str) -> Value:
    """A call of code that can't be followed: its arguments escape, functions among them may be called. What
    is shown a request may send it, and give the reply."""
    for given in call.arguments.everything():
        call.machine.hand_out(given.value)
        call.machine.notes.name(call.act, given.value)
        call.use(UseKind.ESCAPE, given.value, given.site, detail=what)
        call.use(UseKind.ESCAPE, replies_of(call.machine, given.value), given.site, detail=what)
    shown = [choice for given in call.arguments.positional for choice in alternatives(given.value)]
    sent = [one for one in shown if isinstance(one, Reply) and one.path == (View.REQUEST,)]
    return join(*(Reply(one.request) for one in sent)) if sent else UNKNOWN


def unknown_or_default(call: Call, name: str, what: str, unknown: Value) -> Value:
    """A call of such code which may be asked for a setting, going by its name."""
    default = default_of(name, call.arguments)
    if default is None:
        sent = unknown_call(call, what)
        return unknown if sent is UNKNOWN else sent
    unknown_call(replace(call, arguments=without(call.arguments, default)), what)
    return setting(call.arguments, default)
