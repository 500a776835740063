"""Models of `urllib.parse`, `urllib.error` and `posixpath.join`."""

from collections.abc import Iterable
from urllib.parse import urlparse

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.special_methods import URL_COMPONENTS
from kognitos_migrate.interpret.exceptions import note_error_message
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.record_classes import call_instance_method
from kognitos_migrate.interpret.mocking.recorded_calls import OF_HOST
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import PARTS
from kognitos_migrate.interpret.strings import text_pieces
from kognitos_migrate.interpret.url_values import known_prefix, known_slice, resolve_link
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
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
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)


def urljoin(call: CallPoint) -> Value:
    """The result of `urljoin(base, path)`, unless the path begins with a dot."""
    base, path = call.arguments.first("base"), call.arguments.first("url", place=1)
    if base is None or path is None:
        return UNKNOWN
    urls: list[Value] = []
    for start in text_pieces(base):
        for end in text_pieces(path):
            if known_prefix(end).startswith("."):
                call.note_use(UseKind.METHOD, base.value, base.site, detail="urljoin")
                urls.append(UNKNOWN)
                continue
            urls.append(resolve_link(start, end))
    return join(*urls)


def quote(call: CallPoint) -> Value:
    """The result of `quote(text)`: the text itself, because ids need no quoting."""
    argument = call.arguments.first("string")
    return concat([text_pieces(argument)]) if argument else UNKNOWN


def encode_query(call: CallPoint) -> Value:
    """The result of `urlencode(mapping)`: a query string."""
    mapping = call.arguments.first("query")
    if mapping is None:
        return UNKNOWN
    call.note_flows(mapping)
    choices: list[Text] = []
    for heap_object in call.interpreter.heap.objects_of(mapping.value):
        if not isinstance(heap_object, DictObject):
            continue
        parts: list[Part] = []
        for name, entries in heap_object.entries.items():
            if parts:
                parts.append(Lit("&"))
            parts.append(Lit(f"{name}="))
            parts.extend(text_pieces(entries[-1].operand)[0].parts)
        choices.append(Text(tuple(parts)))
    return (
        concat([[Text((Hole(choice, mapping.site, mapping.frame),)) for choice in choices]])
        if choices
        else UNKNOWN
    )


def _is_request_address(value: Value) -> bool:
    return isinstance(value, Reply) and value.path == (View.ADDRESS,)


def _is_field_or_its_text(value: Value) -> bool:
    """Whether a value is a field of a reply, or its text and nothing else."""
    match value:
        case Text((Hole(inner),)):
            return any(map(_is_field_or_its_text, alternatives(inner)))
    return isinstance(value, Reply) and not _is_request_address(value)


def split_url(call: CallPoint) -> Value:
    """The result of `urlsplit(url)`."""
    return _split(call, [name for name in URL_COMPONENTS if name != "params"])


def parse_url(call: CallPoint) -> Value:
    """The result of `urlparse(url)`."""
    return _split(call, URL_COMPONENTS)


def _split(call: CallPoint, components: Iterable[str]) -> Value:
    """An object with the components of a URL as attributes, which is also a tuple of them. If the URL isn't
    known, each component is the whole URL."""
    url = call.arguments.first("url")
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    for choice in alternatives(url.value) if url is not None and isinstance(instance, Instance) else ():
        whole = Text((Hole(choice, url.site, url.frame),)) if url is not None else Text(())
        literal = choice.literal if isinstance(choice, Text) else None
        if url is not None and _is_field_or_its_text(choice):
            call.note_use(UseKind.ESCAPE, choice, url.site, detail=PARTS)
        try:
            parts = urlparse(literal or "")
        except ValueError:  # as the call itself raises it
            literal, parts = None, urlparse("")
        for name in (*components, "hostname"):
            part: Value = UNKNOWN if _is_request_address(choice) and name in OF_HOST else whole
            if literal is not None and isinstance(choice, Text):
                start = literal.find(getattr(parts, name) or "\0")
                part = (
                    known_slice(choice, start, start + len(getattr(parts, name) or ""))
                    if start >= 0
                    else plain_text("")
                )
            if isinstance(instance, Instance):
                instance.put(name, call.operand(part))
    return ref


