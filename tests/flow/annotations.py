"""Reads the annotations of a flow program: `# $ key=value key="value" MISSING: key=value`.

A line `reveal(EXPRESSION)  #> VALUE` asserts the value of an expression, as `dev.py facts` shows it; the
interpreter sees the expression alone.

`url` is the URL of a request that is sent on that line and `method` its method; `value` is the text that is
assigned or returned there. A hole is `{}`. Several annotations of one key are alternatives, all of them
known. Two words mark known gaps, and fail when the gap closes: facts after `MISSING:` should be known and
aren't, facts after `SPURIOUS:` are known and can't be true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"#\s*\$ (.*)$")
_REVEAL = re.compile(r"^(?P<margin>\s*)reveal(?P<expression>\(.*\))\s+#> (?P<value>.*)$")
_PART = re.compile(r"(MISSING|SPURIOUS):")
_PAIR = re.compile(r'(url|method|value)=("[^"]*"|\S+)')

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Annotation:
    """One line's expectations, as pairs of key and text."""

    path: str
    row: int
    expected: Pairs
    missing: Pairs
    spurious: Pairs

    @property
    def keys(self) -> frozenset[str]:
        """The keys whose facts the line lists completely."""
        return frozenset(key for key, _ in self.expected | self.spurious)


def annotated_lines(path: str, text: str) -> Iterator[Annotation]:
    """The annotated lines of the program `text`."""
    for row, line in enumerate(text.splitlines(), 1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        first, *others = _PART.split(comment[1])
        parts = {"": first, **dict(zip(others[::2], others[1::2], strict=True))}
        rest = " ".join(_PAIR.sub("", part).strip() for part in parts.values()).strip()
        assert not rest, f"{path}:{row}: {rest!r} is no annotation"
        expected, missing, spurious = (_pairs(parts.get(word, "")) for word in ("", "MISSING", "SPURIOUS"))
        yield Annotation(path, row, expected, missing, spurious)


@dataclass(frozen=True)
class Reveal:
    """A line that says what is known of an expression."""

    path: str
    row: int
    value: str


def reveals(path: str, text: str) -> Iterator[Reveal]:
    """The lines of the program `text` that reveal an expression."""
    for row, line in enumerate(text.splitlines(), 1):
        revealed = _REVEAL.match(line)
        assert revealed or not line.lstrip().startswith("reveal("), (
            f"{path}:{row}: expected `reveal(…)  #> …`"
        )
        if revealed is not None:
            yield Reveal(path, row, revealed["value"])


def without_reveals(text: str) -> str:
    """The program with the revealed expressions alone, in the same rows."""
    return "".join(
        f"{revealed['margin']}{revealed['expression']}\n" if (revealed := _REVEAL.match(line)) else line
        for line in text.splitlines(keepends=True)
    )


def _pairs(text: str) -> Pairs:
    return frozenset((key, value.strip('"')) for key, value in _PAIR.findall(text))
