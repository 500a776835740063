"""A quick search of Python source for signs of secret literals, so that most files need not be parsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_KEYS = ("api", "private", "access", "subscription", "account")
_NAME_PARTS = (
    *("secret", "token", "passw", "pwd", "phrase", "credential", "auth", "bearer", "cookie"),
    *("_pass", "-pass", "pass_", "passcode", "pass-code", "creds", "b64encode", "digest"),
    *(f"{kind}{joint}key" for kind in _KEYS for joint in ("", "-", "_", ".")),
)
"""The name of a secret contains one of these, in lower case."""
_STRING = re.compile(
    r"#[^\n]*|(?P<quote>\"\"\"|''')(?P<block>(?:[^\\]|\\.)*?)(?P<end>(?P=quote)|\\?\Z)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*)(?P<end_double>\"?)|'(?P<single>(?:[^'\\\n]|\\.)*)(?P<end_single>'?)",
    re.DOTALL,
)
"""A comment or a string literal. The literal isn't closed if its end has no quote."""
_ESCAPE = re.compile(r"\\[xuUN0-7\r\n]")
"""A character of a literal that is spelled, or left out."""
_FORMATTED = re.compile(r"[fF][rR]?[\"']")
_QUOTE = re.compile(r"[\"']")
_JOINT = re.compile(r"(?:\s|\\\r?\n|#[^\n]*\n)*[rbufRBUF]{0,2}")
"""The text between literals that Python concatenates."""
_UNBROKEN = re.compile(r"[\w.+/=~-]{16,}")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[A-Za-z]")


def may_contain_secret(text: str) -> bool:
    """Whether a literal of Python source may be secret: the source contains the name of a secret or random
    characters in a literal, or literals that only the parser understands or
    rejects."""
    if _is_named(text) or "\f" in text or _has_nested_quotes(text):
        return True
    matches = [*_STRING.finditer(text)]
    if any(_is_unclosed_literal(match) for match in matches):
        return True
    return any(
        _ESCAPE.search(literal) or _has_random_part(literal) or _is_named(literal)
        for literal in _literal_contents(text, matches)
    )


def _is_named(text: str) -> bool:
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
    return any(part in lowered for part in _NAME_PARTS)


def _has_nested_quotes(text: str) -> bool:
    """Whether a line has a formatted literal with quotes inside, which ends elsewhere since Python 3.12.

    The line has the first formatted literal, a brace behind it, a quote behind that, and a closing brace.
    """
    position = 0
    while literal := _FORMATTED.search(text, position):
        end = text.find("\n", literal.end())
        position = end if end >= 0 else len(text)
        brace = text.find("{", literal.end(), position)
        quote = _QUOTE.search(text, brace, position) if brace >= 0 else None
        if quote is not None and text.find("}", quote.end(), position) >= 0:
            return True
    return False


def _has_random_part(literal: str) -> bool:
    """Whether a literal has a part of at least 16 characters with a letter and a digit."""
    return any(
        _DIGIT.search(literal, *part.span()) and _LETTER.search(literal, *part.span())
        for part in _UNBROKEN.finditer(literal)
    )


def _is_unclosed_literal(match: re.Match[str]) -> bool:
    """Whether a match is a string literal that isn't closed."""
    return any(
        end is not None and not end.strip("\\") for end in match.group("end", "end_single", "end_double")
    )


def _literal_contents(text: str, matches: Iterable[re.Match[str]]) -> Iterator[str]:
    """Yield the contents of string literals, those that Python concatenates as one text."""
    parts: list[str] = []
    end = 0
    for match in matches:
        if match[0].startswith("#"):
            continue
        if parts and _JOINT.fullmatch(text, end, match.start()) is None:
            yield "".join(parts)
            parts = []
        parts.append(match["block"] or match["double"] or match["single"] or "")
        end = match.end()
    yield "".join(parts)
