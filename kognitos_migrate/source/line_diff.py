"""Line diffs of two texts in bounded time."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from kognitos_migrate.source.text_edits import Edit, apply_edits, in_order

_LIMIT = 1_000_000
"""The largest product of two line counts that difflib compares. It takes a fraction of a second."""


class BoundedMatcher(SequenceMatcher[str]):
    """difflib's SequenceMatcher over lines, which splits large texts into segments."""

    def __init__(self, before: Sequence[str], after: Sequence[str], *, autojunk: bool = True) -> None:
        super().__init__(None, before, after, autojunk)
        self._before, self._after, self._autojunk = before, after, autojunk

    def get_matching_blocks(self) -> list[Match]:
        """The runs of equal lines, in order, followed by an empty block at the end."""
        if len(self._before) * len(self._after) <= _LIMIT:
            return super().get_matching_blocks()
        blocks: list[Match] = []
        for block in self._matches_in_segments():
            last = blocks[-1] if blocks else Match(0, 0, 0)
            if (last.a + last.size, last.b + last.size) == (block.a, block.b) and blocks:
                blocks[-1] = last._replace(size=last.size + block.size)
            elif block.size:
                blocks.append(block)
        return [*blocks, Match(len(self._before), len(self._after), 0)]

    def _matches_in_segments(self) -> Iterator[Match]:
        """The matching blocks of a large text, not yet merged with adjacent ones.

        Lines that occur once in each text split it into segments, which are compared on their own.
        """
        before, after = self._before, self._after
        head = _common_prefix(before, after)
        tail = _common_prefix(before[head:][::-1], after[head:][::-1])
        end, new_end = len(before) - tail, len(after) - tail
        inner_anchors = _anchors(before[head:end], after[head:new_end])
        anchors = [
            (head - 1, head - 1),
            *((head + old, head + new) for old, new in inner_anchors),
            (end, new_end),
        ]
        yield Match(0, 0, head)
        for (old, new), (next_old, next_new) in pairwise(anchors):
            for block in self._matches_in_segment(before[old + 1 : next_old], after[new + 1 : next_new]):
                yield Match(old + 1 + block.a, new + 1 + block.b, block.size)
            if (next_old, next_new) != (end, new_end):
                yield Match(next_old, next_new, 1)
        yield Match(end, new_end, tail)

    def _matches_in_segment(self, before: Sequence[str], after: Sequence[str]) -> Iterator[Match]:
        """The matching blocks of one segment.

        In a segment above the limit, only lines at the same index of both sides are compared.
        """
        if len(before) * len(after) <= _LIMIT:
            yield from SequenceMatcher(None, before, after, self._autojunk).get_matching_blocks()
            return
        for at, (old, new) in enumerate(zip(before, after, strict=False)):
            if old == new:
                yield Match(at, at, 1)


def _common_prefix(before: Sequence[str], after: Sequence[str]) -> int:
    """The number of equal lines at the start of both texts."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (old, new) in pairs if old != new), min(len(before), len(after)))


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of indexes of lines that occur once in each text, ordered alike in both.

    They are the longest increasing subsequence, as in a patience diff.
    """
    counts, new_counts = Counter(before), Counter(after)
    places = {line: at for at, line in enumerate(after) if new_counts[line] == 1}
    common = [(at, places[line]) for at, line in enumerate(before) if counts[line] == 1 and line in places]
    ends: list[int] = []  # at n: the smallest index that ends a chain of n + 1 pairs
    chain_of: list[int] = []
    for _, new in common:
        chain_of.append(bisect_left(ends, new))
        ends[chain_of[-1] : chain_of[-1] + 1] = [new]
    anchors: list[tuple[int, int]] = []
    next_length = len(ends) - 1
    for pair, length in zip(reversed(common), reversed(chain_of), strict=True):
        if length == next_length and (not anchors or pair[1] < anchors[-1][1]):
            anchors.append(pair)
            next_length -= 1
    return anchors[::-1]


_LINE_FEED = re.compile(rb"\n")


class Hunk(NamedTuple):
    """Lines `start` to `end` of the old text, which are replaced by `new_start` to `new_end` of the new text.

    Rows count from 0, ends are exclusive, and only a line feed ends a line.
    """

    start: int
    end: int
    new_start: int
    new_end: int


def hunks_of(before: str, after: str, edits: Sequence[Edit] = ()) -> list[Hunk]:
    """The hunks that turn `before` into `after`, in order.

    If applying `edits` to `before` gives `after`, the hunks follow from the edits; if not, the texts are
    compared.
    """
    if edits and apply_edits(before, edits) == after:
        return list(_hunks_of_edits(before, edits))
    compared = BoundedMatcher(before.split("\n"), after.split("\n")).get_opcodes()
    return [Hunk(*places) for kind, *places in compared if kind != "equal"]


def _hunks_of_edits(before: str, edits: Sequence[Edit]) -> Iterator[Hunk]:
    data = before.encode("utf-8", "surrogatepass")
    starts = [0, *(match.end() for match in _LINE_FEED.finditer(data))]
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


def lines_with_ends(text: str) -> list[str]:
    r"""The lines of `text` with their ends, as diff tools split it: only `\n` ends a line."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]
