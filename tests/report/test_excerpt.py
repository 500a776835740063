"""Pieces of source with a range marked."""

import pytest

from kognitos_migrate.findings.result import Place
from kognitos_migrate.report.excerpt import WIDTH, Excerpts
from kognitos_migrate.report.style import TextStyle
from tests.report.examples import place, source


def drawn(text: str, at: Place) -> list[str]:
    return Excerpts({"a.py": source(text)}).excerpt(at, TextStyle()).split("\n")


def test_two_lines_around_and_no_blank_ones_at_the_ends() -> None:
    text = "one\n\n\nfour\nfive\n\n"
    assert drawn(text, place(4, 1, 5)) == ["  |", "4 | four", "  | ^^^^", "5 | five", "  |"]


def test_the_margin_is_as_wide_as_the_last_number() -> None:
    text = "\n".join(str(number) for number in range(1, 13))
    assert drawn(text, place(9, 1, 2)) == [
        "   |", " 7 | 7", " 8 | 8", " 9 | 9", "   | ^", "10 | 10", "11 | 11", "   |",
    ]  # fmt: skip


def test_of_several_lines_the_first_is_marked_to_its_end() -> None:
    assert drawn("f(\n  1,\n)\n", place(1, 1, 2, end_row=3))[:3] == ["  |", "1 | f(", "  | ^^"]


def test_an_empty_range_has_one_mark() -> None:
    assert drawn("abc", place(1, 2, 2))[2] == "  |  ^"


@pytest.mark.parametrize(
    ("line", "at", "shown", "marks"),
    [
        ("\tx = 1", place(1, 2, 3), "1 |     x = 1", "  |     ^"),
        ("s = '漢字'; y", place(1, 11, 12), "1 | s = '漢字'; y", "  |             ^"),
        ("s = 'e\u0301'; y", place(1, 11, 12), "1 | s = 'e\u0301'; y", "  |          ^"),
        ("s = '\x1b[31m'", place(1, 5, 6), "1 | s = '␛[31m'", "  |     ^"),
    ],
    ids=["tab", "wide", "combining", "control character"],
)
def test_the_marks_stand_under_what_they_mark(line: str, at: Place, shown: str, marks: str) -> None:
    assert drawn(line, at)[1:3] == [shown, marks]


def test_of_a_long_line_the_window_around_the_mark_is_shown() -> None:
    line = "x" * 500 + "MARK" + "y" * 500
    shown, marks = drawn(line, place(1, 501, 505))[1:3]
    assert len(shown) <= WIDTH + 4
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "MARK"
    assert shown.startswith("1 | …")
    assert shown.endswith("…")


def test_a_place_that_is_not_there_shows_nothing() -> None:
    assert Excerpts({}).excerpt(place(1, 1, 2), TextStyle()) == ""
    assert drawn("a\n", place(7, 1, 2)) == [""]
