"""A module is named for an API by its own name and those of the folders in its repository."""

from pathlib import Path

import pytest

from kognitos_migrate.discover.repository import path_has_word

WORDS = ("acme",)


@pytest.mark.parametrize("mark", [".git/HEAD", "pyproject.toml", "setup.py"])
@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("acme.py", True),
        ("clients/AcmeClient.py", True),
        ("acme/client.py", True),
        ("libs/acme-rest/src/rest/client.py", True),
        ("client.py", False),
        ("clients/rest.py", False),
    ],
)
def test_names_within_a_repository_count(mark: str, path: str, *, is_named: bool, tmp_path: Path) -> None:
    repository = tmp_path / "acme" / "acme-sync"
    (repository / mark).parent.mkdir(parents=True)
    (repository / mark).touch()
    assert path_has_word(str(repository / path), WORDS) is is_named


def test_a_distribution_in_a_repository_is_named_by_its_folder(tmp_path: Path) -> None:
    for mark in (".git", "packages/acme-rest"):
        (tmp_path / mark).mkdir(parents=True)
    (tmp_path / "packages" / "acme-rest" / "pyproject.toml").touch()
    assert path_has_word(str(tmp_path / "packages" / "acme-rest" / "client.py"), WORDS)


def test_outside_of_a_repository_the_own_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acme"
    (folder / "inner").mkdir(parents=True)
    assert path_has_word(str(folder / "client.py"), WORDS)
    assert not path_has_word(str(folder / "inner" / "client.py"), WORDS)
    monkeypatch.chdir(folder)
    assert path_has_word("client.py", WORDS)
    monkeypatch.chdir(folder / "inner")
    assert path_has_word("../client.py", WORDS)
