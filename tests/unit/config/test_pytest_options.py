"""The names of test files in pytest's configuration."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.config.pytest_options import python_files_patterns


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py  spec_*.py\n"),
        ("tox.ini", "[pytest]\npython_files =\n    check_*.py\n    spec_*.py\n"),
        ("setup.cfg", "[tool:pytest]\npython_files = check_*.py spec_*.py\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\npython_files = ["check_*.py", "spec_*.py"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\npython_files = "check_*.py spec_*.py"\n'),
    ],
)
def test_python_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert python_files_patterns(tmp_path) == ("check_*.py", "spec_*.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "not ini"),
        ("pyproject.toml", "not toml"),
        ("pyproject.toml", "[tool.pytest]\nini_options = 3\n"),
        ("setup.cfg", "[metadata]\nname = x\n"),
    ],
)
def test_no_python_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert python_files_patterns(tmp_path) == ()
    assert python_files_patterns(tmp_path / "missing") == ()


@pytest.mark.skipif(os.name == "nt", reason="no pipes")
@pytest.mark.parametrize("name", ["pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"])
def test_pipes_and_devices_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    assert python_files_patterns(tmp_path) == ()
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert python_files_patterns(tmp_path) == ()
