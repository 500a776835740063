"""Twice the calls of the old version in one file are twice the work: what is counted is how many functions
are called, which depends on no machine."""

import re
from collections import Counter
from collections.abc import Callable
from cProfile import Profile
from textwrap import indent
from types import CodeType

import pytest

from kognitos_migrate.findings.result import Applicability
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
MOST = 2.1
"""How many times the work twice the code may be."""
MOST_OF_ONE = 2.4
"""How many times as often twice the code may call one function of ours: a search among them all takes a step
more each."""
MOST_OF_A_CHAIN = 2.2
"""How many times the work a chain of twice the classes may be."""
MOST_OF_MERGES = 3
"""How many times the work a chain of twice the dicts, each merged into the next ones, may be."""
MOST_OF_LINKS = 4.4
"""How many times the work twice the dicts that contain each other may be: they have four times the links."""
HEAD = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
SHARE = "share1"
"""
START = 'requests.post(f"{{BASE}}/invoke/{{SHARE}}", json={{"n": {n}}}).json()["worker_id"]'
CHOICE = """\
    elif kind == {n}:
        run = requests.get(BASE + "/run/" + worker_id).json()
        print(run["state"] == "done", {n})
"""
LOGGED = """

def start_{n}():
    worker_id = {start}
    log_{n}({n})
    return worker_id


def log_{n}(number):
    log_{next}(number)
"""
READ = """\
    r{n} = requests.get(f"{{BASE}}/run/w{n}").json()
    if r{n}["state"] == "done":
        print({n})
