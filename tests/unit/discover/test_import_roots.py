"""Import roots: the folders of distributions, and their `src`."""

import os
import time
from pathlib import Path

import pytest

from kognitos_migrate.discover.distributions import ImportRoots, is_exported


def test_the_innermost_root_comes_first(tmp_path: Path) -> None:
    inner = tmp_path / "packages" / "billing"
    (inner / "src" / "billing").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    (inner / "setup.py").touch()
    roots = ImportRoots().roots_around(str(inner / "src" / "billing"))
    assert roots[:3] == (inner.as_posix(), (inner / "src").as_posix(), tmp_path.as_posix())


def test_folders_of_airflow_are_roots_if_both_exist(tmp_path: Path) -> None:
    """A DAG imports modules of plugins by their own names."""
    dags, plugins = tmp_path / "dags", tmp_path / "plugins"
    dags.mkdir()
    assert dags.as_posix() not in ImportRoots().roots_around(str(dags))
    plugins.mkdir()
    assert {dags.as_posix(), plugins.as_posix()} <= {*ImportRoots().roots_around(str(dags))}


def test_no_number_of_folders_is_too_large() -> None:
    assert ImportRoots().roots_around("/a" * 5_000) == ImportRoots().roots_around("/")


def test_requirements_are_named_as_modules(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['Acme-Client>=2', \"other.lib\"]\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("-r base.txt\npytest[all]==8 # tests\n")
    names = ImportRoots().requirements_around(str(tmp_path / "src"))
    assert {"acme_client", "other_lib", "pytest"} <= {*names}


@pytest.mark.skipif(os.name == "nt", reason="no pipes")
def test_requirements_that_never_end_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    (tmp_path / "constraints.txt").symlink_to("/dev/zero")
    assert ImportRoots().requirements_around(str(tmp_path)) == ImportRoots().requirements_around(
        str(tmp_path.parent)
    )


def test_requirements_of_spaces_take_little_time(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(" " * 1_000_000 + "acme")
    start = time.process_time()
    assert "acme" in ImportRoots().requirements_around(str(tmp_path))
    assert time.process_time() - start < 2


@pytest.mark.skipif(os.name == "nt", reason="no pipes")
@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
@pytest.mark.parametrize("is_pipe", [True, False])
def test_a_distribution_whose_file_cannot_be_read_is_assumed(
    tmp_path: Path, name: str, is_pipe: bool
) -> None:
    """Its modules may be used by others."""
    package = tmp_path / "billing"
    package.mkdir()
    (package / "__init__.py").touch()
    if is_pipe:
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to("/dev/zero")
    assert is_exported(str(package / "client.py"), (tmp_path.as_posix(),))
    ImportRoots().requirements_around(str(tmp_path))
