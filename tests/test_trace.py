"""The trace of a finding: from where the URL starts, across files, to where the reply ends, or to what holds
it back; and which request of a conversation holds back the others."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Finding
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module

FIXTURES = Path(__file__).parents[1] / "fixtures"

SETTINGS = """
    HOST = "https://rest-api.app.kognitos.com"
    VERSION = "v1"
    SHARE = "abcd3fg9ijk5mn1pqr3tu2wxy"
"""
CLIENT = """
    import requests

    import settings

    BASE = f"{settings.HOST}/{settings.VERSION}"

    def call(verb, path, **kwargs):
        response = requests.request(verb, BASE + path, headers={"x-api-key": "k"}, **kwargs)
        response.raise_for_status()
        return response.json()
"""
JOBS = """
    import json

    from client import call
    from settings import SHARE

    def start(facts):
        return call("POST", "/invoke/" + SHARE, json=facts)["worker_id"]

    def outputs(worker_id):
        run = call("GET", f"/run/{worker_id}")
        if run["state"] == "done":
            return json.loads(run["answer"])
"""
MAIN = """
    from jobs import outputs, start

    print(outputs(start({"invoice": 1})))
"""
PACKAGE = {"settings.py": SETTINGS, "client.py": CLIENT, "jobs.py": JOBS, "main.py": MAIN}


def findings(files: dict[str, str]) -> dict[str, Finding]:
    """The findings, by code."""
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    sources = [decode_module(dedent(text).lstrip("\n").encode(), path) for path, text in files.items()]
    return {finding.code: finding for finding in analyse(sources, rules, settings).findings}


def steps(finding: Finding) -> list[str]:
    return [f"{step.place.path}:{step.place.row} {step.text}" for step in finding.trace]


def test_a_start_across_four_files() -> None:
    assert steps(findings(PACKAGE)["KOG101"]) == [
        "settings.py:1 the URL starts with `https://rest-api.app.kognitos.com`",
        "client.py:5 followed by `/`",
        "settings.py:2 followed by `v1`",
        "jobs.py:7 followed by `/invoke/`",
        "settings.py:3 followed by `abcd3fg9ijk5mn1pqr3tu2wxy`",
        "main.py:3 `start` is called",
        "jobs.py:7 `call` is called",
        "client.py:8 the request is sent: POST",
        "client.py:8 it calls the API: the host belongs to the API",
        "client.py:10 the response is decoded",
        "jobs.py:7 `worker_id` of the response is read",
        "client.py:8 `worker_id` is sent in the next request (KOG201)",
    ]


def test_a_poll_ends_where_its_fields_end() -> None:
    assert steps(findings(PACKAGE)["KOG201"])[-10:] == [
        "main.py:3 `outputs` is called",
        "jobs.py:10 `call` is called",
        "client.py:8 the request is sent: GET",
        "client.py:8 it calls the API: the host belongs to the API",
        "client.py:10 the response is decoded",
        "jobs.py:11 `state` of the response is read",
        "jobs.py:11 `state` is compared with 'done'",
        "jobs.py:12 `answer` of the response is read",
        "jobs.py:12 `answer` is decoded",
        "main.py:3 `answer` is passed to print",
    ]


def test_a_base_of_the_environment_and_its_default() -> None:
    text = CLIENT.replace(
        'f"{settings.HOST}/{settings.VERSION}"', 'os.environ.get("KOGNITOS", settings.HOST + "/v1")'
    ).replace("import requests", "import os, requests")
    said = steps(findings({**PACKAGE, "client.py": text})["KOG201"])
    assert "settings.py:1 the URL starts with `https://rest-api.app.kognitos.com`" in said
    assert "client.py:8 environment variable KOGNITOS may supply the start of the URL" in said


def test_a_transfer_begins_where_its_url_was_given() -> None:
    upload = """
        import requests

        from client import call

        def send(url, path):
            with open(path, "rb") as content:
                answer = requests.put(url, data=content)
            return answer.status_code == 200

        def upload(path):
            ticket = call("POST", "/upload", json={"file_name": path})
            if not send(ticket["upload_url"], path):
                raise OSError(path)
            return ticket["blob_uri"]
    """
    main = """
        from upload import upload

        print(len(upload("a.pdf")))
    """
    files = {"settings.py": SETTINGS, "client.py": CLIENT, "upload.py": upload, "main.py": main}
    assert steps(findings(files)["KOG302"])[:-1] == [
        "client.py:8 the response of this request contains the URL",
        "upload.py:7 the URL, as passed to the request",
        "main.py:3 `upload` is called",
        "upload.py:12 `send` is called",
        "upload.py:7 the request is sent: PUT",
        "client.py:8 it calls the API: the host belongs to the API",
        "upload.py:8 the status code is compared with 200",
    ]


def test_a_conversation_that_is_held_back_says_by_which_request_and_where() -> None:
    jobs = JOBS.replace('"done"', '"suspended"')
    found = findings({**PACKAGE, "jobs.py": jobs})
    why = "state 'suspended' isn't in the configuration"
    assert found["KOG101"].fix.message == f"{why} (KOG201, jobs.py:11:8)"
    assert found["KOG201"].fix.message.startswith(f"{why}")
    for finding in found.values():
        assert steps(finding)[-1] == f"jobs.py:11 blocked by: {why}"
        assert finding.reason == "word-unknown"


def test_a_poll_in_another_file_that_holds_back_the_first_one() -> None:
    report = """
        from client import call

        def is_empty(worker_id):
            return call("GET", f"/run/{worker_id}") == {}
    """
    main = MAIN + "    from report import is_empty\n    print(is_empty(start({})))\n"
    found = findings({**PACKAGE, "report.py": report, "main.py": main})
    assert "(KOG201, report.py:4:" in found["KOG101"].fix.message


def test_half_migrated_code_ends_where_it_is_wrong() -> None:
    files = {path: text.replace('"v1"', '"v2"') for path, text in PACKAGE.items()}
    found = findings(files)["KOG801"]
    assert steps(found)[-1].startswith("jobs.py:")
    assert "exists in neither version" in steps(found)[-1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, text in PACKAGE.items():
        (tmp_path / path).write_text(dedent(text).lstrip("\n"))
    (tmp_path / "kognitos-migrate.yaml").write_text((FIXTURES / "kognitos-migrate.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_text_shows_it_if_asked_and_json_always(project: Path) -> None:
    plain = CliRunner().invoke(cli, ["check"]).stdout
    assert "trace:" not in plain
    traced = CliRunner().invoke(cli, ["check", "--trace"]).stdout
    assert "trace:\n   1. settings.py:1:8: the URL starts with `https://rest-api.app" in traced
    assert "  12. client.py:8:16: `worker_id` is sent in the next request (KOG201)" in traced
    assert traced == CliRunner().invoke(cli, ["check", "--trace"]).stdout
    document = json.loads(CliRunner().invoke(cli, ["check", "--output-format", "json"]).stdout)
    traces = [finding["trace"] for finding in document["findings"]]
    assert [step["message"] for step in traces[0]][-1] == "`worker_id` is sent in the next request (KOG201)"
    assert all(step["filename"] in PACKAGE for trace in traces for step in trace)
