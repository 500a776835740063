"""Sessions with a base URL that the program creates and hands out, and functions that want such a session."""

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

FACTORY = """\
import httpx


def connect(key):
    return httpx.Client(base_url="https://rest-api.app.kognitos.com/v1", headers={"x-api-key": key})
"""
CALLS = """\
import json

import httpx

class Runner:
    def __init__(self, http: httpx.Client):
        self.http = http

    def start(self, facts):
        return self.http.post("/invoke/share1", json=facts).json()["worker_id"]


def outputs(client: "httpx.Client", worker_id):
    run = client.get(f"/run/{worker_id}").json()
    return json.loads(run["answer"]) if run["state"] == "done" else None
"""


def fixed(factory: str = FACTORY, calls: str = CALLS, **others: str) -> tuple[str, set[str]]:
    """The texts of the changed files after `fix`, and the codes of the remaining findings."""
    files = {
        "package/connection.py": factory,
        "package/calls.py": calls,
        "package/__init__.py": "from . import calls, connection",
        **others,
    }
    result = analyse(sources(files), RULES, settings(), Applicability.SAFE)
    changed = "".join(change.after for change in result.changes)
    return changed, {finding.code for finding in result.remaining}


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_a_function_gets_the_session_that_the_program_hands_out(kind: str) -> None:
    calls, factory = CALLS.replace("httpx.Client", f"httpx.{kind}"), FACTORY.replace("Client", kind)
    if kind == "AsyncClient":
        calls = (
            calls.replace("def ", "async def ")
            .replace("self.http.post", "(await self.http.post")
            .replace("json=facts)", "json=facts))")
            .replace("client.get", "(await client.get")
            .replace('}").json', '}")).json')
            .replace("async def __i", "def __i")
        )
    changed, remaining = fixed(factory, calls)
    assert remaining == set()
    assert 'base_url="https://rest-api.app.kognitos.com/v2"' in changed
    assert '"/runs"' in changed
    assert 'f"/runs/{worker_id}"' in changed


OTHER_VENDOR = """

def connect_to_other(key):
    return httpx.Client(base_url="https://api.example.com/v1", headers={"x-api-key": key})
"""
OTHER_CALLS = """\
import httpx


def phase(client: httpx.Client, number):
    return client.get(f"/run/{number}").json()["phase"]
"""


@pytest.mark.parametrize(
    ("factory", "calls"),
    [
        (FACTORY + OTHER_VENDOR, CALLS),
        (FACTORY.replace("connect(key)", "_connect(key)") + "\n\nCLIENT = _connect('k')\n", CALLS),
        (FACTORY.replace("httpx.Client", "httpx.AsyncClient"), CALLS),
        (FACTORY, "import httpx\n"),
        (FACTORY, OTHER_CALLS),
        (
            FACTORY.replace('"https://rest-api.app.kognitos.com/v1"', "base").replace("(key)", "(key, base)"),
            CALLS,
        ),
    ],
)
def test_a_session_that_may_be_another_one_is_not_assumed(factory: str, calls: str) -> None:
    changed, _ = fixed(factory, calls)
    assert changed == ""


def test_a_call_of_another_service_with_the_session_holds_back() -> None:
    changed, remaining = fixed(**{"package/other.py": f"from . import connection\n{OTHER_CALLS}"})
    assert (changed, remaining) == ("", {"KOG101", "KOG201", "KOG903"})
