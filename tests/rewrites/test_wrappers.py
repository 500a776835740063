"""Requests that go through one wrapper: each is a function of what its caller gives, and is changed alone
where no edit stands in code that others go through."""

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES, changed
from tests.rewrites.verbs import settings, sources

HOST = "https://rest-api.app.kognitos.com"
FUNCTION = """\
import requests

def call(method, url, **more):
    response = requests.request(method, url, headers={"x-api-key": "k"}, **more)
    response.raise_for_status()
    return response.json()
"""
CLASS = """\
import requests

class Http:
    def __init__(self, key):
        self.session = requests.Session()
        self.session.headers["x-api-key"] = key

    def call(self, method, url, **more):
        reply = self.session.request(method, url, timeout=30, **more)
        return reply.json()

call = Http("k").call
"""
TWO_VERBS = """\
import httpx

def _json(response):
    response.raise_for_status()
    return response.json()

def post(url, body):
    return _json(httpx.post(url, json=body, headers={"x-api-key": "k"}))

def get(url):
    return _json(httpx.get(url, headers={"x-api-key": "k"}))

def call(method, url, json=None):
    return post(url, json) if method == "POST" else get(url)
"""
WRAPPERS = {"a function": FUNCTION, "a method of a session's owner": CLASS}
CLIENT = f"""\
from wire import call

def run(facts):
    number = call("POST", "{HOST}/v1/invoke/share1", json=facts)["worker_id"]
    return call("GET", "{HOST}/v1/run/" + number)["state"] == "done"
"""
BLOCKED = {
    "a key that is missing": f"""\
from wire import call

def other(facts):
    return call("POST", "{HOST}/v1/invoke/nosuchshareid", json=facts)["worker_id"]
""",
    "a reply that goes out of sight": f"""\
from wire import call

def other(run):
    return call("GET", "{HOST}/v1/run/" + run)
""",
    "a reply that a library gets": f"""\
import audit
from wire import call

def other(facts):
    audit.note(call("POST", "{HOST}/v1/invoke/share2", json=facts))
""",
}
TORN = {
    "the wrapper reads the reply": (
        FUNCTION.replace("response.json()", 'response.json()["worker_id"]'),
        CLIENT.replace('["worker_id"]', "").replace('["state"] == "done"', ""),
    ),
    "the wrapper has the base": (
        FUNCTION.replace("(method, url, h", f'(method, "{HOST}/v1" + url, h'),
        CLIENT.replace(f"{HOST}/v1", ""),
    ),
}


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize("blocked", BLOCKED.values(), ids=BLOCKED)
def test_a_client_that_is_blocked_does_not_hold_the_other(wrapper: str, blocked: str) -> None:
    texts = {"wire.py": wrapper, "client.py": CLIENT, "other.py": blocked}
    result = analyse(sources(texts), RULES, settings(), Applicability.SAFE)
    assert [change.path for change in result.changes] == ["client.py"]
    assert [finding.fix.applicability for finding in result.remaining] != []
    assert changed({**texts, "both.py": "import client\nimport other\n"}) == (
        ["client.py"] if "state" not in blocked else []
    )


@pytest.mark.parametrize(("wrapper", "client"), TORN.values(), ids=TORN)
def test_what_both_go_through_is_not_edited_for_one(wrapper: str, client: str) -> None:
    blocked = BLOCKED["a key that is missing"].replace(f"{HOST}/v1", "" if HOST in wrapper else f"{HOST}/v1")
    assert changed({"wire.py": wrapper, "client.py": client, "other.py": blocked}) == []


def test_wrappers_that_call_each_other_tie_nothing() -> None:
    texts = {"wire.py": TWO_VERBS, "client.py": CLIENT, "other.py": BLOCKED["a key that is missing"]}
    assert changed(texts) == ["client.py"]


def test_what_stays_of_one_place_is_a_finding_of_its_own() -> None:
    text = (
        FUNCTION
        + f"""
def run(facts):
    return call("POST", "{HOST}/v1/invoke/share1", json=facts)["worker_id"]

def other():
    call("POST", "{HOST}/v1/invoke/nosuchshareid", json={{}})
"""
    )
    result = analyse(sources({"a.py": text}), RULES, settings(), Applicability.SAFE)
    assert len(result.changes) == 1
    assert [finding.reason for finding in result.remaining] == ["not-configured"]


def test_an_id_ties_what_goes_through_the_wrapper() -> None:
    begin = CLIENT.partition("    return")[0] + "    return number\n"
    end = (
        BLOCKED["a reply that a library gets"]
        .replace('call("POST", ', 'call("GET", ')
        .replace('invoke/share2", json=facts', 'run/" + run(facts)')
    )
    end = f"from client import run\n{end}"
    assert changed({"wire.py": FUNCTION, "client.py": begin, "other.py": end}) == []
