"""The signature of an old version: names that only it has, and the endpoint words that go with each.

Deployed code names no vendor: addresses, keys and ids come from its environment. It still reads a field that
only the old version has, and builds the path of the call that returns it or of a call that takes it.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kognitos_migrate.rulebook.model import Api, Operation, Rulebook


_IN_FRONT = (rb"""["'}]""", rb"""["'}]/""", rb"""["'/}]v\d/""")
"""The text in front of a path's first word."""
HOST = re.compile(rb"://\w")
"""The start of a literal host, as opposed to one that is composed."""
_URL = re.compile(rb"""["']https?://\w""")
"""The start of a string with a literal host, as opposed to one in a comment."""
_BEFORE_CALL = (rb"""["']/""", rb"[}]/", rb"[}]", rb"""["'}]v\d/""", rb"""["'}]/v\d/""")
"""The text in front of the first word of a path that is certainly no file or command."""
_HOLE = rb"""/["'{%<:$]"""
"""The end of a word of a path behind which a value follows."""


class SignatureName(NamedTuple):
    """A field, parameter or header of the old version, and the signs that must accompany it.

    `words` are endpoint words of the calls that return it, and `follows` those of calls that take its value,
    with more of the path behind them. One of these must occur if there are any, and one of `fields`. With a
    header, which other services have, too, the words must be those of calls.
    """

    name: bytes
    words: tuple[bytes, ...]
    follows: tuple[bytes, ...]
    fields: tuple[bytes, ...] = ()
    is_sent: bool = False
    """Whether the import of an HTTP client is required if there are no endpoint words."""

    @property
    def is_of_path(self) -> bool:
        """Whether the word of an endpoint is required."""
        return bool(self.words or self.follows)


class SignatureSigns(NamedTuple):
    """The signs of a signature in a file."""

    names: frozenset[bytes]
    words: frozenset[bytes]
    follows: frozenset[bytes]
    sends: bool = False
    """Whether the file imports an HTTP client."""
    calls: frozenset[bytes] = frozenset()
    """Words of both kinds that certainly begin a path, and, beside a header, all of them unless the file says
    another host."""
    reads: frozenset[bytes] = frozenset()
    """The names that are read as fields of another object."""

    def join_with(self, other: SignatureSigns) -> SignatureSigns:
        """The signs of two files together."""
        return SignatureSigns(
            self.names | other.names,
            self.words | other.words,
            self.follows | other.follows,
            self.sends or other.sends,
            self.calls | other.calls,
            self.reads | other.reads,
        )

    def complete_names(self, signature: Iterable[SignatureName]) -> Iterator[SignatureName]:
        """The names that occur with the signs that must accompany them."""
        for signature_name in signature:
            if is_header(signature_name.name):
                is_called = not self.calls.isdisjoint((*signature_name.words, *signature_name.follows))
            else:
                is_called = not (
                    self.words.isdisjoint(signature_name.words)
                    and self.follows.isdisjoint(signature_name.follows)
                )
            is_called = is_called or (
                not signature_name.is_of_path and (self.sends or not signature_name.is_sent)
            )
            has_fields = not signature_name.fields or not self.names.isdisjoint(signature_name.fields)
            names = self.reads if any(map(is_header, signature_name.fields)) else self.names
            if signature_name.name in names and is_called and has_fields:
                yield signature_name

    def has_complete_name(self, signature: Iterable[SignatureName]) -> bool:
        """Whether `complete_names` yields a name."""
        return any(True for _ in self.complete_names(signature))


NO_SIGNS = SignatureSigns(frozenset(), frozenset(), frozenset())


