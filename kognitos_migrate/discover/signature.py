"""The signature of an old version: names that only it has, and the endpoint words that go with each.

Deployed code names no vendor: addresses, keys and ids come from its environment. It still reads a field that
only the old version has, and builds the path of the call that replies it, or of the one that is given it.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kognitos_migrate.rulebook.model import Api, Operation, Rulebook


_IN_FRONT = (rb"""["'}]""", rb"""["'}]/""", rb"""["'/}]v\d/""")
"""The beginnings of a path."""
HOST = re.compile(rb"://\w")
"""The beginning of a host that is written, and not put together."""


class SignatureName(NamedTuple):
    """A field, parameter or header of the old version, and what makes it telling: the word of the endpoint of
    its call, or of one that is given its value (with more of the path behind it), or an import of an HTTP
    client, as far as any of these is asked for; and one of the fields beside it, if there are such."""

    name: bytes
    words: tuple[bytes, ...]
    follows: tuple[bytes, ...]
    fields: tuple[bytes, ...] = ()
    is_sent: bool = False
    """Whether an HTTP client is asked for."""

    @property
    def is_of_path(self) -> bool:
        """Whether it goes with the word of an endpoint."""
        return bool(self.words or self.follows)


class Traits(NamedTuple):
    """The parts of a signature that a file holds."""

    names: frozenset[bytes]
    words: frozenset[bytes]
    follows: frozenset[bytes]
    sends: bool = False
    """Whether it imports an HTTP client."""

    def joined(self, other: Traits) -> Traits:
        """Those of two files."""
        return Traits(
            self.names | other.names,
            self.words | other.words,
            self.follows | other.follows,
            self.sends or other.sends,
        )

    def tied(self, ties: Iterable[SignatureName]) -> Iterator[SignatureName]:
        """The names that are held together with what makes them telling."""
        for tie in ties:
            is_called = not (self.words.isdisjoint(tie.words) and self.follows.isdisjoint(tie.follows))
            is_called = is_called or (not tie.is_of_path and (self.sends or not tie.is_sent))
            has_fields = not tie.fields or not self.names.isdisjoint(tie.fields)
            if tie.name in self.names and is_called and has_fields:
                yield tie

    def is_tied(self, ties: Iterable[SignatureName]) -> bool:
        """Whether there is such a name."""
        return any(True for _ in self.tied(ties))


NO_TRAITS = Traits(frozenset(), frozenset(), frozenset())


def signature_names(rulebook: Rulebook, api: Api) -> Iterator[SignatureName]:
    """The signature of an API: the names of old replies whose values other calls are given, and of the
    parameters that take them, as far as the new version has no such names."""
    operations = [operation for operation in rulebook.operations if operation.api == api.id]
    words = {operation.id: path_words(api, operation) for operation in operations}
    for operation in operations:
        own = words[operation.id]
        if own is None:
            continue
        yield from (SignatureName(parameter, (own.word,), ()) for parameter in _parameters(operation))
        fields = {member.name for member in operation.old.reply if operation.new.replies(member.name)}
        for name, takers in _passed_on(operation, operations):
            taking = {path.word for other in takers if (path := words[other.id]) is not None}
            yield SignatureName(name, (own.word,), tuple(sorted(taking - {own.word})), _sorted(fields))


def faint_ties_of(rulebook: Rulebook, api: Api) -> Iterator[SignatureName]:
    """Ties that show too little for a finding, and enough for a look at the requests of a program.

    These are a header of the API and the word of an endpoint whose reply goes on to another; and names of the
    signature whose address is out of sight, each with a field of the reply to the next request, or with the
    header and an HTTP client.
    """
    headers = _sorted(header.lower() for header in api.headers)
    operations = [operation for operation in rulebook.operations if operation.api == api.id]
    decoded = {one.operation: one.decodes for one in api.signatures if one.decodes}
    for operation in operations:
        yield from (SignatureName(parameter, (), (), is_sent=True) for parameter in _parameters(operation))
        for name, takers in _passed_on(operation, operations):
            fields = {field for other in takers for field in decoded.get(other.id, ())}
            yield from (SignatureName(name, (), (), some) for some in (_sorted(fields),) if some)
            yield from (SignatureName(name, (), (), some, is_sent=True) for some in (headers,) if some)
    for tie in signature_names(rulebook, api):
        if tie.follows and not tie.fields:
            yield from (SignatureName(header, tie.words, tie.follows) for header in headers)


def _parameters(operation: Operation) -> Iterator[bytes]:
    """The parameters of an operation's old query that the new version does not have, where it has a path."""
    new = {member.name for member in (*operation.new.query, *operation.new.members)}
    names = (member.name for member in operation.old.query if operation.old.path)
    yield from (name.encode() for name in names if name not in new)


def _passed_on(
    operation: Operation, operations: Iterable[Operation]
) -> Iterator[tuple[bytes, list[Operation]]]:
    """The fields of an operation's old reply, and of no new one, whose values others are given, each with
    these."""
    for member in operation.old.reply:
        takers = [other for other in operations if member.slot in requested_slots(other)]
        if takers and not operation.new.replies(member.name):
            yield member.name.encode(), takers


