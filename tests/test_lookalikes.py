"""Programs that are not the old version, however they look: nothing is found, and their bytes come back.

A file in fixtures/lookalikes is a test.
"""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.analysis import analyse
from kognitos_migrate.source.file import SourceFile, decode, encode
from tests.harness import FIXTURES

PROGRAMS = sorted((FIXTURES / "lookalikes").glob("*.py"))


def source(path: Path) -> SourceFile:
    return decode(path.read_bytes(), path.name)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_nothing_is_found(path: Path) -> None:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    result = analyse([source(path)], rules, settings)
    assert [(finding.code, finding.place.row, finding.message) for finding in result.findings] == []
    assert result.changes == ()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_its_bytes_come_back(path: Path) -> None:
    read = source(path)
    assert encode(read, read.text) == path.read_bytes()


def test_there_are_programs() -> None:
    assert PROGRAMS