def signature_names(rulebook: Rulebook, api: Api) -> Iterator[SignatureName]:
    """The signature of an API: fields and parameters that only the old version has.

    The fields are those of old replies whose values other calls take, and the parameters are those of old
    queries.
    """
    operations = [operation for operation in rulebook.operations if operation.api == api.id]
    words = {operation.id: path_words(api, operation) for operation in operations}
    for operation in operations:
        own = words[operation.id]
        if own is None:
            continue
        yield from (SignatureName(parameter, (own.word,), ()) for parameter in _removed_parameters(operation))
        fields = {member.name for member in operation.old.reply if operation.new.has_reply_field(member.name)}
        for name, consumers in _forwarded_fields(operation, operations):
            consumer_words = {path.word for other in consumers if (path := words[other.id]) is not None}
            yield SignatureName(
                name, (own.word,), tuple(sorted(consumer_words - {own.word})), _sort_encoded(fields)
            )


def signature_of_all(rulebook: Rulebook) -> tuple[SignatureName, ...]:
    """The signatures of all APIs."""
    return tuple(name for api in rulebook.apis.values() for name in signature_names(rulebook, api))


def weak_signature(rulebook: Rulebook, api: Api) -> Iterator[SignatureName]:
    """Names that are too weak for a finding, and strong enough to analyse a program's requests.

    They are a header of the API with the word of an endpoint whose reply another call takes; and names of
    the signature without a visible address, each with a field of the reply to the next request, or, read
    as a field, with the header and an HTTP client.
    """
    headers = _sort_encoded(header.lower() for header in api.headers)
    operations = [operation for operation in rulebook.operations if operation.api == api.id]
    decoded = {signature.operation: signature.decodes for signature in api.signatures if signature.decodes}
    for operation in operations:
        yield from (
            SignatureName(parameter, (), (), is_sent=True) for parameter in _removed_parameters(operation)
        )
        for name, consumers in _forwarded_fields(operation, operations):
            fields = {field for other in consumers for field in decoded.get(other.id, ())}
            yield from (SignatureName(name, (), (), names) for names in (_sort_encoded(fields),) if names)
            yield from (SignatureName(name, (), (), names, is_sent=True) for names in (headers,) if names)
    for signature_name in signature_names(rulebook, api):
        if signature_name.follows and not signature_name.fields:
            yield from (
                SignatureName(header, signature_name.words, signature_name.follows) for header in headers
            )


def _removed_parameters(operation: Operation) -> Iterator[bytes]:
    """The old query parameters of an operation that the new version lacks. The operation must have a path."""
    new = {member.name for member in (*operation.new.query, *operation.new.members)}
    names = (member.name for member in operation.old.query if operation.old.path)
    yield from (name.encode() for name in names if name not in new)


def _forwarded_fields(
    operation: Operation, operations: Iterable[Operation]
) -> Iterator[tuple[bytes, list[Operation]]]:
    """The fields of an operation's old reply whose values other calls take, each with these operations.

    Fields that the new reply has, too, are left out.
    """
    for member in operation.old.reply:
        consumers = [other for other in operations if member.slot in requested_slots(other)]
        if consumers and not operation.new.has_reply_field(member.name):
            yield member.name.encode(), consumers


