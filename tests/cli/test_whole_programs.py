"""The text of `check`, `fix` and `report` for programs of several files, by the real engine."""

import json
from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run
from tests.unit.discover.trees import plant

CLIENT = """\
import os

import requests

BASE = "https://rest-api.app.kognitos.com/v1"
SHARE = os.environ["ACME_SHARE"]


def start(share_id):
    return requests.post(f"{BASE}/invoke/{share_id}", json={}).json()["worker_id"]


def poll(worker_id):
    return requests.get(f"{BASE}/run/{worker_id}").json()
"""
MAIN = """\
import client

run = client.poll(client.start(client.SHARE))
if run["state"] == "failed":
    print(run["state"] == "done")
"""
TEST = """\
import client
import responses


@responses.activate
def test_start():
    responses.post(f"{client.BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"worker_id": "w"})
    assert client.start("abcd3fg9ijk5mn1pqr3tu2wxy") == "w"
"""
CONFIG = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p, agent_id: a, stage: Draft}
states: {failed: Failed}
"""


@pytest.fixture
def program(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    plant(tmp_path, {"client.py": CLIENT, "main.py": MAIN, "test_client.py": TEST})
    return tmp_path


def test_a_blocker_names_the_source_of_the_key_and_is_written_once(run: Run, program: Path) -> None:
    text = run("check").stdout
    source = "no share_id is configured, and this one comes from environment variable ACME_SHARE"
    assert f"needs configuration (not-configured): {source}\n" in text
    assert "needs configuration (not-configured): blocked together with client.py:10\n" in text
    assert "  abcd3fg9ijk5mn1pqr3tu2wxy:\n" in text
    assert "<share_id>" not in text


def test_a_trace_leads_through_the_program_and_not_through_its_test(run: Run, program: Path) -> None:
    text = run("explain", "client.py:10").stdout
    assert "main.py:3:19: `client.start` is called\n" in text
    assert "test_client.py:8" not in text.partition("conversation:")[0]


ONE_FILE = """\
import os

import requests

url = os.environ["URL"]
run = requests.post(f"{url}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": 1}).json()
while requests.get(f"{url}/run/{run['worker_id']}").json()["state"] != "done":
    pass
"""


def test_the_setting_with_the_version_is_known_before_the_configuration_is(run: Run, program: Path) -> None:
    (program / "one.py").write_text(ONE_FILE)
    text = run("check", "one.py").stdout
    assert "needs configuration (not-configured): share_id 'abcd" in text
    assert "note: then run `fix --unsafe`: environment variable URL contains the version" in text


@pytest.mark.parametrize("option", [[], ["--diff"]])
def test_calls_of_the_program_in_other_files_are_named(run: Run, program: Path, option: list[str]) -> None:
    (program / "kognitos-migrate.yaml").write_text(CONFIG)
    line = "v1 calls of the same program aren't in PATHS: client.py:10. Pass these files, too.\n"
    assert line in run("fix", "main.py", *option).output
    assert line not in run("fix", "--diff").output


def test_configured_states_are_keys_in_use(run: Run, program: Path) -> None:
    (program / "kognitos-migrate.yaml").write_text(CONFIG)
    keys = json.loads(run("report", "--format", "json").stdout)["projects"][0]["keys"]
    assert keys == {"processes": ["abcd3fg9ijk5mn1pqr3tu2wxy"], "states": ["failed"]}
    assert "is complete" in run("init").stdout


def test_a_settings_file_alone_refers_to_the_code_that_reads_it(run: Run, program: Path) -> None:
    (program / ".env").write_text("URL=https://rest-api.app.kognitos.com/v1\n")
    note = "note: if code of the project reads this line, `kognitos-migrate fix` or `fix --unsafe`"
    assert note in run("check", ".env").stdout
    assert note not in run("check", "--all-files").stdout
