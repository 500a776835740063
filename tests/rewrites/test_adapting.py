"""Where a reply can't be followed: what the module of adapters holds, where it is put, how it is imported,
and which expressions are wrapped."""

from __future__ import annotations

import doctest
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from kognitos_migrate.debug_log import VARIABLE
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate
from tests.rewrites.verbs import has_code

CASE = replace(load_case(FIXTURES / "programs" / "tiny_hack_upload"), fix="adapt")

POLL = """\
{imports}
import requests


def poll(key, run):
    url = f"https://rest-api.app.kognitos.com/v1/run/{{run}}"
    return requests.get(url, headers={{"x-api-key": key}}).json()
"""


PASSED_ON = "the response is passed to code that can't be followed (poll.py:6:5)"


def adapted(modules: dict[str, str], **config: object) -> tuple[Result, dict[str, str]]:
    case = replace(CASE, config={**CASE.config, **config})
    return migrate(case, [decode_module(text.encode(), path) for path, text in modules.items()])


PLACES = {
    "a script": ({"poll.py": ""}, "poll.py", "kognitos_v1.py", "from kognitos_v1 import"),
    "a package that imports relatively": (
        {"acme/__init__.py": "", "acme/config.py": "", "acme/poll.py": "from .config import BASE"},
        "acme/poll.py",
        "acme/kognitos_v1.py",
        "from .kognitos_v1 import",
    ),
    "a package that imports absolutely": (
        {"acme/__init__.py": "", "acme/config.py": "", "acme/poll.py": "from acme.config import BASE"},
        "acme/poll.py",
        "acme/kognitos_v1.py",
        "from acme.kognitos_v1 import",
    ),
    "a package that imports nothing of its own": (
        {"acme/__init__.py": "", "acme/poll.py": ""},
        "acme/poll.py",
        "acme/kognitos_v1.py",
        "from .kognitos_v1 import",
    ),
    "a package in src": (
        {"src/acme/__init__.py": "", "src/acme/poll.py": "from acme import BASE"},
        "src/acme/poll.py",
        "src/acme/kognitos_v1.py",
        "from acme.kognitos_v1 import",
    ),
    "a namespace package that others import": (
        {"main.py": "from acme.jobs.poll import poll", "acme/jobs/poll.py": ""},
        "acme/jobs/poll.py",
        "acme/jobs/kognitos_v1.py",
        "from acme.jobs.kognitos_v1 import",
    ),
    "a folder of scripts with an __init__.py": (
        {"tools/__init__.py": "", "tools/config.py": "", "tools/poll.py": "import config"},
        "tools/poll.py",
        "tools/kognitos_v1.py",
        "from kognitos_v1 import",
    ),
    "where one was written before": (
        {
            "lib/kognitos_v1.py": "# kognitos-migrate: adapter\n",
            "main.py": "import lib.poll",
            "lib/poll.py": "",
        },
        "lib/poll.py",
        "lib/kognitos_v1.py",
        "from lib.kognitos_v1 import",
    ),
}


@pytest.mark.parametrize(("files", "client", "module", "statement"), PLACES.values(), ids=PLACES)
def test_the_module_is_beside_the_client(
    files: dict[str, str], client: str, module: str, statement: str
) -> None:
    modules = {path: POLL.format(imports=text) if path == client else text for path, text in files.items()}
    result, texts = adapted(modules)
    assert not result.remaining
    assert f"\n{statement} v1_poll_run\n" in texts[client]
    assert "return v1_poll_run(requests.get(" in texts[client]
    assert "def v1_poll_run(" in texts[module]


def test_the_configuration_says_where_it_is_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme" / "net").mkdir(parents=True)
    (tmp_path / "acme" / "__init__.py").touch()
    (tmp_path / "acme" / "net" / "__init__.py").touch()
    (tmp_path / "acme" / "net" / "poll.py").write_text(POLL.format(imports=""), encoding="utf-8")
    (tmp_path / "kognitos-migrate.yaml").write_text("adapter: acme/compat.py\n", encoding="utf-8")
    session = run_check(["."], Options(level=Applicability.ADAPT))
    texts = {change.path: change.after for change in session.result.changes}
    assert "from ..compat import v1_poll_run" in texts["acme/net/poll.py"]
    assert "def v1_poll_run(" in texts["acme/compat.py"]


