"""Secrets beside their names in texts that aren't Python: settings, markup, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

PLAIN_WORD = re.compile(r"(?:[a-z]+|[A-Z_]+)[.,:;]?")
"""A word of a sentence, or the name of a value."""
_LONGEST_NAME = 60
"""The limit on the text before the name of a secret, in characters."""
_AFTER_NAME = (
    re.compile(
        r"[\w-]{0,60}[\"']?[ \t]{0,80}[:=][ \t]{0,80}(?:(?:bearer|basic|token)[ \t])?(?P<value>\S{1,1000})"
        r"[ \t]{0,80}$",
        re.MULTILINE | re.IGNORECASE,
    ),
    re.compile(r"[\w-]{0,60}>\s{0,80}(?P<value>[^<>\s]{1,1000})\s{0,80}</"),
    re.compile(
        r"[\w-]{0,60}[\"'](?:\s{1,80}|\s?\{[^{}]{0,500}?\b)(?:value|default)\s{0,9}=\s{0,9}"
        r"[\"'](?P<value>[^\"'\n]{1,1000})[\"']"
    ),
)
"""`KEY=…`, `<key>…</key>`, `<add key="key" value="…"/>` and `variable "key" { default = "…" }`, from the name
on."""
_IN_COMMANDS = (
    (
        re.compile(r"--[\w-]*\Z"),
        re.compile(r"[\w-]{0,60}[ =][\"']?(?P<value>[^\s\"'$<{\[-][^\s\"']{3,1000})"),
    ),
    (
        re.compile(r"^\s*(?:ENV|ARG|setenv)\s+[\w-]*\Z", re.MULTILINE),
        re.compile(r"[\w-]{0,60}[ \t]{1,80}(?P<value>\S{1,1000})[ \t]{0,80}$", re.MULTILINE),
    ),
)
"""`--key …`, and `ENV KEY …` of a Dockerfile: the text up to the name, and from it on."""


def values_in_other_formats(text: str, word: re.Match[str]) -> Iterator[str]:
    """The values that a text which isn't Python gives to the name of a secret that contains `word`."""
    before = text[max(word.start() - _LONGEST_NAME, 0) : word.start()]
    for start, end in _IN_COMMANDS:
        match = end.match(text, word.end()) if start.search(before) else None
        if match and not PLAIN_WORD.fullmatch(match["value"]):
            yield match["value"]
    for pattern in _AFTER_NAME:
        if match := pattern.match(text, word.end()):
            yield match["value"]
