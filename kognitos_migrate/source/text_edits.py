"""Spans of source text, and edits that replace them."""

from collections.abc import Iterable

from kognitos_migrate.structs import Struct


class Span(Struct, frozen=True, order=True):
    """A half-open range of offsets into the UTF-8 form of a file's text (without a BOM)."""

    path: str
    start: int
    end: int


class Edit(Struct, frozen=True, order=True):
    """Put `text` in the place of `span`. Insertions at one offset are applied by ascending `rank`."""

    span: Span
    rank: int
    text: str


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Edits of one file as they follow on each other."""
    return sorted(edits, key=lambda edit: (edit.span.start, edit.span.end, edit.rank))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text`, which is that of the edits' file, with the edits applied."""
    data = text.encode("utf-8", "surrogatepass")
    pieces: list[bytes] = []
    done = 0
    for edit in in_order(edits):
        pieces += (data[done : edit.span.start], edit.text.encode("utf-8", "surrogatepass"))
        done = edit.span.end
    return b"".join((*pieces, data[done:])).decode("utf-8", "surrogatepass")
