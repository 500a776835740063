"""Files other than Python that name the old version: a run that doesn't search them doesn't say "clean"."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.unit.discover.trees import plant

HOST = "rest-api.app.kognitos.com"
KEY = "abcd3fg9ijk5mn1pqr3tu2wxy"
URL = f"https://{HOST}/v1/invoke/{KEY}"
STARTER = 'import subprocess\nsubprocess.run(["make", "start"])\n'

NAMING = {
    "start.sh": f'curl -X POST -H "x-api-key: $KEY" -d "{{}}" {URL}\n',
    "bin/start": f"#!/bin/bash\ncurl -X POST https://{HOST}/v1/invoke/$1\n",
    "Dockerfile": f"FROM python:3.12\nENV ENDPOINT=https://{HOST}/v1\n",
    "Makefile": f"start:\n\tcurl -X POST {URL}\n",
    "start.curl": f'url = "{URL}"\nrequest = POST\n',
    "steps.csv": f"method,url\nPOST,{URL}\n",
    "seed.sql": f"insert into steps values ('POST', '{URL}');\n",
    "steps.xml": f'<steps><step url="{URL}"/></steps>\n',
    "start.http": f"POST {URL}\n",
    "urls.txt": f"{URL}\n",
    "flow.yaml": f"- host: {HOST}\n  path: [v1, invoke, {KEY}]\n",
    "list.yaml": f"- host: {HOST}\n  path:\n    - v1\n    - run\n    - 7f\n",
    "list.json": json.dumps({"host": HOST, "path": ["v1", "upload"]}),
    "escaped.json": json.dumps({"url": URL}).replace("/", "\\/"),
    ".env": f"START={URL}\n",
    "deploy/values.yaml": "env:\n  - name: KOGNITOS_API_VERSION\n    value: v1\n",
    "infra/main.tf": f'environment = {{ BASE = "https://{HOST}/v1" }}\n',
    "named.sh": 'curl "$KOGNITOS_URL/v1/run/$ID"\n',
}
APART = {
    "values.yaml": f"bot:\n  host: {HOST}\n  apiVersion: v1\n  paths: {{start: /invoke}}\n",
    "Dockerfile": f"ARG V=v1\nENV ENGINE=https://{HOST}/$V\n",
    "ops.toml": "[begin]\npath = '/v1/invoke/{share}'\nreturns = 'worker_id'\n",
    "api.jsonl": '{"path": "/v1/run/{id}", "pick": ["worker_id"]}\n',
}
CODE = """import requests


def start(base, process, facts):
    return requests.post(f"{base}/invoke/{process}", json=facts).json()["worker_id"]
