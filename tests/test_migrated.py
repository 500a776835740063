"""Conversations that are on the new version already are counted as such."""

from pathlib import Path
from textwrap import dedent

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module

RULES = load_rulebook()
SETTINGS = load_settings(Path(__file__).parents[1] / "fixtures" / "kognitos-migrate.yaml", RULES, Path.cwd())

WHOLE = """
    import requests

    API = "https://rest-api.app.kognitos.com/v2"
    KEY = {"x-api-key": "k"}
    BODY = {"process_id": "p", "agent_id": "a", "stage": "Published", "inputs": {}}

    run = requests.post(f"{API}/runs", json=BODY, headers=KEY).json()
    print(requests.get(f"{API}/runs/{run['id']}", headers=KEY).json()["status"])
"""
HALF = """
    import requests

    KEY = {"x-api-key": "k"}

    def poll(run):
        return requests.get(f"https://rest-api.app.kognitos.com/v2/runs/{run}", headers=KEY).json()["state"]

    print(poll("r"))
"""
OLD = """
    import requests

    KEY = {"x-api-key": "k"}
    START = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    print(requests.post(START, json={}, headers=KEY).json()["worker_id"])
"""


def result(*programs: str) -> Result:
    sources = [decode_module(dedent(text).encode(), f"{number}.py") for number, text in enumerate(programs)]
    return analyse(sources, RULES, SETTINGS)


def calls(found: Result) -> list[tuple[str, int, str, str]]:
    return [(one.place.path, one.place.row, one.code, one.conversation) for one in found.migrated]


def test_calls_of_one_conversation_go_together() -> None:
    assert calls(result(WHOLE)) == [("0.py", 8, "KOG101", "n1"), ("0.py", 9, "KOG201", "n1")]


def test_programs_have_conversations_of_their_own() -> None:
    assert [name for *_, name in calls(result(WHOLE, WHOLE))] == ["n1", "n1", "n2", "n2"]


def test_what_is_half_migrated_is_not_migrated() -> None:
    found = result(HALF, WHOLE)
    assert {path for path, *_ in calls(found)} == {"1.py"}
    (half,) = found.findings
    assert (half.code, half.conversation) == ("KOG805", "n1")


def test_the_old_version_is_not_migrated() -> None:
    found = result(OLD)
    assert (calls(found), [one.conversation for one in found.findings]) == ([], ["c1"])


def test_only_the_files_that_are_given_are_told() -> None:
    sources = [decode_module(dedent(WHOLE).encode(), f"{number}.py") for number in range(2)]
    assert {path for path, *_ in calls(analyse(sources, RULES, SETTINGS, target_paths=["1.py"]))} == {"1.py"}