def test_one_module_serves_all_that_can_reach_it() -> None:
    other = POLL.format(imports="from acme.a import poll as _").replace("def poll", "def look")
    files = {
        "acme/__init__.py": "",
        "acme/a.py": POLL.format(imports=""),
        "acme/jobs/__init__.py": "",
        "acme/jobs/b.py": other,
    }
    _, texts = adapted(files)
    assert [path for path in texts if path.endswith("kognitos_v1.py")] == ["acme/kognitos_v1.py"]
    assert "from .kognitos_v1 import v1_poll_run" in texts["acme/a.py"]
    assert "from acme.kognitos_v1 import v1_poll_run" in texts["acme/jobs/b.py"]


def test_a_module_that_is_there_gets_what_it_lacks() -> None:
    before, texts = adapted({"poll.py": POLL.format(imports="")})
    assert not before.remaining
    start = """
import requests


def start(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    return requests.post(url, json=facts).json()
"""
    mine = texts["kognitos_v1.py"] + "\n\ndef mine():\n    return 1\n"
    _, again = adapted({**texts, "kognitos_v1.py": mine, "start.py": start})
    module = again["kognitos_v1.py"]
    assert [module.count(f"def {name}(") for name in ("v1_poll_run", "v1_start_run", "mine")] == [1, 1, 1]
    assert module.count("import json") == 1
    assert "from kognitos_v1 import v1_start_run" in again["start.py"]


