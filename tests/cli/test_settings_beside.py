"""Settings files beside code name the API that the code doesn't; and what looks like it stays silent."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from kognitos_migrate.source.file import SourceFile
from tests.unit.discover.trees import plant

CODE = """import os

import requests

reply = requests.post(os.environ["BASE"] + "/invoke/" + os.environ["SHARE"], json={"n": 1})
print(reply.json())
"""
POLL = """import os

import requests

print(requests.get(f"{os.environ['BASE']}/run/{os.environ['JOB']}").json())
"""
WORKER = """import celery

app = celery.Celery()


@app.task(bind=True)
def report(self, row):
    return {"worker": row["worker_id"], "state": row["state"]}
"""
HOST = "https://rest-api.app.kognitos.com"


def found(project: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *paths: str) -> list[str]:
    plant(project, {".git/HEAD": "", **files})
    monkeypatch.chdir(project)
    arguments = ["check", "--no-cache", "--output-format", "json", *(paths or (".",))]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in (0, 1), result.output
    findings = json.loads(result.stdout)["findings"]
    return [f"{one['filename']}:{one['location']['row']} {one['code']}" for one in findings]


@pytest.mark.parametrize(
    "settings",
    [
        {"service.ini": f"[service]\nbase = {HOST}/v1\n"},
        {"conf/service.toml": f'[service]\nbase = "{HOST}/v1"\n'},
        {"deploy.yaml": f"environment:\n  BASE: {HOST}:443/v1/\n"},
        {"services.json": json.dumps({"base": f"{HOST}/v1"})},
        {".env": f"BASE={HOST}/v1\n", ".gitignore": ".env\n"},
        {".env.production": f"export BASE='{HOST}/v1'\n"},
    ],
)
@pytest.mark.parametrize("paths", [(), ("app/jobs.py",), ("app",)])
def test_the_host_is_named_in_a_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str], paths: tuple[str, ...]
) -> None:
    files = {f"app/{name}" if paths == ("app",) else name: text for name, text in settings.items()}
    files = {"app/jobs.py": CODE, "app/other.py": "print()\n", **files}
    assert found(tmp_path, files, monkeypatch, *paths) == ["app/jobs.py:5 KOG904"]


FLOW = """import json

import requests

with open("conf.json") as file:
    conf = json.load(file)
job = requests.post(conf["root"] + conf["start"], json={"n": 1}).json()[conf["id"]]
print(requests.get(conf["root"] + conf["poll"].format(job)).json())
"""
PATHS = {"start": "/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", "poll": "/v1/run/{}", "id": "worker_id"}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"conf.json": json.dumps({"root": "https://gateway.internal", **PATHS})}, FLOW),
        (
            {"conf.yaml": f"root: {HOST}/v1\nstart: invoke/share\n"},
            FLOW.replace("json.load", "yaml.safe_load"),
        ),
        ({"conf.toml": f'[api]\nstart = "{HOST}/v1/invoke/share"\n'}, FLOW.replace("requests", "httpx")),
        ({"conf.ini": f"[api]\nroot = {HOST}/v1\n"}, FLOW.replace('open("conf.json")', "open(path)")),
    ],
)
@pytest.mark.parametrize("paths", [(), ("jobs.py",)])
def test_the_calls_are_in_a_settings_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Mapping[str, str],
    code: str,
    paths: tuple[str, ...],
) -> None:
    row = 5 if settings.keys() & {"conf.json"} else 3
    files = {"jobs.py": code, "other.py": "print()\n", **settings}
    assert found(tmp_path, files, monkeypatch, *paths) == [f"jobs.py:{row} KOG904"]


@pytest.mark.parametrize(
    "files",
    [
        {"jobs.py": FLOW, "conf.json": json.dumps({"root": "https://ci.example.com", "poll": "/v1/run/{}"})},
        {"jobs.py": FLOW, "conf.json": json.dumps({"root": f"{HOST}/v2", "start": "/runs"})},
        {"jobs.py": FLOW, "conf.json": json.dumps({"root": "https://rest-api.example.com/v1"})},
        {"jobs.py": "import json\n", "conf.json": json.dumps({"root": HOST, **PATHS})},
    ],
)
def test_settings_of_others_stay_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]
) -> None:
    assert found(tmp_path, files, monkeypatch) == []


def test_the_calls_of_a_settings_file_in_sight_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"jobs.py": FLOW, "conf.json": json.dumps({"root": HOST, **PATHS}, indent=2)}
    assert found(tmp_path, files, monkeypatch) == ["jobs.py:7 KOG101", "jobs.py:8 KOG201"]


def test_several_modules_and_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"jobs.py": CODE, "poll.py": POLL, "cli.py": "add('upload')\n", "a.env": f"BASE={HOST}/v1\n"}
    assert found(tmp_path, files, monkeypatch) == ["jobs.py:5 KOG904", "poll.py:5 KOG904"]


def test_a_comment_suppresses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = CODE.replace('"n": 1})', '"n": 1})  # kognitos-migrate: ignore[KOG904] a gateway of our own')
    assert found(tmp_path, {"jobs.py": code, "a.ini": f"base = {HOST}/v1\n"}, monkeypatch) == []


@pytest.mark.parametrize(
    "files",
    [
        {"jobs.py": CODE, "service.ini": "[service]\nbase = https://gateway.internal/v1\n"},
        {"jobs.py": CODE, "service.ini": f"[service]\nbase = {HOST}/v2\n"},
        {"jobs.py": CODE, "service.ini": f"[service]\nbase = {HOST}\n"},
        {"jobs.py": CODE, "a.yaml": "base: https://rest-api.app.kognitos.com.example.org/v1\n"},
        {"jobs.py": CODE, ".pre-commit-config.yaml": "- repo: https://github.com/x/kognitos-migrate\n"},
        {"jobs.py": "post('/v2/runs', 'upload')\n", "service.ini": f"base = {HOST}\n"},
        {"tasks.py": WORKER, "docker-compose.yml": 'volumes: ["/run/secrets:/run/secrets"]\n'},
        {"tasks.py": WORKER, "package.json": '{"scripts": {"invoke": "celery", "upload": "x"}}\n'},
        {"print.py": "print('hello')\n", "service.ini": f"base = {HOST}/v1\n"},
    ],
)
def test_what_looks_like_it_stays_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]
) -> None:
    assert found(tmp_path, files, monkeypatch) == []


UNTRACED = """import requests
from config import load

