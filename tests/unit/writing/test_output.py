"""An output file is whole, old or new."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kognitos_migrate.writing.output import write_output

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes, links and pipes of POSIX")


def test_a_new_file_has_the_mode_of_new_files(tmp_path: Path) -> None:
    write_output(str(tmp_path / "a"), b"new")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_the_mode_is_kept_and_a_link_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    write_output(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_failure_leaves_the_file_as_it_was(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def fail(*arguments: object, **folders: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        write_output(str(tmp_path / "a"), b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_with_two_names_and_a_device_are_written_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old, and longer")
    os.link(tmp_path / "a", tmp_path / "b")
    write_output(str(tmp_path / "a"), b"new")
    assert (tmp_path / "b").read_bytes() == b"new"
    write_output("/dev/null", b"new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("to_file", [True, False])
def test_the_standard_output_by_its_path(to_file: bool, tmp_path: Path) -> None:
    program = "from kognitos_migrate.writing.output import write_output; write_output('/dev/stdout', b'new')"
    command = [sys.executable, "-c", program]
    if to_file:
        with (tmp_path / "out").open("wb") as file:
            subprocess.run(command, cwd=Path(__file__).parents[3], stdout=file, check=True)
        assert (tmp_path / "out").read_bytes() == b"new"
    else:
        done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=True)
        assert done.stdout == b"new"
