"""A fix is looked at again before it is given out: a plan that leaves code half-migrated is taken back."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.edits.composed import edits_of
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.helpers import Helpers
from kognitos_migrate.edits.plan import Plan, Refusal, plan
from kognitos_migrate.edits.tables import Tables
from kognitos_migrate.findings.classify import Planned
from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.seen import Seen, understand
from kognitos_migrate.run.selfcheck import checked, promised
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import parse

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
def seen() -> Seen:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    files = {"poll.py": POLL, "start.py": START}
    trees = {path: parse(path, dedent(text).lstrip("\n")) for path, text in files.items()}
    return understand(trees, rules, settings)


def replaced(seen: Seen, path: str, *changes: tuple[str, str]) -> Plan:
    """A plan that does no more than these replacements."""
    text = seen.scene.trees[path].text
    drafts = []
    for old, new in changes:
        start = len(text[: text.index(old)].encode())
        drafts.append(Draft(Span(path, start, start + len(old.encode())), (new,)))
    return Plan(tuple(drafts), Tables(), Helpers(), ())


def of_file(seen: Seen, path: str) -> Conversation:
    return next(one for one in seen.conversations if one.matches[0].request.site.path == path)


def right(seen: Seen, path: str) -> Planned:
    conversation = of_file(seen, path)
    outcome = plan(seen.scene, conversation)
    assert isinstance(outcome, Plan)
    return Planned(conversation, outcome, ())


def test_a_right_plan_is_kept(seen: Seen) -> None:
    planned = [right(seen, "poll.py"), right(seen, "start.py")]
    found = checked(seen, planned, Applicability.SAFE)
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
    seen: Seen, path: str, changes: list[tuple[str, str]], code: str
) -> None:
    other = "start.py" if path == "poll.py" else "poll.py"
    wrong = Planned(of_file(seen, path), replaced(seen, path, *changes), ())
    kept = right(seen, other)
    found = checked(seen, [wrong, kept], Applicability.SAFE)
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "self-check"
    assert code in outcome.message
    assert "this is a bug of kognitos-migrate" in outcome.message
    assert found.planned[1] == kept
    assert [change.path for change in found.changes] == [other]


@pytest.mark.parametrize("position", [0, 1])
def test_a_plan_whose_text_does_not_compile_is_taken_back_alone(seen: Seen, position: int) -> None:
    """A parser takes such a text; Python's symbol table does not."""
    broken = "print([one for one in (run_id := [worker_id])])\n    requests.get"
    outcome = replaced(seen, "poll.py", ("requests.get", broken))
    edits = tuple(edit for found in edits_of(seen.scene, [outcome]).values() for edit in found)
    wrong = Planned(of_file(seen, "poll.py"), outcome, edits)
    kept = right(seen, "start.py")
    found = checked(seen, [wrong, kept] if position == 0 else [kept, wrong], Applicability.SAFE)
    refused = found.planned[position].outcome
    assert isinstance(refused, Refusal)
    assert refused.reason == "bug"
    assert "not be valid Python" in refused.message
    assert found.planned[1 - position] == kept
    assert [change.path for change in found.changes] == ["start.py"]


def test_what_was_half_done_before_takes_nothing_back(seen: Seen) -> None:
    """The plan of one half is not to blame for the other."""
    half = POLL.replace("v1/run/", "v2/runs/")
    text = dedent(half).lstrip("\n")
    trees = {**seen.scene.trees, "poll.py": parse("poll.py", text)}
    again = understand(trees, seen.scene.rules, seen.scene.settings)
    assert {fault.kind.code for fault in again.faults} == {"KOG805", "KOG806"}
    found = checked(again, [right(again, "start.py")], Applicability.SAFE)
    assert [change.path for change in found.changes] == ["start.py"]
    assert found.faults != ()


def test_a_plan_that_leaves_the_old_version_behind_is_taken_back(seen: Seen) -> None:
    wrong = Planned(
        of_file(seen, "poll.py"), replaced(seen, "poll.py", ("state(worker_id)", "ask(worker_id)")), ()
    )
    found = checked(seen, [wrong], Applicability.SAFE)
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "bug"
    assert found.changes == []


def test_a_check_promises_only_plans_that_a_fix_keeps(seen: Seen) -> None:
    wrong = Planned(of_file(seen, "poll.py"), replaced(seen, "poll.py", ("v1/", "v2/")), ())
    kept = right(seen, "start.py")
    found = promised(seen, [wrong, kept])
    assert isinstance(found.planned[0].outcome, Refusal)
    assert found.planned == checked(seen, [wrong, kept], Applicability.SAFE).planned
    assert (found.changes, found.faults) == ([], seen.faults)


def test_a_check_promises_no_adapting_that_a_fix_takes_back(seen: Seen) -> None:
    why = Refusal(of_file(seen, "poll.py").matches[0].request.site, "reply-escapes", "it escapes", None)
    wrong = replace(replaced(seen, "poll.py", ("v1/", "v2/")), adapting=why)
    kept = right(seen, "start.py")
    found = promised(seen, [Planned(of_file(seen, "poll.py"), wrong, ()), kept])
    outcome = found.planned[0].outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "self-check"
    assert found.planned[1] == kept
