"""The documentation site: it is built without a warning, and every link in its pages leads somewhere."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from kognitos_migrate import addresses
from kognitos_migrate.findings.reasons import all_reasons
from kognitos_migrate.rulebook.codes import known_codes
from kognitos_migrate.rulebook.load import load_rulebook

ROOT = Path(__file__).parents[1]
LIMIT = 120.0
"""The seconds that the build may take on a busy machine; it takes about ten on an idle one."""

pytestmark = pytest.mark.slow


class PageReader(HTMLParser):
    """Collects the ids, the links and the loaded files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        elif tag == "link" and values.get("rel") in ("stylesheet", "icon"):
            self.loaded.add(values["href"])
        elif tag in ("img", "script", "source", "iframe") and "src" in values:
            self.loaded.add(values["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, PageReader]:
    readers: dict[Path, PageReader] = {}
    for file in sorted(site.rglob("*.html")):
        readers[file] = PageReader()
        readers[file].feed(file.read_text("utf-8"))
    return readers


def test_every_rule_and_every_reason_has_a_page(pages: dict[Path, PageReader], site: Path) -> None:
    wanted = [site / "rules" / code / "index.html" for code in known_codes(load_rulebook())]
    wanted += [site / "troubleshooting" / name / "index.html" for name in all_reasons()]
    assert [page for page in wanted if page not in pages] == []


def test_every_link_leads_somewhere(pages: dict[Path, PageReader], site: Path) -> None:
    broken = [
        f"{page.relative_to(site)}: {link}"
        for page, reader in pages.items()
        if page.name != "404.html"  # its links are absolute
        for link in sorted(reader.links | reader.loaded)
        if not leads_somewhere(page, link, pages)
    ]
    assert broken == []


def test_pages_load_nothing_from_other_servers(pages: dict[Path, PageReader]) -> None:
    assert {link for reader in pages.values() for link in reader.loaded if urlsplit(link).netloc} == set()


def leads_somewhere(page: Path, link: str, pages: dict[Path, PageReader]) -> bool:
    """Whether a link leads to another server, or to a file of the site that has its fragment as an id."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return parts.scheme in ("https", "http", "mailto")
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    file = file / "index.html" if file.is_dir() else file
    if file not in pages:
        return file.is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[file].ids


def test_findings_lead_to_pages_of_the_site(
    pages: dict[Path, PageReader], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "DOCUMENTATION", "https://docs.example.org/kognitos-migrate")
    for code in known_codes(load_rulebook()):
        address = addresses.rule_page(code, "https://example.org/vendor")
        assert address is not None
        path = address.removeprefix("https://docs.example.org/kognitos-migrate/")
        assert site / path / "index.html" in pages
