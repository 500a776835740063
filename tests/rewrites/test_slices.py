"""Of a large program only a slice is analysed; what is found and changed is the same."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.discover import slices
from kognitos_migrate.discover.screen import anchors
from kognitos_migrate.findings.finding import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run import slicing
from kognitos_migrate.run.analysis import analyse, parts_to_analyse
from kognitos_migrate.run.parts import Part
from kognitos_migrate.run.pipeline import survey
from kognitos_migrate.run.slicing import Slices
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate, migrated, read
from tests.rewrites.comparable import without_numbers
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
HOST = "https://rest-api.app.kognitos.com"
CLIENT = f"""\
import requests

BASE = "{HOST}/v1"


def start(process, facts):
    reply = requests.post(f"{{BASE}}/invoke/{{process}}", json=facts).json()
    return reply["worker_id"]


def state(run):
    return requests.get(f"{{BASE}}/run/{{run}}").json()["state"]
"""
USER = """\
from app.client import start, state


def begin(facts):
    run = start("share1", facts)
    return state(run) == "done"
"""
NOISE = """\
import app.client
import app.user


def unrelated(rows):
    return [row for row in rows if row]
"""
PACKAGE = {"app/__init__.py": "", "app/client.py": CLIENT, "app/user.py": USER, "app/noise.py": NOISE}

PROGRAMS: Mapping[str, str] = {
    "a client and who uses it": "",
    "a second user, with another key": """
== app/more.py
from app import client


def go():
    return client.start("share2", {"b": 2})
""",
    "a user by way of a name in the package": """
== app/__init__.py
from app.client import start as begin_run
== jobs.py
import app


def go():
    return app.begin_run("share2", {})
""",
    "all names of modules, by way of the package": """
== app/__init__.py
from .client import *
from .noise import *
== jobs.py
from app import state


def go():
    return state("7") == "failed"
""",
    "all names of a module": """
== jobs.py
from app.client import *


def go():
    return state("7") == "failed"
""",
    "a function that is asked for by its name": """
== jobs.py
import app.client


def go():
    return getattr(app.client, "state")("7") == "failed"
""",
    "a helper that others use, too": """
== app/net.py
import requests


def send(url, payload):
    return requests.post(url, json=payload).json()
== app/client.py
from app.net import send


def start(process, facts):
    return send("https://rest-api.app.kognitos.com/v1/invoke/" + process, facts)["worker_id"]


def state(run):
    return run
== app/other.py
from app.net import send


def mail(text):
    return send("https://mail.example.com/send", {"text": text})["id"]
""",
    "a helper that makes the body, and others use, too": """
== app/net.py
import requests


def send(url, **fields):
    body = {}
    body.update(fields)
    return requests.post(url, json=body).json()
== app/client.py
from app.net import send


def start(process, facts):
    return send("https://rest-api.app.kognitos.com/v1/invoke/share1", a=facts)["worker_id"]


def state(run):
    return run
== app/other.py
from app.net import send


def mail(text):
    return send("https://mail.example.com/send", text=text)["id"]
""",
    "a table of functions": """
== app/table.py
from app import client

TABLE = {"start": client.start}
== jobs.py
from app.table import TABLE


def go():
    return TABLE["start"]("share2", {"b": 2})
""",
    "functions that a decorator puts into a table": """
== app/table.py
TABLE = {}


def job(function):
    TABLE[function.__name__] = function
    return function
== app/user.py
from app.table import job
from app.client import start, state


@job
def begin(facts):
    run = start("share1", facts)
    return state(run) == "done"
== jobs.py
from app.table import TABLE


def go():
    return TABLE["begin"]({"b": 2})
""",
    "a state that is kept in a variable": """
== app/user.py
from app.client import state

LAST = None


def look(run):
    global LAST
    LAST = state(run)
== jobs.py
from app import user


def is_over():
    return user.LAST == "done"
""",
    "a state that is kept in a dict of another module": """
== app/store.py
KEPT = {}


def keep(run, value):
    KEPT[run] = value
