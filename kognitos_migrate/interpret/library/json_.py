"""`json`: text of a value, and a value of text. Sister libraries with the same functions are the same."""

from typing import cast

from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import HOOKS, AccessKind, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import NEVER, UNKNOWN, Decoding, Json, Member, Reply, Value
from kognitos_migrate.values.join import alternatives, join


def dumps(call: Call) -> Value:
    """`json.dumps(value)`."""
    given = call.arguments.first("obj")
    if given is not None:
        call.access(AccessKind.ENCODE, given)
    return Json(given.value, given.site, given.frame) if given else UNKNOWN


def loads(call: Call) -> Value:
    """`json.loads(text)`."""
    given = call.arguments.first("s", "fp")
    if given is None:
        return UNKNOWN
    found: list[Value] = []
    for choice in alternatives(given.value):
        if isinstance(choice, Reply) and call.arguments.keywords:
            call.use(UseKind.METHOD, choice, given.site, detail=HOOKS)
        if isinstance(choice, Json):
            call.use(UseKind.DECODE, Json(NEVER, choice.site, choice.frame), given.site)
            found.append(choice.value)
        elif isinstance(choice, Reply) and (choice.path == (View.TEXT,) or _is_file(call, choice)):
            found.append(Reply(choice.request, (View.JSON,)))
        elif isinstance(choice, Reply):
            call.use(UseKind.DECODE, choice, given.site)
            found.append(choice.at(Decoding.LOADS))
        else:
            held = choice.receiver if isinstance(choice, Member) else choice
            call.use(
                UseKind.ESCAPE,
                held,
                given.site,
                detail="an unknown decoder",
            )
            found.append(UNKNOWN)
    return join(*found)


def _is_file(call: Call, reply: Reply) -> bool:
    """Whether a reply is read as a file is: its text is what `read()` gives."""
    return not reply.path and call.machine.views(reply.request).get("read()") is View.TEXT


def dump(call: Call) -> Value:
    """`json.dump(value, file)`."""
    given = call.arguments.first("obj")
    if given is not None:
        call.use(UseKind.ESCAPE, given.value, given.site, detail="a file")
    return UNKNOWN


_LIBRARIES = ("json", "simplejson", "ujson", "orjson", "rapidjson")

SYMBOLS: dict[str, Model] = {
    **{f"{library}.dumps": dumps for library in _LIBRARIES},
    **{f"{library}.loads": loads for library in _LIBRARIES},
    **{f"{library}.dump": dump for library in _LIBRARIES},
    "json.load": loads,
}


def same(call: Call, member: Value) -> Value:
    """`encode`, `decode`, `strip` of JSON text: it stays JSON text of the same value."""
    return cast(Member, member).receiver


METHODS: dict[str, Method] = {f"json.{name}": same for name in ("encode", "decode", "strip")}
