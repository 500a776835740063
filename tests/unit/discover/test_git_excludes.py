"""The user's own ignore file of git."""

from __future__ import annotations

from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.git_excludes import excludes_file
from kognitos_migrate.discover.walk import discover


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user without settings of git, with a repository in it, the working folder."""
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    repository = tmp_path / "project"
    (repository / ".git").mkdir(parents=True)
    monkeypatch.chdir(repository)
    return tmp_path


@pytest.mark.parametrize(
    ("config", "file"),
    [
        ("", ".config/git/ignore"),
        ("[user]\nexcludesFile = ~/other", ".config/git/ignore"),
        ('[core "x"]\nexcludesFile = ~/other', ".config/git/ignore"),
        ("[core]\n\tautocrlf = input\n\texcludesfile = ~/.ignore", ".ignore"),
        ("[CORE] EXCLUDESFILE=~/.ignore ; mine", ".ignore"),
        ('[core]\nexcludesFile = "~/my ignore" # mine', "my ignore"),
        ("[core]\nexcludesFile = ~/a\nexcludesFile = ~/b", "b"),
        ("[core]\nexcludesFile = .ignore", "project/.ignore"),
        ("[core]\nexcludesFile = ~/a\nexcludesFile = ~b\0c/d", "a"),
        ("[core]\nexcludesFile = a\0b", ".config/git/ignore"),
    ],
)
def test_the_file_is_that_of_the_configuration(home: Path, config: str, file: str) -> None:
    (home / ".gitconfig").write_text(config)
    excludes_file.cache_clear()
    assert excludes_file(str(home / "project")) == str(home / file)


def test_the_configuration_of_the_repository_wins(home: Path) -> None:
    (home / ".gitconfig").write_text("[core]\nexcludesFile = ~/a\n")
    (home / "project/.git/config").write_text("[core]\nexcludesFile = ~/b\n")
    excludes_file.cache_clear()
    assert excludes_file(str(home / "project")) == str(home / "b")


def test_files_that_the_user_ignores_everywhere_are_not_found(home: Path) -> None:
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/ignore").write_text("scratch*.py\n/sandbox/\n")
    for name in ("a.py", "scratch1.py", "scratch2.py", "sandbox/b.py", "app/sandbox/c.py"):
        path = home / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (home / "project/.gitignore").write_text("!scratch2.py\n")
    excludes_file.cache_clear()
    settings = Settings(root=home / "project")
    assert discover(["."], settings).files == ("a.py", "app/sandbox/c.py", "scratch2.py")
    assert discover(["app"], settings).files == ("app/sandbox/c.py",)
