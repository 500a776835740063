"""The tool writes within the project, never through a link, and never what git or Python runs by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kognitos_migrate.writing.write_policy import WriteRefusedError, require_inert
from tests.cli.conftest import Run
from tests.harness import FIXTURES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes links")

CODE = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
print(requests.post(HOST + "/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={}).json()["worker_id"])
"""
CONFIG = (FIXTURES / "kognitos-migrate.yaml").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "kognitos-migrate.yaml").write_text(CONFIG)
    (folder / "main.py").write_text(CODE)
    (tmp_path / "outside").mkdir()
    return folder


def run(folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kognitos_migrate", *arguments]
    env = {**os.environ, **({"PATH": path} if path is not None else {})}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=env
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--output-file", "report.txt"],
        ["check", "--also", "sarif=report.txt"],
        ["report", "-o", "report.txt"],
        ["fix", "--plan", "report.txt"],
        ["baseline", "create", "--baseline", "report.txt"],
    ],
)
@pytest.mark.parametrize("way", ["file", "folder"])
def test_no_output_goes_through_a_link(way: str, arguments: list[str], project: Path) -> None:
    outside = project.parent / "outside" / "report.txt"
    if way == "file":
        (project / "report.txt").symlink_to(outside)
    else:
        (project / "reports").symlink_to(outside.parent)
        arguments = [argument.replace("report.txt", "reports/report.txt") for argument in arguments]
    outcome = run(project, *arguments)
    assert outcome.returncode == 2, outcome.stdout
    assert "through a link" in outcome.stderr or "already exists" in outcome.stderr
    assert not outside.exists()


def test_no_baseline_is_written_through_a_link_above_the_working_directory(project: Path) -> None:
    outside = project.parent / "outside.json"
    outside.write_text('{"version": 1, "findings": []}')
    (project / "kognitos-migrate-baseline.json").symlink_to(outside)
    (project / "sub").mkdir()
    outcome = run(project / "sub", "baseline", "update", "--add", "..")
    assert outcome.returncode == 2, outcome.stdout
    assert "through a link" in outcome.stderr
    assert outside.read_text() == '{"version": 1, "findings": []}'


def test_the_user_may_name_any_place_for_an_output(project: Path) -> None:
    outside = project.parent / "outside" / "report.txt"
    assert run(project, "check", "--output-file", str(outside)).returncode == 1
    assert outside.exists()


@pytest.mark.parametrize(
    "name",
    [
        ".git/hooks/pre-commit",
        "sitecustomize.py",
        "usercustomize.py",
        "sitecustomize/__init__.py",
        "a.pth",
    ],
)
def test_what_runs_by_itself_is_never_written(name: str, project: Path) -> None:
    target = project / name
    target.parent.mkdir(parents=True, exist_ok=True)
    outcome = run(project, "check", "--output-file", name)
    assert outcome.returncode == 2
    assert "never written" in outcome.stderr
    assert not target.exists()


def test_startup_code_is_not_fixed(project: Path) -> None:
    (project / "main.py").rename(project / "sitecustomize.py")
    outcome = run(project, "fix")
    assert outcome.returncode == 2
    assert (project / "sitecustomize.py").read_text() == CODE


