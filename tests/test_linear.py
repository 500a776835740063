"""Twice the calls of the old version in one file are twice the work: what is counted is how many functions
are called, which depends on no machine."""

import sys
from types import FrameType

import pytest

from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.analysis import analyse
from kognitos_migrate.source.file import SourceFile
from tests.rewrites.verbs import settings

PIECE = """\


import os.path as path_{n}


def start_{n}(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
    worker_id = requests.post(url, json={{**facts, "n": path_{n}.sep}}).json()["worker_id"]
    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{{worker_id}}").json()
    while reply["state"] == "running":
        reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{{worker_id}}").json()
    return json.loads(reply["answer"])
"""
MOST = 2.2
"""How many times the work twice the code may be."""


def work(pieces: int) -> int:
    """The calls that are made for a file of so many pieces."""
    text = "import json\n\nimport requests\n" + "".join(PIECE.format(n=n) for n in range(pieces))
    source, rules, configured = SourceFile("a.py", text, "utf-8", False, ""), load_rulebook(), settings()
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result = analyse([source], rules, configured, Applicability.SAFE)
    finally:
        sys.setprofile(before)
    assert len(result.findings) == 3 * pieces
    assert not result.remaining
    return calls


@pytest.mark.parametrize("pieces", [8])
def test_the_work_grows_with_the_file(pieces: int) -> None:
    work(1)  # what is loaded and compiled once
    once, twice = work(pieces), work(2 * pieces)
    assert twice < MOST * once, f"{once} calls, then {twice}"
