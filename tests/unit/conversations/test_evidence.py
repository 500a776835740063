"""Path alone is never enough: a proof, or a strong sign and another that supports it."""

import pytest

from kognitos_migrate.conversations.evidence import Certainty, Evidence, evidence_of
from kognitos_migrate.conversations.flow_channels import FlowChannels
from kognitos_migrate.conversations.link import link
from kognitos_migrate.conversations.signs import decisive_signs
from tests.unit.conversations.programs import program

HOST = "https://rest-api.app.kognitos.com"
TABLES = {"processes": {"share1": {"process_id": "p1"}}}


def evidence(text: str, hosts: tuple[str, ...] = ()) -> Evidence:
    """The evidence in a program, whose conversations nothing but replies ties together."""
    made = program(text, hosts=hosts, tables=TABLES)
    return evidence_of(
        made.program, link(made.matches, made.facts, lambda match: (), FlowChannels(made.program, {}))
    )


def proofs(text: str, hosts: tuple[str, ...] = ()) -> list[str]:
    """The signs that show the last match of a program."""
    found = [(match, one.signs) for one in evidence(text, hosts).proven for match in one.matches]
    match, signs = max(found, key=lambda one: one[0].request.id)
    return [sign.text for sign in decisive_signs(signs, match.request.id)]


def verdict(text: str) -> list[str]:
    """The operations of a program's requests, with how certain they are."""
    made = evidence(text)
    found = {match.request.id: (match, "proven") for one in made.proven for match in one.matches}
    found.update((one.match.request.id, (one.match, f"{one.certainty.value}?")) for one in made.suspects)
    return [f"{match.operation.id} {certain}" for _, (match, certain) in sorted(found.items())]


CASES = {
    "a host of the API": (f'import requests\nrequests.get("{HOST}/v1/run/7")', "the host belongs to the API"),
    "a key of the configuration": (
        'import requests\nrequests.post(input() + "/v1/invoke/share1")',
        "its process is in the configuration",
    ),
    "a URL out of a reply": (
        f"""
        import requests
        requests.put(requests.post("{HOST}/v1/upload").json()["upload_url"], data=b"")
        """,
        "the host belongs to the API",
    ),
    "a parameter that no other API has": (
        'import requests\nrequests.post(input() + "/v1/invoke/s", params={"attachments_key": "docs"})',
        "it has the query parameter attachments_key",
    ),
    "a parameter in the URL": (
        'import requests\nrequests.post(input() + "/v1/invoke/s?attachments_key=docs")',
        "it has the query parameter attachments_key",
    ),
    "the flow of an id": (
        """
        import requests
        base = input()
        run = requests.post(base + "/v1/invoke/s").json()["worker_id"]
        requests.get(base + "/v1/run/" + run)
        """,
        "worker_id of the POST /v1/invoke/{process} response is sent in GET /v1/run/{run}",
    ),
    "the flow of a file": (
        """
        import requests
        base = input()
        blob = requests.post(base + "/v1/upload", json={"file_name": "a"}).json()["blob_uri"]
        requests.post(base + "/v1/invoke/s", json={"docs": [blob]})
        """,
        "blob_uri of the POST /v1/upload response is sent in POST /v1/invoke/{process}",
    ),
}


@pytest.mark.parametrize(("text", "proof"), CASES.values(), ids=CASES)
def test_one_thing_that_proves_it(text: str, proof: str) -> None:
    assert proofs(text) == [proof]


def test_a_configured_host_proves_it() -> None:
    text = 'import requests\nrequests.get("https://gate.example.net/v1/run/7")'
    assert proofs(text, ("gate.example.net",)) == ["the host belongs to the API"]


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
}


def with_base(call: str, source: str) -> str:
    lines = "\n".join(line.removeprefix(" " * 8) for line in call.splitlines())
    return f"import os, requests\nbase = os.environ[{source!r}]\n{lines}\n"


@pytest.mark.parametrize("call", SUPPORTED.values(), ids=SUPPORTED)
def test_a_name_with_support_shows_it(call: str) -> None:
    *_, name = proofs(with_base(call, "KOGNITOS_URL"))
    assert name == "the URL starts with environment variable KOGNITOS_URL"


@pytest.mark.parametrize("call", SUPPORTED.values(), ids=SUPPORTED)
def test_support_without_the_name_shows_nothing(call: str) -> None:
    assert not evidence(with_base(call, "JOBS_URL")).proven


@pytest.mark.parametrize("call", NOT_SUPPORTED.values(), ids=NOT_SUPPORTED)
def test_a_name_without_support_makes_a_possible_call(call: str) -> None:
    assert verdict(with_base(call, "KOGNITOS_URL")) == ["poll_run possible?"]