== app/user.py
from app.client import state
from app.store import keep


def look(run):
    keep(run, state(run))
== jobs.py
from app.store import KEPT


def is_over(run):
    return KEPT[run] == "done"
""",
    "a state that a function of another module hands out": """
== app/store.py
KEPT = {}


def keep(run, value):
    KEPT[run] = value


def kept(run):
    return KEPT[run]
== app/user.py
from app.client import state
from app.store import keep


def look(run):
    keep(run, state(run))
== jobs.py
from app.store import kept


def is_over(run):
    return kept(run) == "done"
""",
    "a state in an instance of another module's class": """
== app/store.py
class Store:
    def __init__(self):
        self.last = None


STORE = Store()
== app/user.py
from app.client import state
from app.store import STORE


def look(run):
    STORE.last = state(run)
== jobs.py
from app.store import STORE


def is_over():
    return STORE.last == "done"
""",
    "an address that is set from outside": """
== jobs.py
import os

from app import client


def configure():
    client.BASE = os.environ["BASE"] + "/v1"
""",
    "an address that is set by name": """
== jobs.py
from app import client


def configure(base):
    setattr(client, "BASE", base)
""",
    "a path in the settings of another module": """
== app/settings.py
VERSION = "v1"
TIMEOUT = 3
== app/client.py
from app.settings import VERSION
import requests

BASE = f"https://rest-api.app.kognitos.com/{VERSION}"


def start(process, facts):
    reply = requests.post(f"{BASE}/invoke/{process}", json=facts).json()
    return reply["worker_id"]


def state(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]
== app/other.py
from app import settings


def url(x):
    return f"https://other.example.com/{settings.VERSION}/{x}"
""",
    "a path in a setting whose name has letters beyond ASCII, and who sets it": """
== app/settings.py
ÜBER = "v1"
== app/client.py
from app.settings import ÜBER
import requests

BASE = f"https://rest-api.app.kognitos.com/{ÜBER}"


def start(process, facts):
    reply = requests.post(f"{BASE}/invoke/{process}", json=facts).json()
    return reply["worker_id"]


def state(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]
== app/setup.py
from app import settings


def configure(version):
    settings.ÜBER = version
""",
    "functions whose names have letters beyond ASCII": """
== app/client.py
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


def prüfung(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]


def start(process, facts):
    return requests.post(f"{BASE}/invoke/{process}", json=facts).json()["worker_id"]
== app/user.py
from app.client import prüfung


def läuft(run):
    return prüfung(run) == "done"
== jobs.py
from app.client import start
from app.user import läuft


def go():
    return läuft(start("share2", {"b": 2}))
""",
    "a library of which another module changes a function": """
== app/patches.py
import requests
from app import client


def counted(url, **more):
    return requests.request("POST", url, **more)


def install():
    requests.post = counted
""",
    "a library of which another module changes a function by name": """
== app/patches.py
import requests
from app import client


def counted(url, **more):
    return requests.request("POST", url, **more)


def install():
    setattr(requests, "post", counted)
""",
    "names of a module that are read without being said": f"""
== app/client.py
{CLIENT}

def value(rows):
    return eval(rows)
""",
    "a client in an instance that another module makes": """
== app/client.py
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


class Client:
    def start(self, process, facts):
        reply = requests.post(f"{BASE}/invoke/{process}", json=facts).json()
        return reply["worker_id"]


def state(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]
== app/user.py
from app.client import Client

client = Client()
== jobs.py
from app.user import client


def go():
    return client.start("share2", {"b": 2})
""",
    "a client that is handed on": """
== app/client.py
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


class Client:
    def start(self, process, facts):
        reply = requests.post(f"{BASE}/invoke/{process}", json=facts).json()
        return reply["worker_id"]


def state(run):
    return requests.get(f"{BASE}/run/{run}").json()["state"]
== app/user.py
from app.client import Client
from app.work import work


def go():
    work(Client())
== app/work.py
def work(client):
    return client.start("share2", {"b": 2})
