"""The alignment of long sequences is that of `difflib`, and doesn't take its time."""

from difflib import SequenceMatcher
from random import Random

import pytest

from kognitos_migrate.validate.token_alignment import RankMatcher, token_matcher


@pytest.mark.parametrize("words", [1, 2, 3, 6])
def test_long_sequences_are_aligned_as_by_difflib(words: int) -> None:
    chance = Random(words)
    for _ in range(300):
        left = _tokens(chance, words)
        right = _tokens(chance, words)
        if chance.random() < 0.5:  # a part of one moved into the other
            right = [*right[:3], *left[2:15], *right[3:6], *left[15:]]
        expected = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
        assert RankMatcher(left, right).get_opcodes() == expected


def test_a_long_list_of_equal_rows_is_aligned_by_ranks() -> None:
    rows = [b"{", b"a", b":", b"1", b"}", b","] * 2_000
    matcher = token_matcher(rows, [b"inputs", b":", *rows])
    assert isinstance(matcher, RankMatcher)
    assert matcher.get_opcodes() == [
        ("insert", 0, 0, 0, 2),
        ("equal", 0, 12_000, 2, 12_002),
    ]


def _tokens(chance: Random, words: int) -> list[bytes]:
    return [b"%d" % chance.randrange(words) for _ in range(chance.randrange(25))]