WRAPPED = {
    "a method that is handed on": (
        "reply = requests.get(URL + run)\n    sink(await to_thread(reply.json))",
        "sink(v1_poll_run(await to_thread(reply.json)))",
    ),
    "a method under another name": (
        "load = requests.get(URL + run).json\n    sink(load())",
        "sink(v1_poll_run(load()))",
    ),
    "parentheses become the call's": (
        "sink(\n        (requests.get(URL + run).json())\n    )",
        "sink(\n        v1_poll_run(requests.get(URL + run).json())\n    )",
    ),
    "parentheses right after a word": (
        "return(requests.get(URL + run).json())",
        "return v1_poll_run(requests.get(URL + run).json())",
    ),
    "a subclass of dict": (
        "sink(Payload(requests.get(URL + run).json()))",
        "sink(Payload(v1_poll_run(requests.get(URL + run).json())))",
    ),
    "the attributes of a log record": (
        "logging.info('polled', extra=requests.get(URL + run).json())",
        "extra=v1_poll_run(requests.get(URL + run).json())",
    ),
    "a template that reads a word": (
        "return 'it is %(state)s' % requests.get(URL + run).json()",
        "return 'it is %(state)s' % v1_poll_run(requests.get(URL + run).json())",
    ),
    "an unknown format string": (
        "return sink % requests.get(URL + run).json()",
        "return sink % v1_poll_run(requests.get(URL + run).json())",
    ),
    "a mapping for format_map": (
        "return '{state}'.format_map(requests.get(URL + run).json())",
        "return '{state}'.format_map(v1_poll_run(requests.get(URL + run).json()))",
    ),
    "a word in a longer text": (
        "return 'it is {0[state]}'.format(requests.get(URL + run).json())",
        "return 'it is {0[state]}'.format(v1_poll_run(requests.get(URL + run).json()))",
    ),
    "local variables by name": (
        "reply = requests.get(URL + run).json()\n    return sink(locals())",
        "reply = v1_poll_run(requests.get(URL + run).json())",
    ),
    "a class that is made of it": (
        "return type('Run', (), requests.get(URL + run).json())",
        "return type('Run', (), v1_poll_run(requests.get(URL + run).json()))",
    ),
    "an error's arguments": (
        "try:\n        raise ValueError(requests.get(URL + run).json())\n    except ValueError as error:\n"
        "        return error.args[0]['state']",
        "raise ValueError(v1_poll_run(requests.get(URL + run).json()))",
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRAPPED.values(), ids=WRAPPED)
def test_a_reply_is_wrapped_where_it_is_decoded(body: str, expected: str) -> None:
    program = (
        "import logging\nfrom asyncio import to_thread\n\nimport requests\n\n"
        "URL = 'https://rest-api.app.kognitos.com/v1/run/'\n\n\nclass Payload(dict):\n    pass\n\n\n"
        f"async def poll(run, sink):\n    {body}\n"
    )
    result, texts = adapted({"poll.py": program})
    assert not result.remaining
    assert expected in texts["poll.py"]
    compile(texts["poll.py"], "poll.py", "exec")


def test_a_shared_decoding_is_wrapped_where_it_parts() -> None:
    program = """
import functools
import requests

API = "https://rest-api.app.kognitos.com/v1"


def call(method, path, **more):
    return requests.request(method, API + path, **more).json()


get, post = functools.partial(call, "GET"), functools.partial(call, "POST")


def run(facts, sink):
    started = post("/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json=facts)
    sink(get("/run/" + started["worker_id"]))
"""
    result, texts = adapted({"run.py": program})
    assert not result.remaining
    assert 'sink(v1_poll_run(get("/runs/" + started["id"])))' in texts["run.py"]


def test_what_others_hand_in_is_not_adapted() -> None:
    program = """
import requests


def decoded(response):
    return response.json()


def poll(run, sink):
    sink(decoded(requests.get("https://rest-api.app.kognitos.com/v1/run/" + run)))


def other(response, sink):
    sink(decoded(response))
"""
    _, texts = adapted({"poll.py": program})
    assert "    return response.json()\n" in texts["poll.py"]
    get = 'requests.get("https://rest-api.app.kognitos.com/v2/runs/" + run)'
    assert has_code(texts["poll.py"], f"sink(v1_poll_run(decoded({get})))")


def test_a_method_of_a_reply_goes_with_the_whole_reply() -> None:
    poll = """import requests


def poll(run, sink):
    sink(requests.get('https://rest-api.app.kognitos.com/v1/run/' + run).json)
"""
    result, texts = adapted({"poll.py": poll})
    assert not result.remaining
    get = "requests.get('https://rest-api.app.kognitos.com/v2/runs/' + run)"
    assert has_code(texts["poll.py"], f"sink(v1_poll_run_requests_reply({get}).json)")


REFUSED = {
    "the raw stream is decoded": {
        "poll.py": "import json, requests\n\ndef poll(run):\n"
        "    r = requests.get('https://rest-api.app.kognitos.com/v1/run/' + run, stream=True)\n"
        "    return json.load(r.raw)['state']\n"
    },
}


@pytest.mark.parametrize("files", REFUSED.values(), ids=REFUSED)
def test_what_is_not_sure_is_refused(files: dict[str, str]) -> None:
    result, texts = adapted(files)
    assert result.findings == result.remaining != ()
    assert texts == files


MAIN = "\n\nif __name__ == '__main__':\n    print(poll('k', 'r'))\n"
IN_ITS_OWN_MODULE = {
    "a plugin that is loaded from its file": {
        "loader.py": "import importlib.util as u\nfrom pathlib import Path\n"
        "FILES = Path('plugins').glob('*.py')\nload = u.spec_from_file_location\n",
        "main.py": "import loader\n",
        "plugins/poll.py": POLL.format(imports=""),
    },
    "a script that is also part of a package": {
        "main.py": "from jobs.poll import poll\n",
        "jobs/poll.py": POLL.format(imports="") + MAIN,
    },
    "a module of the user's has the name": {
        "poll.py": POLL.format(imports=""),
        "kognitos_v1.py": "def mine(): ...\n",
    },
    "a script in a folder, run by its path or by its name": {"app/poll.py": POLL.format(imports="") + MAIN},
    "a module in a folder that nothing imports": {"app/poll.py": POLL.format(imports="")},
    "a script in a package, which may be run by its path": {
        "app/__init__.py": "",
        "app/poll.py": POLL.format(imports="") + "\n\nprint(poll('k', 'r'))\n",
    },
    "a script in src": {"src/poll.py": POLL.format(imports="") + MAIN},
    "a script in a folder beside its settings": {
        "pyproject.toml": "",
        "app/poll.py": POLL.format(imports="import os") + MAIN,
        "app/settings.py": "KEY = 'k'\n",
    },
}


@pytest.mark.parametrize("files", IN_ITS_OWN_MODULE.values(), ids=IN_ITS_OWN_MODULE)
def test_an_adapter_stands_in_the_module_where_no_other_place_is_sure(files: dict[str, str]) -> None:
    files = {path: text for path, text in files.items() if path.endswith(".py")}
    result, texts = adapted(files)
    assert not result.remaining
    assert {path for path in texts if texts[path] != files.get(path)} == {
        path for path in files if path.endswith("poll.py")
    }
    text = next(text for path, text in texts.items() if path.endswith("poll.py"))
    assert "# kognitos-migrate: adapter\ndef v1_poll_run(reply):" in text
    assert "return v1_poll_run(requests.get(" in text
    again, same = adapted(texts)
    assert same == texts
    assert {finding.code for finding in again.findings} == {"KOG501"}


def test_an_adapter_in_a_module_needs_a_free_name_for_json() -> None:
    text = POLL.format(imports="json = str") + MAIN
    result, texts = adapted({"app/poll.py": text})
    assert [finding.help for finding in result.remaining] == [
        "it can't be adapted: the new code needs the name 'json', which has another meaning here "
        "(app/poll.py:7)"
    ]
    assert texts == {"app/poll.py": text}


def test_an_adapted_result_that_is_not_proven_names_what_escapes() -> None:
    text = """\
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
(run,) = requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": 1}).json().values()
print(requests.get(f"{BASE}/run/{run}").json()["state"] == "done")
"""
    result, texts = adapted({"start.py": text})
    assert texts == {"start.py": text}
    assert {finding.reason for finding in result.remaining} == {"reply-walked"}
    helps = {finding.help for finding in result.remaining}
    proof = "the result couldn't be proven equivalent: the run in its path is a different one"
    assert helps == {f"it can't be adapted: {proof}"}


def test_an_adapted_result_with_an_own_entry_of_a_new_name_is_refused_for_its_escape() -> None:
    code = (
        "import json, requests\nreply = requests.get('https://rest-api.app.kognitos.com/v1/run/7').json()\n"
        "reply['outputs'] = json.loads(reply['answer'])\nprint(reply['outputs']['total'])\n"
    )
    result, _ = adapted({"poll.py": code})
    (finding,) = result.findings
    assert finding.reason == "reply-escapes"
    assert finding.help is not None
    assert finding.help.startswith("it can't be adapted: the result would be half-migrated (KOG807")


def test_a_second_adapter_joins_the_first_in_a_module() -> None:
    _, texts = adapted({"app/poll.py": POLL.format(imports="") + MAIN})
    start = """

def start(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    return requests.post(url, json=facts).json()
"""
    poll = POLL.format(imports="").replace("import requests", "").replace("def poll", "def look")
    result, again = adapted({"app/poll.py": texts["app/poll.py"] + start + poll})
    assert not [finding for finding in result.remaining if finding.code != "KOG501"]
    text = again["app/poll.py"]
    assert [text.count(f"def {name}(") for name in ("v1_poll_run", "v1_start_run")] == [1, 1]
    assert text.count("import json") == 1


def test_a_folder_of_plugins_gets_no_module() -> None:
    files = {
        "acme/__init__.py": "\n",
        "acme/steps/__init__.py": "import pkgutil\n\nFOUND = list(pkgutil.iter_modules(__path__))\n",
        "acme/steps/poll.py": POLL.format(imports=""),
    }
    _, texts = adapted(files)
    assert "def v1_poll_run(" in texts["acme/kognitos_v1.py"]
    assert "from ..kognitos_v1 import v1_poll_run" in texts["acme/steps/poll.py"]


def test_no_other_packages_init_is_run_for_it() -> None:
    files = {
        "acme/__init__.py": "from jobs.b import poll\nfrom acme.a import poll as first\n",
        "acme/a.py": POLL.format(imports=""),
        "jobs/__init__.py": "\n",
        "jobs/b.py": POLL.format(imports="import jobs"),
    }
    _, texts = adapted(files)
    assert "from jobs.kognitos_v1 import v1_poll_run" in texts["jobs/b.py"]


@pytest.fixture(scope="module")
def module() -> str:
    """A module with all kinds of functions that there are."""
    text = (FIXTURES / "programs" / "worker_id_by_regex" / "after" / "kognitos_v1.py").read_text(
        encoding="utf-8"
    )
    assert "def v1_poll_run_text(" in text
    return text


def test_the_modules_examples_are_true(module: str) -> None:
    made = types.ModuleType("made")
    exec(module, made.__dict__)
    assert doctest.testmod(made).attempted >= 2
    assert doctest.testmod(made).failed == 0


def test_the_module_gives_back_what_it_does_not_know(module: str) -> None:
    made = types.ModuleType("made")
    exec(module, made.__dict__)
    others: tuple[object, ...] = (None, [], {"message": "no"}, "text", 3)
    for other in others:
        assert made.v1_poll_run(other) == other
        assert made.v1_start_run(other) == other
    assert made.v1_poll_run_text(b"<html>") == b"<html>"
    assert (
        made.v1_poll_run_text(b'{"status": "Succeeded", "outputs": []}')
        == b'{"state": "done", "answer": "{}"}'
    )
    assert made.v1_poll_run({"status": "Paused"})["state"] == "Paused"


@pytest.mark.parametrize("command", [("mypy", "--strict"), ("ruff", "check")], ids=["mypy", "ruff"])
def test_the_module_passes_strict_tools(module: str, command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "kognitos_v1.py").write_text(module, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", *command, "kognitos_v1.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("print(list(reply.json()))", "error-reply"),
        ('print(", ".join(key.upper() for key in reply.json()))', "error-reply"),
        ("print(len(reply.json()), max(reply.json()))", "error-reply"),
        ('print({**reply.json(), "code": reply.status_code})', "reply-escapes"),
        ("print(describe(reply.json()))", "error-reply"),
    ],
)
def test_the_fields_of_an_error_reply_are_not_adapted(use: str, reason: str) -> None:
    text = (
        "import archive\nimport requests\n\n\ndef describe(problem):\n    return ' '.join(problem)\n\n\n"
        "def poll(run):\n"
        '    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}")\n'
        f"    if reply.status_code == 404:\n        {use}\n    archive.keep(reply.json())\n"
    )
    result, texts = adapted({"main.py": text})
    assert texts["main.py"] == text
    assert {finding.reason for finding in result.remaining} == {reason}


