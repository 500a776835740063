"""`urllib.parse`."""

from typing import cast
from urllib.parse import urlsplit

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import things
from kognitos_migrate.interpret.events import PARTS, UseKind
from kognitos_migrate.interpret.library.records import of_instance
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.mocking.sent import OF_HOST
from kognitos_migrate.interpret.strings import cut, pieces
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import (
    NEVER,
    NONE,
    UNKNOWN,
    Hole,
    Lit,
    Member,
    Part,
    Ref,
    Reply,
    Text,
    Value,
)
from kognitos_migrate.values.heap import Given, Instance, Record, Sequence
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.text import concat, plain


def urljoin(call: Call) -> Value:
    """`urljoin(base, path)` as far as both are known."""
    base, path = call.arguments.first("base"), call.arguments.first("url", place=1)
    if base is None or path is None:
        return UNKNOWN
    found: list[Value] = []
    for start in pieces(base):
        for end in pieces(path):
            if leading(end).startswith("."):
                call.use(UseKind.METHOD, base.value, base.site, detail="urljoin")
                found.append(UNKNOWN)
                continue
            found.append(resolved(start, end))
    return join(*found)


def linked(base: Text, given: Given) -> Value:
    """`base.join(link)` of the types that libraries have for URLs (httpx.URL, yarl.URL)."""
    return join(*(resolved(base, link) for link in pieces(given)))


def resolved(base: Text, path: Text) -> Text:
    """The URL that a link `path` on the page at `base` leads to."""
    first = leading(path)
    if "://" in first:
        return path
    if first.startswith("/"):
        return Text((*_authority(base.parts), *path.parts))
    return Text((*_folder(base.parts), *path.parts))


def leading(text: Text) -> str:
    """The known characters that a text begins with."""
    if not text.parts:
        return ""
    part = text.parts[0]
    if isinstance(part, Lit):
        return part.text
    return leading(part.value) if isinstance(part.value, Text) else ""


def _authority(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Scheme and host: everything before the first slash that isn't of `//`."""
    kept: list[Part] = []
    seen = ""
    for part in parts:
        if isinstance(part, Hole):
            inner = part.value
            if isinstance(inner, Text):
                kept.append(Hole(Text(_authority(inner.parts)), part.site, part.frame))
                if _authority(inner.parts) != inner.parts:
                    break
            else:
                kept.append(part)
            continue
        start = len(seen)
        seen += part.text
        after = seen.find("//") + 2 if "//" in seen else 0
        end = seen.find("/", max(after, start))
        if end >= 0:
            kept.append(cut(part, 0, end - start))
            break
        kept.append(part)
    return tuple(kept)


def _folder(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Everything up to the last slash."""
    text = Text(parts)
    known = text.literal
    if known is None:
        return parts
    path = known.find("/", known.find("://") + 3 if "://" in known else 0)
    if path < 0:
        return (*parts, Lit("/"))
    return between(text, 0, known.rindex("/") + 1).parts


def quoted(call: Call) -> Value:
    """`quote(text)`: ids need no quoting, so it is the same text."""
    given = call.arguments.first("string")
    return concat([pieces(given)]) if given else UNKNOWN


def encoded(call: Call) -> Value:
    """`urlencode(mapping)`: a dict of the same entries, which a URL takes as its query."""
    given = call.arguments.first("query")
    if given is None:
        return UNKNOWN
    choices: list[Text] = []
    for thing in things(call.machine, given.value):
        if not isinstance(thing, Record):
            continue
        parts: list[Part] = []
        for name, entries in thing.entries.items():
            if parts:
                parts.append(Lit("&"))
            parts.append(Lit(f"{name}="))
            parts.extend(pieces(entries[-1].given)[0].parts)
        choices.append(Text(tuple(parts)))
    return (
        concat([[Text((Hole(choice, given.site, given.frame),)) for choice in choices]])
        if choices
        else UNKNOWN
    )


def _is_sent(value: Value) -> bool:
    return isinstance(value, Reply) and value.path == (View.ADDRESS,)


def taken_apart(call: Call) -> Value:
    """`urlsplit(url)`: its parts as attributes. Of a URL that isn't known, each part is made of it."""
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
                    between(choice, start, start + len(getattr(parts, name) or ""))
                    if start >= 0
                    else plain("")
                )
            if isinstance(thing, Instance):
                thing.put(name, call.given(part))
    return ref


def put_together(call: Call) -> Value:
    """`urlunsplit(parts)`: of a tuple, or of a URL that was taken apart."""
    given = call.arguments.first("components")
    held = things(call.machine, given.value) if given is not None else []
    found: list[Value] = []
    for thing in held:
        if isinstance(thing, Sequence) and thing.rest is NEVER and len(thing.items) > 2:
            query = thing.items[-2] if len(thing.items) > 4 else None
            found.append(_whole(thing.items[:3], query))
        elif isinstance(thing, Instance) and all(name in thing.origins for name in _FRONT):
            query = thing.origins["query"][-1] if "query" in thing.origins else None
            found.append(_whole([thing.origins[name][-1] for name in _FRONT], query))
        else:
            return UNKNOWN
    return join(*found) if found else UNKNOWN


def _whole(front: list[Given], query: Given | None) -> Value:
    """Scheme, host, path and query as one URL."""
    scheme, host, path = ([Text((Hole(one.value, one.site, one.frame),))] for one in front)
    slash = [] if leading(path[0]).startswith("/") else [[Text((Lit("/"),))]]
    tail = [[plain("?")], pieces(query)] if query is not None and query.value not in (NONE, Text(())) else []
    return concat([scheme, [plain("://")], host, *slash, path, *tail])


def replaced(call: Call, member: Value) -> Value:
    """`parts._replace(path=…)` of a URL that was taken apart."""
    receiver = cast(Member, member).receiver
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


def as_url(call: Call, member: Value) -> Value:
    """`parts.geturl()`."""
    given = call.given(cast(Member, member).receiver)
    return put_together(Call(call.machine, call.act, call.node, Arguments([given])))


def joined(call: Call) -> Value:
    """`posixpath.join(path, …)`: segments of a path, with slashes between them."""
    parts: list[list[Text]] = []
    last: list[str] = []
    if call.arguments.spread:
        return UNKNOWN
    for number, given in enumerate(call.arguments.positional):
        texts = pieces(given)
        if number and any(leading(text).startswith("/") for text in texts):
            return UNKNOWN
        known = [text.literal or "" for text in texts]
        if number and not all(one.endswith("/") for one in last):
            parts.append([Text((Lit("/"),))])
        parts.append(texts)
        last = known
    return concat(parts)


_FRONT = ("scheme", "netloc", "path")


def between(text: Text, start: int, end: int) -> Text:
    """The characters of a text that is known, from `start` to `end`."""
    found: list[Part] = []
    place = 0
    for part in text.parts:
        size = len(part.text if isinstance(part, Lit) else getattr(part.value, "literal", None) or "")
        low, high = max(start - place, 0), min(end - place, size)
        if low < high and isinstance(part, Lit):
            found.append(cut(part, low, high))
        elif low < high and isinstance(part, Hole) and isinstance(part.value, Text):
            found.append(Hole(between(part.value, low, high), part.site, part.frame))
        place += size
    return Text(tuple(found))


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
