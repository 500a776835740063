"""The signature of an old version: names that only it has, each with the endpoints' words that go with it.

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


class Tie(NamedTuple):
    """A field or parameter that only the old version has, and what makes it telling: the word of the endpoint
    of its call, or of one that is given its value (with more of the path behind it), and one of the fields
    that the same reply has, if there are such."""

    name: bytes
    words: tuple[bytes, ...]
    follows: tuple[bytes, ...]
    fields: tuple[bytes, ...] = ()


class Traits(NamedTuple):
    """The parts of a signature that a file holds."""

    names: frozenset[bytes]
    words: frozenset[bytes]
    follows: frozenset[bytes]

    def joined(self, other: Traits) -> Traits:
        """Those of two files."""
        return Traits(self.names | other.names, self.words | other.words, self.follows | other.follows)

    def tied(self, ties: Iterable[Tie]) -> Iterator[Tie]:
        """The names that are held together with an endpoint's word that goes with them."""
        for tie in ties:
            is_called = not (self.words.isdisjoint(tie.words) and self.follows.isdisjoint(tie.follows))
            has_fields = not tie.fields or not self.names.isdisjoint(tie.fields)
            if tie.name in self.names and is_called and has_fields:
                yield tie

    def is_tied(self, ties: Iterable[Tie]) -> bool:
        """Whether there is such a name."""
        return any(True for _ in self.tied(ties))


NO_TRAITS = Traits(frozenset(), frozenset(), frozenset())


def ties_of(rulebook: Rulebook, api: Api) -> Iterator[Tie]:
    """The signature of an API: the names of old replies whose values other calls are given, and of the
    parameters that take them, as far as the new version has no such names."""
    operations = [operation for operation in rulebook.operations if operation.api == api.id]
    words = {operation.id: path_words(api, operation) for operation in operations}
    for operation in operations:
        own = words[operation.id]
        if own is None:
            continue
        new = {member.name for member in (*operation.new.query, *operation.new.members)}
        for member in operation.old.query:
            if member.name not in new:
                yield Tie(member.name.encode(), (own.word,), ())
        fields = {member.name for member in operation.old.reply if operation.new.replies(member.name)}
        for member in operation.old.reply:
            takers = [other for other in operations if member.slot in asked_slots(other)]
            if takers and not operation.new.replies(member.name):
                taking = {path.word for other in takers if (path := words[other.id]) is not None}
                yield Tie(
                    member.name.encode(),
                    (own.word,),
                    tuple(sorted(taking - {own.word})),
                    tuple(sorted(map(str.encode, fields))),
                )


def traits(data: bytes, ties: Iterable[Tie]) -> Traits:
    """The parts of a signature that `data`, the text of a module, holds."""
    ties = tuple(ties)
    words = {word for tie in ties for word in tie.words}
    follows = {word for tie in ties for word in tie.follows}
    return Traits(
        frozenset(name for tie in ties for name in (tie.name, *tie.fields) if is_word(name, data)),
        frozenset(word for word in words if is_begun(word, data)),
        frozenset(word for word in follows if is_followed(word, data)),
    )


def has_name(data: bytes, ties: Iterable[Tie]) -> bool:
    """Whether a file holds a name that only the old version has."""
    return any(tie.name in data and is_word(tie.name, data) for tie in ties)


def has_word(data: bytes, ties: Iterable[Tie]) -> bool:
    """Whether a file holds an endpoint's word that goes with a name."""
    words, follows = _words(tuple(ties))
    for word in words:
        if word in data and is_begun(word, data):
            return True
    return any(word + b"/" in data and is_followed(word, data) for word in follows)


@cache
def _words(ties: tuple[Tie, ...]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The words of a signature, each once, and those that follow only."""
    words = frozenset(word for tie in ties for word in tie.words)
    return words, frozenset(word for tie in ties for word in tie.follows) - words


def is_signed(texts: Iterable[bytes], ties: Iterable[Tie]) -> bool:
    """Whether the modules of a program hold, together, a name and an endpoint's word that goes with it."""
    found = [traits(text, ties) for text in texts]
    whole = reduce(Traits.joined, found, NO_TRAITS)
    return whole.is_tied(ties)


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


def asked_slots(operation: Operation) -> Iterator[str]:
    """The slots that an operation's old request is given in its URL."""
    slots = (*(part.slot for part in operation.old.path), *(one.slot for one in operation.old.query))
    return (slot for slot in slots if slot is not None)


def is_part(text: bytes, data: bytes) -> bool:
    """Whether `text` stands in `data` as a whole part of a path or of a string."""
    return text in data and _part(text).search(data) is not None


def is_begun(word: bytes, data: bytes) -> bool:
    """Whether a path begins with `word` in `data`, or has it behind a version: what else stands in front of
    it in the same text says whose path it is."""
    return word in data and _begun(re.escape(word), rb"""["'/{?#%\\]""").search(data) is not None


def is_followed(word: bytes, data: bytes) -> bool:
    """Whether such a path goes on behind the word."""
    return word + b"/" in data and _begun(re.escape(word), b"/").search(data) is not None


def is_word(word: bytes, data: bytes) -> bool:
    """Whether a word stands in `data` for itself: a pattern alone would be tried at each word there is."""
    return word in data and re.search(rb"\b%b\b" % re.escape(word), data) is not None


@cache
def _part(text: bytes) -> re.Pattern[bytes]:
    """The text comes first, and what stands before it is looked at behind it: a pattern that begins with
    letters is searched for ten times as fast as one that begins with a choice. JSON has a backslash before
    the end of a text in a text."""
    literal = re.escape(text)
    return re.compile(literal + rb"""(?<=["'/}]""" + literal + rb""")["'/{?#%\\]""")


@cache
def _begun(literal: bytes, behind: bytes) -> re.Pattern[bytes]:
    before = b"|".join(b"(?<=" + one + literal + b")" for one in (rb"""["'}]""", rb"""["'}]/""", rb"/v\d/"))
    return re.compile(literal + b"(?:" + before + b")" + behind)