""",
    "a class below one that others derive from, too": """
== app/base.py
import requests


class Base:
    def send(self, path, body):
        return requests.post(self.base + path, json=body).json()
== app/client.py
from app.base import Base


class Client(Base):
    base = "https://rest-api.app.kognitos.com/v1"

    def start(self, facts):
        return self.send("/invoke/share1", facts)["worker_id"]


def start(process, facts):
    return Client().start(facts)


def state(run):
    return run
== app/other.py
from app.base import Base


class Mail(Base):
    base = "https://mail.example.com"

    def mail(self, text):
        return self.send("/send", {"text": text})["id"]
""",
    "tests with a fixture in a conftest": """
== tests/conftest.py
import pytest


@pytest.fixture
def run():
    return '7'
== tests/test_user.py
from unittest.mock import patch

from app import user


def test_begin(run):
    with patch("app.client.requests.get") as get:
        get.return_value.json.return_value = {"state": "done"}
        assert user.state(run) == 'done'
""",
    "a fixture that every test uses": """
== tests/conftest.py
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def answers():
    with patch("app.client.requests.get") as get:
        get.return_value.json.return_value = {"state": "done"}
        yield get
== tests/test_user.py
from app import user


def test_state():
    assert user.state('7') == 'done'
""",
    "models that a reply fills": """
== app/models.py
from dataclasses import dataclass


@dataclass
class Run:
    state: str
== app/user.py
import requests

from app.models import Run


def look(run):
    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()
    return Run(state=reply["state"])
== jobs.py
from app.user import look


def go(run):
    return look(run).state == "done"
""",
    "models of which a list is kept": """
== app/models.py
from dataclasses import dataclass


@dataclass
class Run:
    state: str


RUNS = []
== app/user.py
import requests

from app.models import RUNS, Run


def look(run):
    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()
    RUNS.append(Run(state=reply["state"]))
== jobs.py
from app.models import RUNS


def go():
    return [run for run in RUNS if run.state == "done"]
""",
    "who only imports a module says how it is imported": """
== tools/run.py
import requests

from elsewhere import show


def look(run):
    show(requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json())
== hub.py
import tools.run
== app/noise.py
import hub
import app.client


def unrelated(rows):
    return [row for row in rows if row]
""",
    "a module that this Python cannot parse": """
== app/other.py
import app.client

print client.start
""",
}
"""By name: files, each after a line that says its path, beside or in the place of those of PACKAGE."""
WHOLE = {"a module that this Python cannot parse"}
"""Those of which nothing is left out: it can't be told."""


def analysed(texts: Mapping[str, str], level: Applicability | None) -> Result:
    return analyse(sources(texts), RULES, settings(), level)


def told(result: Result) -> Counter[tuple[str, str | None, Applicability, str]]:
    """What is said of the findings. Where a helper that others use sends a request, the whole knows who calls
    it."""
    return Counter((one.code, one.reason, one.fix.applicability, one.message) for one in result.findings)


def sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse no more than a slice of any program."""
    monkeypatch.setattr(slicing, "LARGE", 0)
    monkeypatch.setattr(slicing, "VERY_LARGE", 0)
    monkeypatch.setattr(slices, "MOST", 1)


def program(case: str) -> dict[str, str]:
    files = (part.partition("\n") for part in PROGRAMS[case].split("\n== ")[1:])
    return dict(sorted({**PACKAGE, **{path: text for path, _, text in files}}.items()))


@pytest.mark.parametrize("level", [Applicability.SAFE, Applicability.ADAPT])
@pytest.mark.parametrize("case", PROGRAMS)
def test_a_slice_tells_what_the_whole_tells(
    case: str, level: Applicability, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analysed(program(case), level)
    assert whole.findings
    sliced(monkeypatch)
    part = analysed(program(case), level)
    assert part.changes == whole.changes
    assert told(part) == told(whole)


@pytest.mark.parametrize("case", PROGRAMS)
def test_what_cannot_matter_is_left_out(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    assert ("app/noise.py" in first_slice(program(case)).paths) == (case in WHOLE)


def test_a_small_program_is_analysed_whole() -> None:
    (part,) = parts_to_analyse(sources(PACKAGE), RULES, settings())
    assert Slices(part, anchors(RULES, settings())).first().part is part


FAR = {
    "names of a module that are read without being said": "KOG903",
    "a helper that others use, too": "KOG903",
    "a helper that makes the body, and others use, too": "KOG903",
    "a path in the settings of another module": "KOG903",
    "a path in a setting whose name has letters beyond ASCII, and who sets it": "KOG903",
    "a class below one that others derive from, too": "KOG902",
}
"""Those that can't be followed where what they use lies too far away, and what is found then."""


