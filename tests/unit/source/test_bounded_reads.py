"""Reads end: pipes, devices and files of any length are refused at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from kognitos_migrate.source.content import MIB, open_regular, read_bounded

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pipes or devices with names")


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"ab" * MIB)
    assert read_bounded(tmp_path / "file", 2 * MIB) == b"ab" * MIB


def test_a_longer_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (MIB + 1))
    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_bounded(tmp_path / "file", MIB)


def test_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="not a regular file"):
        read_bounded(tmp_path / "file")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "file")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "file")


def test_a_folder_and_a_socket_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="s"):
            open_regular(tmp_path / "s")
