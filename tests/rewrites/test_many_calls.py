"""Helpers with more callers than `CONTEXTS_APART`: the result of each call is known if it contains a text of
its arguments."""

import pytest

from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.interpret import budgets
from tests.rewrites.verbs import analysed

CALLS = budgets.CONTEXTS_APART + 6
HEAD = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
"""
LOOKED_UP = """\


def start_{n}(share_id, facts):
    return requests.post(f"{{BASE}}/invoke/{{share_id}}", json=facts).status_code
"""
SPECIFIED = """\


def start_{n}(facts):
    job = job_of("share{share}")
    return requests.post(job["url"], json=facts).status_code
"""
DICT = """

def job_of(share_id):
    return {"url": f"{BASE}/invoke/{share_id}", "retries": 3}
"""
OBJECT = """

class Job:
    def __init__(self, share_id):
        self.url = f"{BASE}/invoke/{share_id}"

    def __getitem__(self, name):
        return getattr(self, name)


def job_of(share_id):
    return Job(share_id)
"""
NESTED = """

def parts_of(share_id):
    return {"request": [f"{BASE}/invoke/{share_id}"]}


def job_of(share_id):
    return {"url": parts_of(share_id)["request"][0]}
"""
UNKNOWN = """

def job_of(share_id):
    return {"url": read_url(share_id)}
"""


def fixed(head: str, piece: str) -> Result:
    """The result for a module in which more functions call a helper than are kept apart."""
    text = head + "".join(piece.format(n=n, share=n % 2 + 1) for n in range(CALLS))
    return analysed({"main.py": text})


def is_fixable(result: Result) -> bool:
    """Whether all requests have a safe fix."""
    return len(result.findings) == CALLS and all(
        finding.fix.applicability is Applicability.SAFE for finding in result.findings
    )


def test_many_functions_look_up_the_table() -> None:
    assert is_fixable(fixed(HEAD, LOOKED_UP))


@pytest.mark.parametrize("helper", [DICT, OBJECT, NESTED], ids=["dict", "object", "nested"])
def test_a_helper_specifies_the_requests_of_many_functions(helper: str) -> None:
    result = fixed(HEAD + helper, SPECIFIED)
    assert is_fixable(result), {finding.fix.message for finding in result.findings}


def test_a_helper_that_is_not_analysed_specifies_none() -> None:
    result = fixed("from jobs import read_url\n" + HEAD + UNKNOWN, SPECIFIED)
    assert not any(finding.fix.applicability is Applicability.SAFE for finding in result.findings)
