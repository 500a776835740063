"""Texts that are URLs: joins of links, and known parts."""

import re
from collections.abc import Iterator

from kognitos_migrate.interpret.strings import cut_literal, text_pieces
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import Hole, Lit, Part, Text, Value


def join_url(base: Text, argument: Operand) -> Value:
    """The result of `base.join(link)` for the URL types of libraries (httpx.URL, yarl.URL)."""
    return join(*(resolve_link(base, link) for link in text_pieces(argument)))


def resolve_link(base: Text, path: Text) -> Text:
    """The URL that a link `path` leads to from the page at `base`."""
    first = known_prefix(path)
    if "://" in first:
        return path
    if first.startswith("/"):
        return Text((*_authority(base.parts), *path.parts))
    return Text((*_folder(base.parts), *path.parts))


def known_prefix(text: Text) -> str:
    """The known characters at the start of a text."""
    if not text.parts:
        return ""
    part = text.parts[0]
    if isinstance(part, Lit):
        return part.text
    return known_prefix(part.value) if isinstance(part.value, Text) else ""


def _authority(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Scheme and host: everything before the first slash after `//`."""
    front: list[Part] = []
    text = ""
    for part in parts:
        if isinstance(part, Hole):
            inner = part.value
            if isinstance(inner, Text):
                front.append(Hole(Text(_authority(inner.parts)), part.site, part.frame))
                if _authority(inner.parts) != inner.parts:
                    break
            else:
                front.append(part)
            continue
        start = len(text)
        text += part.text
        host_start = text.find("//") + 2 if "//" in text else 0
        end = text.find("/", max(host_start, start))
        if end >= 0:
            front.append(cut_literal(part, 0, end - start))
            break
        front.append(part)
    return tuple(front)


def _folder(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The URL up to the last slash. If it isn't fully known, all of it, with a slash if its end is
    unknown."""
    text = Text(parts)
    literal = text.literal
    if literal is None:
        return (*parts, Lit("/")) if _ends_unknown(text) else parts
    path = literal.find("/", literal.find("://") + 3 if "://" in literal else 0)
    if path < 0:
        return (*parts, Lit("/"))
    return known_slice(text, 0, literal.rindex("/") + 1).parts


def _ends_unknown(text: Text) -> bool:
    last = text.parts[-1] if text.parts else None
    if not isinstance(last, Hole):
        return False
    return _ends_unknown(last.value) if isinstance(last.value, Text) else True


def known_slice(text: Text, start: int, end: int) -> Text:
    """The characters of a known text from `start` to `end`."""
    parts: list[Part] = []
    place = 0
    for part in text.parts:
        size = len(part.text if isinstance(part, Lit) else getattr(part.value, "literal", None) or "")
        low, high = max(start - place, 0), min(end - place, size)
        if low < high and isinstance(part, Lit):
            parts.append(cut_literal(part, low, high))
        elif low < high and isinstance(part, Hole) and isinstance(part.value, Text):
            parts.append(Hole(known_slice(part.value, low, high), part.site, part.frame))
        place += size
    return Text(tuple(parts))


def text_behind(text: Text, prefix: Text) -> Text | None:
    """The text behind a prefix, if it consists of the same literals as the start of the text; else None.

    An edit of such a literal changes both. The rest begins with a word of a path, so that an id behind such a
    word, which the new path may lack, isn't taken for the whole rest.
    """
    parts, expected = [*text.parts], [*_leaves(prefix)]
    if not expected or any(lit is None or lit.site is None for lit in expected):
        return None
    while expected and parts:
        part = parts.pop(0)
        if isinstance(part, Hole):
            if not isinstance(part.value, Text):
                return None
            parts[:0] = part.value.parts
        elif part != expected.pop(0):
            return None
    rest = Text(tuple(parts))
    first = next(_leaves(rest), None)
    is_path = first is not None and re.match(r"/?\w+/", first.text) is not None
    return rest if not expected and (is_path or not parts) else None


def _leaves(text: Text) -> Iterator[Lit | None]:
    """The literals of a text and of its holes; None for a hole that isn't known."""
    for part in text.parts:
        if isinstance(part, Lit):
            yield part
        elif isinstance(part.value, Text):
            yield from _leaves(part.value)
        else:
            yield None
