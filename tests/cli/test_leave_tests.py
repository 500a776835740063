"""`fix --leave-tests`: the program is migrated without its tests, and goes along with the other options."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.harness import FIXTURES

BEFORE = FIXTURES / "left_tests" / "replies_with_overrides" / "before"
AFTER = FIXTURES / "left_tests" / "replies_with_overrides" / "after"
TEST = "test_triage.py"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that its test holds back, with a configuration."""
    for name in ("triage.py", TEST):
        (tmp_path / name).write_bytes((BEFORE / name).read_bytes())
    (tmp_path / "kognitos-migrate.yaml").write_bytes((FIXTURES / "kognitos-migrate.yaml").read_bytes())
    return tmp_path


def texts(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name in ("triage.py", TEST)]


def test_without_it_one_line_says_that_only_tests_hold_the_program_back(run: Run, program: Path) -> None:
    line = "Only tests hold back 2 calls: `kognitos-migrate fix --leave-tests` fixes them, and lists"
    for command in ("check", "fix"):
        result = run(command, engine=None)
        assert result.exit_code == 1
        assert line in result.output
    assert texts(program) == texts(BEFORE)
    explained = run("explain", "triage.py:10", engine=None).output
    assert "Only tests hold it back: `kognitos-migrate fix --leave-tests`" in explained
    assert line in run("report", engine=None).output
    page = run("report", "--format", "html", engine=None).output
    assert "Only tests hold back 2 calls: <code>kognitos-migrate fix --leave-tests</code>" in page


def test_it_fixes_the_program_and_fails_until_the_tests_are_changed(run: Run, program: Path) -> None:
    result = run("fix", "--leave-tests", engine=None)
    assert result.exit_code == 1
    assert "changed triage.py" in result.output
    assert "changed test_triage.py" not in result.output
    assert f"--> {TEST}:20:9" in result.output
    assert (
        "by hand (left-test): change 'worker_id' (line 6), 'state' (line 21), 'answer' (line 21)"
        in result.output
    )
    assert "Tests to change: 2 tests in 1 file expect v1 of a migrated program." in result.output
    assert texts(program) == texts(AFTER)
    assert run("check", engine=None).exit_code == 1
    assert run("undo").exit_code == 0
    assert texts(program) == texts(BEFORE)


def test_marks_stay_until_the_tests_are_changed(run: Run, program: Path) -> None:
    output = run("fix", "--leave-tests", "--mark", engine=None).output
    assert "change 'worker_id' (line 6), 'state' (line 22), 'answer' (line 22)" in output
    mark = "    # TODO(kognitos-migrate): KOG812 change the test to v2 (left-test)\n"
    marked = (program / TEST).read_text()
    assert marked.count(mark) == 2
    assert f"{mark}    def test_done(self):" in marked
    assert run("fix", "--mark", engine=None).exit_code == 1
    assert (program / TEST).read_text() == marked
    run("fix", "--leave-tests", "--mark", engine=None)
    assert (program / TEST).read_text() == marked


SHARED = """
class Fake:
    def __init__(self, replies):
        self.replies = replies

    def get(self, path):
        return self.replies[path]

    def post(self, path, body):
        return self.replies[path]

"""