KEEP = 'archive.keep({**reply.json(), "n": 1})'


@pytest.mark.parametrize(
    "body",
    [
        f"if reply.ok:\n        return\n    {KEEP}",
        f"if reply.status_code == 404:\n        return\n    {KEEP}",
        f"while reply.status_code == 503:\n        {KEEP}\n    archive.keep(reply.json())",
        f"match reply.status_code:\n        case 404:\n            {KEEP}\n    archive.keep(reply.json())",
        "try:\n        reply.raise_for_status()\n    except requests.HTTPError as error:\n"
        "        archive.keep({**error.response.json()})\n    archive.keep(reply.json())",
    ],
    ids=["early return", "some errors return", "while", "match", "handler"],
)
def test_parts_of_an_error_reply_are_not_adapted(body: str) -> None:
    text = _polling(body)
    result, texts = adapted({"main.py": text})
    assert texts["main.py"] == text
    assert {finding.reason for finding in result.remaining} == {"reply-escapes"}


@pytest.mark.parametrize(
    "body",
    [
        f"if not reply.ok:\n        return\n    {KEEP}",
        f"if reply.status_code != 200:\n        raise SystemExit(1)\n    {KEEP}",
        f"reply.raise_for_status()\n    {KEEP}",
        f"if 200 <= reply.status_code < 300:\n        {KEEP}",
        f"{KEEP} if reply.ok else print(reply.text)",
    ],
    ids=["early return", "raise", "check", "branch", "conditional expression"],
)
def test_parts_of_a_successful_reply_are_adapted(body: str) -> None:
    result, texts = adapted({"main.py": _polling(body)})
    assert result.remaining == ()
    assert "v1_poll_run" in texts["main.py"]


