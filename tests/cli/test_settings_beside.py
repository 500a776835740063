"""Settings files beside code name the API that the code doesn't; and what looks like it stays silent."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
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
