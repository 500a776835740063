"""Changes between two reports."""

import json

from kognitos_migrate.findings.result import Applicability, MigratedCall, Result
from kognitos_migrate.report.ledger.markdown_page import ledger_markdown
from kognitos_migrate.report.ledger.model import Ledger, Project
from kognitos_migrate.report.ledger.statistics import Delta, LedgerComparison, compare_ledgers
from kognitos_migrate.report.ledger.writer import ledger_json
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place
from tests.report.ledgers import project, talk

STAYS = talk("c1", finding(place(1, 1, 4)))
GOES = talk("c2", finding(place(5, 1, 4), code="KOG201", message="follows a run"))
COMES = talk("c3", finding(place(2, 1, 4, "b.py"), Applicability.MANUAL, "KOG301", "uploads"))
DONE = MigratedCall(place(5, 1, 4), "KOG201", "v1-start-run", "GET /v2", "n1")


def known(result: Result, name: str = "acme", date: str = "2027-04-30") -> Project:
    """A project whose findings are known by their codes."""
    one = project(result, name=name)
    return replace(one, date=date, fingerprints={finding: finding.code for finding in result.findings})


OLD = known(Result(findings=(STAYS, GOES)), date="2027-03-31")
NEW = known(Result(findings=(replace(STAYS, place=place(9, 1, 4)), COMES), migrated=(DONE,)))


def changes(comparison: LedgerComparison) -> tuple[list[str], list[str]]:
    new = [f"{one.path} {one.finding.code}" for one in comparison.new]
    return new, [f"{one.path} {one.finding.code}" for one in comparison.gone]


def test_findings_are_known_wherever_they_have_moved() -> None:
    comparison = compare_ledgers(Ledger((OLD,)), Ledger((NEW,)))
    assert changes(comparison) == (["b.py KOG301"], ["a.py KOG201"])
    assert (comparison.since, comparison.before.percent(), comparison.now.percent()) == ("2027-03-31", 0, 33)


def test_what_becomes_of_operations_and_files() -> None:
    comparison = compare_ledgers(Ledger((OLD,)), Ledger((NEW,)))
    assert comparison.by_operation == (
        Delta("KOG201", "v1-start-run", 1, 1, 0, 0, 0, 1),
        Delta("KOG301", "v1-start-run", 0, 0, 1, 1, 0, 0),
    )
    assert comparison.by_file == (Delta("a.py", "", 2, 1, 0, 1, 0, 1), Delta("b.py", "", 0, 0, 1, 1, 0, 0))


def test_nothing_has_changed() -> None:
    comparison = compare_ledgers(Ledger((NEW,)), Ledger((NEW,)))
    assert (changes(comparison), comparison.by_operation, comparison.by_file) == (([], []), (), ())


def test_one_project_is_compared_whatever_its_name() -> None:
    assert changes(compare_ledgers(Ledger((replace(NEW, name="old"),)), Ledger((NEW,)))) == ([], [])


def test_of_several_projects_those_of_one_name_are_compared() -> None:
    other = replace(NEW, name="other")
    comparison = compare_ledgers(Ledger((OLD, other)), Ledger((NEW, replace(other, name="another"))))
    assert changes(comparison) == (
        ["acme/b.py KOG301", "another/a.py KOG101", "another/b.py KOG301"],
        ["acme/a.py KOG201", "other/a.py KOG101", "other/b.py KOG301"],
    )


def test_it_is_in_the_markdown() -> None:
    ledger = Ledger((NEW,))
    page = ledger_markdown(ledger, compare_ledgers(Ledger((OLD,)), ledger))
    assert (
        """\
## Since the report of 2027-03-31

1 conversation on v2 (33%), 0 before (0%).
1 finding gone, 1 new.

| operation | before | gone | new | now | on v2 before | on v2 now |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| `KOG201` | 1 | 1 | 0 | 0 | 0 | 1 |
| `KOG301` | 0 | 0 | 1 | 1 | 0 | 0 |
"""
        in page
    )
    assert (
        "### New\n\n- `b.py:2`: KOG301 uploads\n\n### No longer there\n\n- `a.py:5`: KOG201 follows a run\n"
        in page
    )


def test_it_is_in_the_json() -> None:
    ledger = Ledger((NEW,))
    said = json.loads(ledger_json(ledger, {}, compare_ledgers(Ledger((OLD,)), ledger)))["comparison"]
    assert said["percent"] == {"before": 0, "now": 33}
    assert [(one["filename"], one["location"]["row"], one["code"]) for one in said["gone"]] == [
        ("a.py", 5, "KOG201")
    ]
    assert said["by_file"]["b.py"] == {
        "before": 0,
        "gone": 0,
        "new": 1,
        "now": 1,
        "migrated": {"before": 0, "now": 0},
    }
