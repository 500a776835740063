"""Spans of source text, and edits that replace them."""

from collections.abc import Iterable

from kognitos_migrate.structs import Struct


class Span(Struct, frozen=True, order=True):
    """A half-open range of byte offsets into the UTF-8 encoding of a file's text, without its byte order
    mark.
    """

    path: str
    start: int
    end: int

    def contains(self, other: "Span") -> bool:
        """Whether another span lies in this one, or is the same."""
        return self.path == other.path and self.start <= other.start and other.end <= self.end


class Edit(Struct, frozen=True, order=True):
    """Replaces `span` with `text`. Insertions at one offset are applied by ascending `rank`."""

    span: Span
    rank: int
    text: str


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """The edits of one file, sorted by position and rank."""
    return sorted(edits, key=lambda edit: (edit.span.start, edit.span.end, edit.rank))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with `edits` applied. They must belong to one file and must not overlap."""
    data = text.encode("utf-8", "surrogatepass")
    segments: list[bytes] = []
    done = 0
    for edit in in_order(edits):
        segments += (data[done : edit.span.start], edit.text.encode("utf-8", "surrogatepass"))
        done = edit.span.end
    return b"".join((*segments, data[done:])).decode("utf-8", "surrogatepass")
