"""Tests that expect v1 of a program that calls v2 are found, and no others."""

from collections.abc import Sequence

import pytest

from kognitos_migrate.findings.result import Finding
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
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


FACTORIES = """\
import client

def started():
    return {"worker_id": "w"}

def uploaded():
    return {"blob_uri": "b", "id": "x"}

def reply(content):
    return type("Reply", (), {"json": lambda self: content})()

def test_start(monkeypatch):
    monkeypatch.setattr(client.requests, "post", lambda url, **_: reply(started()))
    assert client.start({}) == "w"

def test_other(monkeypatch):
    monkeypatch.setattr(client.requests, "post", lambda url, **_: reply(uploaded()))
    assert client.start({}) == "x"
"""


def test_the_words_of_factories_are_those_that_the_test_calls() -> None:
    first, *others = found(FACTORIES)
    assert first.place.row == 12
    assert "worker_id" in first.fix.message
    assert "blob_uri" not in first.fix.message
    assert not any("worker_id" in finding.fix.message for finding in others)


COMMANDS = """

import click

@click.group()
def cli():
    pass

@cli.command()
def begin():
    click.echo(start({}))
"""


def test_a_test_that_runs_a_group_reaches_its_commands() -> None:
    test = """
from click.testing import CliRunner
from client import cli

def test_begin(respx_mock):
    respx_mock.post(path__startswith="/v1/invoke/").respond(403)
    assert CliRunner().invoke(cli, ["begin"]).exit_code == 1
"""
    (finding,) = found(test, CLIENT + COMMANDS)
    assert finding.fix.message == "change 'invoke' (line 6)"


MADE_BEFORE = """\
import client

DATA = {{}}

{before}
    DATA["reply"] = {{"worker_id": "w"}}

def test_it(monkeypatch):
    answer = type("Reply", (), {{"json": lambda self: DATA["reply"]}})()
    monkeypatch.setattr(client.requests, "post", lambda url, **_: answer)
    assert client.start({{}}) == "w"
"""


@pytest.mark.parametrize(
    "before",
    ["def setup_module():", "if True:", "@pytest.fixture(autouse=True)\ndef data():", "def pytest_setup():"],
)
def test_data_that_are_made_before_a_test_runs_are_found(before: str) -> None:
    (finding,) = found(MADE_BEFORE.format(before=before))
    assert "worker_id" in finding.fix.message


def test_a_double_in_a_class_is_found_at_each_test_that_uses_it() -> None:
    double = 'class Reply:\n    def json(self):\n        return {"worker_id": "w"}\n\n'
    body = (
        '    monkeypatch.setattr(client.requests, "post", lambda *_, **__: Reply())\n    client.start({})\n'
    )
    tests = "".join(f"def test_{name}(monkeypatch):\n{body}\n" for name in "ab")
    assert [finding.place.row for finding in found(f"import client\n\n{double}{tests}")] == [7, 11]


OWN_PARAMETER = PATCHED.replace("reply({reply})", 'started(worker_id="w")').format(facts="{}")
OWN_PARAMETER += "\ndef started(worker_id):\n    return reply(id=worker_id)\n"
"""A factory of a test whose parameter has the name of an old field."""


