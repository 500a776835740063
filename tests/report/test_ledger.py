"""Findings as the entries of a ledger, and a ledger in numbers."""

import pytest

from kognitos_migrate.findings.result import Applicability, Finding, Result, Suppressed, SuppressionKind
from kognitos_migrate.report.html.view_model import entry_views
from kognitos_migrate.report.ledger.builder import LONGEST, ledger_entries
from kognitos_migrate.report.ledger.model import Ledger, State
from kognitos_migrate.report.ledger.statistics import MigrationProgress, Row, Tally
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place, source
from tests.report.ledgers import HOMES, LEDGER, RESULT, SOURCES, project, talk


def states(*findings: Finding) -> list[State]:
    return [entry.state for entry in ledger_entries(Result(findings=findings), {})]


@pytest.mark.parametrize(
    ("applicability", "code", "state"),
    [
        (Applicability.SAFE, "KOG101", State.FIXABLE),
        (Applicability.ADAPT, "KOG101", State.ADAPTABLE),
        (Applicability.UNSAFE, "KOG101", State.UNSAFE),
        (Applicability.MANUAL, "KOG101", State.MANUAL),
        (Applicability.MANUAL, "KOG401", State.NAMED),
        (Applicability.MANUAL, "KOG501", State.ADAPTED),
        (Applicability.MANUAL, "KOG805", State.HALF),
        (Applicability.MANUAL, "KOG902", State.UNCLEAR),
        (Applicability.MANUAL, "KOG911", State.SUPPRESSION),
    ],
)
def test_the_state_of_a_finding(applicability: Applicability, code: str, state: State) -> None:
    assert states(finding(place(1, 1, 4), applicability, code)) == [state]


def test_a_conversation_is_as_far_as_its_slowest_part() -> None:
    parts = [finding(place(1, 1, 4)), finding(place(2, 1, 4), Applicability.MANUAL)]
    assert states(*parts) == [State.MANUAL]
    assert states(*(talk(str(number), one) for number, one in enumerate(parts))) == [
        State.FIXABLE,
        State.MANUAL,
    ]


def test_what_one_file_names_goes_together() -> None:
    def named(row: int, path: str) -> Finding:
        return replace(finding(place(row, 1, 4, path), code="KOG402"), conversation=None)

    other = replace(finding(place(3, 1, 4), code="KOG902"), conversation=None)
    entries = ledger_entries(
        Result(findings=(named(1, "a.md"), named(2, "a.md"), named(1, "b.md"), other)), {}
    )
    assert [len(entry.findings) for entry in entries] == [2, 1, 1]
    assert len({entry.id for entry in entries}) == 3


@pytest.mark.parametrize(
    ("by", "state"),
    [
        (SuppressionKind.KEEP, State.KEPT),
        (SuppressionKind.IGNORE, State.KEPT),
        (SuppressionKind.NOQA, State.KEPT),
        (SuppressionKind.BASELINE, State.FIXABLE),
    ],
)
def test_what_a_comment_suppresses_is_kept_with_its_conversation(by: SuppressionKind, state: State) -> None:
    result = Result(
        findings=(finding(place(1, 1, 4)),), suppressed=(Suppressed(finding(place(2, 1, 4)), by),)
    )
    (entry,) = ledger_entries(result, {})
    assert (entry.state, len(entry.findings)) == (state, 2)


def test_an_entry_shows_the_lines_of_its_findings_and_of_their_traces() -> None:
    by_path = {source.path: source for source in SOURCES}
    entries = {entry.id: entry for entry in ledger_entries(RESULT, by_path)}
    assert [line.row for line in entries["c2"].excerpts[0].lines] == [5, 6, 7, 8, 9]
    assert [line.row for line in entries["c1"].excerpts[0].lines] == [1, 2, 3, 4]
    assert entries["n1"].excerpts == ()


def test_of_a_very_long_line_what_is_around_the_place_is_shown() -> None:
    text = source(f"{'x' * 5000}here{'y' * 5000}\n")
    (entry,) = ledger_entries(Result(findings=(finding(place(1, 5001, 5005)),)), {"a.py": text})
    ((line,),) = (excerpt.lines for excerpt in entry.excerpts)
    assert len(line.text) == LONGEST
    assert line.text[5001 - line.column :].startswith("herey")
    (view,) = entry_views(Ledger((project(Result(findings=entry.findings), [text]),)), None)
    marked = [piece.text for piece in view.sources[0].lines[0].pieces if piece.marked]
    assert marked == ["here"]


def test_the_diff_of_a_conversation_is_its_own() -> None:
    text = source("one\ntwo\nthree\n")
    first, second = Edit(Span("a.py", 0, 3), 0, "1"), Edit(Span("a.py", 8, 13), 0, "3")
    fresh = Edit(Span("new.py", 0, 0), 0, "new\n")
    findings = (
        talk("c1", finding(place(1, 1, 4), edits=(first, fresh))),
        talk("c1", finding(place(2, 1, 4), edits=(first, fresh))),
        talk("c2", finding(place(3, 1, 4), edits=(second,))),
    )
    one, other = ledger_entries(Result(findings=findings), {"a.py": text})
    assert [diff.hunks for diff in one.diffs] == [
        ("@@ -1,3 +1,3 @@", "-one", "+1", " two", " three"),
        ("@@ -0,0 +1 @@", "+new"),
    ]
    assert one.diffs[1].header == ("--- /dev/null", "+++ b/new.py")
    assert [diff.hunks[3:] for diff in other.diffs] == [("-three", "+3")]


def test_a_ledger_in_numbers() -> None:
    tally = Tally.of(LEDGER)
    done = tally.conversations
    assert (done.migrated_count, done.open, done.total, done.other_count) == (1, 4, 5, 1)
    assert [tally.conversations.percent(), tally.conversations.percent(State.FIXABLE)] == [20, 40]
    assert numbers(tally.by_operation) == {
        "KOG101": (1, 1),
        "KOG201": (0, 2),
        "KOG301": (0, 0),
        "KOG901": (0, 1),
    }
    assert numbers(tally.by_package) == {"app": (0, 4), "tools/": (1, 0)}
    assert numbers(tally.by_owner) == {"@pollers": (0, 3), "@senders": (0, 4), "nobody": (1, 0)}


def test_owners_are_told_only_where_there_are_any() -> None:
    assert Tally.of(Ledger((project(RESULT, SOURCES),))).by_owner == ()


def test_files_are_named_with_their_projects_where_there_are_several() -> None:
    both = Ledger((*LEDGER.projects, replace(project(RESULT, SOURCES, HOMES), name="other")))
    tally = Tally.of(both)
    assert numbers(tally.by_project) == {"acme": (1, 4), "other": (1, 4)}
    assert "other/tools/new.py" in numbers(tally.by_file)


def test_it_is_done_only_if_nothing_is_left() -> None:
    assert MigrationProgress({State.MIGRATED: 999, State.MANUAL: 1}).percent() == 99
    assert MigrationProgress({State.MIGRATED: 3, State.KEPT: 1, State.NAMED: 7}).percent() == 100
    assert MigrationProgress({}).percent() == 100


def numbers(rows: tuple[Row, ...]) -> dict[str, tuple[int, int]]:
    return {row.label: (row.progress.migrated_count, row.progress.open) for row in rows}
