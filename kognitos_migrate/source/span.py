"""Places in source text, and replacements of them."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open range of offsets into the UTF-8 form of a file's text (without a BOM)."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, order=True, slots=True)
class Edit:
    """Put `text` in the place of `span`. Insertions at one offset are applied by ascending `rank`."""

    span: Span
    rank: int
    text: str
