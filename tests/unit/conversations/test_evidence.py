"""Path alone is never enough: a host, a key of the configuration, or a word with support."""

import pytest

from kognitos_migrate.conversations.evidence import evidence
from tests.unit.conversations.programs import program

HOST = "https://rest-api.app.kognitos.com"
TABLES = {"processes": {"share1": {"process_id": "p1"}}}


def said(text: str, hosts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The evidence for the last match of a program."""
    made = program(text, hosts=hosts, tables=TABLES)
    return evidence(made.program, made.matches[-1])


CASES = {
    "a host of the API": (f'import requests\nrequests.get("{HOST}/v1/run/7")', "the host is one of the API"),
    "a key of the configuration": (
        'import requests\nrequests.post(input() + "/v1/invoke/share1")',
        "the configuration has its process",
    ),
    "a URL out of a reply": (
        f"""
        import requests
        requests.put(requests.post("{HOST}/v1/upload").json()["upload_url"], data=b"")
        """,
        "its URL comes from a reply of the API",
    ),
}


@pytest.mark.parametrize(("text", "proof"), CASES.values(), ids=CASES)
def test_one_thing_that_proves_it(text: str, proof: str) -> None:
    assert said(text) == (proof,)


def test_a_configured_host_proves_it() -> None:
    text = 'import requests\nrequests.get("https://gate.example.net/v1/run/7")'
    assert said(text, ("gate.example.net",)) == ("the host is one of the API",)


SUPPORTED = {
    "a header": 'requests.get(base + "/v1/run/7", headers={"x-api-key": "k"})',
    "a header, spelled otherwise": 'requests.get(base + "/v1/run/7", headers={"X-API-Key": "k"})',
    "a header of the session": """
        session = requests.Session()
        session.headers.update({"x-api-key": "k"})
        session.get(base + "/v1/run/7")
        """,
    "a header among others": """
        key = {"x-api-key": "k"}
        requests.get(base + "/v1/run/7", headers={**key, "accept": "*/*"})
        """,
    "a field of the reply": 'requests.get(base + "/v1/run/7").json()["answer"]',
    "a field of the reply, asked for": 'requests.get(base + "/v1/run/7").json().get("state")',
}
NOT_SUPPORTED = {
    "nothing": 'requests.get(base + "/v1/run/7")',
    "another header": 'requests.get(base + "/v1/run/7", headers={"authorization": "Bearer k"})',
    "another field": 'requests.get(base + "/v1/run/7").json()["progress"]',
}


def with_base(call: str, source: str) -> str:
    lines = "\n".join(line.removeprefix(" " * 8) for line in call.splitlines())
    return f"import os, requests\nbase = os.environ[{source!r}]\n{lines}\n"


@pytest.mark.parametrize("call", SUPPORTED.values(), ids=SUPPORTED)
def test_a_word_with_support_shows_it(call: str) -> None:
    word, *support = said(with_base(call, "KOGNITOS_URL"))
    assert "kognitos" in word
    assert support


@pytest.mark.parametrize("call", SUPPORTED.values(), ids=SUPPORTED)
def test_support_without_the_word_shows_nothing(call: str) -> None:
    assert said(with_base(call, "JOBS_URL")) == ()


@pytest.mark.parametrize("call", NOT_SUPPORTED.values(), ids=NOT_SUPPORTED)
def test_a_word_without_support_shows_nothing(call: str) -> None:
    assert said(with_base(call, "KOGNITOS_URL")) == ()
