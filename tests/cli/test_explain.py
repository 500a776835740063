"""`kognitos-migrate explain`: any place, whether or not something is found there."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run

CONFIG = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy:
    process_id: p1
    agent_id: a1
    stage: Published
"""
PROGRAM = """\
import requests

API = "https://rest-api.app.kognitos.com/v1"
SHARE = "abcd3fg9ijk5mn1pqr3tu2wxy"


def start(facts):
    reply = requests.post(
        f"{API}/invoke/{SHARE}",
        json=facts,
    )
    return reply.json()["worker_id"]


def is_done(worker_id):
    return requests.get(f"{API}/run/{worker_id}").json()["state"] == "done"


print(is_done(start({})))
"""


@pytest.fixture
def program(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of one conversation that can be fixed, and the engine that knows it."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    (tmp_path / "main.py").write_text(PROGRAM)
    return tmp_path


def told(run: Run, place: str) -> str:
    result = run("explain", place)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("row", [8, 9, 10, 11])
def test_any_line_of_the_statement_will_do(run: Run, program: Path, row: int) -> None:
    assert told(run, f"main.py:{row}").startswith("KOG101 [*] starts a v1 run\n  --> main.py:8:13\n")


def test_a_finding_that_is_fixed(run: Run, program: Path) -> None:
    text = told(run, "main.py:8")
    assert "main.py:3:7: the URL starts with `https://rest-api.app.kognitos.com/v1`" in text
    assert "main.py:8:13: it calls the API: the host belongs to the API" in text
    assert "conversation: 2 requests, fixed together or not at all\n  > main.py:8:13: KOG101 " in text
    assert "    main.py:16:12: KOG201 polls a v1 run\n" in text
    assert "what `fix` does:\n--- a/main.py\n+++ b/main.py\n" in text
    assert '+        f"{API}/runs",' in text
    assert "requests sent here" not in text, "the trace shows them"
    assert "what to do" not in text
    assert "a step of" not in text


@pytest.mark.parametrize(
    ("before", "after", "facts"),
    [
        (
            "abcd3fg9ijk5mn1pqr3tu2wxy",
            "another",
            [
                "needs configuration (not-configured)",
                "    add to kognitos-migrate.yaml:\n      processes:\n        another:\n",
            ],
        ),
        (
            '"done"',
            '"paused"',
            [
                "needs configuration (word-unknown)",
                "      states:\n        paused: …",
                "(KOG201, main.py:16:12)",
            ],
        ),
        (
            'return reply.json()["worker_id"]',
            "unknown(reply)",
            ["fix --adapt (reply-escapes)", "what `fix --adapt` does:\n", "+++ b/kognitos_v1.py"],
        ),
    ],
)
def test_the_one_fact_that_unlocks_a_fix(
    run: Run, program: Path, before: str, after: str, facts: list[str]
) -> None:
    (program / "main.py").write_text(PROGRAM.replace(before, after))
    text = told(run, "main.py:8")
    assert "what to do: " in text
    assert [fact for fact in facts if fact not in text] == []


def test_a_place_that_is_a_step_of_a_finding(run: Run, program: Path) -> None:
    text = told(run, "main.py:4")
    assert text.startswith("No finding at main.py:4\n")
    assert "a step of:\n  main.py:8:13: KOG101 starts a v1 run\n    here: followed by `abcd3f" in text
    assert "note:" not in text


def test_a_call_that_leads_to_a_request(run: Run, program: Path) -> None:
    text = told(run, "main.py:19")
    assert "main.py:8:13: KOG101 starts a v1 run\n    here: `start` is called" in text
    assert "GET https://rest-api.app.kognitos.com/v1/run/{worker_id} (requests, main.py:16:12)" in text


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        (
            'requests.post("https://gateway.acme.internal/v1/invoke/x")',
            ["another host: its path is that of KOG101", "    hosts: [gateway.acme.internal]"],
        ),
        ('requests.get("https://api.example.com/users")', ["aren't a call of the old version"]),
        ('requests.put("https://api.example.com/users")', ["aren't a call of the old version"]),
        (
            'requests.get("https://rest-api.app.kognitos.com/v2/runs/x")',
            ["v2 call: nothing to migrate"],
        ),
        ('requests.post("http://localhost/v1/invoke/x")', ["not proven to be the API", "hosts: [localhost]"]),
        ("requests.get(unknown)", ["GET {unknown} (requests, ", "unknown: its URL couldn't be determined"]),
        ("unknown.get(x)", ["no request was found in this statement", "`kind: client` file"]),
    ],
)
def test_a_place_where_nothing_is_found(run: Run, program: Path, line: str, facts: list[str]) -> None:
    (program / "alone.py").write_text(
        f'import requests\nAPI = "https://rest-api.app.kognitos.com/v1"\n{line}\n'
    )
    text = told(run, "alone.py:3")
    assert [fact for fact in facts if fact not in text] == []


