"""Which lines of a text a change replaces, by which."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kognitos_migrate.source.alike import Alike
from kognitos_migrate.source.span import Edit, apply_edits, in_order

_LINE_FEED = re.compile(rb"\n")


class Hunk(NamedTuple):
    """Lines from `start` to before `end`, that become those from `new_start` to before `new_end`; all counted
    from 0, and only a line feed ends one."""

    start: int
    end: int
    new_start: int
    new_end: int


def hunks_of(before: str, after: str, edits: Sequence[Edit] = ()) -> list[Hunk]:
    """What of `before` is replaced in `after`, in order. Edits that make the one of the other tell it at
    once; without them, or where they are not all, the texts are compared."""
    if edits and apply_edits(before, edits) == after:
        return list(_of_edits(before, edits))
    compared = Alike(before.split("\n"), after.split("\n")).get_opcodes()
    return [Hunk(*places) for kind, *places in compared if kind != "equal"]


def _of_edits(before: str, edits: Sequence[Edit]) -> Iterator[Hunk]:
    data = before.encode("utf-8", "surrogatepass")
    starts = [0, *(found.end() for found in _LINE_FEED.finditer(data))]
    shift = 0
    current: Hunk | None = None
    for edit in in_order(edits):
        start, end = (bisect_right(starts, offset) - 1 for offset in (edit.span.start, edit.span.end))
        is_begun = current is not None and start < current.end
        whole = not is_begun and (edit.span.start, edit.span.end) == (starts[start], starts[end])
        stop = end if whole and (not edit.text or edit.text.endswith("\n")) else end + 1
        grown = edit.text.count("\n") - data.count(b"\n", edit.span.start, edit.span.end)
        if current is None or start > current.end:
            if current is not None:
                yield current
            current = Hunk(start, start, start + shift, start + shift)
        stop = max(stop, current.end)
        current = current._replace(end=stop, new_end=current.new_end + stop - current.end + grown)
        shift += grown
    if current is not None:
        yield current
