"""Names above a project never matter: it is migrated in the same way wherever it lies."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli

CONFIG = Path("fixtures/kognitos-migrate.yaml").read_text("utf-8")
ABOVE = (
    "home/first.last/work",
    "src/github.com/org",
    "release-1.2 ü",
    "tests",
    "venv/lib/site-packages",
    "build/.venv/node_modules",
    "src/src",
    "kognitos.client",
    "/".join(["a_very_long_name_of_a_folder_above"] * 20),
)
SHARE = "abcd3fg9ijk5mn1pqr3tu2wxy"
PROJECTS = {
    "a package with relative imports": {
        "app/__init__.py": "",
        "app/base.py": 'BASE = "https://rest-api.app.kognitos.com/v1"\n',
        "app/client.py": f"""
import requests

from . import base


def start(facts):
    return requests.post(f"{{base.BASE}}/invoke/{SHARE}", json=facts, headers={{"x-api-key": "k"}}).json()
""",
        "app/main.py": """
from .client import start

print(start({"a": 1})["worker_id"])
""",
    },
    "a folder src and a test": {
        "pyproject.toml": '[project]\nname = "orders"\nversion = "1"\n',
        "src/orders/__init__.py": "from .wire import poll, start\n",
        "src/orders/wire.py": f"""
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


def start(facts):
    return requests.post(f"{{BASE}}/invoke/{SHARE}", json=facts).json()["worker_id"]


def poll(worker):
    return requests.get(f"{{BASE}}/run/{{worker}}").json()["state"] == "done"
""",
        "src/orders/cli.py": "from orders import poll, start\n\nprint(poll(start({'a': 1})))\n",
        "tests/test_wire.py": "import orders.wire\n\n\ndef test():\n    assert orders.wire.BASE\n",
    },
    "scripts beside each other": {
        "lib.py": "def read(reply):\n    return reply.json()['worker_id']\n",
        "run.py": f"""
import requests
from lib import read

print(read(requests.post("https://rest-api.app.kognitos.com/v1/invoke/{SHARE}", json={{"a": 1}})))
""",
    },
    "code that is migrated by half": {
        "pack/__init__.py": "",
        "pack/call.py": """
import requests


def call(path):
    return requests.get(f"https://rest-api.app.kognitos.com/v2/{path}", headers={"x-api-key": "k"}).json()
""",
        "pack/poll.py": "from .call import call\n\nprint(call('runs/b4fznghynbdemslfd5k044fgd')['state'])\n",
    },
}

Fix = Callable[..., tuple[dict[str, str], str]]


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fix:
    """Fixes a project below a folder, from there or from elsewhere. Returns its files, and the output."""
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / "state")

    def run(
        files: dict[str, str], above: str, here: str = ".", path: str = "."
    ) -> tuple[dict[str, str], str]:
        folder = tmp_path / above / "project"
        for name, text in {**files, "kognitos-migrate.yaml": CONFIG}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        monkeypatch.chdir(folder / here)
        said = CliRunner().invoke(cli, ["fix", "--allow-dirty", "-n", path], prog_name="kognitos-migrate")
        return {name: (folder / name).read_text("utf-8") for name in files}, said.output

    return run


@pytest.mark.parametrize("project", PROJECTS)
def test_names_above_a_project_never_matter(project: str, fix: Fix) -> None:
    files = PROJECTS[project]
    plain = fix(files, "plain")
    assert plain[0] != files or "KOG8" in plain[1]
    for above in ABOVE:
        assert fix(files, above) == plain, above


@pytest.mark.parametrize("project", PROJECTS)
def test_the_same_below_a_link_or_from_elsewhere(project: str, fix: Fix, tmp_path: Path) -> None:
    files = PROJECTS[project]
    plain, _ = fix(files, "plain")
    (tmp_path / "disk/first.last").mkdir(parents=True)
    (tmp_path / "home").symlink_to("disk", target_is_directory=True)
    assert fix(files, "home/first.last")[0] == plain
    absolute = os.path.join(tmp_path, "home/first.last/other/project")
    assert fix(files, "home/first.last/other", "..", absolute)[0] == plain
    inner = next(iter(files)).rpartition("/")[0] or "."
    assert (
        fix(files, "home/inner", inner, "../" * (inner.count("/") + 1) if inner != "." else ".")[0] == plain
    )
