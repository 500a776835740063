"""Tests that expect v1 of a program that calls v2 are found, and no others."""

import pytest

from kognitos_migrate.findings.result import Finding
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_ways import RULES
from tests.rewrites.verbs import settings, sources

CLIENT = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v2"
PROCESS = {
    "process_id": "b4fznghynbdemslfd5k044fgd",
    "agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z",
    "stage": "Published",
}


def start(facts):
    body = {**PROCESS, "inputs": facts}
    reply = requests.post(f"{BASE}/runs", json=body, headers={"x-api-key": "k"})
    return reply.json()["id"]


def label(facts):
    return sorted(facts)
"""
PATCHED = """\
import client

def reply(**content):
    return type("Reply", (), {{"json": lambda self: content}})()

def test_it(monkeypatch):
    monkeypatch.setattr(client.requests, "post", lambda url, **_: reply({reply}))
    assert client.start({facts}) == "w"
"""


ADAPTED = CLIENT.replace(
    'return reply.json()["id"]',
    "return v1_start_run(reply.json())\n\n\n# kognitos-migrate: adapter\n"
    'def v1_start_run(reply):\n    return {"worker_id": reply["id"]}',
)
"""A client whose callers get the old reply from an adapter."""


def found(tests: str, client: str = CLIENT) -> list[Finding]:
    result = analyse(sources({"client.py": client, "test_client.py": tests}), RULES, settings(), None)
    assert {finding.code for finding in result.findings} <= {"KOG501", "KOG812"}
    return [finding for finding in result.findings if finding.code == "KOG812"]


def test_a_reply_of_v1_is_found_at_the_test_with_its_line() -> None:
    (finding,) = found(PATCHED.format(reply='worker_id="w"', facts="{}"))
    assert (finding.place.path, finding.place.row, finding.place.column) == ("test_client.py", 6, 5)
    assert finding.fix.message == "change 'worker_id' (line 7)"
    assert finding.help is not None
    assert "'worker_id' becomes 'id'" in finding.help


def test_a_double_in_a_class_is_found_at_each_test_that_uses_it() -> None:
    double = 'class Reply:\n    def json(self):\n        return {"worker_id": "w"}\n\n'
    body = (
        '    monkeypatch.setattr(client.requests, "post", lambda *_, **__: Reply())\n    client.start({})\n'
    )
    tests = "".join(f"def test_{name}(monkeypatch):\n{body}\n" for name in "ab")
    assert [finding.place.row for finding in found(f"import client\n\n{double}{tests}")] == [7, 11]


@pytest.mark.parametrize(
    "tests",
    [
        PATCHED.format(reply='id="w"', facts="{}"),
        PATCHED.format(reply='id="w"', facts='{"state": "NY", "answer": 42}'),
        'import client\n\ndef test_label():\n    assert client.label({"worker_id": 1}) == ["worker_id"]\n',
    ],
)
def test_a_test_that_expects_nothing_of_v1_is_not(tests: str) -> None:
    assert found(tests) == []


def test_a_field_that_an_adapter_rebuilds_is_not() -> None:
    tests = PATCHED.format(reply='id="w"', facts="{}").replace('"w"\n', '{"worker_id": "w"}\n')
    assert "worker_id" in tests
    assert len(found(tests)) == 1
    assert found(tests, ADAPTED) == []
