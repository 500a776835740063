"""Offsets count bytes of UTF-8; rows and columns count lines and characters from 1."""

import pytest

from kognitos_migrate.source.positions import LineIndex

TEXT = "a = 'é'\r\nb = '😀' + c\rd\n"


@pytest.mark.parametrize(
    ("before", "row", "column"),
    [
        ("", 1, 1),
        ("a = 'é", 1, 7),
        ("a = 'é'\r\n", 2, 1),
        ("a = 'é'\r\nb = '😀' + ", 2, 11),
        ("a = 'é'\r\nb = '😀' + c\r", 3, 1),
        (TEXT, 4, 1),
    ],
)
def test_an_offset_and_its_row_and_column(before: str, row: int, column: int) -> None:
    index = LineIndex(TEXT)
    offset = len(before.encode())
    assert index.position(offset) == (row, column)
    assert index.offset(row, column) == offset


def test_a_place_spans_lines() -> None:
    assert LineIndex("ab\ncd\n").place("x.py", 1, 4) == ("x.py", 1, 2, 2, 2)


def test_a_form_feed_is_no_line_end() -> None:
    assert LineIndex("a\x0cb\u2028c").position(2) == (1, 3)
