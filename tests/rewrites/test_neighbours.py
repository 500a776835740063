"""A request that stays doesn't hold back its neighbours in a module: where they share a text with the old
version, those that change say it again, each for itself."""

import pytest

from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

HOST = "https://rest-api.app.kognitos.com"
MODULE = """\
import requests

{shared}


def archive(document):
    reply = requests.post({archive}, json={{"document": document}})
    print(reply.json()["worker_id"])


def classify(document):
    reply = requests.post({classify}, json={{"document": document}})
    reply.raise_for_status()
    print(reply.json()["worker_id"])
"""
SHARED = {
    "a base with the version": (
        f'BASE = "{HOST}/v1"',
        'f"{BASE}/invoke/%s"',
        f'"{HOST}/v2/runs"',
    ),
    "a path": (
        f'HOST = "{HOST}"\nINVOKE = HOST + "/v1/invoke/"',
        'INVOKE + "%s"',
        'f"{HOST}/v2/runs"',
    ),
    "a template": (
        f'URL = "{HOST}/v1/{{}}/{{}}"',
        'URL.format("invoke", "%s")',
        f'"{HOST}/v2/runs"',
    ),
    "an entry of a dict": (
        f'API = {{"base": "{HOST}/v1", "timeout": 3}}',
        'API["base"] + "/invoke/%s"',
        f'"{HOST}/v2/runs"',
    ),
    "a field of a class": (
        f'class Api:\n    base = "{HOST}/v1"',
        'f"{Api.base}/invoke/%s"',
        f'"{HOST}/v2/runs"',
    ),
}
BLOCKERS = ("nowhere", "share")


def module(shared: str, url: str, key: str) -> str:
    """A module of two functions; the key of the first is no share_id of the configuration."""
    return MODULE.format(shared=shared, archive=url % key, classify=url % "share1")


def fixed(text: str) -> Result:
    """The result of fixing one module."""
    return analyse(sources({"a.py": text}), RULES, settings(), Applicability.SAFE)


@pytest.mark.parametrize("key", BLOCKERS)
@pytest.mark.parametrize(("shared", "url", "said"), SHARED.values(), ids=SHARED)
def test_a_neighbour_that_shares_the_text_says_it_again(shared: str, url: str, said: str, key: str) -> None:
    text = module(shared, url, key)
    result = fixed(text)
    (change,) = result.changes
    before, after = text.partition("def classify")[0], change.after.partition("def classify")
    assert after[0] == before
    assert f"requests.post(\n        {said},\n" in after[2]
    assert [finding.place.row for finding in result.remaining] == [
        before[: before.index("post")].count("\n") + 1
    ]


@pytest.mark.parametrize(("shared", "url", "said"), SHARED.values(), ids=SHARED)
def test_without_a_blocker_the_shared_text_is_changed(shared: str, url: str, said: str) -> None:
    (change,) = fixed(module(shared, url, "share2")).changes
    assert "/v1" not in change.after
    assert said not in change.after


def test_a_neighbour_that_follows_the_run_stays() -> None:
    text = module(f'BASE = "{HOST}/v1"', 'f"{BASE}/invoke/%s"', "nowhere")
    text = text.replace("print(reply", "return follow(reply", 1)
    follow = 'requests.get(f"{BASE}/run/{run}").json()["state"] == "done"'
    result = fixed(f"{text}\n\ndef follow(run):\n    return {follow}\n")
    (change,) = result.changes
    assert follow in change.after
    assert f'"{HOST}/v2/runs"' in change.after
    assert sorted(finding.code for finding in result.remaining) == ["KOG101", "KOG201"]


def test_a_neighbour_in_the_same_wrapper_stays() -> None:
    text = f'''\
import requests


def post(path, body):
    return requests.post("{HOST}/v1" + path, json=body).json()["worker_id"]


def archive(document):
    print(post("/invoke/nowhere", {{"document": document}}))


def classify(document):
    print(post("/invoke/share1", {{"document": document}}))
'''
    result = fixed(text)
    assert result.changes == ()
    assert {finding.reason for finding in result.remaining} == {"not-configured"}


def test_a_neighbour_whose_whole_reply_escapes_waits_for_the_option() -> None:
    text = module(f'BASE = "{HOST}/v1"', 'f"{BASE}/invoke/%s"', "share2").replace(
        'print(reply.json()["worker_id"])', "print(reply.json())", 1
    )
    result = fixed(text)
    assert result.changes == ()
    assert {finding.fix.applicability for finding in result.remaining} == {Applicability.ADAPT}
