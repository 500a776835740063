"""What git could not give back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kognitos_migrate.run.git import GitTrouble, uncommitted

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(*arguments: str) -> None:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], check=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    for name in ("clean.py", "modified.py", "staged.py", "spa ce é*.py"):
        Path(name).write_text("1\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    Path("modified.py").write_text("2\n")
    Path("staged.py").write_text("2\n")
    git("add", "staged.py")
    Path("new.py").write_text("1\n")
    return tmp_path


def test_modified_staged_and_new_files_are_told(repository: Path) -> None:
    names = ["clean.py", "modified.py", "staged.py", "new.py", "spa ce é*.py"]
    assert uncommitted(names) == ("modified.py", "new.py", "staged.py")
    Path("spa ce é*.py").write_text("2\n")
    assert uncommitted(["spa ce é*.py"]) == ("spa ce é*.py",)


def test_from_a_folder_inside(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "sub").mkdir()
    monkeypatch.chdir(repository / "sub")
    assert uncommitted(["../clean.py", "../modified.py"]) == ("../modified.py",)


def test_outside_a_repository_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1\n")
    assert uncommitted([str(tmp_path / "a.py")]) == ()


def test_without_git_nothing_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert uncommitted(["modified.py"]) == ()


def test_a_repository_that_git_cannot_read_is_an_error(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(GitTrouble, match="git can't tell"):
        uncommitted(["modified.py"])


def test_a_file_that_git_ignores_is_told(repository: Path) -> None:
    Path(".gitignore").write_text("generated/\n")
    git("add", ".gitignore")
    git("commit", "-q", "-m", "second")
    Path("generated").mkdir()
    Path("generated/a.py").write_text("1\n")
    assert uncommitted(["generated/a.py", "clean.py"]) == ("generated/a.py",)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_no_program_that_a_repository_names_is_run(repository: Path) -> None:
    program = repository / "program.sh"
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(program.read_bytes())
    hook.chmod(0o755)
    git("config", "core.fsmonitor", str(program))
    uncommitted(["modified.py"])
    assert not (repository / "ran").exists()