"""


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


def conversation(pieces: int) -> str:
    """Functions that share a host and a share_id: their requests are one conversation."""
    return HEAD + "".join(f"\n\ndef f{n}():\n    return {START.format(n=n)}\n" for n in range(pieces))


def statements(pieces: int) -> str:
    """One function that makes many requests."""
    body = "".join(f"    w{n} = {START.format(n=n)}\n    print(w{n})\n" for n in range(pieces))
    return f"{HEAD}\n\ndef main():\n{body}\n\nmain()\n"


def branches(pieces: int) -> str:
    """One function with many names and branches."""
    return f"{HEAD}\n\ndef main():\n{''.join(READ.format(n=n) for n in range(pieces))}\n\nmain()\n"


def wrapped(pieces: int) -> str:
    """Many calls of a function that makes the request."""
    wrapper = 'def call(path, body):\n    return requests.post(f"{BASE}{path}", json=body).json()\n'
    call = 'print(call(f"/invoke/{{SHARE}}", {{"n": {n}}})["worker_id"])\n'
    return f"{HEAD}\n\n{wrapper}\n\n{''.join(call.format(n=n) for n in range(pieces))}"


def alternatives(pieces: int) -> str:
    """One function with a request in each of many branches that exclude each other."""
    choices = "".join(CHOICE.format(n=n) for n in range(pieces)).replace("elif", "if", 1)
    return f"{HEAD}\n\ndef poll(kind, worker_id):\n{choices}"


def helpers(pieces: int) -> str:
    """Requests beside calls of functions that call each other, down to one that acts."""
    chain = "".join(LOGGED.format(n=n, next=n + 1, start=START.format(n=n)) for n in range(pieces))
    return f"{HEAD}{chain}\n\ndef log_{pieces}(number):\n    print(number)\n"


def merged(pieces: int) -> str:
    """A start, whose facts are the last of many dicts that each merge the two before it."""
    dicts = "".join(f'd{n + 2} = {{**d{n}, **d{n + 1}, "k": {n}}}\n' for n in range(pieces))
    start = f'requests.post(f"{{BASE}}/invoke/{{SHARE}}", json=d{pieces + 1})'
    return f'{HEAD}d0 = {{"a": 1}}\nd1 = {{"b": 2}}\n{dicts}{start}\n'


def subclasses(pieces: int) -> str:
    """A chain of classes, each the base of the next one."""
    first = f"\n\nclass C0:\n    def start(self):\n        return {START.format(n=0)}\n"
    further = "".join(
        f"\n\nclass C{n}(C{n - 1}):\n    def m{n}(self):\n        return self.start()\n"
        for n in range(1, pieces)
    )
    return f"{HEAD}{first}{further}\n\nprint(C{pieces - 1}().m1())\n"


def compared(pieces: int) -> str:
    """A start behind a chain of comparisons of one variable."""
    tests = " or ".join(f"kind == 'k{n}'" for n in range(pieces))
    return f"{HEAD}kind = input()\nif {tests}:\n    {START.format(n=1)}\n"


def cyclic(pieces: int) -> str:
    """A start beside dicts that each contain all of them, and that a library gets."""
    dicts = "".join(f'd{n} = {{"k": "v"}}\n' for n in range(pieces))
    links = "".join(f'd{n}["d{m}"] = d{m}\n' for n in range(pieces) for m in range(pieces))
    return f"{HEAD}import shop\n\n{dicts}{links}shop.register(d0)\n{START.format(n=1)}\n"


def work(text: str, findings: int) -> int:
    """The number of function calls for a file with this many findings, all of them fixed."""
    return calls_made(text, findings).total()


def calls_made(text: str, findings: int) -> Counter[CodeType]:
    """The calls that are made, by the function that is called."""
    source, rules, configured = SourceFile("a.py", text, "utf-8", False, ""), load_rulebook(), settings()
    profile = Profile(subcalls=False, builtins=False)
    result = profile.runcall(analyse, [source], rules, configured, Applicability.SAFE)
    assert len(result.findings) == findings
    assert result.remaining == ()
    return Counter(
        {entry.code: entry.callcount for entry in profile.getstats() if isinstance(entry.code, CodeType)}
    )


@pytest.mark.parametrize(
    ("shape", "pieces", "each"),
    [(functions, 5, 3), (methods, 5, 3), (one_line, 50, 1), (alternatives, 20, 1)],
    ids=["functions", "methods", "one line", "alternatives"],
)
def test_the_work_grows_with_the_file(shape: Callable[[int], str], pieces: int, each: int) -> None:
    work(shape(1), each)  # what is loaded and compiled once
    once, twice = (work(shape(many), each * many) for many in (pieces, 2 * pieces))
    assert twice < MOST * once, f"{once} calls, then {twice}"


def test_the_work_grows_with_what_is_named_and_not_read() -> None:
    work(unread(1), 2)
    once, twice = (work(unread(many), many + 1) for many in (60, 120))
    assert twice < MOST * once, f"{once} calls, then {twice}"


@pytest.mark.parametrize(
    ("shape", "pieces", "each", "slack"),
    [
        *((conversation, 30, 1, 10), (statements, 30, 1, 10), (branches, 30, 1, 10)),
        *((wrapped, 40, 0, 30), (helpers, 30, 1, 30)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_no_function_is_called_for_each_pair_of_requests(
    shape: Callable[[int], str], pieces: int, each: int, slack: int
) -> None:
    """`slack` is how many calls more of a function are fine for each piece: of one that begins to be called
    in larger files."""
    calls_made(shape(4), max(1, 4 * each))  # what is loaded and compiled once
    once, twice = (calls_made(shape(many), max(1, many * each)) for many in (pieces, 2 * pieces))
    busy = {
        f"{code.co_filename}:{code.co_firstlineno}": (once[code], number)
        for code, number in twice.items()
        if number > MOST_OF_ONE * once[code] + slack * pieces
    }
    assert not busy


def test_the_work_grows_little_faster_than_a_chain_of_classes() -> None:
    """An instance of each class may be meant where the first one's method sees `self`."""
    work(subclasses(4), 1)
    once, twice = (work(subclasses(many), 1) for many in (40, 80))
    assert twice < MOST_OF_A_CHAIN * once, f"{once} calls, then {twice}"


def test_the_work_does_not_grow_with_the_ways_to_a_merged_dict() -> None:
    work(merged(3), 1)
    once, twice = (work(merged(many), 1) for many in (20, 40))
    assert twice < MOST_OF_MERGES * once, f"{once} calls, then {twice}"


def test_the_work_does_not_grow_with_the_ways_through_dicts_that_contain_each_other() -> None:
    """The number of links grows with the square of the dicts, the ways along them without a limit."""
    work(cyclic(1), 1)
    once, twice = (work(cyclic(many), 1) for many in (4, 8))
    assert twice < MOST_OF_LINKS * once, f"{once} calls, then {twice}"


def test_the_work_does_not_grow_with_the_pairs_of_comparisons_in_a_chain() -> None:
    """Values that a comparison excludes are looked up in chains up to a limit."""
    work(compared(2), 1)
    once, twice = (work(compared(many), 1) for many in (110, 220))
    assert twice < MOST_OF_A_CHAIN * once, f"{once} calls, then {twice}"
