"""Fixtures for all tests."""

import signal
import sys
from collections.abc import Iterator

import libcst as cst
import pytest

from kognitos_migrate.syntax.tree import RECURSION
from tests.together import neighbours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that share what they look at beside each other."""
    items[:] = neighbours(items)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of the tests, apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOGNITOS_MIGRATE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def interrupts() -> None:
    """Ctrl-C interrupts, also where the tests run in the background of a shell, which has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def recursion_limit() -> None:
    """The parser raises the limit when it is used first; Hypothesis warns of that in the middle of a test."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that LibCST is given to parse."""
    found: list[str] = []
    parse_module = cst.parse_module

    def parse(text: str) -> cst.Module:
        found.append(text)
        return parse_module(text)

    monkeypatch.setattr(cst, "parse_module", parse)
    return found
