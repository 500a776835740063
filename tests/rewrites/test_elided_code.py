"""Functions and classes that neither matter, nor are used by what does, are not parsed, or without their
bodies: what is found and changed is the same."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.modules import slicing
from kognitos_migrate.run import shards
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate, read
from tests.rewrites.bystanders import with_bystanders
from tests.rewrites.comparable import CLIENT, analysed, told, without_numbers

LONG = "[row for row in rows if row.total > 10 and row.name]"
BESIDE = f"""

def beside(rows):
    return {LONG}
"""

IDLE: dict[str, str] = {
    "a function": BESIDE,
    "functions that use each other": f"{BESIDE}\n\ndef more(rows):\n    return beside(rows), {LONG}\n",
    "a class": f"\n\nclass Other:\n    LIMIT = 3\n\n    def f(self, rows):\n        return {LONG}\n",
    "a decorated class": f"\n\n@dataclass\nclass Other:\n    def f(self):\n        return {LONG}\n",
    "a class with fields": f"""

@dataclass(frozen=True)
class Other:
    rows: list = field(default_factory=list)
    limit: int = 3

    def f(self, rows):
        return {LONG}


class More(Other):
    def g(self, rows):
        return super().f(rows), {LONG}
""",
    "a coroutine": f"\n\nasync def beside(rows):\n    async with rows:\n        return {LONG}\n",
    "an error that is caught": f"""

def beside(rows):
    try:
        return {LONG}
    except ValueError as error:
        log.warning("skipped: %s", error)
""",
}
"""Elided code after a client."""
RUN: dict[str, str] = {
    "a function that is called by a name that is put together": f"""

def on_done(run):
    rows = state(run)
    return {LONG}


def every(run, kind):
    return globals()["on_" + kind](run)
""",
    "functions that a decorator takes": f"\n\n@app.route('/')\ndef beside(rows):\n    return {LONG}\n",
    "one that is called when the module is loaded": f"{BESIDE}\n\nROWS = beside([])\n",
    "one that is called by what is called then": f"""{BESIDE}

def more(rows):
    return beside(rows), {LONG}


ROWS = more([])
""",
    "one that is handed on when the module is loaded": f"{BESIDE}\n\natexit.register(beside)\n",
    "a variable of the module that is set": f"\n\ndef beside(rows):\n    global BASE\n    BASE = {LONG}\n",
    "the name of an import": f"\n\ndef beside(rows):\n    import json\n    return json, {LONG}\n",
    "a class below one that is run": f"""

class Base:
    def go(self, run):
        return self.path(state(run))

    def path(self, rows):
        return rows


class Other(Base):
    def path(self, rows):
        return {LONG}, rows
""",
    "the old version": f"\n\ndef beside(rows):\n    return 'please use v1', {LONG}\n",
}
"""Code that is parsed although nothing relevant uses it."""
LATE: dict[str, str] = {
    "one that gives what a class is defined with": f"""

def limits(rows=()):
    return {LONG}


class Other:
    LIMITS = limits()
""",
    "a hook that is told of classes": f"""

FOUND = {{}}


class Base:
    def __init_subclass__(cls):
        FOUND[cls.kind] = cls


class Other(Base):
    kind = "a"

    def path(self, rows):
        return {LONG}, rows


def every(run, kind):
    return FOUND[kind]().path(state(run))
""",
}
"""Code that is parsed once the interpreter enters it."""
READ = """\
import json
import time

import requests

BASE = "https://rest-api.app.kognitos.com/v1"


def answer(run):
    reply = requests.get(f"{BASE}/run/{run}").json()
    return json.loads(reply["answer"])["total"]
"""
SCRIPT = """
worker_id = requests.post(f"{BASE}/invoke/share1", json={}).json()["worker_id"]
print(worker_id)
"""

PACKAGES = sorted(path.parent for path in (FIXTURES / "packages").glob("*/before"))
QUOTED = " + ['a']" * 20

MODEL = """\
from dataclasses import dataclass

import requests

BASE = "https://rest-api.app.kognitos.com/v1"


@dataclass
class Started:
    worker_id: str


@dataclass
class Run:
    state: str
    answer: str = None


def decode(cls, response):
    return cls(**response.json())


def run(facts):
    started = decode(Started, requests.post(f"{BASE}/invoke/share1", json=facts))
    found = decode(Run, requests.get(f"{BASE}/run/{started.worker_id}"))
    return found.answer if found.state == "done" else None
"""

SHOWING = """\
import logging

import requests

log = logging.getLogger(__name__)
BASE = "https://rest-api.app.kognitos.com/v1"