def unsplit_url(call: CallPoint) -> Value:
    """The result of `urlunsplit(parts)`, for a tuple or a split URL."""
    components = call.arguments.first("components")
    objects = call.interpreter.heap.objects_of(components.value) if components is not None else []
    urls: list[Value] = []
    for heap_object in objects:
        if (
            isinstance(heap_object, SequenceObject)
            and heap_object.rest is NEVER
            and len(heap_object.items) > 2
        ):
            query = heap_object.items[-2] if len(heap_object.items) > 4 else None
            urls.append(joined_url(heap_object.items[:3], query))
        elif isinstance(heap_object, Instance) and all(
            name in heap_object.origins for name in _LEADING_COMPONENTS
        ):
            query = heap_object.origins["query"][-1] if "query" in heap_object.origins else None
            urls.append(joined_url([heap_object.origins[name][-1] for name in _LEADING_COMPONENTS], query))
        else:
            return UNKNOWN
    return join(*urls) if urls else UNKNOWN


def joined_url(front: list[Operand], query: Operand | None) -> Value:
    """Scheme, host, path and query as one URL."""
    scheme, host, path = ([Text((Hole(operand.value, operand.site, operand.frame),))] for operand in front)
    slash = [] if known_prefix(path[0]).startswith("/") else [[Text((Lit("/"),))]]
    tail = (
        [[plain_text("?")], text_pieces(query)]
        if query is not None and query.value not in (NONE, Text(()))
        else []
    )
    return concat([scheme, [plain_text("://")], host, *slash, path, *tail])


def replace_components(call: CallPoint, member: MemberRef) -> Value:
    """The result of `parts._replace(path=…)` of a split URL."""
    receiver = member.receiver
    original = call.interpreter.heap.get(receiver)
    if not isinstance(original, Instance) or original.cls is not None:
        return call_instance_method(call, member)
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    for name, origins in original.origins.items():
        for origin in origins if name not in call.arguments.keywords else ():
            instance.put(name, origin)
    for name, component in call.arguments.keywords.items():
        instance.put(name, component)
    return ref


def as_url(call: CallPoint, member: MemberRef) -> Value:
    """The result of `parts.geturl()`."""
    receiver = call.operand(member.receiver)
    return unsplit_url(CallPoint(call.interpreter, call.act, call.node, Arguments([receiver])))


def join_posix_path(call: CallPoint) -> Value:
    """The result of `posixpath.join(path, …)`: the segments, joined with slashes."""
    parts: list[list[Text]] = []
    last: list[str] = []
    if call.arguments.spread:
        return UNKNOWN
    for number, segment in enumerate(call.arguments.positional):
        texts = text_pieces(segment)
        if number and any(known_prefix(text).startswith("/") for text in texts):
            return UNKNOWN
        literals = [text.literal or "" for text in texts]
        if number and not all(literal.endswith("/") for literal in last):
            parts.append([Text((Lit("/"),))])
        parts.append(texts)
        last = literals
    return concat(parts)


_LEADING_COMPONENTS = ("scheme", "netloc", "path")


def http_error(call: CallPoint) -> Value:
    """The result of `HTTPError(url, code, msg, hdrs, fp)`, whose message doesn't contain the URL."""
    arguments = call.arguments
    keywords = {name: argument for name, argument in arguments.keywords.items() if name != "url"}
    shown = Arguments(arguments.positional[1:], keywords, arguments.spread, arguments.keyword_spread)
    note_error_message(replace(call, arguments=shown), Symbol(HTTP_ERROR))
    return Unknown(HTTP_ERROR, error=True)


HTTP_ERROR = "urllib.error.HTTPError"

SYMBOLS: dict[str, Model] = {
    HTTP_ERROR: http_error,
    "urllib.parse.urljoin": urljoin,
    "urllib.parse.quote": quote,
    "urllib.parse.quote_plus": quote,
    "urllib.parse.urlencode": encode_query,
    "urllib.parse.urlsplit": split_url,
    "urllib.parse.urlparse": parse_url,
    "urllib.parse.urlunsplit": unsplit_url,
    "urllib.parse.urlunparse": unsplit_url,
    "posixpath.join": join_posix_path,
}
METHODS: dict[str, Method] = {"object._replace": replace_components, "object.geturl": as_url}
