"""Keys in settings files that a program reads at run time: they are missing, as those in the code are."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.unit.discover.trees import plant

HEAD = """
import argparse, configparser, csv, json, os
import requests
import yaml
from pydantic_settings import BaseSettings

API = "https://rest-api.app.kognitos.com/v1"


def start(share):
    reply = requests.post(f"{API}/invoke/{share}", json={"n": 1}, headers={"x-api-key": os.environ["KEY"]})
    reply.raise_for_status()
    return reply.json()["worker_id"]


"""
LISTED = "abcd3fg9ijk5mn1pqr3tu2wxy"
CONFIGURATION = f"""processes:
  {LISTED}:
    process_id: b4fznghynbdemslfd5k044fgd
    agent_id: a7xm2kp9qwj3v5nh8t4c6r1e9z
    stage: Published
"""
VARIABLE = 'print(start(os.getenv("SHARE")))'
MODEL = """class Settings(BaseSettings):
    model_config = {"env_prefix": "APP_"}
    share: str
print(start(Settings().share))
"""
OPTION = """parser = argparse.ArgumentParser()
parser.add_argument("--share")
print(start(parser.parse_args().share))
"""
INI = """parser = configparser.ConfigParser()
parser.read("app.ini")
print(start(parser.get("jobs", "share")))
"""
JSON = 'settings = json.load(open("settings.json"))\n'
SUPPLIED = {
    "an environment file": (VARIABLE, {".env": "# jobs\nSHARE=one-share-id\n"}, ["one-share-id"]),
    "one that git ignores": (VARIABLE, {".env": "SHARE='one-id'\n", ".gitignore": ".env\n"}, ["one-id"]),
    "several": (
        VARIABLE,
        {".env.production": "export SHARE=one-id", ".env.staging": f"SHARE={LISTED}", ".env": "SHARE=two-id"},
        ["one-id", "two-id"],
    ),
    "a mapping of a compose file": (VARIABLE, {"compose.yml": "app:\n  SHARE: one-id\n"}, ["one-id"]),
    "a list of a compose file": (
        VARIABLE,
        {"compose.yml": "app:\n  environment:\n    - SHARE=${SHARE:-one-id}\n"},
        ["one-id"],
    ),
    "a manifest": (VARIABLE, {"job.yaml": "env:\n- name: SHARE\n  value: one-id\n"}, ["one-id"]),
    "an image file": (
        VARIABLE,
        {"Dockerfile": "FROM x\nENV SHARE one-id\nARG SHARE=two-id"},
        ["one-id", "two-id"],
    ),
    "a script": (VARIABLE, {"run.sh": "SHARE=one-id python main.py\n"}, ["one-id"]),
    "a settings model": (MODEL, {".env": "APP_SHARE=one-id\nSHARE=no-share\n"}, ["one-id"]),
    "an option": (
        OPTION,
        {"run.sh": "python main.py --share one-id\n", "a.ini": "share=no-share"},
        ["one-id"],
    ),
    "a default": (f'print(start(os.getenv("SHARE", "{LISTED}")))', {".env": "SHARE=one-id"}, ["one-id"]),
    "a list in a variable": (
        'for share in os.environ["SHARES"].split(","):\n    print(start(share.strip()))',
        {".env": "SHARES=one-id,two-id\n"},
        ["one-id", "two-id"],
    ),
    "a JSON file": (
        JSON + 'print(start(settings["jobs"]["share"]))',
        {"settings.json": '{"jobs": {"share": "one-id"}, "others": {"share": "no-share"}}'},
        ["one-id"],
    ),
    "all values of a mapping": (
        JSON + 'for name, share in settings["jobs"].items():\n    print(start(share))',
        {"settings.json": '{"jobs": {"a": "one-id", "b": "two-id"}, "others": {"a": "no-share"}}'},
        ["one-id", "two-id"],
    ),
    "a value by name": (
        JSON + 'print(start(settings["jobs"][os.environ["JOB"]]))',
        {"settings.json": '{"jobs": {"a": "one-id", "b": "two-id"}}', ".env": "JOB=no-share"},
        ["one-id", "two-id"],
    ),
    "long names of mappings": (
        JSON + 'print(start(settings["configuration"]["environments"]["production"]["shares"]["nightly"]))',
        {
            "settings.json": '{"configuration": {"environments": {"production": {"shares":'
            ' {"nightly": "one-id", "weekly": "no-share"}}}}}'
        },
        ["one-id"],
    ),
    "a YAML file": (
        'print(start(yaml.safe_load(open("conf/app.yaml"))["share"]))',
        {"conf/app.yaml": 'share: "one-id"  # nightly\n'},
        ["one-id"],
    ),
    "an INI file": (
        INI,
        {"app.ini": "[jobs]\nshare = one-id ; nightly\n[other]\nshare = no-share"},
        ["one-id"],
    ),
    "a column": (
        'for row in csv.DictReader(open("jobs.csv")):\n    print(start(row["share"]))',
        {"jobs.csv": "name,share\nno-share,one-id\nno-share,two-id\n"},
        ["one-id", "two-id"],
    ),
}


def output_of(command: str, project: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    plant(project, {".git/HEAD": "", "kognitos-migrate.yaml": CONFIGURATION, **files})
    monkeypatch.chdir(project)
    result = CliRunner().invoke(cli, command.split())
    assert result.exit_code in (0, 1), result.output
    return result.output


@pytest.mark.parametrize("name", SUPPLIED)
def test_values_of_settings_are_missing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, files, keys = SUPPLIED[name]
    output = output_of(
        "check --no-cache --output-format json", tmp_path, {"main.py": HEAD + program, **files}, monkeypatch
    )
    result = json.loads(output)
    missing = [entry["key"] for entry in result["summary"]["missing"]]
    assert sorted(missing) == keys
    (finding,) = result["findings"]
    assert finding["reason"] == "not-configured"
    assert any(f"'{key}' (" in finding["fix"]["message"] for key in keys)
    assert all(f"{key}:" in finding["help"] for key in keys)


def test_init_writes_values_of_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"main.py": HEAD + VARIABLE, ".env": f"SHARE={LISTED}\n", ".env.local": "SHARE=one-share-id\n"}
    output = output_of("init", tmp_path, files, monkeypatch)
    assert "one-share-id" in output
    assert "no longer" not in output
    assert "  one-share-id:\n" in (tmp_path / "kognitos-migrate.yaml").read_text("utf-8")


def test_a_first_configuration_gets_values_of_settings_in_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"app/main.py": HEAD + VARIABLE, "deploy/compose.yml": "app:\n  SHARE: one-share-id\n"}
    plant(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    output = CliRunner().invoke(cli, ["init"]).output
    assert "processes: 1 key to fill in: one-share-id\n" in output
    assert "No searched file" not in output


SAMPLES = {".env.example": "SHARE=your-share-id\n", "tests/settings.env": "SHARE=test-share\n"}


def test_values_in_sight_are_named_before_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"main.py": HEAD + VARIABLE, ".env": f"SHARE={LISTED}\n", **SAMPLES}
    output = output_of("fix --no-cache --diff", tmp_path, files, monkeypatch)
    assert (
        "KOGNITOS_PROCESSES must list each share_id from environment variable SHARE "
        f"(the table lists '{LISTED}', .env:1; the table lacks 'your-share-id', .env.example:1; "
        "the table lacks 'test-share', tests/settings.env:1); a missing one"
    ) in output


@pytest.mark.parametrize(
    "files",
    [
        SAMPLES,
        {},
        {".env": "SHARE=\nSHARES=one-share-id\nMY_SHARE=one-share-id\n"},
        {".env": "SHARE=<your share>\n"},
        {".env": "SHARE=${OTHER}\n"},
        {"notes.txt": "SHARE=one-share-id\n"},
        {"settings.json": '{"share": "one-share-id"}'},
        {"kognitos-migrate.yaml": CONFIGURATION + "# SHARE=one-share-id\n"},
        {".env": "# SHARE=one-share-id\n", "compose.yml": "app:\n  # SHARE: two-share-id\n"},
        {".env": f"SHARE={LISTED}  # was SHARE=one-share-id\n", "app.ini": "; SHARE=two-share-id\n"},
        {"other/.env": "SHARE=one-share-id\n", "other/app.py": "print('another program')\n"},
    ],
)
def test_without_a_value_the_variable_is_named(
    files: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = output_of("fix --no-cache --diff", tmp_path, {"main.py": HEAD + VARIABLE, **files}, monkeypatch)
    assert "must list each share_id from environment variable SHARE" in output
    assert '**kognitos_process(share), "inputs"' in output


def test_a_table_of_many_rows_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(
        f"  share-{number}:\n    process_id: process-{number}\n    agent_id: agent-{number % 3}\n"
        "    stage: Draft\n"
        for number in range(40)
    )
    files = {"main.py": HEAD + VARIABLE, "kognitos-migrate.yaml": f"processes:\n{rows}"}
    assert '**kognitos_process(share), "inputs"' in output_of(
        "fix --no-cache --diff", tmp_path, files, monkeypatch
    )


def test_init_says_where_other_keys_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {"main.py": HEAD + VARIABLE, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    output = CliRunner().invoke(cli, ["init"]).output
    assert "No searched file has the ids from environment variable SHARE: add each of them.\n" in output