def test_a_test_of_another_vendor_with_the_same_transport_is_not_listed(run: Run, program: Path) -> None:
    (program / "transport.py").write_text(
        "import requests\n\n\n"
        "class Transport:\n"
        "    def __init__(self, base):\n        self.base = base\n\n"
        "    def get(self, path):\n        return requests.get(self.base + path).json()\n\n"
        "    def post(self, path, body):\n        return requests.post(self.base + path, json=body).json()\n"
    )
    (program / "desk.py").write_text(
        "from transport import Transport\n\n"
        'desk = Transport("https://desk.example/api/v1")\n\n\n'
        "def is_closed(number):\n"
        '    return desk.get(f"/tickets/{number}")["state"] == "closed"\n'
    )
    (program / "triage.py").write_text(
        "from transport import Transport\n\n"
        'kognitos = Transport("https://rest-api.app.kognitos.com/v1")\n\n\n'
        "def start(facts):\n"
        '    return kognitos.post("/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", facts)["worker_id"]\n'
    )
    (program / TEST).write_text(
        f"import desk\nimport triage\n{SHARED}\n"
        "def test_start(monkeypatch):\n"
        '    replies = {"/invoke/abcd3fg9ijk5mn1pqr3tu2wxy": {"worker_id": "w"}}\n'
        '    monkeypatch.setattr(triage, "kognitos", Fake(replies))\n'
        '    assert triage.start({}) == "w"\n\n\n'
        "def test_is_closed(monkeypatch):\n"
        '    monkeypatch.setattr(desk, "desk", Fake({"/tickets/1": {"state": "closed"}}))\n'
        "    assert desk.is_closed(1)\n"
    )
    output = run("fix", "--leave-tests", "--output-format", "concise", engine=None).output
    assert "changed triage.py" in output
    assert "Tests to change: 1 test in 1 file expects v1 of a migrated program." in output


def test_data_files_with_fields_of_v1_are_named(run: Run, program: Path) -> None:
    folder = program / "tests"
    folder.mkdir()
    (folder / "done.json").write_text('{\n  "state": "done",\n  "answer": "{}"\n}\n')
    (folder / "labels.json").write_text('{"state": "Bavaria"}\n')
    (program / "triage.py").write_text(
        "import httpx\n\n\n"
        'URL = "https://rest-api.app.kognitos.com/v1"\n\n\n'
        "def is_done(run_id, transport=None):\n"
        "    with httpx.Client(base_url=URL, transport=transport) as http:\n"
        '        return http.get(f"/run/{run_id}").json()["state"] == "done"\n'
    )
    (program / TEST).unlink()
    (folder / "test_done.py").write_text(
        "import json\nimport re\nfrom pathlib import Path\n\nimport httpx\n\nimport triage\n\n\n"
        "def reply(request):\n"
        '    name = re.match("^/v1/(run)/(.*)$", request.url.path).group(2)\n'
        '    text = (Path(__file__).parent / "done.json").read_text()\n'
        '    return httpx.Response(200, json={**json.loads(text), "id": name})\n\n\n'
        "def test_done():\n"
        '    assert triage.is_done("r", httpx.MockTransport(reply))\n'
    )
    output = run("fix", "--leave-tests", engine=None).output
    assert "changed triage.py" in output
    assert "'state' (tests/done.json:2), 'answer' (tests/done.json:3)" in output
    assert "labels.json" not in output


def test_a_plan_is_applied_later(run: Run, program: Path) -> None:
    result = run("fix", "--leave-tests", "--plan", "plan.json", engine=None)
    assert result.exit_code == 1
    assert "Tests to change: 2 tests" in result.output
    assert texts(program) == texts(BEFORE)
    assert run("apply", "plan.json").exit_code == 0
    assert texts(program) == texts(AFTER)


def test_a_diff_changes_nothing(run: Run, program: Path) -> None:
    result = run("fix", "--leave-tests", "--diff", engine=None)
    assert result.exit_code == 1
    assert "+++ b/triage.py" in result.output
    assert "Tests to change: 2 tests" in result.output
    assert texts(program) == texts(BEFORE)


def test_json_has_the_tests_and_says_what_tests_hold_back(run: Run, program: Path) -> None:
    found = json.loads(run("check", "--output-format", "json", engine=None).output)["findings"]
    assert {finding["location"]["row"] for finding in found if finding["held_by_tests"]} == {10, 12}
    fixed = json.loads(run("fix", "--leave-tests", "--output-format", "json", engine=None).output)
    assert [finding["code"] for finding in fixed["findings"]] == ["KOG812", "KOG812"]
    assert fixed["summary"]["fixed"] == 2


