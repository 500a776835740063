"""Models of `urllib.parse` and `posixpath.join`."""

from typing import cast
from urllib.parse import urlsplit

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import heap_objects
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.dataclasses_ import of_instance
from kognitos_migrate.interpret.mocking.recorded_calls import OF_HOST
from kognitos_migrate.interpret.state.facts import PARTS, UseKind
from kognitos_migrate.interpret.strings import text_pieces
from kognitos_migrate.interpret.url_values import known_prefix, known_slice, resolve_link
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Hole,
    Lit,
    MemberRef,
    Part,
    Ref,
    Reply,
    Text,
    Value,
)


def urljoin(call: CallPoint) -> Value:
    """The result of `urljoin(base, path)`, unless the path begins with a dot."""
    base, path = call.arguments.first("base"), call.arguments.first("url", place=1)
    if base is None or path is None:
        return UNKNOWN
    found: list[Value] = []
    for start in text_pieces(base):
        for end in text_pieces(path):
            if known_prefix(end).startswith("."):
                call.use(UseKind.METHOD, base.value, base.site, detail="urljoin")
                found.append(UNKNOWN)
                continue
            found.append(resolve_link(start, end))
    return join(*found)


def quoted(call: CallPoint) -> Value:
    """The result of `quote(text)`: the text itself, because ids need no quoting."""
    given = call.arguments.first("string")
    return concat([text_pieces(given)]) if given else UNKNOWN


def encoded(call: CallPoint) -> Value:
    """The result of `urlencode(mapping)`: a query string."""
    given = call.arguments.first("query")
    if given is None:
        return UNKNOWN
    call.flows(given)
    choices: list[Text] = []
    for thing in heap_objects(call.machine, given.value):
        if not isinstance(thing, DictObject):
            continue
        parts: list[Part] = []
        for name, entries in thing.entries.items():
            if parts:
                parts.append(Lit("&"))
            parts.append(Lit(f"{name}="))
            parts.extend(text_pieces(entries[-1].given)[0].parts)
        choices.append(Text(tuple(parts)))
    return (
        concat([[Text((Hole(choice, given.site, given.frame),)) for choice in choices]])
        if choices
        else UNKNOWN
    )


def _is_sent(value: Value) -> bool:
    return isinstance(value, Reply) and value.path == (View.ADDRESS,)


def taken_apart(call: CallPoint) -> Value:
    """The result of `urlsplit(url)`: an object with the components as attributes. If the URL isn't known,
    each component is the whole URL."""
    given = call.arguments.first("url")
    ref, thing = call.machine.instance(call.act, call.node)
    for choice in alternatives(given.value) if given is not None and isinstance(thing, Instance) else ():
        whole = Text((Hole(choice, given.site, given.frame),)) if given is not None else Text(())
        known = choice.literal if isinstance(choice, Text) else None
        if given is not None and isinstance(choice, Reply) and not _is_sent(choice):
            call.use(UseKind.ESCAPE, choice, given.site, detail=PARTS)
        parts = urlsplit(known or "")
        for name in ("scheme", "netloc", "hostname", "path", "query"):
            part: Value = UNKNOWN if _is_sent(choice) and name in OF_HOST else whole
            if known is not None and isinstance(choice, Text):
                start = known.find(getattr(parts, name) or "\0")
                part = (
                    known_slice(choice, start, start + len(getattr(parts, name) or ""))
                    if start >= 0
                    else plain_text("")
                )
            if isinstance(thing, Instance):
                thing.put(name, call.given(part))
    return ref


def put_together(call: CallPoint) -> Value:
    """The result of `urlunsplit(parts)`, for a tuple or a split URL."""
    given = call.arguments.first("components")
    held = heap_objects(call.machine, given.value) if given is not None else []
    found: list[Value] = []
    for thing in held:
        if isinstance(thing, SequenceObject) and thing.rest is NEVER and len(thing.items) > 2:
            query = thing.items[-2] if len(thing.items) > 4 else None
            found.append(_whole(thing.items[:3], query))
        elif isinstance(thing, Instance) and all(name in thing.origins for name in _FRONT):
            query = thing.origins["query"][-1] if "query" in thing.origins else None
            found.append(_whole([thing.origins[name][-1] for name in _FRONT], query))
        else:
            return UNKNOWN
    return join(*found) if found else UNKNOWN


def _whole(front: list[Operand], query: Operand | None) -> Value:
    """Scheme, host, path and query as one URL."""
    scheme, host, path = ([Text((Hole(one.value, one.site, one.frame),))] for one in front)
    slash = [] if known_prefix(path[0]).startswith("/") else [[Text((Lit("/"),))]]
    tail = (
        [[plain_text("?")], text_pieces(query)]
        if query is not None and query.value not in (NONE, Text(()))
        else []
    )
    return concat([scheme, [plain_text("://")], host, *slash, path, *tail])


def replaced(call: CallPoint, member: Value) -> Value:
    """The result of `parts._replace(path=…)` of a split URL."""
    receiver = cast(MemberRef, member).receiver
    before = call.machine.heap[receiver] if isinstance(receiver, Ref) else None
    if not isinstance(before, Instance) or before.cls is not None:
        return of_instance(call, member)
    ref, thing = call.machine.instance(call.act, call.node)
    for name, origins in before.origins.items():
        for origin in origins if name not in call.arguments.keywords else ():
            thing.put(name, origin)
    for name, given in call.arguments.keywords.items():
        thing.put(name, given)
    return ref


def as_url(call: CallPoint, member: Value) -> Value:
    """The result of `parts.geturl()`."""
    given = call.given(cast(MemberRef, member).receiver)
    return put_together(CallPoint(call.machine, call.act, call.node, Arguments([given])))


def joined(call: CallPoint) -> Value:
    """The result of `posixpath.join(path, …)`: the segments, joined with slashes."""
    parts: list[list[Text]] = []
    last: list[str] = []
    if call.arguments.spread:
        return UNKNOWN
    for number, given in enumerate(call.arguments.positional):
        texts = text_pieces(given)
        if number and any(known_prefix(text).startswith("/") for text in texts):
            return UNKNOWN
        known = [text.literal or "" for text in texts]
        if number and not all(one.endswith("/") for one in last):
            parts.append([Text((Lit("/"),))])
        parts.append(texts)
        last = known
    return concat(parts)


_FRONT = ("scheme", "netloc", "path")


SYMBOLS: dict[str, Model] = {
    "urllib.parse.urljoin": urljoin,
    "urllib.parse.quote": quoted,
    "urllib.parse.quote_plus": quoted,
    "urllib.parse.urlencode": encoded,
    "urllib.parse.urlsplit": taken_apart,
    "urllib.parse.urlparse": taken_apart,
    "urllib.parse.urlunsplit": put_together,
    "urllib.parse.urlunparse": put_together,
    "posixpath.join": joined,
}
METHODS: dict[str, Method] = {"object._replace": replaced, "object.geturl": as_url}
