"""Import roots: the folders of distributions, and their `src`."""

from pathlib import Path

from kognitos_migrate.discover.distributions import ImportRoots


def test_the_innermost_root_comes_first(tmp_path: Path) -> None:
    inner = tmp_path / "packages" / "billing"
    (inner / "src" / "billing").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    (inner / "setup.py").touch()
    roots = ImportRoots().roots_around(str(inner / "src" / "billing"))
    assert roots[:3] == (inner.as_posix(), (inner / "src").as_posix(), tmp_path.as_posix())


def test_no_number_of_folders_is_too_large() -> None:
    assert ImportRoots().roots_around("/a" * 5_000) == ImportRoots().roots_around("/")
