"""Reading and writing back: every byte that isn't edited stays as it was."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.source.content import UnreadableSourceError, shown_path
from kognitos_migrate.source.file import UnwritableSourceError, decode_module, file_bytes, read_source

KEPT = {
    "plain": b"x = 1\n",
    "empty": b"",
    "no newline at the end": b"x = 1",
    "windows line endings": b"x = 1\r\ny = 2\r\n",
    "mixed line endings": b"x = 1\r\ny = 2\nz = 3\rw = 4",
    "byte order mark": b"\xef\xbb\xbfx = 1\n",
    "byte order mark and cookie": b"\xef\xbb\xbf# coding: utf-8\nx = 1\n",
    "latin-1 cookie": "# -*- coding: latin-1 -*-\ns = 'é'\n".encode("latin-1"),
    "cookie in the second line": b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\ns = '\x80'\n",
    "form feed and tabs": b"\x0cif x:\n\ty = 1\n",
    "utf-8 beyond the first plane": "s = '😀'\n".encode(),
}


@pytest.mark.parametrize("data", KEPT.values(), ids=KEPT.keys())
def test_a_file_is_written_back_byte_for_byte(data: bytes) -> None:
    source = decode_module(data, "a.py")
    assert file_bytes(source, source.text) == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x = 1\ns = '\xe9'\n", "a.py:2: byte 0xe9 at offset 11 is not utf-8"),
        (b"# coding: latin-3000\n", "a.py:1: unknown encoding"),
        (b"# coding: rot13\n", "a.py:1: `rot13` is not an encoding of text"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "a.py:1: encoding problem"),
        (b"\xff\xfex\x00", "a.py:1: byte 0xff at offset 0 is not utf-8"),
    ],
)
def test_what_is_not_text_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableSourceError) as caught:
        decode_module(data, "a.py")
    assert str(caught.value).startswith(said)


def test_a_vanished_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSourceError, match="the file no longer exists"):
        read_source(tmp_path / "gone.py")


def test_a_text_that_the_encoding_cannot_hold_is_refused() -> None:
    source = decode_module(b"# coding: latin-1\nx = 1\n", "a.py")
    with pytest.raises(UnwritableSourceError, match=r"a\.py:2: '\\u20ac' can't be written"):
        file_bytes(source, "# coding: latin-1\nx = '€'\n")


def test_paths_are_shown_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    assert shown_path(tmp_path / "inside" / "a" / "b.py") == "a/b.py"
    assert shown_path(os.path.join("..", "c.py")) == "../c.py"


def test_what_does_not_come_back_from_its_encoding_is_an_error() -> None:
    data = b"# coding: unicode_escape\nx = '\\x41'\n"
    with pytest.raises(UnreadableSourceError, match="written again, it is not what it was"):
        decode_module(data, "a.py")
