"""Packages of one repository that import each other: they change together, or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli

CONFIG = Path("fixtures/kognitos-migrate.yaml").read_text("utf-8")
CLIENT = """
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


class Client:
    def start(self, facts):
        url = f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        return requests.post(url, json=facts, headers={"x-api-key": "k"}).json()["worker_id"]

    def get(self, worker):
        return requests.get(f"{BASE}/run/{worker}", headers={"x-api-key": "k"}).json()
"""
USE = """
import json

from kogclient import Client

client = Client()
run = client.get(client.start({"a": 1}))
if run["state"] == "done":
    print(json.loads(run["answer"])["total"])
"""
PROJECT = '[project]\nname = "kogclient"\nversion = "1"\n'
SETUP = "from setuptools import setup\n\nsetup()\n"
BILLING = {"packages/billing/pyproject.toml": PROJECT, "packages/billing/src/billing/app.py": USE}

Fix = Callable[[dict[str, str]], tuple[dict[str, str], str]]


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fix:
    """Fixes a repository. Returns its files after that, and the output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path.parent / "state")

    def run(files: dict[str, str]) -> tuple[dict[str, str], str]:
        for name, text in {"kognitos-migrate.yaml": CONFIG, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        said = CliRunner().invoke(cli, ["fix", "--allow-dirty", "-n"], prog_name="kognitos-migrate")
        return {name: (tmp_path / name).read_text("utf-8") for name in files}, said.output

    return run


@pytest.mark.parametrize(
    "client",
    [
        {
            "packages/kogclient/pyproject.toml": PROJECT,
            "packages/kogclient/src/kogclient/__init__.py": "from kogclient.client import Client\n",
            "packages/kogclient/src/kogclient/client.py": CLIENT,
        },
        {"packages/kogclient/pyproject.toml": PROJECT, "packages/kogclient/kogclient/__init__.py": CLIENT},
        {"libs/python/setup.cfg": "[mypy]\n", "libs/python/src/kogclient.py": CLIENT},
    ],
    ids=["a folder src", "a package beside pyproject.toml", "a module in a folder src"],
)
def test_a_sibling_that_is_a_distribution_migrates_with_its_users(client: dict[str, str], fix: Fix) -> None:
    files, said = fix({**client, **BILLING})
    assert "No v1 calls left" in said
    assert '["status"] == "Succeeded"' in files["packages/billing/src/billing/app.py"]
    assert not any("/v1" in text for text in files.values())


def test_a_folder_that_the_configuration_names_is_an_import_root(fix: Fix) -> None:
    client = {"shared/code/kogclient.py": CLIENT, "kognitos-migrate.yaml": f"{CONFIG}\nsrc: [shared/code]\n"}
    files, said = fix({**client, **BILLING})
    assert "No v1 calls left" in said
    assert '["status"] == "Succeeded"' in files["packages/billing/src/billing/app.py"]


PACKAGE = {"shared/code/kogclient/__init__.py": CLIENT}


@pytest.mark.parametrize(
    ("client", "use"),
    [
        (PACKAGE, USE.replace("from kogclient import", "from kogclient import *  #")),
        (
            {"shared/code/kogclient/api/__init__.py": "", "shared/code/kogclient/api/wire.py": CLIENT},
            USE.replace("from kogclient import", "from kogclient.api.wire import"),
        ),
        (
            {
                "shared/code/kogclient/__init__.py": "from .wire import Client\n",
                "shared/code/kogclient/wire.py": CLIENT,
                "requirements.txt": "requests>=2\n# kogclients\n-e shared/code\n",
            },
            f"def main():\n{USE}".replace("\n", "\n    "),
        ),
    ],
    ids=["all of its names", "a module of a namespace", "behind a package, in a function"],
)
def test_the_only_package_of_a_name_is_the_one_that_an_import_means(
    client: dict[str, str], use: str, fix: Fix
) -> None:
    files, said = fix({**client, **BILLING, "packages/billing/src/billing/app.py": use})
    assert "No v1 calls left" in said
    assert '["status"] == "Succeeded"' in files["packages/billing/src/billing/app.py"]
    assert not any("/v1" in text for text in files.values())


@pytest.mark.parametrize(
    ("client", "use"),
    [
        ({"shared/code/kogclient.py": CLIENT}, USE),
        (
            {
                "a/setup.py": SETUP,
                "a/kogclient.py": CLIENT,
                "b/setup.py": SETUP,
                "b/kogclient.py": "class Client: ...\n",
            },
            USE,
        ),
        ({**PACKAGE, "old/code/kogclient/__init__.py": "class Client: ...\n"}, USE),
        ({**PACKAGE, "packages/billing/requirements.txt": "requests\nKogClient == 1.4\n"}, USE),
        ({**PACKAGE, "requirements/base.txt": "kogclient[http]>=1\n"}, USE),
        (
            {
                **PACKAGE,
                "pyproject.toml": '[project]\nname = "b"\ndependencies = ["kogclient"]\n',
            },
            USE,
        ),
        (
            {
                "shared/code/kogclient/wire.py": CLIENT,
                "packages/billing/src/kogclient/__init__.py": "def shown(run):\n    return run\n",
            },
            USE.replace("from kogclient import", "from kogclient.wire import"),
        ),
        ({"tests/kogclient/__init__.py": CLIENT}, USE),
    ],
    ids=[
        "a module",
        "one of two",
        "one of two packages",
        "a requirement",
        "a requirement of the repository",
        "a dependency",
        "a part of a package near the importer",
        "a double in tests",
    ],
)
def test_an_import_that_is_not_resolved_holds_back_what_it_may_mean(
    client: dict[str, str], use: str, fix: Fix
) -> None:
    before = {**client, **BILLING, "packages/billing/src/billing/app.py": use}
    files, said = fix(before)
    assert files == before
    assert "import-unresolved" in said
    assert "packages/billing/src/billing/app.py imports kogclient" in said
    assert "src: [" in said


def test_a_name_of_the_standard_library_or_of_one_inside_a_package_is_no_sibling(fix: Fix) -> None:
    files, said = fix(
        {
            "app/main.py": f"import json\nimport redis\n{USE}",
            "app/kogclient.py": CLIENT,
            "other/json/__init__.py": "value = 1\n",
            "other/pack/__init__.py": "",
            "other/pack/redis.py": "value = 1\n",
        }
    )
    assert "No v1 calls left" in said
    assert "/v2" in files["app/kogclient.py"]


FINISHED = CLIENT.replace('-key": "k"}).json()\n', '-key": "k"}).json()["state"] == "done"\n')
HELPERS = """
LIMIT = 5
RUNS = []


def tidy(rows):
    return [row.strip() for row in rows][:LIMIT]


class Row:
    def __init__(self, text):
        self.text = text


def rows(text):
    return [Row(line) for line in tidy(text.splitlines())]


def remember(run):
    RUNS.append(run)


def make():
    return Client
"""
OUTSIDE = {
    "a function": "from kogclient import tidy\n\nprint(tidy([]))\n",
    "a constant": "from kogclient import LIMIT\n\nprint(LIMIT)\n",
    "functions that use each other and a class": "import kogclient\n\nprint(kogclient.rows('a'))\n",
    "a module by another name": "import kogclient as tools\n\ndef main():\n    return tools.tidy([])\n",
}
INSIDE = {
    "the client": "from kogclient import Client\n\nClient()\n",
    "a text of its URL": "from kogclient import BASE\n\nprint(BASE)\n",
    "a function that gives the client": "from kogclient import make\n\nmake()()\n",
    "a list that others see": "from kogclient import remember\n\nremember('run')\n",
    "the module as a whole": "import kogclient\n\nprint(vars(kogclient))\n",
    "a name of the module and another": "import kogclient\n\nkogclient.tidy([])\nkogclient.Client()\n",
    "a name that nobody knows": "from kogclient import missing\n",
}


@pytest.mark.parametrize("use", OUTSIDE.values(), ids=OUTSIDE)
def test_an_import_of_what_takes_no_part_holds_nothing_back(use: str, fix: Fix) -> None:
    files, said = fix({"shared/code/kogclient.py": FINISHED + HELPERS, "app/main.py": use})
    assert "import-unresolved" not in said
    assert "/v2" in files["shared/code/kogclient.py"]


@pytest.mark.parametrize("use", INSIDE.values(), ids=INSIDE)
def test_an_import_of_what_takes_part_holds_back(use: str, fix: Fix) -> None:
    before = {"shared/code/kogclient.py": FINISHED + HELPERS, "app/main.py": use}
    files, said = fix(before)
    assert files == before
    assert "import-unresolved" in said


@pytest.mark.parametrize(
    "module",
    [
        "def Redis():\n    return {}\n",
        "import kogclient\n\nSTARTED = kogclient.Client()\n\n\ndef Redis():\n    return {}\n",
        "from kogclient import tidy\n\n\ndef Redis():\n    return tidy([])\n",
    ],
    ids=["it uses nothing", "another name uses the client", "it uses a helper of the client's module"],
)
def test_a_module_named_like_a_package_holds_nothing_back(module: str, fix: Fix) -> None:
    files, said = fix(
        {
            "tools/redis.py": module,
            "tools/kogclient.py": FINISHED + HELPERS,
            "app/main.py": "import redis\n\nprint(redis.Redis().get('lead'))\n",
        }
    )
    assert "import-unresolved" not in said
    assert "/v2" in files["tools/kogclient.py"]
