"""What remains is told at its place in the new text."""

from pathlib import Path

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.finding import Change, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.session import Session
from kognitos_migrate.run.settle import settled
from tests.report.examples import finding, place, source

BEFORE = "import a\n\nold()\nkept()\n"
AFTER = "import a\n\nnew(\n    1,\n)\nkept()\n"


def test_places_move_with_their_lines() -> None:
    remaining = (finding(place(4, 1, 5)), finding(place(1, 1, 2)), finding(place(9, 1, 2, "b.py")))
    result = Result(findings=remaining, remaining=remaining, changes=(Change("a.py", BEFORE, AFTER),))
    sources = {"a.py": source(BEFORE), "b.py": source("x\n", "b.py")}
    session = settled(Session(result, sources, Rulebook({}, (), ()), Settings(root=Path())))
    assert [left.place.row for left in session.result.remaining] == [6, 1, 9]
    assert session.result.remaining[0].trace[0].place.row == 6
    assert session.sources["a.py"].text == AFTER
    assert session.sources["b.py"].text == "x\n"
