"""A fix is looked at again before it is given out: a plan that leaves code half-migrated is taken back."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.plan_composition import compose_plans
from kognitos_migrate.edits.planning import plan
from kognitos_migrate.edits.table_lookup import TableUses
from kognitos_migrate.findings.factories import PlannedConversation
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.program_analysis import AnalyzedProgram, analyze_program
from kognitos_migrate.run.verification import verifiable_plans, verify_changes, verify_offers
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.parsing import parse

FIXTURES = Path(__file__).parents[3] / "fixtures"

POLL = """
    import requests

    KEY = {"x-api-key": "k"}

    def state(worker_id):
        run = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{worker_id}", headers=KEY)
        return run.json()["state"] == "done"

    print(state("w"))
"""
START = """
    import requests

    print(
        requests.post(
            "https://rest-api.eu.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy",
            json={"invoice": 1},
            headers={"x-api-key": "k"},
        ).json()["worker_id"]
    )
"""


@pytest.fixture
def seen() -> AnalyzedProgram:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    files = {"poll.py": POLL, "start.py": START}
    trees = {path: parse(path, dedent(text).lstrip("\n")) for path, text in files.items()}
    return analyze_program(trees, rules, settings)


def replaced(seen: AnalyzedProgram, path: str, *changes: tuple[str, str]) -> Plan:
    """A plan that does no more than these replacements."""
    text = seen.context.trees[path].text
    edits = []
    for old, new in changes:
        start = len(text[: text.index(old)].encode())
        edits.append(PendingEdit(Span(path, start, start + len(old.encode())), (new,)))
    return Plan(tuple(edits), TableUses(), Helpers(), {})


def of_file(seen: AnalyzedProgram, path: str) -> Conversation:
    return next(one for one in seen.conversations if one.matches[0].request.site.path == path)


def right(seen: AnalyzedProgram, path: str) -> PlannedConversation:
    conversation = of_file(seen, path)
    outcome = plan(seen.context, conversation)
    assert isinstance(outcome, Plan)
    return PlannedConversation(conversation, outcome, ())


def test_a_right_plan_is_kept(seen: AnalyzedProgram) -> None:
    planned = [right(seen, "poll.py"), right(seen, "start.py")]
    found = verify_changes(seen, planned, Applicability.SAFE)
    assert found.planned == planned
    assert sorted(change.path for change in found.changes) == ["poll.py", "start.py"]


@pytest.mark.parametrize(
    ("path", "changes", "code"),
    [
        ("poll.py", [("v1/run/", "v2/runs/")], "KOG805"),
        ("poll.py", [("v1/run/", "v2/runs/"), ('"state"', '"status"')], "KOG806"),
        ("poll.py", [("v1/", "v2/")], "KOG801"),
        ("start.py", [("v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", "v2/runs"), ("worker_id", "id")], "KOG803"),
        ("start.py", [("v1/invoke", "v2/runs"), ("worker_id", "id")], "KOG802"),
    ],
)
def test_only_the_plan_that_leaves_something_half_done_is_taken_back(
    seen: AnalyzedProgram, path: str, changes: list[tuple[str, str]], code: str
) -> None:
    other = "start.py" if path == "poll.py" else "poll.py"
    wrong = PlannedConversation(of_file(seen, path), replaced(seen, path, *changes), ())
    kept = right(seen, other)
    found = verify_changes(seen, [wrong, kept], Applicability.SAFE)
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "self-check"
    assert code in outcome.message
    assert "this is a bug of kognitos-migrate" in outcome.message
    assert found.planned[1] == kept
    assert [change.path for change in found.changes] == [other]


@pytest.mark.parametrize("position", [0, 1])
def test_a_plan_whose_text_does_not_compile_is_taken_back_alone(seen: AnalyzedProgram, position: int) -> None:
    """A parser takes such a text; Python's symbol table does not."""
    broken = "print([one for one in (run_id := [worker_id])])\n    requests.get"
    outcome = replaced(seen, "poll.py", ("requests.get", broken))
    edits = tuple(edit for found in compose_plans(seen.context, [outcome]).values() for edit in found)
    wrong = PlannedConversation(of_file(seen, "poll.py"), outcome, edits)
    kept = right(seen, "start.py")
    found = verify_changes(seen, [wrong, kept] if position == 0 else [kept, wrong], Applicability.SAFE)
    refused = found.planned[position].outcome
    assert isinstance(refused, Refusal)
    assert refused.reason == "bug"
    assert "not be valid Python" in refused.message
    assert found.planned[1 - position] == kept
    assert [change.path for change in found.changes] == ["start.py"]


def test_what_was_half_done_before_takes_nothing_back(seen: AnalyzedProgram) -> None:
    """The plan of one half is not to blame for the other."""
    half = POLL.replace("v1/run/", "v2/runs/")
    text = dedent(half).lstrip("\n")
    trees = {**seen.context.trees, "poll.py": parse("poll.py", text)}
    again = analyze_program(trees, seen.context.rules, seen.context.settings)
    assert {fault.kind.code for fault in again.faults} == {"KOG805", "KOG806"}
    found = verify_changes(again, [right(again, "start.py")], Applicability.SAFE)
    assert [change.path for change in found.changes] == ["start.py"]
    assert found.faults != ()


def test_a_plan_that_leaves_the_old_version_behind_is_taken_back(seen: AnalyzedProgram) -> None:
    wrong = PlannedConversation(
        of_file(seen, "poll.py"), replaced(seen, "poll.py", ("state(worker_id)", "ask(worker_id)")), ()
    )
    found = verify_changes(seen, [wrong], Applicability.SAFE)
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "bug"
    assert found.changes == []


def test_a_check_promises_only_plans_that_a_fix_keeps(seen: AnalyzedProgram) -> None:
    wrong = PlannedConversation(of_file(seen, "poll.py"), replaced(seen, "poll.py", ("v1/", "v2/")), ())
    kept = right(seen, "start.py")
    found = verifiable_plans(seen, [wrong, kept])
    assert isinstance(found.planned[0].outcome, Refusal)
    assert found.planned == verify_changes(seen, [wrong, kept], Applicability.SAFE).planned
    assert (found.changes, found.faults) == ([], seen.faults)


def test_a_check_promises_no_adapting_that_a_fix_takes_back(seen: AnalyzedProgram) -> None:
    why = Refusal(of_file(seen, "poll.py").matches[0].request.site, "reply-escapes", "it escapes", None)
    wrong = replace(replaced(seen, "poll.py", ("v1/", "v2/")), avoided_refusal=why)
    kept = right(seen, "start.py")
    found = verifiable_plans(seen, [PlannedConversation(of_file(seen, "poll.py"), wrong, ()), kept])
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "reply-escapes"
    assert found.planned[1] == kept


def test_a_fix_offers_no_adapting_that_it_takes_back(seen: AnalyzedProgram) -> None:
    why = Refusal(of_file(seen, "poll.py").matches[0].request.site, "reply-escapes", "it escapes", None)
    wrong = replace(replaced(seen, "poll.py", ("v1/", "v2/")), avoided_refusal=why)
    planned = [PlannedConversation(of_file(seen, "poll.py"), wrong, ()), right(seen, "start.py")]
    fixed = verify_changes(seen, planned, Applicability.SAFE)
    assert fixed.planned == planned
    offered = verify_offers(seen, fixed, Applicability.SAFE)
    assert isinstance(offered.planned[0].outcome, Refusal)
    assert offered.planned[1] == planned[1]
    assert offered.changes == fixed.changes
