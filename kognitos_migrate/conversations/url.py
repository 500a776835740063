"""A URL split into base, path segments and query, with the source location of each piece."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import dropwhile

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text, Unknown, Value
from kognitos_migrate.values.texts import digits_in

_LONGEST_SCHEME = 12
_TOKEN = re.compile(r"[/?]|[^/?]+")
_WORD = re.compile(r"\w+")
_HOSTS = (re.compile(r"(?:https?|\*):?//(?:[^/@]*@)?([^/:]+)"), re.compile(r"(?:https?:)?//([^/:]+)"))
_PRIVATE_DOMAINS = ("corp", "home", "internal", "intranet", "lan", "local", "localhost", "private", "test")
"""The top-level domains that can't be registered: RFC 6761, RFC 6762 (appendix G), and ICANN's `internal`."""


class UrlPiece(Struct, frozen=True):
    """A run of characters of one literal, a hole without a known text, or the digits of a number.

    `via` are the holes around the piece, outermost first. For an unknown piece the last one is the hole
    itself.
    """

    text: str | None
    lit: Lit | None
    start: int
    via: tuple[Hole, ...]

    @property
    def site(self) -> Site | None:
        """The literal, or the expression of the hole."""
        return self.lit.site if self.lit is not None else self.via[-1].site


class UrlSegment(Struct, frozen=True, dict=True):
    """One segment of a path, with the slash before it."""

    pieces: tuple[UrlPiece, ...]
    slash: UrlPiece | None

    @cached_property
    def text(self) -> str | None:
        """The segment's text. None if it isn't known."""
        if any(piece.text is None for piece in self.pieces):
            return None
        return "".join(piece.text or "" for piece in self.pieces)


class Url(Struct, dict=True):
    """A URL.

    `base` is everything before the path: scheme and host, or an unknown piece. `last_slash` is the one behind
    the last segment, if there is one, and `question_mark` the one before the query. Properties are cached, so
    read them only after the URL is complete.
    """

    base: list[UrlPiece] = field(default_factory=list)
    segments: list[UrlSegment] = field(default_factory=list)
    query: list[UrlPiece] = field(default_factory=list)
    last_slash: UrlPiece | None = None
    question_mark: UrlPiece | None = None
    value: Value | None = None

    @property
    def base_text(self) -> str:
        """A pattern of the base, with `*` for unknown text."""
        text = "".join("*" if piece.text is None else piece.text for piece in self.base)
        return text.replace("\\.", ".")  # a regular expression in a stub

    @cached_property
    def host(self) -> str | None:
        """A pattern of the host, with `*` for unknown text. None if the base has no host."""
        text = self.base_text
        match = _HOSTS[0].match(text) or _HOSTS[1].match(text)
        return match.group(1).lower() if match else None

    def pieces(self) -> list[UrlPiece]:
        """All pieces in order."""
        path_pieces = list(self.base)
        for segment in self.segments:
            if segment.slash is not None:
                path_pieces.append(segment.slash)
            path_pieces.extend(segment.pieces)
        return [*path_pieces, *self.query]

    def sites(self) -> Iterator[Site]:
        """The literals and expressions in the URL."""
        for piece in self.pieces():
            if piece.site is not None:
                yield piece.site
            for hole in piece.via:
                yield hole.site
                if hole.mark is not None and hole.mark.site is not None:
                    yield hole.mark.site


def is_private_host(host: str | None) -> bool:
    """Whether a host is known and exists only in a private network, where any service may have it."""
    if not host or "*" in host:
        return False
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in _PRIVATE_DOMAINS


def urls(value: Value) -> list[Url]:
    """The URLs that `value` may be."""
    return [url_from_text(choice) for choice in alternatives(value) if isinstance(choice, Text)]


def path_setting_of(url: Url) -> Hole | None:
    """The setting at the end of a URL that contains all of its path, with the values that fill it. None if a
    part of the path is in sight, or nothing in front of the setting."""
    pieces = url.pieces()
    last = pieces[-1] if len(pieces) > 1 and not url.query else None
    hole = last.via[-1] if last is not None and last.text is None else None
    if hole is None or not all(segment.pieces == (last,) for segment in url.segments):
        return None
    return hole if hole.fills is not None or all(map(_is_named, alternatives(hole.value))) else None


def _is_named(value: Value) -> bool:
    return isinstance(value, Unknown) and bool(value.source)


def url_from_text(text: Text) -> Url:
    """Split a text into the components of a URL."""
    url = Url(value=text)
    atoms = flatten(text, ())
    scheme = _scheme_length(atoms)
    has_scheme = bool(scheme)
    state = "base" if scheme or (atoms and atoms[0].text is None) else "path"
    pending: list[UrlPiece] = []
    slash: UrlPiece | None = None

    def close() -> None:
        nonlocal pending
        if pending:
            url.segments.append(UrlSegment(tuple(pending), slash))
        url.last_slash = None if pending else slash
        pending = []

    for atom in atoms:
        if atom.text is None:
            {"base": url.base, "query": url.query}.get(state, pending).append(atom)
            continue
        position = min(scheme, len(atom.text))
        scheme -= position
        if position:
            url.base.append(piece_slice(atom, 0, position))
        for token in _TOKEN.finditer(atom.text[position:]):
            piece = piece_slice(atom, position + token.start(), position + token.end())
            if state == "query":
                url.query.append(piece)
            elif token.group() == "?":
                close()
                url.question_mark = piece
                state = "query"
            elif token.group() == "/":
                close()
                slash = piece
                state = "path"
            elif state == "base" and (has_scheme or not _follows_slash(piece, url.base)):
                url.base.append(piece)
            else:
                pending.append(piece)
                state = "path"
    if state != "query":
        close()
    return url


def _follows_slash(piece: UrlPiece, base: Sequence[UrlPiece]) -> bool:
    """Whether a piece is the first word of a path, because the value before it ends with a slash:
    `os.environ["API_ROOT"] + "things/" + key`."""
    return bool(base) and base[-1].text is None and _WORD.fullmatch(piece.text or "") is not None


def _scheme_length(atoms: list[UrlPiece]) -> int:
    """The length of the scheme and the slashes after it, in known characters. 0 if there is no scheme."""
    start = ""
    rest = list(dropwhile(lambda atom: atom.text is None, atoms))
    if len(rest) < len(atoms):
        return len("://") if rest and (rest[0].text or "").startswith("://") else 0
    for atom in atoms:
        if atom.text is None or len(start) > _LONGEST_SCHEME:
            break
        start += atom.text
    scheme, slashes, _ = start[:_LONGEST_SCHEME].partition("://")
    return len(scheme + slashes) if slashes else 0


def piece_slice(piece: UrlPiece, start: int, end: int) -> UrlPiece:
    """The characters of a known piece between two offsets."""
    assert piece.text is not None
    return UrlPiece(piece.text[start:end], piece.lit, piece.start + start, piece.via)


def flatten(text: Text, via: tuple[Hole, ...]) -> list[UrlPiece]:
    """The pieces of a text inside the holes `via`, those of known texts in its holes included."""
    pieces: list[UrlPiece] = []
    for part in text.parts:
        if isinstance(part, Lit):
            if part.text:
                pieces.append(UrlPiece(part.text, part, 0, via))
        elif isinstance(part.value, Text):
            inner = flatten(part.value, (*via, part))
            pieces.extend(inner)
        else:
            pieces.append(UrlPiece(digits_in(part), None, 0, (*via, part)))
    return pieces