@pytest.mark.parametrize(
    "tests",
    [
        OWN_PARAMETER,
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


@pytest.mark.parametrize(
    "text",
    [
        '"unknown worker_id"',
        'f"no worker_id {1}"',
        '"the worker_id: w"',
        '"/v2/runs/<worker_id>"',
        'r"/v2/runs/(?P<worker_id>.+)"',
        '"/v2/runs/{worker_id:str}"',
        '"/v2/runs/:worker_id"',
        'f"/v2/runs/{facts.worker_id}"',
    ],
)
def test_a_word_of_prose_and_the_name_of_a_placeholder_are_not(text: str) -> None:
    tests = PATCHED.format(reply='id="w"', facts="{}")
    assert (
        found(tests.replace("    assert", f"    facts = client\n    print(lambda: {text})\n    assert")) == []
    )
    assert found(tests.replace("    assert", '    """Read the worker_id of /v1/run."""\n    assert')) == []


@pytest.mark.parametrize(
    "text",
    [
        "\"missing 'worker_id'\"",
        '"run.worker_id"',
        '"$[worker_id]"',
        '"/v1/run?worker_id=w more"',
        """'{"worker_id": 1}'""",
    ],
)
def test_a_name_in_data_is_found_in_a_text(text: str) -> None:
    tests = PATCHED.format(reply='id="w"', facts="{}")
    assert len(found(tests.replace("    assert", f"    print({text})\n    assert"))) == 1


POLLER = (
    CLIENT
    + """

def poll(run_id):
    return requests.get(f"{BASE}/runs/{run_id}", headers={"x-api-key": "k"}).json()


def is_finished(run):
    return run["status"] == "Succeeded"


def is_ended(status):
    return status in ("Succeeded", "Failed")


def has_status(run):
    return "status" in run


def status_of(run):
    return run.get("status", "")


def wait(run_id):
    while not is_finished(run := poll(run_id)):
        pass
    return is_ended(run["status"]), has_status(run), status_of(run)
"""
)
"""A client with functions that read a reply of v2, and that tests call with data of their own."""


@pytest.mark.parametrize(
    "body",
    [
        'assert client.is_finished({"state": "done"})',
        'assert client.is_finished(dict(state="done"))',
        "assert client.is_finished(RUN)",
        'assert client.is_finished(made("done"))',
        'assert client.is_finished({**RUN, "more": 1})',
        'assert client.has_status({"state": "done"})',
        'assert client.status_of({"state": "done"}) == "done"',
        'assert client.is_ended("done")',
    ],
)
def test_old_data_for_code_that_reads_a_new_reply_is_found(body: str) -> None:
    made = 'import client\n\nRUN = {"state": "done"}\n\ndef made(state):\n    return {"state": state}\n\n'
    findings = found(f"{made}def test_it():\n    {body}\n", POLLER)
    assert [finding.place.row for finding in findings] == [8]


@pytest.mark.parametrize(
    "body",
    [
        'assert client.is_finished({"status": "Succeeded"})',
        'assert client.is_finished({"status": "Succeeded", "state": "NY"})',
        'assert client.label({"state": "NY"}) == ["state"]',
        'assert not client.is_ended("new")',
    ],
)
def test_data_of_the_program_and_of_v2_are_not(body: str) -> None:
    assert found(f"import client\n\ndef test_it():\n    {body}\n", POLLER) == []


def test_old_data_are_not_found_if_the_program_reads_both_versions() -> None:
    both = POLLER.replace('run["status"] ==', '(run["status"] if "status" in run else run["state"]) ==')
    tests = 'import client\n\ndef test_it():\n    assert client.is_finished({"state": "Succeeded"})\n'
    assert [finding for finding in found_any(tests, both) if finding.code == "KOG812"] == []


def found_any(tests: str, client: str) -> Sequence[Finding]:
    return analyse(sources({"client.py": client, "test_client.py": tests}), RULES, settings(), None).findings


OWN_DATA = (
    CLIENT
    + """

def job(facts):
    return {"worker_id": start(facts)}


def open_ticket(facts):
    return requests.post("https://desk.example/api/v1/tickets", json=job(facts)).json()["key"]
"""
)
"""A client with a record of its own that has a field of v1, and with calls of another vendor."""


@pytest.mark.parametrize(
    "body",
    [
        'responses.post("https://rest-api.app.kognitos.com/v2/runs", json={"id": "w"})\n'
        '    assert client.job({}) == {"worker_id": "w"}',
        'responses.post(f"{client.BASE}/runs", json={"id": "w"})\n'
        '    responses.post("https://desk.example/api/v1/tickets", json={"key": "T1"})\n'
        '    assert client.open_ticket({}) == "T1"',
    ],
)
def test_data_of_the_program_and_of_other_vendors_are_not(body: str) -> None:
    tests = f"import client\nimport responses\n\n\n@responses.activate\ndef test_it():\n    {body}\n"
    assert found(tests, OWN_DATA) == []


def test_a_reply_of_v1_is_found_if_the_program_has_its_field_in_own_data() -> None:
    fake = """\
import client

class Session:
    def post(self, url, **_):
        return self

    def json(self):
        return {"worker_id": "w"}

def test_it(monkeypatch):
    monkeypatch.setattr(client, "requests", Session())
    assert client.job({}) == {"worker_id": "w"}
"""
    (finding,) = found(fake, OWN_DATA)
    assert finding.fix.message == "change 'worker_id' (line 8)"


def test_a_base_of_v1_in_a_test_is_found_there_and_not_in_the_code() -> None:
    client = CLIENT.replace('"https://rest-api.app.kognitos.com/v2"', 'os.environ["KOGNITOS_URL"]')
    client = f"import os\n{client}".replace("def start(facts):", "def start(facts, base=BASE):")
    test = 'import client\n\ndef test_it():\n    assert client.start({}, base="https://%s/v1") == "w"\n'
    (finding,) = found(test % "rest-api.app.kognitos.com", client.replace("{BASE}", "{base}"))
    assert finding.place.path == "test_client.py"
    assert finding.fix.message == "change 'v1' (line 4)"


PARTS = """\
import client

def post(url, **arguments):
    parts = url.split({separator})
    assert parts[-2] == {word}
    return type("Reply", (), {{"json": lambda self: {{"id": "w"}}}})()

def test_it(monkeypatch):
    monkeypatch.setattr(client.requests, "post", post)
    assert client.start({{}}) == "w"
"""


@pytest.mark.parametrize(
    ("separator", "word", "count"),
    [('"/"', '"invoke"', 1), ('"/"', '"runs"', 0), ('" "', '"invoke"', 0), ('"/"', '"invoked"', 0)],
)
def test_a_part_of_a_path_of_v1_is_found(separator: str, word: str, count: int) -> None:
    assert len(found(PARTS.format(separator=separator, word=word))) == count


SHOWN = PATCHED.format(reply='id="w"', facts="{}") + "    assert {word} in {shown}\n"


@pytest.mark.parametrize(
    ("word", "shown", "count"),
    [
        ('"invoke"', "str(monkeypatch)", 1),
        ('"invoke"', "repr(monkeypatch)", 1),
        ('"runs"', "str(monkeypatch)", 0),
        ('"invoke"', "monkeypatch.names", 0),
    ],
)
def test_a_word_of_a_path_of_v1_that_is_sought_in_shown_calls_is_found(
    word: str, shown: str, count: int
) -> None:
    assert len(found(SHOWN.replace("{word}", word).replace("{shown}", shown))) == count