@pytest.mark.parametrize("case", PROGRAMS)
def test_what_lies_too_far_away_is_taken_for_a_library(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    monkeypatch.setattr(slices, "ROOM", 0)
    found = analysed(program(case), Applicability.SAFE)
    assert {one.code for one in found.findings} >= {FAR.get(case, "KOG101")}
    assert bool(found.changes) == (case not in FAR)


def test_what_nothing_in_the_slice_uses_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    calls = "".join(f"    other{n}()\n" for n in range(50))
    others = "".join(f"\n\ndef other{n}():\n    return {n}\n" for n in range(50))
    settings_ = f"TIMEOUT = 3\n\n\ndef everything():\n{calls}{others}"
    client = "from app.config import TIMEOUT\n" + CLIENT.replace("json=facts", "json=facts, timeout=TIMEOUT")
    texts = {**PACKAGE, "app/client.py": client, "app/config.py": settings_}
    first = first_slice(texts)
    assert first.apart.unused == {"app/config.py": {"everything", *(f"other{n}" for n in range(50))}}
    assert survey(first, RULES, settings()).seen.scene.facts.steps < 200


def test_who_imports_what_matters_and_does_not_use_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    bystander = "from app.client import start, state\nfrom app import user\n\n\ndef other():\n    return 1\n"
    texts = {**PACKAGE, "app/bystander.py": bystander}
    assert "app/bystander.py" not in first_slice(texts).paths
    texts["jobs.py"] = 'from app.bystander import state\n\nDONE = state("7") == "done"\n'
    assert "app/bystander.py" in first_slice(texts).paths


def test_what_stands_beside_what_matters_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    beside = "\n\ndef beside(rows):\n    return helper(rows)\n\n\ndef helper(row):\n    return row\n"
    whole = analysed({"client.py": CLIENT + beside}, None)
    assert first_slice({"client.py": CLIENT + beside}).apart.unused == {"client.py": {"beside", "helper"}}
    assert analysed({"client.py": CLIENT}, None) == whole
    used = CLIENT.replace("json=facts", "json=helper(facts)")
    assert first_slice({"client.py": used + beside}).apart.unused == {"client.py": {"beside"}}


def test_nothing_is_left_out_where_most_uses_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "LARGE", 0)
    monkeypatch.setattr(slicing, "VERY_LARGE", 0)
    assert len(first_slice(PACKAGE).sources) == len(PACKAGE)
    assert len(first_slice({**PACKAGE, "app/noise.py": NOISE + 99 * "# noise\n"}).sources) == 2


def first_slice(texts: Mapping[str, str]) -> Part:
    (part,) = parts_to_analyse(sources(texts), RULES, settings())
    return Slices(part, anchors(RULES, settings())).first().part


FOLDERS = [
    pytest.param(path.parent, marks=pytest.mark.together(path.parent.name), id=f"{kind}/{path.parent.name}")
    for kind in ("programs", "packages", "mocks", "manual", "halfway")
    for path in sorted((FIXTURES / kind).glob("*/before"))
]


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_fixture_becomes_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load_case(folder)
    whole, texts = migrated(case, case.before)
    sliced(monkeypatch)
    found, of_slice = migrate(case, read(case.before))
    assert of_slice == texts
    assert without_numbers(found) == without_numbers(whole)