class Failed(Exception):
    pass


def go(facts):
    worker_id = requests.post(f"{BASE}/invoke/share1", json=facts).json()["worker_id"]
    log.warning("started %s", worker_id)
    reply = requests.get(f"{BASE}/run/{worker_id}").json()
    if reply["state"] != "done":
        raise Failed("%s is %s" % (worker_id, reply["state"]))
"""
CATCH = """

def catch(rows):
    try:
        return LONG
    except ValueError as error:
        {}
"""
APART: dict[str, str] = {
    "an error that another one catches": f"""
{CATCH.format("look(rows, error)")}

def look(rows, error):
    return "is failed" in str(error), LONG
""",
    "an error that another one asks for": """

def wait(rows, task):
    problem = task.exception()
    return problem, LONG


def look(rows, problem):
    return "is failed" in f"{problem}", LONG
""",
    "an error that another one leaves with": """

class Context:
    def __exit__(self, kind, problem, trace):
        look(self.rows, problem)


def look(rows, problem):
    return "is failed" in f"{problem}", LONG
""",
    "an error that is one of several": """

async def wait(rows):
    return await asyncio.gather(*rows, return_exceptions=True)


def look(rows):
    return any("is failed" in str(row) for row in rows), LONG
""",
    "an error that another one goes through": """

async def wait(rows):
    return await asyncio.gather(*rows, return_exceptions=True)


def through(rows):
    for problem in rows:
        look(rows, problem)
    return LONG


def look(rows, problem):
    return "is failed" in f"{problem}", LONG
""",
    "one of a group": """

def through(rows, group):
    for problem in group.exceptions:
        look(rows, problem)
    return LONG


def look(rows, problem):
    return "is failed" in f"{problem}", LONG
""",
    "the text of an error in an attribute": f"""
{CATCH.format("rows.problem = str(error)")}

def look(rows, job):
    return job.problem == "is failed", LONG
""",
    "the text of an error in a variable": f"""
{CATCH.format("problem = str(error); return problem")}

def look(rows, problem):
    return re.search("failed", problem), LONG
""",
    "the text of an error that is printed by another one": f"""
{CATCH.format('show(f"failed: {error}", rows)')}

def show(text, rows):
    print(text)
    return LONG
""",
    "the text of an error that another one asks": f"""
{CATCH.format('show(f"failed: {error}", rows)')}

def show(text, rows):
    assert text != "is failed"
    return LONG
""",
    "a filter": """

def keep(record):
    rows = record.rows
    return record.msg != "started 7", LONG


def setup(rows):
    logging.getLogger("client").addFilter(keep)
    return LONG
""",
    "what a handler keeps": """

class Handler:
    def emit(self, record):
        self.last = record.getMessage()


def look(rows, handler):
    return handler.last == "started 7", LONG
""",
    "what a test keeps": """

def keep(self, rows):
    with self.assertLogs() as logs:
        return logs, LONG


def look(rows, logs):
    return "started 7" in logs.output[0], LONG
