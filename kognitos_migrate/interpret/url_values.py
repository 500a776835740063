"""Texts that are URLs: joins of links, and known parts."""

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
