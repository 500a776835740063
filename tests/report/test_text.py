"""The summary at the end of a run."""

import pytest

from kognitos_migrate.findings.result import Applicability, Finding, Fix, Problem, Result
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.report.text import (
    TextOptions,
    concise,
    full,
    problem_line,
    shows_sources,
    statistics,
    summary,
)
from kognitos_migrate.structs import replace
from tests.report.examples import RESULT, finding, place, source

SAFE = finding(place(1, 1, 4))
MANUAL = finding(place(1, 1, 4, "b.py"), Applicability.MANUAL)
ADAPT = finding(place(1, 1, 4), Applicability.ADAPT)
UNSAFE = finding(place(1, 1, 4), Applicability.UNSAFE)
DARK = finding(place(1, 1, 4), Applicability.MANUAL, "KOG901")


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([SAFE], "Found 1 v1 call in 1 file: 1 fixable with `kognitos-migrate fix`."),
        (
            [SAFE, SAFE, MANUAL],
            "Found 3 v1 calls in 2 files: 2 fixable with `kognitos-migrate fix`, 1 to change by hand.",
        ),
        (
            [ADAPT, UNSAFE],
            "Found 2 v1 calls in 1 file: 1 fixable with `kognitos-migrate fix --adapt`, "
            "1 fixable with `kognitos-migrate fix --unsafe`.",
        ),
        (
            [SAFE, DARK],
            "Found 1 v1 call and 1 place that couldn't be analyzed in 1 file: "
            "1 fixable with `kognitos-migrate fix`, 1 to change by hand.",
        ),
        ([], "No v1 calls found in 7 files."),
    ],
)
def test_the_summary(findings: list[Finding], said: str) -> None:
    assert summary(Result(findings=tuple(findings), files=7), TextOptions()).split("\n")[0] == said


def test_the_summary_says_why_findings_stay() -> None:
    stay = [
        replace(MANUAL, reason=reason) for reason in ("url", "not-configured", "url", "unknown", "absence")
    ]
    stay.append(replace(ADAPT, reason="absence"))
    assert summary(Result(findings=tuple(stay)), TextOptions()).split("\n")[1:6] == [
        "  2  url: build this URL separately",
        "  1  absence: fix --adapt, or test the state or the field's value",
        "  1  absence: test the state or the field's value",
        "  1  not-configured: fill in the configuration",
        "  1  unknown",
    ]


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([SAFE, MANUAL], "Next: `kognitos-migrate fix --diff` previews the changes."),
        ([ADAPT, MANUAL], "Next: `kognitos-migrate fix --adapt --diff` previews the changes with adapters."),
        (
            [DARK, MANUAL],
            "Next: `kognitos-migrate explain a.py:1` shows why, and what to do.",
        ),
    ],
)
def test_the_summary_ends_with_what_to_type(findings: list[Finding], said: str) -> None:
    assert summary(Result(findings=tuple(findings)), TextOptions()).split("\n")[-1] == said


def test_the_summary_of_all_that_can_go_wrong() -> None:
    assert summary(RESULT, TextOptions(blind_spots=True)).split("\n")[1:] == [
        "  1  unknown-key",
        "Suppressed by comments: 1 finding; `kognitos-migrate report` lists it.",
        "In the baseline: 1 finding.",
        "1 baseline entry no longer occurs; run `kognitos-migrate baseline update`:",
        "  old.py: KOG101 get(1)",
        "Missing from the configuration: processes: abc. Run `kognitos-migrate init` to add it.",
        "1 blind spot: can't be followed or too large, without signs of v1.",
        "  a.py:3:1: the method is not known",
        "1 error: some files were not checked.",
    ]


def test_a_report_without_findings_shows_sources_only_if_it_lists_places() -> None:
    quiet = Result(blind_spots=RESULT.blind_spots, files=7)
    assert RESULT.blind_spots
    assert not shows_sources(quiet, TextOptions())
    assert RESULT.blind_spots[0].message not in summary(quiet, TextOptions())
    assert shows_sources(quiet, TextOptions(blind_spots=True))
    assert shows_sources(RESULT, TextOptions())


def test_a_finding_in_full() -> None:
    shown = full([RESULT.findings[1]], Excerpts({"a.py": source("one\ntwo\n")}), TextOptions(trace=True))
    assert shown.split("\n") == [
        "KOG201 follows a run",
        " --> a.py:2:1",
        "  |",
        "1 | one",
        "2 | two",
        "  | ^^^",
        "  |",
        "by hand (unknown-key): moves the whole conversation",
        "help: a: 1",
        "    b: 2",
        "note: KOGNITOS_URL can override the default",
        "trace:",
        "  1. a.py:2:1: the request is sent",
    ]


def test_notes_and_the_blocker_of_a_conversation_are_shown_once() -> None:
    upload, start, poll = (
        replace(
            finding(place(row, 1, 4)),
            fix=Fix(Applicability.MANUAL, message),
            notes=("ids are stored",),
            conversation="c1",
        )
        for row, message in enumerate(("it is late (a.py:2:1)", "it is late", "it is late (a.py:2:1)"), 1)
    )
    shown = full([upload, start, poll], Excerpts({"a.py": source("one\ntwo\nsix\n")}), TextOptions())
    assert [line for line in shown.split("\n") if line.startswith(("by hand", "note"))] == [
        "by hand: it is late (a.py:2:1)",
        "note: ids are stored",
        "by hand: it is late",
        "by hand: blocked together with a.py:1",
    ]


def test_names_can_do_no_harm() -> None:
    evil = finding(place(1, 1, 4, "a\x1b[2J\n.py"))
    assert concise([evil], TextOptions()) == "a␛[2J␊.py:1:1: KOG101 [*] starts a v1 run"
    assert problem_line(Problem("\x1b", None, "\x1b"), TextStyle()) == "error: ␛: ␛"


def test_statistics_are_sorted_by_number() -> None:
    other = replace(SAFE, code="KOG201", name="v1-run-status", message="follows a run")
    assert statistics([SAFE, other, other], TextOptions()).split("\n") == [
        "2  KOG201  v1-run-status: follows a run (2 fixable)",
        "1  KOG101  v1-start-run: starts a v1 run (1 fixable)",
    ]


def test_colour() -> None:
    assert concise([SAFE], TextOptions(TextStyle(color=True))) == (
        "a.py:1:1: \x1b[31m\x1b[1mKOG101\x1b[0m \x1b[32m[*]\x1b[0m starts a v1 run"
    )


def test_codes_link_to_their_pages() -> None:
    linked = "\x1b]8;;https://example.com/start\x1b\\KOG101\x1b]8;;\x1b\\"
    title = concise([SAFE], TextOptions(TextStyle(links=True)))
    assert title == f"a.py:1:1: {linked} [*] starts a v1 run"
    assert concise([SAFE], TextOptions()) == "a.py:1:1: KOG101 [*] starts a v1 run"