"""
APART.update(dict.fromkeys(("client.py.j2", "fast.pyx", "client.py.txt"), CODE))
SILENT = {
    "core.pyx": CODE.replace("worker_id", "id"),
    "README.md": f"Calls {URL}\n",
    "changelog.txt": f"No more {URL}\n",
    "deployment.yaml": "apiVersion: v1\nkind: Service\nmetadata: {namespace: kognitos}\n",
    ".env": f"KOGNITOS_URL=https://{HOST}\nKOGNITOS_VERSION=v2\n",
    "start.sh": f"curl -X POST https://{HOST}/v2/runs\n",
    "config.yaml": f"apiVersion: v1\nkind: Map\ndata: {{URL: https://{HOST}, S: /run/secrets/key}}\n",
    "spec.json": '{"servers": ["https://api.example.com"], "paths": ["https://api.example.com/v1/run/worker_id"]}',
    "routes.yaml": "- /v1/invoke/{tool}\n- /v1/run/{task}\n",
    "other.sh": "curl -X POST https://api.example.com/v1/invoke/orders\n",
    "suppressed.sh": f"curl {URL}  # kognitos-migrate: ignore[KOG401] archive\n",
    "kognitos-migrate.yaml": f"processes:\n  {KEY}: {{process_id: p, agent_id: a, stage: Draft}}\n",
    "web/app.js": f'fetch("{URL}")\n',
}


def checked(*arguments: str) -> tuple[str, int]:
    result = CliRunner().invoke(cli, ["check", "--no-cache", *arguments])
    return result.output, result.exit_code


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plant(tmp_path, {"start.py": STARTER, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMING)
def test_a_file_that_names_the_old_version_is_counted(name: str, project: Path) -> None:
    plant(project, {name: NAMING[name]})
    output, code = checked()
    assert "but 1 other file contains v1 (`kognitos-migrate check --all-files` lists it" in output
    assert code == 0
    assert checked("--strict")[1] == 1
    assert f"{name}:" in checked("-v")[0]
    listed, code = checked("--all-files")
    assert f"--> {name}:" in listed
    assert "other file names" not in listed
    assert code == 1


@pytest.mark.parametrize("arguments", [[], ["--all-files"]])
@pytest.mark.parametrize("name", APART)
def test_pieces_of_the_old_version_are_a_blind_spot(name: str, arguments: list[str], project: Path) -> None:
    plant(project, {name: APART[name]})
    output, code = checked(*arguments)
    assert "1 place couldn't be resolved" in output
    assert code == 0
    row = 2 if name in ("values.yaml", "Dockerfile", "ops.toml") else 1
    assert f"{name}:{row}:1:" in checked(*arguments, "-v")[0]
    assert checked(*arguments, "--strict")[1] == 1


def test_a_path_of_the_old_version_counts_beside_code_that_names_the_api(project: Path) -> None:
    plant(project, {"begin.j2": "POST {{ host }}/v1/invoke/{{ share }} HTTP/1.1\n"})
    assert checked("--strict")[1] == 0
    code = 'import os\nimport socket\nsocket.create_connection((os.environ["KOGNITOS_HOST"], 443))\n'
    plant(project, {"send.py": code})
    assert "begin.j2:1:1:" in checked("-v")[0]


@pytest.mark.parametrize("name", SILENT)
def test_other_files_are_not_counted(name: str, project: Path) -> None:
    plant(project, {name: SILENT[name]})
    assert checked("--strict") == ("No v1 calls found in 1 file.\n", 0)


def test_a_file_that_git_ignores_is_not_counted_unless_it_holds_settings(project: Path) -> None:
    plant(project, {".gitignore": "*.sh\n.env\n", "start.sh": NAMING["start.sh"]})
    assert checked("--strict")[1] == 0
    plant(project, {".env": NAMING[".env"]})
    assert checked("--strict")[1] == 1


def test_a_file_that_the_configuration_excludes_is_not_counted(project: Path) -> None:
    plant(project, {"kognitos-migrate.yaml": "exclude: [archive/]\n", "archive/start.sh": NAMING["start.sh"]})
    assert checked("--strict")[1] == 0


def test_codes_that_are_ignored_are_not_counted(project: Path) -> None:
    plant(project, {"start.sh": NAMING["start.sh"]})
    assert checked("--strict", "--ignore", "KOG401")[1] == 0


def test_files_that_are_named_are_the_run(project: Path) -> None:
    plant(project, {"start.sh": NAMING["start.sh"]})
    assert checked("start.py", "--strict") == ("No v1 calls found in 1 file.\n", 0)


def test_findings_and_files_are_told_apart(project: Path) -> None:
    plant(project, {"start.sh": NAMING["start.sh"], "Dockerfile": NAMING["Dockerfile"]})
    plant(project, {"call.py": f'import requests\nrequests.post("{URL}", json={{}})\n'})
    output, _ = checked()
    assert "2 other files contain v1: `kognitos-migrate check --all-files` lists them." in output
    assert "blind spot" not in output


def test_a_fix_doesnt_call_them_migrated(project: Path) -> None:
    plant(project, {"start.sh": NAMING["start.sh"]})
    output = CliRunner().invoke(cli, ["fix", "--no-cache"]).output
    assert "but 1 other file contains v1" in output


@pytest.mark.parametrize("arguments", [[], ["--all-files"]])
def test_an_archive_of_code_that_names_the_old_version_is_a_blind_spot(
    arguments: list[str], project: Path
) -> None:
    call = 'print(requests.post(os.environ["U"] + "/invoke/a").json()["worker_id"])'
    code = f"import os\nimport requests\n{call}\n"
    for name, text in (("intake.pyz", code), ("libs.zip", "import os\n"), ("broken.whl", None)):
        if text is None:
            (project / name).write_bytes(b"PK\3\4 no archive")
            continue
        with zipfile.ZipFile(project / name, "w") as archive:
            archive.writestr("__main__.py", text)
    output, code_of_exit = checked(*arguments, "-v")
    assert "intake.pyz:1:1: this archive contains code that names the old version" in output
    assert "libs.zip" not in output
    assert "broken.whl" not in output
    assert code_of_exit == 0
    assert checked(*arguments, "--strict")[1] == 1


def test_the_states_of_many_files_are_cached(project: Path) -> None:
    plant(project, {f"data/part{number}.yaml": "key: value\n" for number in range(600)})
    plant(project, {"data/start.sh": NAMING["start.sh"]})
    for _ in range(2):
        output = CliRunner().invoke(cli, ["check", "--cache-dir", ".cache"]).output
        assert "1 other file contains v1" in output
    (project / "data/start.sh").write_text("true\n")
    output = CliRunner().invoke(cli, ["check", "--cache-dir", ".cache"]).output
    assert output == "No v1 calls found in 1 file.\n"