conf = load("kognitos.yml")
job = requests.post(conf.at("start"), json={"n": 1}, headers={"x-api-key": conf.at("key")}).json()
print(job["worker_id"])
"""


def test_a_request_that_is_not_followed_points_to_the_settings_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = f"retries: 3\nstart: {HOST}/v1/invoke/share\n"
    assert found(tmp_path, {"jobs.py": UNTRACED, "kognitos.yml": settings}, monkeypatch) == [
        "jobs.py:5 KOG903",
        "kognitos.yml:2 KOG902",
    ]
    shown = CliRunner().invoke(cli, ["check", "--no-cache", "."]).stdout
    assert "note: the host rest-api.app.kognitos.com is in kognitos.yml:2, which this program reads" in shown


def test_a_file_elsewhere_is_checked_with_the_settings_of_its_own_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """import os
import requests

API = os.environ["BASE"] + "/v1"
print(requests.post(API + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={}).json()["worker_id"])
"""
    settings = {".env": f"BASE={HOST}/v1\n"}
    elsewhere = tmp_path / "elsewhere"
    configuration = (Path(__file__).parents[2] / "fixtures/kognitos-migrate.yaml").read_text()
    plant(elsewhere, {"kognitos-migrate.yaml": configuration, "app/file.py": code, **settings})
    read: list[str] = []

    def record(files: Iterable[str]) -> Iterator[SourceFile]:
        read.extend(files)
        return iter(())

    monkeypatch.setattr("kognitos_migrate.run.deployment_steps.read_context_files", record)
    found(tmp_path / "here", {**settings, "b/.env": "X=1\n"}, monkeypatch, str(elsewhere / "app/file.py"))
    assert set(read) == {"../elsewhere/.env"}


MIGRATED = """import os

import requests

BASE = os.environ.get("BASE", "https://rest-api.app.kognitos.com/v2")


def state(job):
    return requests.get(f"{BASE}/runs/{job['worker_id']}").json()["status"]
"""


def test_settings_of_migrated_code_with_a_field_of_its_own_are_found_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"jobs.py": MIGRATED, ".env": f"BASE={HOST}/v1\n", ".gitignore": ".env\n"}
    assert found(tmp_path, files, monkeypatch) == [".env:1 KOG811"]
    text = CliRunner().invoke(cli, ["check", "--no-cache"]).output
    assert "note: git ignores this file, so `fix` leaves it as it is" in text
    files[".env"] += f"START={HOST}/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy\n"
    assert "jobs.py:9 KOG904" in found(tmp_path, files, monkeypatch)


CLIENT = """import requests


class Client:
    def __init__(self, host, credentials):
        self.session = requests.Session()
        self.session.headers.update(credentials)
        self.root = "https://" + host + "/v2"

    def get(self, path):
        return self.session.get(self.root + path).json()
"""
POLLING = """import json

from client import Client
from store import Store


def main():
    with open("config.json") as file:
        client = Client(**json.load(file))
    for row in Store().sent():
        job = row["worker_id"]
        print(client.get("/runs/" + job)["status"])


main()
"""
STORE = """import sqlite3


class Store:
    def sent(self):
        db = sqlite3.connect("runs.db")
        db.row_factory = sqlite3.Row
        return db.execute("SELECT worker_id FROM runs").fetchall()
"""


@pytest.mark.parametrize("paths", [(), ("main.py",)])
def test_a_wrapper_of_the_new_version_explains_the_names_of_its_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...]
) -> None:
    host = HOST.removeprefix("https://")
    conf = json.dumps({"host": host, "credentials": {"x-api-key": "k"}})
    files = {"client.py": CLIENT, "main.py": POLLING, "store.py": STORE, "config.json": conf}
    assert found(tmp_path, files, monkeypatch, *paths) == []
    files["client.py"] = CLIENT.replace("/v2", "/v3")
    assert found(tmp_path, files, monkeypatch, *paths) == ["main.py:11 KOG904"]
