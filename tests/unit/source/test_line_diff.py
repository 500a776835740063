"""Which lines two texts share."""

import difflib
import random

import pytest

from kognitos_migrate.source import line_diff
from kognitos_migrate.source.line_diff import BoundedMatcher


def changed(drawn: random.Random, kinds: int) -> tuple[list[str], list[str]]:
    """Lines of so many kinds, and what some changes have made of them."""
    before = [f"{drawn.randrange(kinds)}\n" for _ in range(drawn.randrange(40))]
    after = before.copy()
    for _ in range(drawn.randrange(12)):
        at = drawn.randrange(len(after) + 1)
        after[at : at + drawn.randrange(3)] = [f"{drawn.randrange(kinds)}\n"] * drawn.randrange(3)
    return before, after


@pytest.mark.parametrize("kinds", [2, 5, 30, 500])
@pytest.mark.parametrize("limit", [0, 50])
def test_in_pieces_what_is_the_same_is_the_same(
    kinds: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_diff, "_LIMIT", limit)
    drawn = random.Random(kinds)
    for _ in range(200):
        before, after = changed(drawn, kinds)
        blocks = BoundedMatcher(before, after).get_matching_blocks()
        assert blocks[-1] == (len(before), len(after), 0)
        assert all(before[a : a + size] == after[b : b + size] for a, b, size in blocks)
        ends = [(a + size, b + size) for a, b, size in blocks]
        starts = [(a, b) for a, b, _ in blocks[1:]]
        assert all(a <= c and b <= d for (a, b), (c, d) in zip(ends, starts, strict=False))
        assert all(size for *_, size in blocks[:-1])
        assert all(end != start for end, start in zip(ends[:-2], starts[:-1], strict=True)), "runs go on"


def test_a_line_that_each_has_once_holds_the_others_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_diff, "_LIMIT", 1)
    before, after = list("xaxbxcx"), list("yaxbyycy")
    blocks = BoundedMatcher(before, after).get_matching_blocks()
    assert ["".join(before[a : a + size]) for a, _, size in blocks] == ["axb", "c", ""]


def test_lines_that_trade_places_are_not_both_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_diff, "_LIMIT", 1)
    blocks = BoundedMatcher(list("1ab2c3"), list("4ca5b6")).get_matching_blocks()
    assert blocks == [(1, 2, 1), (2, 4, 1), (6, 6, 0)]


def test_small_texts_are_compared_by_difflib() -> None:
    drawn = random.Random(1)
    before, after = changed(drawn, 5)
    assert (
        BoundedMatcher(before, after).get_opcodes()
        == difflib.SequenceMatcher(None, before, after).get_opcodes()
    )


def test_large_texts_are_never_given_to_difflib_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    find = difflib.SequenceMatcher.find_longest_match

    def counted(self: difflib.SequenceMatcher[str], *limits: int) -> difflib.Match:
        asked.append(len(vars(self)["a"]) * len(vars(self)["b"]))
        return find(self, *limits)

    monkeypatch.setattr(difflib.SequenceMatcher, "find_longest_match", counted)
    before = [f"{row % 110}\n" for row in range(9_000)]
    after = [line if row % 2 else f"new {row}\n" for row, line in enumerate(before)]
    kept = BoundedMatcher(before, after).get_matching_blocks()
    assert sum(size for *_, size in kept) == 4_500
    assert not [size for size in asked if size > line_diff._LIMIT]
