"""One headless Chromium for all tests of this folder.

Without Chromium they are skipped; where CI is set they fail, so that nobody takes them for done.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.ledger.model import Ledger
from kognitos_migrate.report.ledger.statistics import compare_ledgers
from tests.report.browser.chromium import NoChromium, chromium

Visit = Callable[..., Chrome]


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """The browser."""
    try:
        browser = chromium(tmp_path_factory.mktemp("profile"))
    except NoChromium as lacking:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(lacking))
    with browser:
        yield browser


@pytest.fixture
def visit(chrome: Chrome, tmp_path: Path) -> Iterator[Visit]:
    """Shows the report of a ledger, since another one. Nothing may have gone wrong in the page at the end."""

    def shown(ledger: Ledger, before: Ledger | None = None) -> Chrome:
        page = tmp_path / "report.html"
        comparison = compare_ledgers(before, ledger) if before is not None else None
        page.write_text(html_report(ledger, comparison), encoding="utf-8", newline="\n")
        chrome.get(page.as_uri())
        return chrome

    chrome.get_log("browser")
    yield shown
    assert chrome.get_log("browser") == []
