"""Tests that set the variable with the base URL, or patch the base URL, are migrated with the program."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.engine import analyse
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

CLIENT = """\
import os

import requests


def state(worker_id):
    base = os.environ["KOGNITOS_URL"]
    return requests.get(f"{base}/run/{worker_id}", headers={"x-api-key": "k"}).json()["state"]
"""
TEST = """\
import os

import responses

import client
from helpers import BASE

{set_variable}


@responses.activate
def test_state():
    responses.get(f"{{BASE}}/run/w", json={{"state": "done"}})
    assert client.state("w") == "done"
"""
OLD, NEW = ("https://rest-api.app.kognitos.com/v1", "https://rest-api.app.kognitos.com/v2")


def fixed(set_variable: str, **others: str) -> tuple[Mapping[str, str], set[str]]:
    """The texts after `fix --unsafe`, and the codes of the remaining findings."""
    files = {
        "client.py": CLIENT,
        "helpers.py": f'BASE = "{OLD}"\n',
        "test_client.py": TEST.format(set_variable=set_variable),
        **others,
    }
    result = analyse(sources(files), RULES, settings(), Applicability.UNSAFE)
    changed = {change.path: change.after for change in result.changes}
    return changed, {finding.code for finding in result.remaining}


@pytest.mark.parametrize(
    "set_variable",
    [
        'os.environ["KOGNITOS_URL"] = BASE',
        'os.environ.setdefault("KOGNITOS_URL", BASE)',
        'os.environ.update({"KOGNITOS_URL": BASE})',
        f'os.environ["KOGNITOS_URL"] = "{OLD}"',
        'os.environ["KOGNITOS_URL"] = "http://localhost:8080/v1"',
    ],
)
def test_the_base_of_a_test_is_changed_with_the_program(set_variable: str) -> None:
    changed, remaining = fixed(set_variable)
    assert remaining == set()
    assert set_variable.replace("/v1", "/v2") in changed["test_client.py"]
    assert changed["helpers.py"] == f'BASE = "{NEW}"\n'


@pytest.mark.parametrize(
    "set_variable",
    [
        f'os.environ["KOGNITOS_URL"] = "{OLD}/run"',
        f'os.environ["OTHER_URL"] = "{OLD}"',
        f'os.environ.update([("KOGNITOS_URL", "{OLD}")])',
        'os.environ["KOGNITOS_URL"] = BASE\nstart_server(BASE)',
    ],
)
def test_a_base_that_cannot_be_followed_holds_the_program_back(set_variable: str) -> None:
    changed, remaining = fixed(set_variable)
    assert changed == {}
    assert "KOG201" in remaining


def test_a_variable_that_the_program_sets_for_others_holds_it_back() -> None:
    setter = f'import os\n\nos.environ["KOGNITOS_URL"] = "{OLD}"\n'
    changed, _ = fixed("import setter", **{"setter.py": f"import client\n{setter}"})
    assert changed == {}


PATCHING = """\
from unittest import mock

import client
import responses

OTHER = "http://localhost:8080/v1"


@responses.activate
{decorator}
def test_state({parameter}):
    {statement}
    responses.get(f"{{OTHER}}/run/w", json={{"state": "done"}})
    assert client.state("w") == "done"
"""
DEFAULT = CLIENT.replace(
    "def state", f'BASE = os.environ.get("KOGNITOS_URL", "{OLD}")\n\n\ndef state'
).replace('base = os.environ["KOGNITOS_URL"]', "base = BASE")


@pytest.mark.parametrize(
    ("decorator", "parameter", "statement"),
    [
        ("", "monkeypatch", 'monkeypatch.setattr(client, "BASE", OTHER)'),
        ("", "monkeypatch", 'monkeypatch.setattr("client.BASE", "http://localhost:8080/v1")'),
        ('@mock.patch("client.BASE", OTHER)', "", "pass"),
        ('@mock.patch.object(client, "BASE", OTHER)', "", "pass"),
    ],
)
@pytest.mark.parametrize("client", [DEFAULT, DEFAULT.replace(f', "{OLD}"', ', ""')])
def test_a_base_that_a_test_patches_is_changed_with_the_program(
    client: str, decorator: str, parameter: str, statement: str
) -> None:
    test = PATCHING.format(decorator=decorator, parameter=parameter, statement=statement).replace(
        "\n\ndef", "\ndef"
    )
    changed, remaining = fixed("", **{"client.py": client, "test_client.py": test, "helpers.py": ""})
    assert remaining == set()
    assert "/v1" not in changed["test_client.py"]
    assert "/v1" not in changed["client.py"]


def test_a_patched_whole_url_holds_the_program_back() -> None:
    test = PATCHING.format(
        decorator="", parameter="monkeypatch", statement='monkeypatch.setattr(client, "BASE", f"{OTHER}/run")'
    )
    changed, _ = fixed("", **{"client.py": DEFAULT, "test_client.py": test, "helpers.py": ""})
    assert changed == {}


EXPECTING = """\
import client


def test_base(monkeypatch):
    {statement}
    {assertion}
"""


@pytest.mark.parametrize(
    ("statement", "assertion", "is_changed"),
    [
        ("pass", f'assert client.BASE == "{OLD}"', True),
        ("pass", f'assert client.BASE + "/" == "{OLD}/"', True),
        (f'expected = "{OLD}"', "assert client.BASE == expected", True),
        (f'monkeypatch.setenv("KOGNITOS_URL", "{OLD}")', f'assert client.BASE == "{OLD}"', True),
        ('monkeypatch.setenv("KOGNITOS_URL", "http://x/v1")', 'assert client.BASE == "http://x/v1"', False),
        ("pass", f'assert client.BASE in ("{OLD}", "http://x/v1")', False),
        ("pass", f'assert client.BASE + "/run" == "{OLD}/run"', False),
        ("pass", 'assert client.BASE.endswith("/v1")', False),
    ],
)
def test_a_test_may_expect_the_default_of_a_variable(
    statement: str, assertion: str, is_changed: bool
) -> None:
    test = EXPECTING.format(statement=statement, assertion=assertion)
    changed, remaining = fixed("", **{"client.py": DEFAULT, "test_client.py": test, "helpers.py": ""})
    if is_changed:
        assert remaining == set()
        assert "/v1" not in "".join(changed.values())
    else:
        assert changed == {}


SERVED = """\
import os

import requests


class Api:
    def __init__(self, base=None):
        self.base = base or os.environ.get("KOGNITOS_URL", "https://rest-api.app.kognitos.com")

    def state(self, worker_id):
        return requests.get(self.base + "/v1/run/" + worker_id).json()["state"]


def main(worker_id):
    return Api().state(worker_id)
"""
SERVER = """\
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import main


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/v1/run/w":
            data = json.dumps({"state": "done"}).encode()
            self.wfile.write(data)


def test_state(monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("KOGNITOS_URL", "http://127.0.0.1:%d" % server.server_port)
    assert main.main("w") == "done"
"""


def test_the_address_of_a_test_s_server_may_be_configured_as_a_host() -> None:
    case = load_case(FIXTURES / "mocks" / "server_in_a_module_of_the_tests")
    config = {**case.config, "hosts": ["127.0.0.1"]}
    files = sources({"main.py": SERVED, "tests/test_main.py": SERVER})
    result, texts = migrate(replace(case, config=config), files)
    assert result.remaining == ()
    assert '"/v2/runs/"' in texts["main.py"]
    assert '"/v2/runs/w"' in texts["tests/test_main.py"]
