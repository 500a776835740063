"""Modules in archives, which anybody may have made, are read up to limits."""

import lzma
import zipfile
from io import BytesIO

import pytest

from kognitos_migrate.discover.walk import archived_modules

CODE = b"import requests\n"


def archive(compression: int, *contents: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        for number, content in enumerate(contents):
            packed.writestr(f"module_{number}.py", content)
    return file.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_modules_are_read(compression: int) -> None:
    assert list(archived_modules(archive(compression, CODE, CODE))) == [CODE, CODE]


def test_what_python_cannot_import_is_left_out() -> None:
    assert list(archived_modules(archive(zipfile.ZIP_LZMA, CODE))) == []


def test_a_damaged_stream_ends_the_modules() -> None:
    data = archive(zipfile.ZIP_DEFLATED, CODE * 50, CODE)
    damaged = data.replace(data[40:60], bytes(20))
    assert len(list(archived_modules(damaged))) < 2


def test_damage_of_another_compression_is_no_error() -> None:
    data = bytearray(archive(zipfile.ZIP_LZMA, lzma.compress(CODE)))
    data[50:60] = b"\xff" * 10
    assert list(archived_modules(bytes(data))) == []


def test_the_size_of_all_modules_is_limited() -> None:
    large = archive(zipfile.ZIP_DEFLATED, *[b"#" * (1 << 18)] * 60)
    assert sum(map(len, archived_modules(large))) == 1 << 23
