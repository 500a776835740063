"""What sets a variable of a module, or puts something in what it holds, as far as text tells."""

import re
from collections.abc import Iterator

from kognitos_migrate.discover.statements import places

_WRITE = re.compile(
    rb"(?P<set>\s*[-+*/|&^%@]{0,2}=(?!=))"
    rb"|(?P<item>\s*\[[^\n]{0,400}?\]\s*[-+*/|&^%@]{0,2}=(?!=))"
    rb"|\.(?:update|append|add|extend|insert|setdefault|mount|clear|pop)\("
)
"""What stands behind a variable."""
_OBJECT = re.compile(rb"([\w\x80-\xff]+)\.\Z")
_LONGEST = 200
"""So many bytes before a variable are looked at for the name of its module."""
_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\b[^\n]*|global(?<=\bglobal)\s[^\n]*")

_ATTRIBUTE = re.compile(rb"\.\w+[ \t]*=(?!=)")
_OWNER = re.compile(rb"[ \t]*(\w+)(?:\.\w+)*")
"""What stands before an attribute that is set, from the beginning of its line."""
_OWNER_BY_NAME = re.compile(rb"setattr(?<=\bsetattr)\(\s*(\w+)(?:\.\w+)*\s*,")
_NAMESPACES = (b"eval(", b"exec(", b"globals(", b"vars(")
_NAMESPACE = re.compile(rb"(?<![.\w])(?:eval|exec|globals|vars)\(")


def changed_in(text: bytes) -> frozenset[str]:
    """The names of what a text sets attributes of."""
    found = {*_OWNER_BY_NAME.findall(text)}
    for dot in (one.start() for one in _ATTRIBUTE.finditer(text)):
        owner = _OWNER.fullmatch(text, text.rfind(b"\n", 0, dot) + 1, dot)
        if owner is not None:
            found.add(owner[1])
    return frozenset(name.decode("utf-8", "replace") for name in found)


def reads_namespaces(text: bytes) -> bool:
    """Whether a text may get at names that it does not say."""
    return any(word in text for word in _NAMESPACES) and _NAMESPACE.search(text) is not None


def writes(name: str, text: bytes) -> Iterator[str | None]:
    """For each place in a text that may set the variable called `name`, or put something in what it holds:
    the name of the module that it is said to be in, None where it may be in any."""
    word = name.encode()
    for start in places(word, text):
        found = _WRITE.match(text, start + len(word))
        if found is not None:
            said = _OBJECT.search(text, max(0, start - _LONGEST), start)
            if found["set"] is None and (found["item"] is None or said is None):
                yield None
            elif said is not None:
                yield said[1].decode("utf-8", "replace")
    if b"setattr" in text or b"global" in text:
        for line in _BY_NAME.findall(text):
            yield from (None for _ in places(word, line))
