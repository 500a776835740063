"""Public functions of a distribution that return replies: callers out of sight read them, too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli

CONFIG = Path("fixtures/kognitos-migrate.yaml").read_text("utf-8")
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
WIRE = """
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


def start(facts):
    url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    return requests.post(url, json=facts, headers={"x-api-key": "k"}).json()["worker_id"]


def fetch(worker):
    return requests.get(f"{BASE}/run/{worker}", headers={"x-api-key": "k"}).json()
"""
CLASS = """
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


class Runs:
    def __init__(self):
        self.session = requests.Session()

    def start(self, facts):
        url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        return self.session.post(url, json=facts).json()["worker_id"]

    def fetch(self, worker):
        return self.session.get(f"{BASE}/run/{worker}").json()


RUNS = Runs()
start, fetch = RUNS.start, RUNS.fetch
"""
YIELDS = WIRE.replace("    return requests.get(", "    yield requests.get(").replace(
    "def fetch", "def every"
) + ("\n\ndef _fetch(worker):\n    return next(every(worker))\n\n\nfetch = _fetch\n")
USE = """
from {module} import fetch, start


def is_done(facts):
    return fetch(start(facts))["state"] == "done"


print(is_done({{"a": 1}}))
"""

Fix = Callable[..., tuple[dict[str, str], str]]


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fix:
    """Fixes a project. Returns its files after that, and the output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path.parent / "state")

    def run(files: dict[str, str], *options: str) -> tuple[dict[str, str], str]:
        for name, text in {"kognitos-migrate.yaml": CONFIG, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        said = CliRunner().invoke(cli, ["fix", "--allow-dirty", "-n", *options], prog_name="kognitos-migrate")
        return {name: (tmp_path / name).read_text("utf-8") for name in files}, said.output

    return run


PUBLIC = {
    "pyproject.toml and src": {
        "pyproject.toml": BUILT,
        "src/acme/__init__.py": "from acme.wire import fetch, start\n",
        "src/acme/wire.py": WIRE,
        "src/acme/cli.py": USE.format(module="acme.wire"),
    },
    "setup.py and a class": {
        "setup.py": "from setuptools import setup\n\nsetup(packages=['acme'])\n",
        "acme/__init__.py": "__all__ = ['Runs']\n\nfrom .wire import Runs\n",
        "acme/wire.py": CLASS,
        "acme/cli.py": USE.format(module="acme.wire"),
    },
    "setup.cfg and a generator": {
        "setup.cfg": "[metadata]\nname = acme\n",
        "acme/__init__.py": "",
        "acme/wire.py": YIELDS,
        "acme/cli.py": USE.format(module=".wire"),
    },
    "a namespace in src": {
        "pyproject.toml": BUILT,
        "src/acme/billing/wire.py": WIRE,
        "src/acme/billing/cli.py": USE.format(module="acme.billing.wire"),
    },
}


@pytest.mark.parametrize("project", PUBLIC)
def test_what_a_public_function_returns_is_adapted(project: str, fix: Fix) -> None:
    before = PUBLIC[project]
    files, said = fix(before)
    assert files == before, said
    files, said = fix(before, "--adapt")
    assert "No v1 calls left" in said
    (wire,) = (text for name, text in files.items() if name.endswith("wire.py"))
    assert "/v2" in wire
    assert "kognitos_v1 import" in wire
    (user,) = (text for name, text in files.items() if name.endswith("cli.py"))
    assert '["state"] == "done"' in user


PRIVATE = {
    "an application": {
        "pyproject.toml": "[project]\nname = 'acme'\nversion = '1'\n",
        "src/acme/wire.py": WIRE,
        "src/acme/cli.py": USE.format(module="acme.wire"),
    },
    "nothing is built": {
        "pyproject.toml": f"{BUILT}\n[tool.uv]\npackage = false\n",
        "src/acme/wire.py": WIRE,
        "src/acme/cli.py": USE.format(module="acme.wire"),
    },
    "a private module": {
        "pyproject.toml": BUILT,
        "src/acme/__init__.py": "",
        "src/acme/_wire.py": WIRE,
        "src/acme/cli.py": USE.format(module="acme._wire"),
    },
    "a private function": {
        "pyproject.toml": BUILT,
        "src/acme/__init__.py": "",
        "src/acme/wire.py": WIRE.replace("fetch", "_fetch"),
        "src/acme/cli.py": USE.format(module="acme.wire").replace("fetch", "_fetch"),
    },
    "a script beside the packages": {
        "pyproject.toml": BUILT,
        "acme/__init__.py": "",
        "scripts/wire.py": WIRE,
        "scripts/run.py": USE.format(module="wire"),
    },
    "settings of tools": {
        "setup.cfg": "[flake8]\nmax-line-length = 100\n",
        "acme/__init__.py": "",
        "acme/wire.py": WIRE,
        "acme/cli.py": USE.format(module="acme.wire"),
    },
}


@pytest.mark.parametrize("project", PRIVATE)
def test_what_no_other_code_can_import_stays_safe(project: str, fix: Fix) -> None:
    files, said = fix(PRIVATE[project])
    assert "No v1 calls left" in said
    assert any('["status"] == "Succeeded"' in text for text in files.values())


CONTEXT = """
from contextlib import contextmanager

import requests

BASE = "https://rest-api.app.kognitos.com"


class Runs:
    def __init__(self, base: str, session: requests.Session):
        self._base, self._session = base, session

    def is_done(self, facts):
        url = f"{self._base}/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        worker = self._session.post(url, json=facts).json()["worker_id"]
        return self._session.get(f"{self._base}/v1/run/{worker}").json()["state"] == "done"


@contextmanager
def connect(key):
    with requests.Session() as session:
        session.headers["x-api-key"] = key
        yield Runs(BASE, session)
"""


def test_a_client_that_a_public_context_manager_yields_keeps_its_url(fix: Fix) -> None:
    files, said = fix({"pyproject.toml": BUILT, "acme/__init__.py": "", "acme/wire.py": CONTEXT})
    assert "No v1 calls left" in said
    assert "/v2/runs" in files["acme/wire.py"]


def test_a_public_function_that_returns_no_reply_stays_safe(fix: Fix) -> None:
    wire = WIRE.replace(".json()\n", '.json()["state"] == "done"\n').replace("def fetch", "def is_done")
    files, said = fix(
        {
            "pyproject.toml": BUILT,
            "acme/__init__.py": "",
            "acme/wire.py": wire,
            "acme/cli.py": "from acme.wire import is_done, start\n\nprint(is_done(start({'a': 1})))\n",
        }
    )
    assert "No v1 calls left" in said
    assert '["status"] == "Succeeded"' in files["acme/wire.py"]


WORDS = WIRE.replace("def fetch(", "def state(").replace('"k"}).json()\n', '"k"}).json()["state"]\n')
RETRIED = """
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
session = requests.Session()


def retry(function, *args, **options):
    return function(*args, **options)


def start(facts):
    url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    return retry(session.post, url, json=facts).json()["worker_id"]


def is_done(worker):
    return retry(session.get, f"{BASE}/run/{worker}").json()["state"] == "done"


print(is_done(start({"a": 1})))
"""
CALLED = {
    "the same function": "session.request('GET' if not options else 'POST', *args, **options)",
    "a part of the URL": "function(args[0], **options)",
    "a field": "function(*args, **options) if function(*args, **options).json()['state'] else None",
}


def test_callers_of_a_public_function_that_supply_the_request_get_its_response(fix: Fix) -> None:
    project = {"pyproject.toml": BUILT, "src/acme/__init__.py": "", "src/acme/wire.py": RETRIED}
    files, said = fix(project)
    assert "No v1 calls left" in said
    assert "return function(*args, **options)" in files["src/acme/wire.py"]


@pytest.mark.parametrize("called", CALLED)
def test_other_callers_of_a_public_function_get_old_responses(called: str, fix: Fix) -> None:
    wire = RETRIED.replace("function(*args, **options)\n", CALLED[called] + "\n")
    project = {"pyproject.toml": BUILT, "src/acme/__init__.py": "", "src/acme/wire.py": wire}
    files, said = fix(project)
    assert files == project, said


OWN_BODY = """
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
session = requests.Session()


def send(function, url, size):
    return function(url, json={"size": size})


print(send(session.post, f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", 3).json()["worker_id"])
"""


def test_a_public_function_keeps_the_body_that_it_sends(fix: Fix) -> None:
    project = {"pyproject.toml": BUILT, "src/acme/__init__.py": "", "src/acme/wire.py": OWN_BODY}
    files, said = fix(project)
    assert files == project, said


UNTIL = """

def is_over(worker, until=("done", "failed")):
    return state(worker) in until
"""
OUTER = f"{WORDS}{UNTIL}"
CLI = """
from acme import is_over, start, state

worker = start({"a": 1})
print(state(worker) == "done" or is_over(worker))
"""
LISTS = "from .{module} import is_over, start, state\n\n__all__ = ['is_over', 'start', 'state']\n"
SURFACES = {
    "a list of names": {
        "acme/__init__.py": LISTS.format(module="wire"),
        "acme/wire.py": OUTER,
        "acme/cli.py": CLI,
    },
    "a package that imports from a private module": {
        "pyproject.toml": BUILT,
        "acme/__init__.py": LISTS.format(module="_wire").partition("\n")[0],
        "acme/_wire.py": OUTER,
        "acme/cli.py": CLI,
    },
    "a list in the module": {
        "acme/__init__.py": "from .wire import *\n",
        "acme/wire.py": f"__all__ = ('is_over', 'start', 'state')\n{OUTER}",
        "acme/cli.py": CLI,
    },
}


@pytest.mark.parametrize("project", SURFACES)
def test_public_functions_return_and_take_old_words(project: str, fix: Fix) -> None:
    files, said = fix(SURFACES[project])
    assert "No v1 calls left" in said
    (wire,) = (text for name, text in files.items() if name.endswith("wire.py"))
    assert "return v1_state(" in wire
    assert 'until=("done", "failed")' in wire
    assert 'state(worker) == "done"' in files["acme/cli.py"]


def test_others_return_and_take_new_words(fix: Fix) -> None:
    files, said = fix({**SURFACES["a list of names"], "acme/__init__.py": "from .wire import *\n"})
    assert "No v1 calls left" in said
    assert 'until=("Succeeded", "Failed")' in files["acme/wire.py"]
    assert 'state(worker) == "Succeeded"' in files["acme/cli.py"]


OBJECTS = """
class Run:
    def __init__(self, reply):
        self.word = reply["state"]


class _Runs:
    def get(self, worker):
        return Run(fetch(worker))


class Client:
    def __init__(self):
        self.runs = _Runs()
"""
READS = """
from acme import Client

print(Client().runs.get("w").word == "done")
"""


def test_objects_in_public_attributes_return_old_words(fix: Fix) -> None:
    files, said = fix(
        {
            "acme/__init__.py": "from ._wire import Client\n\n__all__ = ['Client']\n",
            "acme/_wire.py": f"{WIRE}\n{OBJECTS}",
            "acme/cli.py": READS,
        }
    )
    assert "No v1 calls left" in said
    assert 'v1_state(reply["status"])' in files["acme/_wire.py"]
    assert '.word == "done"' in files["acme/cli.py"]


HANDLER = """

def status(event, context):
    return {"state": fetch(event["worker"])["state"]}
"""
RUN = 'from handler import status\n\nprint(status({"worker": "w"}, None)["state"] == "done")\n'


@pytest.mark.parametrize(
    ("parameters", "is_handler"),
    [("event, context", True), ("event, _context", True), ("event, order", False)],
)
def test_a_handler_of_events_returns_old_words(parameters: str, is_handler: bool, fix: Fix) -> None:
    files, said = fix({"handler.py": WIRE + HANDLER.replace("event, context", parameters), "run.py": RUN})
    assert "No v1 calls left" in said
    assert ("v1_state(" in files["handler.py"]) is is_handler
    assert ('["state"] == "done"' in files["run.py"]) is is_handler
