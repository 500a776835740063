r"""URLs of stubs: regular expressions, split into the segments of a path, and the URLs that a stub answers.

re.compile(r".*/things/[a-z]+$")    # base ".*", segments "things" and "[a-z]+"
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from kognitos_migrate.conversations.url import Url, UrlPiece, UrlSegment, flatten, piece_slice
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.model import PathSegment
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.bounded_regex import MatchExtent, has_match
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import Text, Value
from kognitos_migrate.values.texts import text_with_digits

_IMPLIED = UrlSegment((), None)
"""A segment that the pattern doesn't contain: another part of it matches the segment, or it ends before."""
_ANYTHING = (".*", ".+", ".*?", ".+?")
_LOCAL = ("localhost", "127.0.0.1")
_PLAIN = re.compile(r"[\w-]*")


class _Token(Struct, frozen=True):
    """The part of a pattern between two slashes, without anchors; `text` is None if it isn't known."""

    pieces: tuple[UrlPiece, ...]
    slash: UrlPiece | None
    text: str | None

    @property
    def word(self) -> str | None:
        """The text that the token matches; None if it may match several."""
        text = re.sub(r"\\(\W)", r"\1", self.text) if self.text is not None else ""
        return text if self.text is not None and _PLAIN.fullmatch(text) else None

    def may_end_with(self, word: str) -> bool:
        """Whether the token, which isn't that word, may match a text that is it, or ends with it."""
        if self.text is None or self.text.endswith(_ANYTHING):
            return True
        return self.word is None and has_match(self.text, word, MatchExtent.WHOLE) is not False


def pattern_url(
    text: Text, path: Sequence[PathSegment], new_path: Sequence[PathSegment]
) -> tuple[Url, tuple[UrlSegment, ...]] | None:
    """A pattern as a URL, with the segments that stand for those of a `path`. None if the pattern doesn't
    contain the last fixed word of the path, or something else beside it. A wildcard in front of that word
    must also match the word of `new_path` in its place."""
    tokens = list(_tokens(text))
    fixed = [number for number, part in enumerate(path) if part.text is not None]
    last = fixed[-1] if fixed else 0
    places = [number for number, token in enumerate(tokens) if fixed and token.word == path[last].text]
    if len(places) != 1 or len(tokens) - places[0] > len(path) - last:
        return None
    at = places[0]
    behind = [_segment(token) for token in tokens[at:]]
    behind += [_IMPLIED] * (len(path) - last - len(behind))
    ahead: list[UrlSegment] = []
    for number, part in reversed([*enumerate(path[:last])]):
        new_word = new_path[number].text if number < len(new_path) else None
        token = tokens[at - 1] if at else None
        if token is None or part.text is None:
            ahead.append(_IMPLIED)
        elif token.word == part.text:
            ahead.append(_segment(token))
            at -= 1
        elif not token.pieces or all(map(token.may_end_with, (part.text, new_word or part.text))):
            ahead.append(_IMPLIED)
        else:
            return None
    url = Url(value=text)
    for token in tokens[:at]:
        url.base += [*([token.slash] if token.slash is not None else []), *token.pieces]
    segments = (*reversed(ahead), *behind)
    url.segments.extend(segments)
    return url, segments


def pattern_parts(pattern: str) -> list[str]:
    """The parts of a pattern between its slashes, without anchors."""
    return [token.text or "" for token in _tokens(plain_text(pattern))]


def plain_word(part: str) -> str | None:
    """The word that a part of a pattern matches; None if it may match several."""
    return _Token((), None, part).word


def is_plain_pattern(text: str | None) -> bool:
    """Whether a part of a pattern matches one text, which isn't empty: itself."""
    return bool(text) and _PLAIN.fullmatch(text or "") is not None


def may_have_host(pattern: Url, hosts: Sequence[str]) -> bool:
    """Whether a pattern matches URLs with one of the hosts, or with any."""
    host = pattern.host
    if host is None or not re.search(r"\w", re.sub(r"\\\w", "", host)):
        return True
    expression = host.replace("*", ".*")
    return any(
        has_match(expression, name, MatchExtent.START) is not False or fnmatch(name, host)
        for name in (*hosts, *_LOCAL)
    )


def _segment(token: _Token) -> UrlSegment:
    return UrlSegment(token.pieces, token.slash)


def ends_pattern(url: Url) -> bool:
    """Whether a pattern matches nothing behind it, because it ends with an anchor."""
    last = flatten(url.value, ())[-1:] if isinstance(url.value, Text) else []
    return any((piece.text or "").endswith(("$", r"\Z")) for piece in last)


def _tokens(text: Text) -> Iterator[_Token]:
    """The parts of a pattern between slashes. A slash in a group or a class separates nothing."""
    pending: list[UrlPiece] = []
    slash: UrlPiece | None = None
    depth, in_class, is_escaped = 0, False, False
    for piece in _without_anchors(flatten(text, ())):
        start = 0
        for place, character in enumerate(piece.text or ""):
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif in_class:
                in_class = character != "]"
            elif character == "[":
                in_class = True
            elif character in "()":
                depth += 1 if character == "(" else -1
            elif character == "/" and depth == 0:
                pending += [piece_slice(piece, start, place)] if place > start else []
                yield _token(pending, slash)
                pending, slash, start = [], piece_slice(piece, place, place + 1), place + 1
        if piece.text is None or start < len(piece.text):
            pending.append(piece if piece.text is None else piece_slice(piece, start, len(piece.text)))
    yield _token(pending, slash)


def _token(pieces: list[UrlPiece], slash: UrlPiece | None) -> _Token:
    texts = [piece.text for piece in pieces]
    is_known = None not in texts
    return _Token(tuple(pieces), slash, "".join(text or "" for text in texts) if is_known else None)


def _without_anchors(pieces: list[UrlPiece]) -> list[UrlPiece]:
    """The pieces of a pattern without the anchors at its start and its end."""
    for anchor in ("^", r"\A"):
        if pieces and (pieces[0].text or "").startswith(anchor):
            pieces = [piece_slice(pieces[0], len(anchor), len(pieces[0].text or "")), *pieces[1:]]
    for anchor in ("$", r"\Z"):
        if pieces and (pieces[-1].text or "").endswith(anchor):
            pieces = [*pieces[:-1], piece_slice(pieces[-1], 0, len(pieces[-1].text or "") - len(anchor))]
    return [piece for piece in pieces if piece.text != ""]


def may_answer(text: str, url: str) -> bool:
    """Whether a stub for a URL, with or without its query, or for a regular expression may answer `url`."""
    if text in (url, url.partition("?")[0]):
        return True
    return has_match(text, url) is not False


def entry_values(facts: Facts, value: Value, name: str) -> Sequence[Value]:
    """The values that the dicts of `value` have under a key."""
    records = facts.heap.objects_of(value)
    values: list[Value] = []
    for record in records:
        if isinstance(record, DictObject):
            values.append(record.get(name))
            for spread in record.spreads:
                values.extend(entry_values(facts, spread.value, name))
    return values


def known_texts(values: Value | Sequence[Value]) -> Iterator[str]:
    """The texts among some values, without unknown ones."""
    for value in values if isinstance(values, Sequence) else (values,):
        for choice in alternatives(value):
            if isinstance(choice, Text) and (text := text_with_digits(choice)):
                yield text