def _sort_encoded(names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(sorted(map(str.encode, names)))


def signs_in_file(
    data: bytes, signature: Iterable[SignatureName], clients: Iterable[bytes]
) -> SignatureSigns:
    """The signs of a signature in a module's text. `clients` are import statements of HTTP clients."""
    signature = tuple(signature)
    words = {word for signature_name in signature for word in signature_name.words}
    follows = {word for signature_name in signature for word in signature_name.follows}
    fields = {name for signature_name in signature for name in signature_name.fields}
    names = frozenset(
        name for name in {signature_name.name for signature_name in signature} if _occurs_as_name(name, data)
    )
    begun = frozenset(word for word in words if starts_path_in(word, data))
    followed = frozenset(word for word in follows if has_path_tail(word, data))
    calls = frozenset(word for word in words | follows if _is_called_path(word, data))
    if any(map(is_header, names)) and _URL.search(data) is None:
        calls |= begun | followed
    return SignatureSigns(
        names | frozenset(name for name in fields if is_field_in(name, data)),
        begun,
        followed,
        client_offset(data, tuple(clients)) is not None,
        calls,
        frozenset(name for name in names if not is_header(name) and _read_pattern(name).search(data)),
    )


def has_name(data: bytes, signature: Iterable[SignatureName]) -> bool:
    """Whether a file contains a name that only the old version has."""
    return any(
        _occurs_as_name(name, data) for name in {signature_name.name: None for signature_name in signature}
    )


@cache
def _read_pattern(name: bytes) -> re.Pattern[bytes]:
    """A name as a key, as an attribute of another object, or as a field of a class."""
    literal = re.escape(name)
    is_key = (
        rb"""(?<=["']"""
        + literal
        + rb""")["']|(?<=[^f]\."""
        + literal
        + rb")\b|(?<=[^l]f\."
        + literal
        + rb")\b"
    )
    return re.compile(rb"(?m)" + literal + rb"(?:" + is_key + rb")|^[ \t]+" + literal + rb"\s*:")


def is_header(name: bytes) -> bool:
    """Whether a name is that of a header, whose case is irrelevant. Only headers contain hyphens."""
    return b"-" in name


def _occurs_as_name(name: bytes, data: bytes) -> bool:
    """Whether a name occurs in `data`."""
    return name in data.lower() if is_header(name) else is_word_in(name, data)


def has_word(data: bytes, signature: Iterable[SignatureName]) -> bool:
    """Whether a file contains the word of an endpoint that goes with a name."""
    words, follows = _signature_words(tuple(signature))
    for word in words:
        if word in data and starts_path_in(word, data):
            return True
    return any(word + b"/" in data and has_path_tail(word, data) for word in follows)


def has_part_of_signature(data: bytes, signature: Iterable[SignatureName]) -> bool:
    """Whether a file or a statement contains a part of a signature."""
    return has_word(data, signature) or has_name(data, signature)


@cache
def _signature_words(signature: tuple[SignatureName, ...]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The `words` of a signature, each once, and the `follows` that aren't among them."""
    words = frozenset(word for signature_name in signature for word in signature_name.words)
    return words, frozenset(word for signature_name in signature for word in signature_name.follows) - words


def has_signature(
    texts: Iterable[bytes], signature: Iterable[SignatureName], clients: Iterable[bytes] = ()
) -> bool:
    """Whether the modules of a program together contain a name and the signs that must accompany it."""
    traits = [signs_in_file(text, signature, clients) for text in texts]
    joined = reduce(SignatureSigns.join_with, traits, NO_SIGNS)
    return joined.has_complete_name(signature)


def client_offset(data: bytes, clients: tuple[bytes, ...]) -> int | None:
    """The offset of the first import of one of `clients`, which are import statements; None if there is none.

    In `import os, requests` the client is not the first name.
    """
    if b"import" not in data:
        return None
    patterns = (*_client_import_patterns(clients), _listed_import_pattern(clients))
    return min((match.start() for pattern in patterns if (match := pattern.search(data))), default=None)


@cache
def _client_import_patterns(clients: tuple[bytes, ...]) -> tuple[re.Pattern[bytes], ...]:
    """A pattern of the import statements `clients` for each keyword that they begin with. A text is searched
    once for each, instead of once for each client."""
    by_keyword: dict[bytes, list[bytes]] = {}
    for client in clients:
        keyword, _, module = client.partition(b" ")
        by_keyword.setdefault(keyword, []).append(re.escape(module))
    return tuple(
        re.compile(keyword + b" (?:" + b"|".join(modules) + b")") for keyword, modules in by_keyword.items()
    )


@cache
def _listed_import_pattern(clients: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """An import statement of several modules in which a client is not the first."""
    names = (client.partition(b" ")[2] for client in clients if client.startswith(b"import "))
    several = b"|".join(sorted(map(re.escape, names))) or rb"(?!)"
    return re.compile(rb"import [\w., ]*,[ \t]*(?:" + several + rb")\b")


class PathWords(NamedTuple):
    """An endpoint's version and word: `v1` and `invoke`."""

    version: bytes
    word: bytes


def path_words(api: Api, operation: Operation) -> PathWords | None:
    """The version of an old path and the first fixed segment behind it; None without fixed segments.

    If the path has no version, its first fixed segment is used instead.
    """
    fixed = [segment.text for segment in operation.old.path if segment.text]
    if not fixed:
        return None
    after = fixed[fixed.index(api.old) + 1 :] if api.old in fixed else fixed
    version = api.old if api.old in fixed else fixed[0]
    return PathWords(version.encode(), (after[0] if after else version).encode())


def requested_slots(operation: Operation) -> Iterator[str]:
    """The slots in the URL of an operation's old request."""
    slots = (
        *(segment.slot for segment in operation.old.path),
        *(member.slot for member in operation.old.query),
    )
    return (slot for slot in slots if slot is not None)


def is_segment_in(text: bytes, data: bytes) -> bool:
    """Whether `text` occurs in `data` as a complete segment of a path or a complete string."""
    return text in data and _part_pattern(text).search(data) is not None


def starts_path_in(word: bytes, data: bytes) -> bool:
    """Whether `word` occurs in `data` at the start of a path, or behind a version.

    Any other text in front of it would make it the path of another service.
    """
    return word in data and _path_start_pattern(re.escape(word), rb"""["'/{?#%\\]""").search(data) is not None


def has_path_tail(word: bytes, data: bytes) -> bool:
    """Whether `word` starts a path as in `starts_path_in`, and more of the path follows."""
    return word + b"/" in data and _path_start_pattern(re.escape(word), b"/").search(data) is not None


def _is_called_path(word: bytes, data: bytes) -> bool:
    """Whether `word` occurs in `data` at the start of a path, or behind a version or a host, and a value
    follows it."""
    return word + b"/" in data and _call_pattern(re.escape(word)).search(data) is not None


@cache
def _call_pattern(literal: bytes) -> re.Pattern[bytes]:
    before = b"|".join(b"(?<=" + prefix + literal + b")" for prefix in _BEFORE_CALL)
    written = literal + b"(?:" + before + b")" + _HOLE
    addressed = rb"""://[^\s"'/]+/(?:v\d/)?""" + literal + _HOLE
    return re.compile(written + b"|" + addressed)


def is_word_in(word: bytes, data: bytes) -> bool:
    """Whether a word occurs in `data` on its own. The substring test is much faster than the pattern."""
    return word in data and re.search(rb"\b%b\b" % re.escape(word), data) is not None


def is_field_in(name: bytes, data: bytes) -> bool:
    """Whether a name occurs in `data` as a key, an attribute or an annotation, and not as a word of prose."""
    if is_header(name):
        return name in data.lower()
    return name in data and _field_pattern(name).search(data) is not None


@cache
def _field_pattern(name: bytes) -> re.Pattern[bytes]:
    literal = re.escape(name)
    is_key, is_annotated = rb"""(?<=["'.]""" + literal + rb""")\b""", rb"(?<=\b" + literal + rb")\s*[:=]"
    return re.compile(literal + rb"(?:" + is_key + rb"|" + is_annotated + rb")")


@cache
def _part_pattern(text: bytes) -> re.Pattern[bytes]:
    """A complete segment or string.

    The pattern begins with the text and then looks back, which is ten times as fast as beginning with
    alternatives. JSON has a backslash in front of the end of a string inside of a string.
    """
    literal = re.escape(text)
    return re.compile(literal + rb"""(?<=["'/}]""" + literal + rb""")["'/{?#%\\]""")


@cache
def _path_start_pattern(literal: bytes, tail: bytes) -> re.Pattern[bytes]:
    before = b"|".join(b"(?<=" + prefix + literal + b")" for prefix in _IN_FRONT)
    return re.compile(literal + b"(?:" + before + b")" + tail)