def test_a_hook_that_passes_the_program_alone_leaves_its_tests(run: Run, program: Path) -> None:
    result = run("fix", "--leave-tests", "triage.py", engine=None)
    assert result.exit_code == 1
    assert f"--> {TEST}:20:9" in result.output
    assert texts(program) == texts(AFTER)


def test_tests_outside_of_the_paths_hold_nothing_back(run: Run, tmp_path: Path) -> None:
    migrated_with_tests = FIXTURES / "mocks" / "httpx_mock_transport" / "before"
    files = list(migrated_with_tests.glob("*.py"))
    for path in (*files, FIXTURES / "kognitos-migrate.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    named = [path.name for path in files if not path.name.startswith("test_")]
    for command in ("check", "fix"):
        output = run(command, *named, engine=None).output
        assert "not-given: run `fix` on the whole project" in output
        assert "leave-tests" not in output
    assert run("fix", engine=None).exit_code == 0


def test_it_excludes_the_interactive_review(run: Run, program: Path) -> None:
    result = run("fix", "--leave-tests", "--interactive", engine=None)
    assert result.exit_code == 2
    assert "--interactive can't be combined with --leave-tests" in result.output


def test_the_reason_of_the_program_comes_before_that_of_its_tests(run: Run, program: Path) -> None:
    text = (program / "triage.py").read_text()
    reply = "reply['worker_id']}\", headers=HEADERS).json()\n"
    assert reply in text
    (program / "triage.py").write_text(text.replace(reply, f"{reply}        print(*run.items())\n"))
    (program / TEST).write_text(
        "import service\n\nimport triage\n\n\n"
        "def test_calls():\n"
        '    with service.calls("/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", "/v1/run/w1"):\n'
        '        assert triage.priority({}) == ["a", "b"]\n'
    )
    for options in ((), ("--leave-tests",)):
        output = run("fix", *options, engine=None).output
        program_part = output[output.index("--> triage.py") :]
        own, _, rest = program_part.partition(
            "by hand (reply-walked): the code iterates over the response's fields"
        )
        assert rest, output
        assert "by hand" not in own
        assert rest.count("note: tests hold it back, too (") == 1


def test_a_settings_file_of_the_program_is_no_test(run: Run, tmp_path: Path) -> None:
    """Without the file, the share_id would be unknown and looked up."""
    (tmp_path / "kognitos-migrate.yaml").write_bytes((FIXTURES / "kognitos-migrate.yaml").read_bytes())
    (tmp_path / "conf.json").write_text('{"host": "https://rest-api.app.kognitos.com", "share": "unknown1"}')
    (tmp_path / "job.py").write_text(
        'import json\nimport requests\nCONF = json.load(open("conf.json"))\n'
        'URL = "https://rest-api.app.kognitos.com/v1/invoke/" + CONF["share"]\n'
        'print(requests.post(URL, json={"a": 1}).json()["worker_id"])\n'
    )
    for command in (["check"], ["fix"], ["fix", "--leave-tests"]):
        result = run(*command, engine=None)
        assert result.exit_code == 1
        assert "hold back" not in result.output
        assert "hold it back" not in result.output
        assert "share_id 'unknown1'" in result.output


def test_examples_in_docstrings_are_listed_like_tests(run: Run, tmp_path: Path) -> None:
    before = FIXTURES / "manual" / "doctest_expects_the_old_path" / "before" / "main.py"
    (tmp_path / "main.py").write_bytes(before.read_bytes())
    (tmp_path / "kognitos-migrate.yaml").write_bytes((FIXTURES / "kognitos-migrate.yaml").read_bytes())
    line = "Only tests hold back 2 calls: `kognitos-migrate fix --leave-tests` fixes them"
    assert line in run("fix", engine=None).output
    result = run("fix", "--leave-tests", engine=None)
    assert result.exit_code == 1
    assert "--> main.py:10:5" in result.output
    assert "by hand (left-test): change 'invoke' (line 10)" in result.output
    assert 'return f"{HOST}/v2/runs"' in (tmp_path / "main.py").read_text()


def test_a_program_that_also_needs_adapters_gets_both_options(run: Run, program: Path) -> None:
    source = (program / "triage.py").read_text()
    (program / "triage.py").write_text(f"import pickle\n{source}")
    code = (
        "\n\ndef keep(worker_id):\n"
        '    reply = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{worker_id}", headers=HEADERS)\n'
        "    return pickle.dumps(reply.json())\n"
    )
    with (program / "triage.py").open("a") as file:
        file.write(code)
    output = run("check", engine=None).output
    assert "`kognitos-migrate fix --leave-tests --adapt` fixes" in output
    assert run("fix", "--leave-tests", "--adapt", engine=None).output.count("changed triage.py") == 1


def test_examples_with_responses_are_listed_like_tests(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_bytes((FIXTURES / "kognitos-migrate.yaml").read_bytes())
    (tmp_path / "wire.py").write_text(
        "import json\n\n\n"
        "def outputs(run):\n"
        '    """Return the outputs of a finished run.\n\n'
        '    >>> run = {"state": "done", "answer": \'{"risk": 2}\'}\n'
        "    >>> outputs(run)\n"
        "    {'risk': 2}\n"
        '    """\n'
        '    return json.loads(run["answer"]) if run["state"] == "done" else None\n'
    )
    (tmp_path / "main.py").write_text(
        "import requests\n\nimport wire\n\n"
        'API = "https://rest-api.app.kognitos.com/v1"\n'
        'start = requests.post(f"{API}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"amount": 3})\n'
        "print(wire.outputs(requests.get(f\"{API}/run/{start.json()['worker_id']}\").json()))\n"
    )
    assert "an example in this docstring contains a response with 'state'" in run("fix", engine=None).output
    result = run("fix", "--leave-tests", engine=None)
    assert result.exit_code == 1
    assert "--> wire.py:2:5" in result.output
    assert "by hand (left-test): change 'state' (line 2), 'answer' (line 2)" in result.output
    assert 'run["status"] == "Succeeded"' in (tmp_path / "wire.py").read_text()
    assert "wire.py:2:5" in run("check", engine=None).output


JOBS = """\
import requests


class Api:
    def call(self, method, path, **options):
        return requests.request(method, f"https://rest-api.app.kognitos.com/v1/{path}", **options).json()

    def start(self, share_id):
        return self.call("POST", f"invoke/{share_id}", json={})["worker_id"]

    def is_stalled(self, run):
        return self.call("GET", f"run/{run}")["state"] == "stalled"


if __name__ == "__main__":
    print(Api().is_stalled(Api().start("abcd3fg9ijk5mn1pqr3tu2wxy")))
"""
TEST_OF_JOBS = """\
from unittest.mock import MagicMock

from jobs import Api


def test_start():
    api = Api()
    api.call = MagicMock(return_value={"worker_id": "w"})
    assert api.start("s") == "w"
    api.call.assert_called_once_with("POST", "invoke/s", json={})
"""


def test_a_word_that_the_program_needs_is_missing_also_if_tests_hold_it_back(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "jobs.py").write_text(JOBS)
    (tmp_path / "test_jobs.py").write_text(TEST_OF_JOBS)
    (tmp_path / "kognitos-migrate.yaml").write_bytes((FIXTURES / "kognitos-migrate.yaml").read_bytes())
    checked = run("check", engine=None).output
    assert "needs configuration (word-unknown): state 'stalled' isn't in the configuration" in checked
    assert (
        "(it is passed to the method assert_called_once_with of an unknown object, test_jobs.py:10)"
        in checked
    )
    assert "Missing from the configuration: states: stalled." in checked
    assert "states: 1 key to fill in: stalled" in run("init", engine=None).output