def _sorted(names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(sorted(map(str.encode, names)))


def traits_in(data: bytes, ties: Iterable[SignatureName], clients: Iterable[bytes] = ()) -> Traits:
    """The parts of a signature that `data`, the text of a module, holds; `clients` are the imports of HTTP
    clients, as they are written."""
    ties = tuple(ties)
    words = {word for tie in ties for word in tie.words}
    follows = {word for tie in ties for word in tie.follows}
    fields = {name for tie in ties for name in tie.fields}
    return Traits(
        frozenset(name for name in {tie.name for tie in ties} if _is_held(name, data))
        | frozenset(name for name in fields if is_field(name, data)),
        frozenset(word for word in words if begins_path(word, data)),
        frozenset(word for word in follows if has_path_tail(word, data)),
        client_at(data, tuple(clients)) is not None,
    )


def has_name(data: bytes, ties: Iterable[SignatureName]) -> bool:
    """Whether a file holds a name that only the old version has."""
    return any(_is_held(name, data) for name in {tie.name: None for tie in ties})


def is_header(name: bytes) -> bool:
    """Whether a name is that of a header, of which the case does not matter: others have no hyphen."""
    return b"-" in name


def _is_held(name: bytes, data: bytes) -> bool:
    """Whether a name stands in `data`."""
    return name in data.lower() if is_header(name) else is_word(name, data)


def has_word(data: bytes, ties: Iterable[SignatureName]) -> bool:
    """Whether a file holds an endpoint's word that goes with a name."""
    words, follows = _words(tuple(ties))
    for word in words:
        if word in data and begins_path(word, data):
            return True
    return any(word + b"/" in data and has_path_tail(word, data) for word in follows)


def bears(data: bytes, ties: Iterable[SignatureName]) -> bool:
    """Whether a file, or a statement of one, holds a part of a signature."""
    return has_word(data, ties) or has_name(data, ties)


@cache
def _words(ties: tuple[SignatureName, ...]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The words of a signature, each once, and those that follow only."""
    words = frozenset(word for tie in ties for word in tie.words)
    return words, frozenset(word for tie in ties for word in tie.follows) - words


def has_signature(
    texts: Iterable[bytes], ties: Iterable[SignatureName], clients: Iterable[bytes] = ()
) -> bool:
    """Whether the modules of a program hold, together, a name and what makes it telling."""
    found = [traits_in(text, ties, clients) for text in texts]
    whole = reduce(Traits.joined, found, NO_TRAITS)
    return whole.is_tied(ties)


def client_at(data: bytes, clients: tuple[bytes, ...]) -> int | None:
    """Where a module first imports one of the `clients`, which are imports as they are written; None where it
    does not. `import os, requests` has other names in between."""
    if b"import" not in data:
        return None
    places = [start for client in clients if (start := data.find(client)) >= 0]
    places += [match.start() for match in _listed(clients).finditer(data)]
    return min(places, default=None)


@cache
def _listed(clients: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """An import of several modules, of which a client is not the first."""
    names = (client.partition(b" ")[2] for client in clients if client.startswith(b"import "))
    several = b"|".join(sorted(map(re.escape, names))) or rb"(?!)"
    return re.compile(rb"import [\w., ]*,[ \t]*(?:" + several + rb")\b")


class PathWords(NamedTuple):
    """An endpoint's version and word: `v1` and `invoke`."""

    version: bytes
    word: bytes


def path_words(api: Api, operation: Operation) -> PathWords | None:
    """The version and the first fixed segment after it (the first of all, where there is no version)."""
    fixed = [segment.text for segment in operation.old.path if segment.text]
    if not fixed:
        return None
    after = fixed[fixed.index(api.old) + 1 :] if api.old in fixed else fixed
    version = api.old if api.old in fixed else fixed[0]
    return PathWords(version.encode(), (after[0] if after else version).encode())


def requested_slots(operation: Operation) -> Iterator[str]:
    """The slots that an operation's old request is given in its URL."""
    slots = (*(part.slot for part in operation.old.path), *(one.slot for one in operation.old.query))
    return (slot for slot in slots if slot is not None)


def is_part(text: bytes, data: bytes) -> bool:
    """Whether `text` stands in `data` as a whole part of a path or of a string."""
    return text in data and _part(text).search(data) is not None


def begins_path(word: bytes, data: bytes) -> bool:
    """Whether a path begins with `word` in `data`, or has it behind a version: what else stands in front of
    it in the same text says whose path it is."""
    return word in data and _begun(re.escape(word), rb"""["'/{?#%\\]""").search(data) is not None


def has_path_tail(word: bytes, data: bytes) -> bool:
    """Whether such a path goes on behind the word."""
    return word + b"/" in data and _begun(re.escape(word), b"/").search(data) is not None


def is_word(word: bytes, data: bytes) -> bool:
    """Whether a word stands in `data` for itself: a pattern alone would be tried at each word there is."""
    return word in data and re.search(rb"\b%b\b" % re.escape(word), data) is not None


def is_field(name: bytes, data: bytes) -> bool:
    """Whether a name stands in `data` as a key, an attribute or an annotation, and not as a word of prose."""
    if is_header(name):
        return name in data.lower()
    return name in data and _field(name).search(data) is not None


@cache
def _field(name: bytes) -> re.Pattern[bytes]:
    literal = re.escape(name)
    is_key, is_annotated = rb"""(?<=["'.]""" + literal + rb""")\b""", rb"(?<=\b" + literal + rb")\s*[:=]"
    return re.compile(literal + rb"(?:" + is_key + rb"|" + is_annotated + rb")")


@cache
def _part(text: bytes) -> re.Pattern[bytes]:
    """The text comes first, and what stands before it is looked at behind it: a pattern that begins with
    letters is searched for ten times as fast as one that begins with a choice. JSON has a backslash before
    the end of a text in a text."""
    literal = re.escape(text)
    return re.compile(literal + rb"""(?<=["'/}]""" + literal + rb""")["'/{?#%\\]""")


@cache
def _begun(literal: bytes, behind: bytes) -> re.Pattern[bytes]:
    before = b"|".join(b"(?<=" + one + literal + b")" for one in _IN_FRONT)
    return re.compile(literal + b"(?:" + before + b")" + behind)