KEY = 'headers={"x-api-key": "k"}'
START = f'requests.post(base + "/v1/invoke/s", {KEY}).json()'
POLL = f'requests.get(base + "/v1/run/7", {KEY}).json()'
VERDICTS = {
    "a strong sign and a weak one": (f'{START}["worker_id"]', ["start_run proven"]),
    "a strong sign alone": (
        'requests.post(base + "/v1/invoke/s").json()["worker_id"]',
        ["start_run possible?"],
    ),
    "two strong signs of two operations": (
        """
        requests.post(base + "/v1/invoke/s").json()["worker_id"]
        run = requests.get(base + "/v1/run/7").json()
        print(run["state"], json.loads(run["answer"]))
        """,
        ["start_run proven", "poll_run proven"],
    ),
    "one base for a proven call and another": (
        f'{START}["worker_id"]\nrequests.get(base + "/v1/run/7")',
        ["start_run proven", "poll_run proven"],
    ),
    "another base": (
        f'{START}["worker_id"]\nrequests.get(os.environ["OTHER"] + "/v1/run/7")',
        ["start_run proven"],
    ),
    "a weak sign alone": (f'{POLL}["state"]', ["poll_run possible?"]),
    "fields that no version has": (f'{POLL}["progress"]', []),
    "a field that no version has beside one of the old version": (
        f'reply = {START}\nprint(reply["worker_id"], reply["queue"])',
        [],
    ),
    "an error beside one of the old version": (
        f'reply = {START}\nprint(reply["worker_id"], reply.get("message"))',
        ["start_run proven"],
    ),
    "a service of which one reply is another API's": (
        f'{START}["task"]\n{POLL}["state"]',
        [],
    ),
    "a form": ('requests.post(base + "/v1/upload", headers={"x-api-key": "k"}, files={"file": b""})', []),
    "no version, and a weak sign": (f'requests.get(base + "/run/7", {KEY}).json()["state"]', []),
    "no version, and a strong sign": (
        'requests.post(base + "/invoke/s").json()["worker_id"]',
        ["start_run possible?"],
    ),
    "no version, and a proof": (
        """
        run = requests.post(base + "/invoke/s").json()["worker_id"]
        requests.get(base + "/run/" + run)
        """,
        ["start_run proven?", "poll_run proven?"],
    ),
    "no version, and more of the path": (f'requests.get(base + "/run/7/logs", {KEY}).json()["state"]', []),
    "something in front of the version": (
        f'requests.post(base + "/api/v1/invoke/s", {KEY}).json()["worker_id"]',
        [],
    ),
    "a host of others by default": (
        f"""
        base = os.environ.get("URL", "https://jobs.example.com")
        {START}["worker_id"]
        """,
        ["start_run possible?"],
    ),
    "URLs that are not known at all": (
        """
        print(requests.post(input()).json()["worker_id"])
        run = requests.get(input()).json()
        print(run["state"], json.loads(run["answer"]))
        """,
        ["start_run possible?", "poll_run possible?"],
    ),
    "one URL that is not known at all": ('print(requests.post(input()).json()["worker_id"])', []),
}


@pytest.mark.parametrize(("text", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_evidence_is_of_the_service(text: str, expected: list[str]) -> None:
    lines = "\n".join(line.removeprefix(" " * 8) for line in text.splitlines())
    assert verdict(f'import json, os, requests\nbase = os.environ["JOBS_URL"]\n{lines}\n') == expected


def test_an_attribute_of_one_object_is_one_service() -> None:
    text = """
    import json, requests
    class Client:
        def __init__(self, url):
            self.url = url
        def start(self, share):
            return requests.post(f"{self.url}/v1/invoke/{share}").json()["worker_id"]
        def done(self, run):
            return requests.get(f"{self.url}/v1/run/{run}").json()["state"] == "done"
    """
    assert verdict(text) == ["start_run proven", "poll_run proven"]


def test_certainty_is_told_apart() -> None:
    made = evidence('import requests\nrequests.post(input() + "/invoke/s").json()["worker_id"]')
    (suspect,) = made.suspects
    assert suspect.certainty is Certainty.POSSIBLE
    assert made.unversioned == ()


def test_a_version_that_callers_may_pass_is_no_other_service() -> None:
    text = """
        import requests

        class Kognitos:
            def __init__(self, host, key, decode, version="v1"):
                self.base, self.decode = f"https://{host}/{version}", decode
                self.headers = {"x-api-key": key}

            def start(self, share, facts):
                reply = requests.post(f"{self.base}/invoke/{share}", json=facts, headers=self.headers)
                return self.decode(reply)
    """
    assert verdict(text) == ["start_run possible?"]
