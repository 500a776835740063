"""A quick search of Python source for signs of secret literals, so that most files need not be parsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_KEYS = ("api", "private", "access", "subscription", "account")
_NAME_PARTS = (
    *("secret", "token", "passw", "pwd", "phrase", "credential", "auth", "bearer", "cookie"),
    *(f"{kind}{joint}key" for kind in _KEYS for joint in ("", "-", "_")),
)
"""The name of a secret contains one of these, in lower case."""
_STRING = re.compile(
    r"#[^\n]*|(?P<quote>\"\"\"|''')(?P<block>(?:[^\\]|\\.)*?)(?P=quote)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*)\"|'(?P<single>(?:[^'\\\n]|\\.)*)'",
    re.DOTALL,
)
"""A comment or a string literal."""
_ESCAPE = re.compile(r"\\[xuUN0-7\r\n]")
"""A character of a literal that is spelled, or left out."""
_NESTED_QUOTES = re.compile(r"[fF][rR]?[\"'][^\n]*\{[^\n]*[\"'][^\n]*\}")
"""A formatted literal with quotes inside, which ends elsewhere since Python 3.12."""
_JOINT = re.compile(r"(?:\s|\\\r?\n|#[^\n]*\n)*[rbufRBUF]{0,2}")
"""The text between literals that Python concatenates."""
_RANDOM_PART = re.compile(r"(?=[\w.+/=~-]*\d)(?=[\w.+/=~-]*[A-Za-z])[\w.+/=~-]{16}")


def may_contain_secret(text: str) -> bool:
    """Whether a literal of Python source may be secret: the source contains the name of a secret or random
    characters in a literal, or literals that only the parser understands."""
    if _is_named(text) or "\f" in text or _NESTED_QUOTES.search(text):
        return True
    return any(
        _ESCAPE.search(literal) or _RANDOM_PART.search(literal) or _is_named(literal)
        for literal in _literals(text)
    )


def _is_named(text: str) -> bool:
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
    return any(part in lowered for part in _NAME_PARTS)


def _literals(text: str) -> Iterator[str]:
    """Yield the contents of string literals, those that Python concatenates as one text."""
    parts: list[str] = []
    end = 0
    for match in _STRING.finditer(text):
        if match[0].startswith("#"):
            continue
        if parts and _JOINT.fullmatch(text, end, match.start()) is None:
            yield "".join(parts)
            parts = []
        parts.append(match["block"] or match["double"] or match["single"] or "")
        end = match.end()
    yield "".join(parts)
