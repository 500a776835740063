"""Remaining findings are reported at their place in the new text."""

from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Change, Place, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.relocation import PositionShift, relocate_remaining
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place, source

BEFORE = "import a\n\nold()\nkept()\n"
AFTER = "import a\n\nnew(\n    1,\n)\nkept()\n"


def test_places_move_with_their_lines() -> None:
    remaining = (finding(place(4, 1, 5)), finding(place(1, 1, 2)), finding(place(9, 1, 2, "b.py")))
    result = Result(findings=remaining, remaining=remaining, changes=(Change("a.py", BEFORE, AFTER),))
    sources = {"a.py": source(BEFORE), "b.py": source("x\n", "b.py")}
    session = relocate_remaining(Session(result, sources, Rulebook({}, (), ()), Settings(root=Path())))
    assert [left.place.row for left in session.result.remaining] == [6, 1, 9]
    assert session.result.remaining[0].trace[0].place.row == 6
    assert session.sources["a.py"].text == AFTER
    assert session.sources["b.py"].text == "x\n"


def test_places_in_notes_move_with_their_lines() -> None:
    note = "read at a.py:4 and a.py:1:3, stored at b.py:4:1, xa.py:4 and a.py:99"
    remaining = (replace(finding(place(4, 1, 5)), notes=(note,)),)
    result = Result(findings=remaining, remaining=remaining, changes=(Change("a.py", BEFORE, AFTER),))
    sources = {"a.py": source(BEFORE)}
    session = relocate_remaining(Session(result, sources, Rulebook({}, (), ()), Settings(root=Path())))
    assert session.result.remaining[0].notes == (
        "read at a.py:6 and a.py:1:3, stored at b.py:4:1, xa.py:4 and a.py:99",
    )


TEXT = "é = old(1)\r\ntwo(\n  2,\n)\rlast()\n"
"""Lines that end in each of the three ways."""


@pytest.mark.parametrize(
    ("old", "new", "place_of", "row", "column", "end_row", "end_column"),
    [
        pytest.param("old", "fairly_new", "last", 5, 1, 5, 5, id="before it, in a line as long"),
        pytest.param("old", "fairly_new", "1", 1, 16, 1, 17, id="before it, in the same line"),
        pytest.param("old", "old", "old(1)", 1, 5, 1, 11, id="nothing"),
        pytest.param("two(\n  2,\n)", "2", "last", 3, 1, 3, 5, id="three lines become one"),
        pytest.param("two(\n  2,\n)", "2", "  2", 2, 1, 2, 2, id="they hold it"),
        pytest.param("2", "2,\n  3", "two(\n  2,\n)", 2, 1, 5, 2, id="within it"),
        pytest.param("last", "", "last()", 5, 1, 5, 3, id="it begins with it"),
        pytest.param("()", "", "last()", 5, 1, 5, 5, id="it ends with it"),
        pytest.param("last()\n", "x\n", "1", 1, 9, 1, 10, id="after it"),
    ],
)
def test_places_move_with_edits_and_markers(
    old: str, new: str, place_of: str, row: int, column: int, end_row: int, end_column: int
) -> None:
    place = _place(TEXT, place_of)
    start = len(TEXT[: TEXT.index(old)].encode())
    edits = (Edit(Span("a.py", start, start + len(old)), 0, new),)
    after = apply_edits(TEXT, edits)
    assert PositionShift(Change("a.py", TEXT, after, edits)).place(place) == Place(
        "a.py", row, column, end_row, end_column
    )
    marked = PositionShift(Change("a.py", TEXT, "# a marker\n" + after, edits)).place(place)
    assert marked == Place("a.py", row + 1, column, end_row + 1, end_column)


def test_places_keep_out_of_what_is_inserted_beside_them() -> None:
    edits = (Edit(Span("a.py", 0, 0), 0, "before"), Edit(Span("a.py", 1, 1), 0, "after"))
    shift = PositionShift(Change("a.py", "x\n", "beforexafter\n", edits))
    assert shift.place(Place("a.py", 1, 1, 1, 2)) == Place("a.py", 1, 7, 1, 8)
    assert shift.place(Place("a.py", 1, 1, 1, 1)) == Place("a.py", 1, 7, 1, 7)


def _place(text: str, part: str) -> Place:
    start = len(text[: text.index(part)].encode())
    return Place(*LineIndex(text).place("a.py", start, start + len(part)))
