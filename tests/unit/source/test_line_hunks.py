"""Applying the hunks of a diff to the old text gives the new one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kognitos_migrate.source.line_diff import Hunk, hunks_of
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits

TEXTS = st.lists(st.sampled_from(["a", "é", "\n", "b\n", "\r\n"]), max_size=12).map("".join)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text, and edits of it that don't meet."""
    pieces = draw(st.lists(TEXTS, min_size=1, max_size=6))
    edits, offset = [], 0
    for rank, piece in enumerate(pieces):
        size = len(piece.encode())
        if draw(st.booleans()):
            edits.append(Edit(Span("a.py", offset, offset + size), rank, draw(TEXTS)))
        offset += size
    return "".join(pieces), edits


@given(edited())
def test_the_hunks_of_edits_make_the_new_text(program: tuple[str, list[Edit]]) -> None:
    before, edits = program
    after = apply_edits(before, edits)
    assert _made(before, after, hunks_of(before, after, edits)) == after


@given(TEXTS, TEXTS)
def test_so_do_those_of_two_texts(before: str, after: str) -> None:
    assert _made(before, after, hunks_of(before, after)) == after


@pytest.mark.parametrize(
    ("edit", "hunk"),
    [
        (Edit(Span("a.py", 4, 4), 0, "x\n"), Hunk(2, 2, 2, 3)),
        (Edit(Span("a.py", 2, 4), 0, ""), Hunk(1, 2, 1, 1)),
        (Edit(Span("a.py", 2, 3), 0, "x"), Hunk(1, 2, 1, 2)),
        (Edit(Span("a.py", 1, 2), 0, ""), Hunk(0, 2, 0, 1)),
        (Edit(Span("a.py", 5, 6), 0, ""), Hunk(2, 4, 2, 3)),
    ],
    ids=["a line before the third", "without the second", "in the second", "two joined", "without the end"],
)
def test_no_more_lines_are_replaced_than_an_edit_touches(edit: Edit, hunk: Hunk) -> None:
    before = "a\nb\nc\n"
    assert hunks_of(before, apply_edits(before, [edit]), [edit]) == [hunk]


def test_edits_that_are_not_all_are_not_relied_on() -> None:
    edit = Edit(Span("a.py", 0, 1), 0, "x")
    assert hunks_of("a\nb\nc\n", "x\nb\ny\n", [edit]) == [Hunk(0, 1, 0, 1), Hunk(2, 3, 2, 3)]


def _made(before: str, after: str, hunks: list[Hunk]) -> str:
    old, new = before.split("\n"), after.split("\n")
    for start, end, new_start, new_end in reversed(hunks):
        old[start:end] = new[new_start:new_end]
    return "\n".join(old)
