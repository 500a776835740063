"""The documents: every link leads somewhere, and every cell in the tables of clients and mock libraries to a
program that is run, and that uses the library."""

import re
import subprocess
from pathlib import Path

import pytest

from kognitos_migrate import __version__, addresses
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.read import read_rule
from tests.harness import programs

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(((?!\w+:)[^)\s]+)\)", document.read_text("utf-8"))
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    """Whether there is a file or a folder, and in it the heading if one is named."""
    path, _, heading = link.partition("#")
    file = document.parent / path if path else document
    return file.exists() and (not heading or file.suffix != ".md" or heading in headings(file))


def headings(document: Path) -> set[str]:
    """The headings of a document, as links spell them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_contributing_names_the_package_of_every_test() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Tests\n")[2].partition("\n## ")[0]
    modules = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    tables = [path.relative_to(ROOT / "tests" / "rewrites") for path in ROOT.glob("tests/rewrites/*/*.txt")]
    unnamed = [
        str(path)
        for path in modules
        if path.name not in section and f"`{path.parent.as_posix()}/`" not in section
    ]
    unnamed += [path.as_posix() for path in tables if path.as_posix() not in section]
    assert not unnamed, f"say in CONTRIBUTING.md (Tests) what these belong to: {', '.join(sorted(unnamed))}"


_NUMBER = r"\d+\.\d+\.\d+\w*"
_VERSION = re.compile(
    rf"(?:re[vf]: v|>@v|tag --annotate v|kognitos-migrate==)(?P<version>{_NUMBER})"
    rf"|[Vv]ersion (?P<unpublished>{_NUMBER}) isn't"
)
TEXTS = [path for path in DOCUMENTS if path.parent.name != "decisions"]


@pytest.mark.parametrize("document", TEXTS, ids=lambda path: path.name)
def test_versions_are_the_present_one(document: Path) -> None:
    text = document.read_text("utf-8")
    named = {match["version"] or match["unpublished"] for match in _VERSION.finditer(text)}
    assert named <= {__version__}
    if document.name == "CHANGELOG.md":
        assert re.search(r"^## (\S+)", text, re.MULTILINE)[1] == __version__  # type: ignore[index]


def test_documents_say_that_there_is_no_address_only_as_long_as_there_is_none() -> None:
    placeholders = {
        path.name
        for path in TEXTS
        if re.search(r"<(the address of )?this repository>|isn't on PyPI yet", path.read_text("utf-8"))
    }
    assert (placeholders == set()) is (addresses.REPOSITORY is not None), placeholders


WRITING_RULES = (ROOT / "docs" / "writing-rules.md").read_text("utf-8")
RULE_FILES = re.findall(r"^```yaml\n(kind: .*?)^```$", WRITING_RULES, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", RULE_FILES, ids=lambda text: text.split("\n")[1])
def test_a_rule_file_in_the_documents_is_valid(text: str, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(text, encoding="utf-8")
    read_rule(file)


DECISIONS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", *DECISIONS])
def test_every_file_that_is_named_is_there(document: str) -> None:
    named = set(re.findall(r"`([\w./-]+(?:\.py|\.ya?ml|/))`", (ROOT / document).read_text("utf-8")))
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [f"/{path}" for path in known.splitlines()]
    assert {
        one for one in named if "NAME" not in one and not any(is_named(path, one) for path in paths)
    } == set()


def is_named(path: str, name: str) -> bool:
    """Whether a name is that of a file or of a folder above it, as documents write it."""
    return f"/{name}" in path if name.endswith("/") else path.endswith(f"/{name}")


CLIENTS = (ROOT / "docs" / "clients.md").read_text("utf-8")
TABLE = CLIENTS.partition("<!-- clients -->")[2].partition("<!-- end of clients -->")[0]
CELLS = [
    (row.split("|")[1].strip(), name)
    for row in TABLE.splitlines()
    for name in re.findall(r"\(\.\./fixtures/programs/(\w+)/\)", row)
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


MOCKS = CLIENTS.partition("<!-- mocks -->")[2].partition("<!-- end of mocks -->")[0]
MOCK_CELLS = [
    (row.split("|")[1].strip(), name)
    for row in MOCKS.splitlines()
    for name in re.findall(r"\(\.\./fixtures/mocks/(\w+)/\)", row)
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