@pytest.mark.parametrize(
    "line", ["baseline: ../b.json", "baseline: /tmp/b.json", "adapter: ../v1.py", "adapter: src/json.py"]
)
def test_a_configuration_names_files_of_the_project_alone(line: str, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text(f"{CONFIG}\n{line}\n")
    outcome = run(project, "check")
    assert outcome.returncode == 2
    assert line.partition(":")[0] in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("name", "before", "message"),
    [
        ("../outside/new.py", None, "outside of this folder"),
        (".git/hooks/post-checkout", None, "never written"),
        ("notes.txt", None, "isn't Python"),
        ("\ud800.py", None, "valid file name"),
        ("a\0.py", None, "valid file name"),
    ],
)
def test_a_crafted_plan_is_refused(name: str, before: str | None, message: str, project: Path) -> None:
    file: dict[str, object] = {"filename": name, "before": before, "after": "0", "edits": []}
    plan = {"version": 1, "made_by": "x", "files": [file]}
    (project / "plan.json").write_text(json.dumps(plan))
    outcome = run(project, "apply", "plan.json")
    assert outcome.returncode == 2
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_plan_may_change_any_script_that_fix_changes(project: Path) -> None:
    (project / "main.py").unlink()
    (project / "start").write_text(f"#!/usr/bin/env -S uv run --script\n{CODE}")
    run(project, "fix", "--plan", "plan.json")
    outcome = run(project, "apply", "plan.json")
    assert outcome.returncode == 0, outcome.stderr
    assert "/v2/runs" in (project / "start").read_text()


def test_a_plan_may_not_name_a_file_twice(project: Path) -> None:
    run(project, "fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    plan["files"].append({**plan["files"][0], "filename": "../project/main.py"})
    (project / "plan.json").write_text(json.dumps(plan))
    outcome = run(project, "apply", "plan.json")
    assert outcome.returncode == 2
    assert "names this file twice" in outcome.stderr


@pytest.mark.parametrize("folder", ["./", "{project}/", "../project/"])
def test_a_plan_names_files_from_the_working_folder(folder: str, project: Path) -> None:
    run(project, "fix", "--plan", "plan.json")
    plan = json.loads((project / "plan.json").read_text())
    plan["files"][0]["filename"] = f"{folder.format(project=project)}main.py"
    (project / "plan.json").write_text(json.dumps(plan))
    outcome = run(project, "apply", "plan.json")
    assert outcome.returncode == 2
    assert "main.py: the plan was edited; expected the path main.py" in outcome.stderr
    assert (project / "main.py").read_text() == CODE


def test_git_of_the_project_is_not_run(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    program = project / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {project / 'pwned'}\n")
    program.chmod(0o755)
    outcome = run(project, "fix", path=str(program.parent))
    assert not (project / "pwned").exists()
    assert outcome.returncode == 2
    assert "--allow-dirty" in outcome.stderr
    assert (project / "main.py").read_text() == CODE


def test_a_named_path_outside_of_the_working_folder_is_fixed(project: Path) -> None:
    outcome = run(project.parent / "outside", "fix", "../project")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "/v2/runs" in (project / "main.py").read_text()


def test_a_startup_file_under_another_name_is_never_written(tmp_path: Path) -> None:
    """Some file systems ignore case or some characters of names; a hard link stands for them here."""
    (tmp_path / "sitecustomize.py").write_text("")
    os.link(tmp_path / "sitecustomize.py", tmp_path / "site\u200ccustomize.py")
    with pytest.raises(WriteRefusedError, match="whenever it starts"):
        require_inert(str(tmp_path / "site\u200ccustomize.py"))


def test_files_of_git_under_another_name_are_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "git~1").mkdir()
    is_same = os.path.samefile
    monkeypatch.setattr(
        os.path, "samefile", lambda one, other: is_same(str(one).replace("git~1", ".git"), other)
    )
    with pytest.raises(WriteRefusedError, match="never written"):
        require_inert(str(tmp_path / "git~1" / "config.py"))


def test_a_path_through_a_link_out_of_the_project_is_refused(run: Run, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    file = outside / "invoices.py"
    file.write_text("KOGNITOS_URL v1/invoke\n")
    (tmp_path / "link").symlink_to(outside, target_is_directory=True)
    result = run("fix", "--allow-dirty", "link/invoices.py")
    assert result.exit_code == 2
    assert "outside of this folder" in result.stderr
    assert file.read_text() == "KOGNITOS_URL v1/invoke\n"
    assert run("fix", "--allow-dirty", str(file)).exit_code == 0
