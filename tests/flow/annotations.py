"""Reads what the lines of a flow program say: `# $ key=value key="value" MISSING: key=value`.

`url` is the URL of a request that is sent on that line and `method` its verb; `value` is the text of what is
assigned or returned there. A hole is `{}`; several annotations of one key are alternatives, all of which are
known. Two words mark known gaps, and fail when the gap closes: what follows `MISSING:` ought to be known and
isn't, what follows `SPURIOUS:` is known and can't be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"#\s*\$ (.*)$")
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
        """The keys of which all that is known stands in the line."""
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


def _pairs(text: str) -> Pairs:
    return frozenset((key, value.strip('"')) for key, value in _PAIR.findall(text))