""",
}
"""Two unused functions; one prints the value that the other one reads."""
FORMATTED = """ + [f"{rows['a']['b']} it's {{'a'}}"]""" * 20

PROGRAMS: Mapping[str, Mapping[str, str]] = {
    **{name: {"client.py": f"{CLIENT}{text}"} for name, text in (IDLE | RUN | LATE).items()},
    **{
        f"an import, and a body with {body}": {
            "client.py": f"{READ}\n\ndef beside(rows):\n    {body}\n    return {LONG}\n"
        }
        for body in (
            "json.dumps(rows)",
            "rows.json()",
            "'json'",
            "# json, as it was",
            "print(rows, json=1)",
            "lambda json: json.x",
        )
    },
    "an import that another module takes": {
        "client.py": READ,
        "other.py": f"import client\n{CLIENT}\n\ndef beside(rows):\n    return client.json.dumps({LONG})\n",
    },
    "an import that another module has a name like": {
        "client.py": READ,
        "other.py": f"import client\n{CLIENT}\n\ndef beside():\n    rows = f()\n    rows.json(); {LONG}\n",
    },
    "a name at the top that is used in a body": {
        "client.py": f"{READ}{SCRIPT}\n\ndef beside(rows):\n    return worker_id, {LONG}\n"
    },
    "a name at the top that stands in a comment": {
        "client.py": f"{READ}{SCRIPT}\n\ndef beside(rows):\n    # not the worker_id\n    return {LONG}\n"
    },
    "a new name that is taken in a body": {
        "client.py": f"{READ}{SCRIPT}\n\ndef beside(rows):\n    run_id = id = {LONG}\n    return run_id, id\n"
    },
    "an error whose name another one looks into": {
        "client.py": f"{CLIENT}{IDLE['an error that is caught']}\n\nclass Failed(Exception):\n    pass\n"
        "\n\ndef look(run, error):\n    if 'worker_id' in str(error):\n        raise Failed('worker_id')\n"
        "    return state(run)\n"
    },
    "a name that the new code defines": {
        "client.py": f"{CLIENT}\n\ndef beside(rows):\n    KOGNITOS_PROCESSES = {LONG}\n"
    },
    "a name that a model gets": {
        "client.py": f"{MODEL}\n\ndef beside(rows):\n    from_reply = {LONG}\n    return from_reply\n"
    },
    **{
        f"an import, and a body that names {name}": {
            "client.py": f"{READ}\n\ndef beside(rows):\n    {body}\n    return {LONG}\n"
        }
        for name, body in {
            "a function like it": "def json(x): return x",
            "a class like it": "class json: pass",
            "an error like it": "try: pass\n    except KeyError as json: pass",
            "a pattern like it": "match rows:\n        case [json]: pass",
            "patterns like it": "match rows:\n        case A(json=1), {'a': 1, **time}: pass",
            "it in bytes": "b'json'",
        }.items()
    },
    **{
        f"a name of a model that stands in {name}": {
            "client.py": f"{MODEL}\n\ndef beside(rows):\n    {body}\n    return {LONG}\n"
        }
        for name, body in {"a comment": "# from_reply", "a text": "'from_reply'"}.items()
    },
    **{
        f"what is shown to people, and {name}": {
            "client.py": SHOWING,
            "side.py": f"import client\n{CLIENT}{text.replace('LONG', LONG)}",
        }
        for name, text in APART.items()
    },
    "quotes in formatted texts": {
        "client.py": f"{CLIENT}\n\ndef beside(rows):\n    return {LONG}{FORMATTED}\n",
        "other.py": f"{CLIENT}\n\ndef beside(rows):\n    return {LONG}{FORMATTED}\n",
    },
    "quotes": {
        "client.py": f"{CLIENT}\n\ndef beside(rows):\n    return {LONG}{QUOTED}\n".replace('"', "'"),
        "other.py": f"{CLIENT}\n\ndef beside(rows):\n    return {LONG}{QUOTED}\n",
    },
}


@pytest.mark.parametrize("level", [None, Applicability.SAFE, Applicability.ADAPT])
@pytest.mark.parametrize("case", PROGRAMS)
def test_the_same_is_found_and_changed(
    case: str, level: Applicability | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analysed(PROGRAMS[case], level)
    assert whole.findings
    sliced(monkeypatch)
    part = analysed(PROGRAMS[case], level)
    assert part.changes == whole.changes
    assert told(part) == told(whole)


@pytest.mark.parametrize("case", IDLE | RUN)
def test_what_is_idle_is_not_parsed(case: str, monkeypatch: pytest.MonkeyPatch, parsed: list[str]) -> None:
    sliced(monkeypatch)
    analysed(PROGRAMS[case], None)
    beginnings = tuple(text[:100] for text in PROGRAMS[case].values())
    modules = [text for text in parsed if text.startswith(beginnings)]  # not statements of a result
    assert modules
    assert all(LONG in text for text in modules) == (case in RUN)


def test_what_is_called_after_all_is_parsed(monkeypatch: pytest.MonkeyPatch, parsed: list[str]) -> None:
    called = "\n\ndef look(run, module=other):\n    return getattr(module, 'be' + 'side')(state(run))\n"
    texts = {
        "client.py": f"import other\n{CLIENT}{called}",
        "other.py": f"import client\n{CLIENT}{BESIDE}",
    }
    whole = analysed(texts, Applicability.SAFE)
    sliced(monkeypatch)
    parsed.clear()
    assert analysed(texts, Applicability.SAFE).changes == whole.changes
    assert LONG not in "".join(parsed[:2])
    assert texts["other.py"] in parsed


@pytest.mark.slow
@pytest.mark.parametrize("folder", PACKAGES[::5], ids=lambda folder: folder.name)
def test_a_package_with_bystanders_becomes_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, before = load_case(folder), with_bystanders(read(folder / "before"))
    whole, texts = migrate(case, before)
    sliced(monkeypatch)
    found, of_slice = migrate(case, before)
    assert of_slice == texts
    assert without_numbers(found) == without_numbers(whole)


def sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse no more than a slice of any program."""
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(shards, "VERY_LARGE", 0)
    monkeypatch.setattr(slicing, "MOST", 1)
