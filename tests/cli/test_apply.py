"""`fix --plan` and `kognitos-migrate apply`: what was looked at is what is done."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_explain import CONFIG
from tests.cli.test_fix import FIXED
from tests.cli.test_undo import CALL, fixed

APPLIED = (
    "Applied the plan: changed 1 file.\n"
    "Next: review the changes, run your formatter and tests; `kognitos-migrate undo` reverts them.\n"
)


def test_a_plan_is_noted_and_applied(run: Run, project: Path) -> None:
    before = (project / "fixable.py").read_text()
    noted = run("fix", "--plan", "plan.json")
    assert noted.exit_code == 1
    assert (
        noted.stderr == "Saved the changes of 1 file; to make them, run `kognitos-migrate apply plan.json`.\n"
    )
    assert (project / "fixable.py").read_text() == before
    applied = run("apply", "plan.json")
    assert (applied.exit_code, applied.stdout) == (0, "changed fixable.py\n" + APPLIED)
    assert (project / "fixable.py").read_text() == FIXED


def test_a_plan_without_settings_files_refers_to_fix(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    (tmp_path / "settings.yaml").write_text("base: https://rest-api.app.kognitos.com/v1\n")
    code = (
        "from pathlib import Path\nimport requests\nimport yaml\n"
        'SETTINGS = yaml.safe_load(Path(__file__).with_name("settings.yaml").read_text())\n'
        'reply = requests.get(SETTINGS["base"] + "/run/" + input(), headers={"x-api-key": "k"}).json()\n'
        'print(reply["state"] == "done")\n'
    )
    (tmp_path / "poll.py").write_text(code)
    planned = run("fix", "--plan", "plan.json", engine=None)
    assert (
        "Plans contain changes of Python files only; 1 finding may need a changed settings" in planned.stderr
    )
    assert "+base: https://rest-api.app.kognitos.com/v2" in run("fix", "--diff", engine=None).stdout


def test_a_plan_without_changes_has_nothing_to_review(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    run("fix", "--plan", "plan.json")
    applied = run("apply", "plan.json")
    assert (applied.exit_code, applied.stdout) == (0, "Nothing to change: the plan has no changes.\n")


@pytest.mark.parametrize(
    "data", [b"KOGNITOS_URL\r\nv1/invoke a\r\nx", b"# coding: latin-1\n'\xe9 KOGNITOS_URL v1/invoke'\n"]
)
def test_bytes_stay_as_they_are(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.py").write_bytes(data)
    run("fix", "--plan", "plan.json")
    assert run("apply", "plan.json").exit_code == 0
    assert (tmp_path / "a.py").read_bytes() == data.replace(b"v1/invoke", b"v2/runs")


def test_a_file_that_has_changed_is_refused_and_so_are_the_others(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    run("fix", "--plan", "plan.json")
    (tmp_path / "b.py").write_text("KOGNITOS_URL v1/invoke  # mine\n")
    result = run("apply", "plan.json")
    assert result.exit_code == 2
    assert (
        result.stderr == "error: b.py: the file has changed since the plan was created; create a new plan\n"
    )
    assert (tmp_path / "a.py").read_text() == "KOGNITOS_URL v1/invoke\n"


def test_an_edited_plan_is_refused(run: Run, project: Path) -> None:
    run("fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    plan["files"][0]["edits"][0]["content"] = "something else\n"
    (project / "plan.json").write_text(json.dumps(plan))
    result = run("apply", "plan.json")
    assert result.exit_code == 2
    assert "the plan was edited: its edits don't produce the recorded result" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "plan.json: not a plan; a plan is the JSON file that `fix --plan FILE` writes\n"),
        ("[]", "plan.json: not a plan; "),
        ('{"version": 1, "made_by": "x", "files": [{"filename": 3}]}', "plan.json: not a plan; "),
        ('{"version": 7, "made_by": "x", "files": []}', "this is a plan of version 7; expected 1"),
    ],
)
def test_what_is_no_plan_is_an_error(run: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    result = run("apply", "plan.json")
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("name", ["../outside.py", "{folder}/outside.py", "a\0.py", "below/../../outside.py"])
def test_a_plan_changes_nothing_outside_of_its_project(run: Run, project: Path, name: str) -> None:
    outside = project.parent / "outside.py"
    outside.write_text("old\n")
    run("fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    plan["files"][0]["filename"] = name.format(folder=project.parent)
    (project / "plan.json").write_text(json.dumps(plan))
    result = run("apply", "plan.json")
    assert result.exit_code == 2
    message = "this isn't a valid file name" if "\0" in name else "the file is outside of this folder"
    assert message in result.stderr
    assert outside.read_text() == "old\n"


def test_a_plan_and_a_diff_exclude_each_other(run: Run, project: Path) -> None:
    result = run("fix", "--plan", "plan.json", "--diff")
    assert (result.exit_code, result.stderr) == (2, "error: --diff can't be combined with --plan\n")


def test_a_plan_of_a_file_that_the_configuration_includes_is_applied(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text('include: ["*.wsgi"]\n')
    text = (project / "fixable.py").read_text()
    (project / "jobs.wsgi").write_text(text)
    (project / "fixable.py").unlink()
    run("fix", "--plan", "plan.json")
    (project / "kognitos-migrate.yaml").rename(project / "away.yaml")
    assert "the plan would change a file that isn't Python" in run("apply", "plan.json").stderr
    (project / "away.yaml").rename(project / "kognitos-migrate.yaml")
    assert run("apply", "plan.json").exit_code == 0
    assert (project / "jobs.wsgi").read_text() == FIXED


def test_a_plan_is_applied_program_by_program(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(CALL)
    run("fix", "--plan", "plan.json", engine=None)
    assert run("apply", "plan.json", "b.py").stdout == "changed b.py\n" + APPLIED
    assert fixed(tmp_path) == {"b.py"}
    assert run("apply", "plan.json", "b.py").exit_code == 2
    assert run("apply", "plan.json", "a.py").exit_code == 0
    assert fixed(tmp_path) == {"a.py", "b.py"}
    assert run("undo", "b.py").exit_code == 2  # which the run before has changed
    assert run("undo").exit_code == 0
    assert fixed(tmp_path) == {"b.py"}


def test_a_plan_without_programs_is_applied_file_by_file(run: Run, project: Path) -> None:
    run("fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    for file in plan["files"]:
        del file["program"]
    (project / "plan.json").write_text(json.dumps(plan))
    assert run("apply", "plan.json", plan["files"][0]["filename"]).exit_code == 0


def test_a_plan_remembers_what_to_do_before_the_deployment(run: Run, project: Path) -> None:
    run("fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    assert plan["deployment"] == []
    plan["deployment"] = ["Before you deploy:", "  a.py:1:1: change \x1b[2JX"]
    (project / "plan.json").write_text(json.dumps(plan))
    lines = run("apply", "plan.json").stdout.splitlines()
    assert lines[2:4] == ["Before you deploy:", "  a.py:1:1: change ␛[2JX"]