def _polling(body: str) -> str:
    return (
        "import archive\nimport requests\n\n\ndef poll(run):\n"
        '    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}")\n'
        f"    {body}\n"
    )


ESCAPES = {
    "as a whole": "sink.write_{number}(reply.json())",
    "as a response": "sink.write_{number}(reply)",
    "to a reader of other data": "show(reply.json())",
}
SHOW = "\n\ndef show(run):\n    print(run['state'])\n\n\nshow({'state': 'done', **stored.load()})\n"


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_a_conversation_is_planned_as_often_for_many_escapes_as_for_few(
    escape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (_retries(escape, count, tmp_path, monkeypatch) for count in (2, 6))
    assert few == many == 1


def _retries(escape: str, count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a program with `count` requests on one base URL is planned again."""
    log = folder / f"{count}.jsonl"
    monkeypatch.setenv(VARIABLE, str(log))
    functions = (
        f"\n\ndef poll_{number}(run):\n    reply = requests.get(f'{{BASE}}/run/{{run}}')\n"
        f"    {escape.format(number=number)}\n"
        for number in range(count)
    )
    base = '\nBASE = "https://rest-api.app.kognitos.com/v1"\n'
    adapted({"main.py": f"import requests\nimport sink\nimport stored\n{base}{''.join(functions)}{SHOW}"})
    return log.read_text("utf-8").count('"plan retry"')


def test_a_response_that_is_read_as_well_is_not_handed_on_whole() -> None:
    poll = """import requests


def poll(run, sink):
    reply = requests.get('https://rest-api.app.kognitos.com/v1/run/' + run)
    sink(reply)
    return reply.json()["state"] == "done"
"""
    result, texts = adapted({"poll.py": poll})
    assert texts["poll.py"] == poll
    assert [finding.fix.message for finding in result.remaining] == [PASSED_ON]


def test_the_note_on_an_adapter_names_the_call_whose_response_is_converted() -> None:
    text = """\
import json
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
run = requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": 1}).json()["worker_id"]
with open("run.json", "w") as file:
    json.dump(requests.get(f"{BASE}/run/{run}").json(), file)
"""
    result, _ = adapted({"start.py": text})
    assert {note for finding in result.findings for note in finding.notes} == {
        "--adapt converts the response back to v1 shape: the whole response is passed to a file "
        "(KOG201, start.py:6:5)"
    }
