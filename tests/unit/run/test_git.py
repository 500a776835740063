"""Files that git couldn't restore."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kognitos_migrate.run.git import GitError, uncommitted_files

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
needs_a_shell = pytest.mark.skipif(os.name == "nt", reason="needs a shell")


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
    assert uncommitted_files(names) == ("modified.py", "new.py", "staged.py")
    Path("spa ce é*.py").write_text("2\n")
    assert uncommitted_files(["spa ce é*.py"]) == ("spa ce é*.py",)


def test_from_a_folder_inside(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "sub").mkdir()
    monkeypatch.chdir(repository / "sub")
    assert uncommitted_files(["../clean.py", "../modified.py"]) == ("../modified.py",)


def test_a_repository_that_names_another_working_tree_is_an_error(repository: Path) -> None:
    other = repository.parent / "other"
    other.mkdir()
    git("config", "core.worktree", str(other))
    with pytest.raises(GitError, match="its root isn't"):
        uncommitted_files(["modified.py"])


def test_a_folder_that_only_looks_like_a_repository_is_an_error(repository: Path) -> None:
    Path("sub/.git").mkdir(parents=True)
    Path("sub/new.py").write_text("1\n")
    with pytest.raises(GitError, match="its root isn't"):
        uncommitted_files(["sub/new.py"])


def test_the_working_tree_of_a_branch_is_a_repository(repository: Path) -> None:
    git("worktree", "add", "-q", "branch")
    Path("branch/clean.py").write_text("3\n")
    assert uncommitted_files(["branch/clean.py", "branch/modified.py"]) == ("branch/clean.py",)


def test_outside_a_repository_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1\n")
    assert uncommitted_files([str(tmp_path / "a.py")]) == ()


def test_a_repository_without_git_is_an_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git isn't installed"):
        uncommitted_files(["modified.py"])


def test_without_git_nothing_is_uncommitted_outside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "file.py").write_text("")
    assert uncommitted_files([str(tmp_path / "file.py")]) == ()


def test_a_repository_that_git_cannot_read_is_an_error(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(GitError, match="git can't tell"):
        uncommitted_files(["modified.py"])


def test_a_file_that_git_ignores_is_told(repository: Path) -> None:
    Path(".gitignore").write_text("generated/\n")
    git("add", ".gitignore")
    git("commit", "-q", "-m", "second")
    Path("generated").mkdir()
    Path("generated/a.py").write_text("1\n")
    assert uncommitted_files(["generated/a.py", "clean.py"]) == ("generated/a.py",)


def test_a_file_at_which_git_was_told_not_to_look_is_told(repository: Path) -> None:
    git("add", "modified.py")
    git("commit", "-q", "-m", "second")
    git("update-index", "--assume-unchanged", "clean.py")
    git("update-index", "--skip-worktree", "modified.py")
    assert uncommitted_files(["clean.py", "modified.py", "staged.py"]) == ("clean.py", "modified.py")


def test_ends_of_lines_that_git_converts_are_no_change(repository: Path) -> None:
    git("config", "core.autocrlf", "true")
    Path("dos.py").write_bytes(b"1\r\n")
    git("add", "dos.py")
    git("commit", "-q", "-m", "second")
    os.utime("dos.py", (1, 1))
    assert uncommitted_files(["dos.py"]) == ()
    Path("dos.py").write_bytes(b"2\r\n")
    assert uncommitted_files(["dos.py"]) == ("dos.py",)


def test_each_file_is_looked_up_in_its_own_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = repository / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    git("init", "-q")
    Path("kept.py").write_text("1\n")
    Path("other.py").write_text("1\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    monkeypatch.chdir(repository)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./inner", "module")
    git("commit", "-q", "-m", "second")
    git("worktree", "add", "-q", "tree")
    for folder in ("inner", "module", "tree"):
        Path(folder, {"tree": "clean.py"}.get(folder, "other.py")).write_text("2\n")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))  # as a hook has it
    names = [f"{folder}/{name}.py" for folder in ("inner", "module") for name in ("kept", "other")]
    changed = ("inner/other.py", "module/other.py", "tree/clean.py")
    assert uncommitted_files([*names, "clean.py", "tree/clean.py", "tree/modified.py"]) == changed


@pytest.fixture
def program(repository: Path) -> str:
    """A program that leaves a file called `ran`."""
    program = repository / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch '{repository}/ran'\ncat\n")
    program.chmod(0o755)
    return str(program)


@needs_a_shell
def test_no_program_that_a_repository_names_is_run(repository: Path, program: str) -> None:
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    shutil.copy(program, hook)
    git("config", "core.fsmonitor", program)
    uncommitted_files(["modified.py"])
    assert not (repository / "ran").exists()


@needs_a_shell
@pytest.mark.parametrize("kind", ["clean", "process"])
def test_no_filter_is_run(repository: Path, program: str, kind: str) -> None:
    Path(".gitattributes").write_text("*.py filter=a.B\n")
    git("config", f"filter.a.B.{kind}", program)
    git("config", "filter.a.B.required", "true")
    os.utime("clean.py", (1, 1))
    assert uncommitted_files(["clean.py", "modified.py"]) == ("modified.py",)
    assert not (repository / "ran").exists()


@needs_a_shell
def test_a_filter_that_cannot_be_turned_off_is_an_error(repository: Path, program: str) -> None:
    Path(".gitattributes").write_text("*.py filter=a=b\n")
    git("config", "filter.a=b.clean", program)
    os.utime("clean.py", (1, 1))
    with pytest.raises(GitError, match=r"the name of the git setting filter\.a=b contains '='"):
        uncommitted_files(["clean.py"])
    assert not (repository / "ran").exists()


@needs_a_shell
def test_what_a_partial_clone_lacks_is_not_fetched(repository: Path, program: str) -> None:
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}",
        "protocol.ext.allow": "always",
    }.items():
        git("config", key, value)
    tree = subprocess.run(["git", "rev-parse", "HEAD^{tree}"], capture_output=True, text=True).stdout.strip()
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError, match="git can't tell"):
        uncommitted_files(["clean.py"])
    assert not (repository / "ran").exists()


@needs_a_shell
def test_a_git_that_lies_in_the_folder_is_not_run(
    repository: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(program, "git")
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", os.environ["PATH"])))
    assert uncommitted_files(["clean.py", "modified.py"]) == ("modified.py",)
    assert not (repository / "ran").exists()


@pytest.mark.parametrize(
    "place", [".git/info/exclude", ".git/index", ".git/HEAD", ".git/pipe", ".gitattributes"]
)
def test_a_git_that_waits_for_a_pipe_is_an_error(
    place: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kognitos_migrate.run.git.PATIENCE", 1.0)
    if place == ".git/pipe":
        with (repository / ".git" / "config").open("a") as file:
            file.write("[include]\n\tpath = pipe\n")
    (repository / place).unlink(missing_ok=True)
    (repository / place).parent.mkdir(exist_ok=True)
    os.mkfifo(repository / place)
    with pytest.raises(GitError, match="longer than 1 seconds"):
        uncommitted_files(["modified.py"])