def test_without_evidence_it_says_what_would_be_evidence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('import requests\n\nrequests.get(base + "/v1/run/x")\n')
    text = told(run, "a.py:3")
    assert "the word 'kognitos' in the module and the header x-api-key, or a read of a response field" in text


def test_a_file_that_is_not_analysed(run: Run, program: Path) -> None:
    (program / "other.py").write_text("print(1)\n")
    assert "this file was not analyzed: it doesn't mention the API (rest-api.app." in told(run, "other.py:1")


def test_a_file_that_is_left_out(run: Run, program: Path) -> None:
    (program / "kognitos-migrate.yaml").write_text(CONFIG + "exclude: [old/]\n")
    (program / "old").mkdir()
    (program / "old" / "a.py").write_text("print(1)\n")
    assert "this file isn't checked in a run over the project" in told(run, "old/a.py:1")


def test_a_file_that_cannot_be_parsed(run: Run, program: Path) -> None:
    (program / "main.py").write_text(PROGRAM + "def (\n")
    assert told(run, "main.py:20").startswith("KOG901 this file can't be parsed")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "  # kognitos-migrate: keep[KOG101] slow until=2901-01-31",
            "(keep, main.py:11, until 2901-01-31): slow",
        ),
        ("  # noqa: KOG101", "a comment suppresses it (noqa, main.py:11)"),
    ],
)
def test_a_finding_that_a_comment_suppresses(run: Run, program: Path, change: str, said: str) -> None:
    (program / "main.py").write_text(PROGRAM.replace("    )\n", f"    ){change}\n"))
    text = told(run, "main.py:8")
    assert f"not reported: {'' if said.startswith('a ') else 'a comment suppresses it '}{said}" in text


def test_a_conversation_of_which_a_finding_is_suppressed(run: Run, program: Path) -> None:
    (program / "main.py").write_text(PROGRAM.replace("    )\n", "    )  # noqa: KOG101\n"))
    text = told(run, "main.py:16")
    assert "by hand (ignored): a finding of its conversation is ignored (KOG101, " in text
    hidden = "(not reported: a comment suppresses it (noqa, main.py:11))"
    assert f"    main.py:8:13: KOG101 starts a v1 run {hidden}\n" in text


def test_a_finding_that_is_not_selected(run: Run, program: Path) -> None:
    (program / "kognitos-migrate.yaml").write_text(CONFIG + "ignore: [KOG1]\n")
    assert "not reported: KOG101 is not selected, or is ignored" in told(run, "main.py:8")


def test_a_finding_that_the_baseline_knows(run: Run, program: Path) -> None:
    (program / "kognitos-migrate.yaml").write_text(CONFIG + "baseline: known.json\n")
    (program / "known.json").write_text('{"version": 1, "findings": []}')
    assert "not reported" not in told(run, "main.py:8")
    entry = json.loads(run("check", "--output-format", "json").stdout)["findings"][0]
    known = {"path": "main.py", "code": "KOG101", "fingerprint": entry["fingerprint"], "statement": ""}
    (program / "known.json").write_text(json.dumps({"version": 1, "findings": [known]}))
    assert "not reported: it is in the baseline" in told(run, "main.py:8")


def test_a_column_chooses_among_the_findings_of_a_line(run: Run, program: Path) -> None:
    line = 'x = requests.get(API + "/run/1"), requests.post(API + "/invoke/" + SHARE)\n'
    (program / "main.py").write_text(PROGRAM + line)
    assert [
        text.startswith("KOG101") for text in (told(run, "main.py:20:5"), told(run, "main.py:20:40"))
    ] == [
        False,
        True,
    ]


def test_the_conversation_is_that_of_the_whole_project(
    run: Run, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program / "app").mkdir()
    (program / "app" / "poll.py").write_text(
        dedent("""\
            import requests
            from main import API, start

            print(requests.get(f"{API}/run/{start({})}").json()["state"] == "done")
        """)
    )
    monkeypatch.chdir(program / "app")
    assert "  > poll.py:4:7: KOG201 " in told(run, "poll.py:4")
    assert "    ../main.py:8:13: KOG101 " in told(run, "poll.py:4")


def test_json(run: Run, program: Path) -> None:
    document = json.loads(run("explain", "main.py:10", "--output-format", "json").stdout)
    assert (document["version"], document["filename"], document["row"]) == (1, "main.py", 10)
    assert document["rows"] == {"first": 8, "last": 11}
    (finding,) = document["findings"]
    assert (finding["code"], finding["not_reported"], finding["unlock"]) == ("KOG101", None, None)
    assert [member["code"] for member in finding["members"]] == ["KOG101", "KOG201"]
    assert finding["diff"].startswith("--- a/main.py")
    (request,) = document["requests"]
    assert (request["standing"], request["evidence"]) == ("old version", ["the host belongs to the API"])


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere.py:3", "error: nowhere.py: no such file\n"),
        ("main.py:20", "main.py: there is no line 20: the file has 19"),
        ("main.py:0", "there is no line 0"),
        ("main.py", "main.py needs a line; expected main.py:LINE"),
    ],
)
def test_a_place_that_is_not_there(run: Run, program: Path, place: str, said: str) -> None:
    result = run("explain", place)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(("name", "said"), [("KOG101", "KOG101 v1-start-run: "), ("url", "url (a reason): ")])
