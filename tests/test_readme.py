"""The README's tables of clients and mock libraries: every cell leads to a program that is run, and that uses
the library."""

import re
from pathlib import Path

import pytest

from kognitos_migrate.rulebook.load import load_rulebook
from tests.harness import programs

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
TABLE = README.partition("<!-- clients -->")[2].partition("<!-- end of clients -->")[0]
CELLS = [
    (row.split("|")[1].strip(), name)
    for row in TABLE.splitlines()
    for name in re.findall(r"\(fixtures/programs/(\w+)/\)", row)
]


def test_there_is_a_row_for_each_client() -> None:
    assert len({client for client, _ in CELLS}) == 8


@pytest.mark.parametrize(("client", "name"), CELLS)
def test_a_cell_leads_to_a_program_with_the_client(client: str, name: str) -> None:
    folder = programs()[name]
    texts = "".join(path.read_text("utf-8") for path in (folder / "before").rglob("*.py"))
    module = {"your own helper": "acme.http"}.get(client, client)
    owner, _, last = module.rpartition(".")
    spelled = [f"import {module}", f"from {module} import", f"from {module}."]
    assert any(one in texts for one in [*spelled, f"from {owner} import {last}"] if owner or one in spelled)
    assert (folder / "after").is_dir()


MOCKS = README.partition("<!-- mocks -->")[2].partition("<!-- end of mocks -->")[0]
MOCK_CELLS = [
    (row.split("|")[1].strip(), name)
    for row in MOCKS.splitlines()
    for name in re.findall(r"\(fixtures/mocks/(\w+)/\)", row)
]
SPELLED = {"pytest-httpx": "httpx_mock", "requests-mock": "requests_mock"}
"""Where it is not the title that stands in the code."""


def test_there_is_a_row_for_each_mock_library() -> None:
    titles = {mock.title for mock in load_rulebook().mocks}
    assert titles <= {library for library, _ in MOCK_CELLS}


@pytest.mark.parametrize(("library", "name"), sorted(set(MOCK_CELLS)))
def test_a_cell_leads_to_a_package_with_the_mock_library(library: str, name: str) -> None:
    folder = programs()[name]
    texts = "".join(path.read_text("utf-8") for path in (folder / "before").rglob("*.py"))
    assert SPELLED.get(library, library) in texts
    assert (folder / "after").is_dir()
