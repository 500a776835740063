"""Twice the calls of the old version in one file are twice the work: what is counted is how many functions
are called, which depends on no machine."""

import re
import sys
from collections.abc import Callable
from textwrap import indent
from types import FrameType

import pytest

from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
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
STATEMENT = 'requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={{"n": {n}}})'
MOST = 2.05
"""How many times the work twice the code may be."""


def functions(pieces: int) -> str:
    """A file of functions."""
    return "import json\n\nimport requests\n" + "".join(PIECE.format(n=n) for n in range(pieces))


def methods(pieces: int) -> str:
    """A file of one class, whose methods hold the calls."""
    head, *rest = functions(pieces).split("\n\n\n")
    found = "\n\n".join(one.replace("(facts)", "(self, facts)") for one in rest if one.startswith("def "))
    return f"{head}\n\n\nclass Client:\n{indent(re.sub(r'path_[0-9]+[.]sep', '1', found), '    ')}"


def one_line(pieces: int) -> str:
    """A file whose calls all stand in one line."""
    return "import requests\n\n" + "; ".join(STATEMENT.format(n=n) for n in range(pieces)) + "\n"


def unread(pieces: int) -> str:
    """A file with a call, and with a table of paths that nothing reads."""
    table = "".join(f'    "way{n}": "/v1/run/{n}x",\n' for n in range(pieces))
    others = "".join(f"x{n} = f(x{n}) if g(x{n}) else {n}\n" for n in range(pieces))
    return f"import requests\n\n{STATEMENT.format(n=1)}\nWAYS = {{\n{table}}}\n{others}"


def work(text: str, found: int, left: int = 0) -> int:
    """The calls that are made for a file in which so much is found, and so much is left."""
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
    assert len(result.findings) == found
    assert len(result.remaining) == left
    return calls


@pytest.mark.parametrize(
    ("shape", "pieces", "each"),
    [(functions, 8, 3), (methods, 8, 3), (one_line, 100, 1)],
    ids=["functions", "methods", "one line"],
)
def test_the_work_grows_with_the_file(shape: Callable[[int], str], pieces: int, each: int) -> None:
    work(shape(1), each)  # what is loaded and compiled once
    once, twice = (work(shape(many), each * many) for many in (pieces, 2 * pieces))
    assert twice < MOST * once, f"{once} calls, then {twice}"


def test_the_work_grows_with_what_is_named_and_not_read() -> None:
    work(unread(1), 2, 1)
    once, twice = (work(unread(many), many + 1, many) for many in (60, 120))
    assert twice < MOST * once, f"{once} calls, then {twice}"
