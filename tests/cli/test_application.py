"""The notes that `fix` prints for an application: public functions, and settings that override code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.harness import FIXTURES
from tests.unit.discover.trees import plant

CALL = """requests.get(f"{BASE}/run/{run_id}", headers={"x-api-key": KEY}).json()"""
HEAD = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"
KEY = "secret-key"


"""
READ = 'print(poll("abc")["state"] == "done")\n'
FUNCTION = f"{HEAD}def poll(run_id):\n    return {CALL}\n\n\n{READ}"
METHOD = f"""{HEAD}class Client:
    def poll(self, run_id):
        run = {CALL}
        return run


poll = Client().poll
{READ}"""
RETURNED_BY_CALLER = (
    f"{HEAD}def _get(run_id):\n    return {CALL}\n\n\ndef poll(run_id):\n    return _get(run_id)\n\n\n{READ}"
)
PRIVATE = FUNCTION.replace("poll(", "_poll(")
A_FIELD = f'{HEAD}def is_over(run_id):\n    return {CALL}["state"] == "done"\n\n\nprint(is_over("abc"))\n'
A_WORD = f"""{HEAD}def state(run_id):
    word = {CALL.replace("{", "{{").replace("}", "}}")}["state"]
    return {{result}}


print(state("abc"){{read}} == "done")
"""
PRIVATE_WORD = A_WORD.format(result="word", read="").replace("state(", "_state(")
RESTORED = A_WORD.format(result="word", read="").replace(' == "done"', "")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = (FIXTURES / "kognitos-migrate.yaml").read_text("utf-8")
    plant(tmp_path, {"kognitos-migrate.yaml": settings, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*arguments: str) -> dict[str, object]:
    """The report of a check in JSON."""
    result = CliRunner().invoke(cli, ["check", "--no-cache", "--output-format", "json", *arguments])
    report: dict[str, object] = json.loads(result.stdout)
    return report


@pytest.mark.parametrize("text", [FUNCTION, METHOD, RETURNED_BY_CALLER], ids=["function", "method", "caller"])
def test_a_public_function_that_returns_a_reply_is_named(project: Path, text: str) -> None:
    (project / "main.py").write_text(text)
    output = CliRunner().invoke(cli, ["check", "--no-cache"]).output
    assert (
        "note: poll() returns the v2 response: callers outside this project will see different fields"
        in output
    )
    assert CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty"]).exit_code == 0


@pytest.mark.parametrize(
    ("result", "read"), [("word", ""), ('{"state": word}', '["state"]')], ids=["word", "dict"]
)
def test_a_public_function_that_returns_a_word_is_named(project: Path, result: str, read: str) -> None:
    (project / "main.py").write_text(A_WORD.format(result=result, read=read))
    output = CliRunner().invoke(cli, ["check", "--no-cache"]).output
    assert (
        "note: state() returns v2 words: callers outside this project will see 'Succeeded' instead of 'done'"
        in output
    )
    assert CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty"]).exit_code == 0
    assert '== "Succeeded"' in (project / "main.py").read_text()


@pytest.mark.parametrize(
    "text", [PRIVATE, A_FIELD, PRIVATE_WORD, RESTORED], ids=["private", "field", "word", "restored"]
)
def test_others_are_not(project: Path, text: str) -> None:
    (project / "main.py").write_text(text)
    output = CliRunner().invoke(cli, ["check", "--no-cache"]).output
    assert "1 fixable" in output
    assert "outside this project" not in output


PACKAGED = {
    "acme/__init__.py": "",
    "acme/client.py": FUNCTION.removesuffix(READ).rstrip() + "\n",
    "main.py": f"from acme.client import poll\n\n{READ}",
}


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_a_package_that_can_be_installed_is_a_library_unless_the_configuration_denies_it(
    project: Path, name: str
) -> None:
    text = (
        "[metadata]\nname = acme\n" if name == "setup.cfg" else '[build-system]\nrequires = ["setuptools"]\n'
    )
    plant(project, {**PACKAGED, name: text})
    output = CliRunner().invoke(cli, ["check", "--no-cache"]).output
    assert "the whole response is passed to callers outside this project" in output
    assert "other projects can import `poll`" in output
    assert "add `applications: [acme/]` to the configuration" in output
    settings = (project / "kognitos-migrate.yaml").read_text()
    (project / "kognitos-migrate.yaml").write_text(f"{settings}applications: [acme/]\n")
    assert CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty"]).exit_code == 0
    assert '["status"] == "Succeeded"' in (project / "main.py").read_text()


@pytest.mark.parametrize(("applications", "is_restored"), [("[]", True), ("[acme/]", False)])
def test_functions_of_an_application_return_new_words_although_all_lists_them(
    project: Path, applications: str, is_restored: bool
) -> None:
    module, _, reader = A_WORD.format(result="word", read="").partition("print(")
    listed = f'{module.rstrip()}\n\n\n__all__ = ["state"]\n'
    main = f"from acme.client import state\n\nprint({reader}"
    plant(project, {"acme/__init__.py": "", "acme/client.py": listed, "main.py": main})
    settings = (project / "kognitos-migrate.yaml").read_text()
    (project / "kognitos-migrate.yaml").write_text(f"{settings}applications: {applications}\n")
    assert CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty"]).exit_code == 0
    assert ('== "done"' in (project / "main.py").read_text()) is is_restored


OVERRIDDEN = f"""\
import os

import requests

BASE = os.environ.get("RUNNER_BASE", "https://rest-api.app.kognitos.com/v1")
KEY = "secret-key"
run_id = "abc"
print({CALL}["state"] == "done")
"""


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        (".env", "KEY=a\nRUNNER_BASE=https://rest-api.app.kognitos.com/v1\n", 2),
        (
            "compose.yaml",
            "services:\n  a:\n    environment:\n      RUNNER_BASE: https://rest-api.app.kognitos.com/v1\n",
            4,
        ),
        ("conf/runner.json", '{\n  "RUNNER_BASE": "https://rest-api.app.kognitos.com/v1"\n}\n', 2),
        ("runner.ini", "[env]\nRUNNER_BASE = https://rest-api.app.kognitos.com/v1\n", 2),
    ],
)
def test_settings_that_override_code_are_in_the_report_of_a_check(
    project: Path, name: str, text: str, row: int
) -> None:
    (project / ".git").mkdir(exist_ok=True)
    plant(project, {"main.py": OVERRIDDEN, name: text, ".gitignore": name})
    first, *rest = _settings_to_check()
    assert first[0] == "main.py"
    assert rest == [(name, row, "https://rest-api.app.kognitos.com/v2")]
    (project / ".gitignore").unlink()
    assert _settings_to_check() == [first]  # the fix changes the rest
    fixed = CliRunner().invoke(cli, ["fix", "--no-cache", "--allow-dirty"]).output
    assert f"changed {name}\n" in fixed
    assert (project / name).read_text() == text.replace("/v1", "/v2")


def _settings_to_check() -> list[tuple[object, ...]]:
    """The settings that a check lists, each with its file, row and new text."""
    steps = checked()["before_you_deploy"]
    assert isinstance(steps, list)
    return [
        (step["filename"], step["location"]["row"], step["instead"])
        for step in steps
        if step["kind"] != "stored"
    ]
