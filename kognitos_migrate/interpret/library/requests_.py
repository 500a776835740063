"""Methods of requests that are made before they are sent."""

from typing import cast

from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.base import NONE, UNKNOWN, Member, Ref, Reply, Value
from kognitos_migrate.values.heap import Entry, Given, Prepared, Record
from kognitos_migrate.values.join import join


def method(call: Call, member: Value) -> Value:
    """A method of a request, as its client's rule says."""
    called = cast(Member, member)
    thing = call.machine.heap[cast(Ref, called.receiver)]
    assert isinstance(thing, Prepared)
    request = call.machine.facts.requests[thing.request]
    client = call.machine.libraries.clients[request.client]
    role = client.request.get(f"{called.name}()")
    if role is Role.HEADER:
        _add_header(call, thing)
        return NONE
    if role is Role.REQUEST:
        return called.receiver
    if role is None and f"{called.name}()" in client.carriers.asked:
        return Reply(thing.request, (View.ADDRESS,))
    if role is None and any(True for _ in call.arguments.everything()):
        unknown = f"a request whose {called.name} is called"
        reply = Reply(thing.request)
        call.use(UseKind.METHOD, reply, call.site, detail=unknown)
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=called.name)
    return UNKNOWN


def _add_header(call: Call, thing: Prepared) -> None:
    name, value = call.arguments.first("key"), call.arguments.first("val", place=1)
    if name is None or value is None:
        return
    machine = call.machine
    ref, record = machine.record_at(thing.site, thing.frame)
    assert isinstance(record, Record)
    known = literal(name.value)
    if known is not None:
        record.put(known, Entry(value, call.site, None, False))
    else:
        record.names = join(record.names, name.value)
        record.others = join(record.others, value.value)
        record.open = True
    request = machine.facts.requests[thing.request]
    given = Given(ref, thing.site, thing.frame)
    if given not in request.given.setdefault(Role.HEADERS, []):
        request.given[Role.HEADERS].append(given)
    machine.use_at(UseKind.REQUEST, value.value, given, value.site)


SYMBOLS: dict[str, Model] = {}
METHODS: dict[str, Method] = {"request.*": method}