def test_a_code_or_a_reason(run: Run, name: str, said: str) -> None:
    assert told(run, name).startswith(said)


HELPER = """\
from acme import http
from acme.transport import Client, get

def start(facts):
    return http.call("POST", "/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", payload=facts)["worker_id"]

def is_done(run):
    return get("https://rest-api.app.kognitos.com/v1/run/" + run)["state"] == "done"

client = Client("https://rest-api.app.kognitos.com/v1")

def upload(name):
    return client.post("/upload", json={"file_name": name})["blob_uri"]
"""


@pytest.mark.parametrize(
    ("place", "lines", "found"),
    [
        (
            "a.py:5",
            [
                "keywords: {payload: json, url: url}",
                "  acme.http.call: {arguments: [method, url], gives: json}",
            ],
            "5:12: KOG101",
        ),
        ("a.py:8", ["  acme.transport.get: {method: GET, arguments: [url], gives: json}"], "8:12: KOG201"),
        ("a.py:10", ["  types: [acme.transport.Client]"], "13:12: KOG301"),
    ],
)
def test_a_helper_that_is_not_followed_can_be_described(
    run: Run, program: Path, place: str, lines: list[str], found: str
) -> None:
    (program / "a.py").write_text(HELPER)
    assert found not in run("check", "--output-format", "concise").stdout
    text = told(run, place)
    assert [line for line in lines if f"      {line}" not in text] == []
    file = dedent(text[text.index("      kind: client") :].partition("\n\n")[0])
    (program / "rules").mkdir()
    (program / "rules" / "acme.yaml").write_text(file.replace("https://…", "https://acme.example"))
    (program / "kognitos-migrate.yaml").write_text(CONFIG + "rules: [rules/]\n")
    assert f"a.py:{found} " in run("check", "--output-format", "concise").stdout


def test_a_file_that_is_not_python(run: Run, program: Path) -> None:
    (program / "start.sh").write_text(
        "#!/bin/sh\n"
        "curl -X POST https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy\n"
        "echo\n"
    )
    text = told(run, "start.sh:2")
    assert text.startswith("KOG401 ")
    assert "not reported: such files are searched as text, by `check --all-files` and `report`\n" in text
    assert told(run, "start.sh:3").startswith("No finding at start.sh:3")
    assert "there is no line 4: the file has 3" in run("explain", "start.sh:4").stderr


PATHS = """\
from enum import Enum


class Endpoint(Enum):
    INVOKE = ("POST", "/v1/invoke/{share_id}")
    RUN = ("GET", "/v1/run/{worker_id}")
"""


def test_a_path_that_no_request_explains_is_explained_as_check_reports_it(run: Run, program: Path) -> None:
    (program / "endpoints.py").write_text(PATHS)
    (program / "main.py").write_text(
        "import requests\nfrom endpoints import Endpoint\nprint(requests, Endpoint, 'worker_id')\n"
    )
    reported = run("check", "--output-format", "json").stdout
    rows = [(one["code"], one["location"]["row"]) for one in json.loads(reported)["findings"]]
    assert rows == [("KOG904", 5)]
    for code, row in rows:
        assert told(run, f"endpoints.py:{row}").startswith(code)


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("API_ROOT", "environment variable API_ROOT"),
        ("API_ROOT.rstrip('/')", "environment variable API_ROOT"),
    ],
)
def test_a_base_url_that_contains_the_version_is_named(
    run: Run, tmp_path: Path, base: str, name: str
) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    program = PROGRAM.replace("{API}", f"{{{base}}}").replace(
        'API = "https://rest-api.app.kognitos.com/v1"', 'import os\nAPI_ROOT = os.environ["API_ROOT"]'
    )
    (tmp_path / "main.py").write_text(program.replace("json=facts", 'json=facts, headers={"x-api-key": "k"}'))
    row = program.splitlines().index("    reply = requests.post(") + 1
    text = told(run, f"main.py:{row}")
    assert "environment variable API_ROOT contains the version; point it to v2 when you deploy" in text


def test_a_function_of_a_known_client_is_no_helper_to_describe(run: Run, program: Path) -> None:
    (program / "a.py").write_text(
        """\
import sys
import requests
PATHS = {"start": "invoke/%s", "poll": "run/%s"}
for line in sys.stdin:
    command, key = line.split()
    print(requests.get("https://rest-api.app.kognitos.com/v1/" + PATHS[command] % key).json())
"""
    )
    text = told(run, "a.py:6")
    assert "KOG903" in text
    assert "Write the path as a literal" in text
    assert "kind: client" not in text
