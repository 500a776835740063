"""One headless Chromium for all tests of this folder.

Without Chromium they are skipped; where CI is set they fail, so that nobody takes them for done.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.ledger import Ledger

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-prefers-reduced-motion",
    "--window-size=1200,900",
)

Visit = Callable[[Ledger], Chrome]


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser that knows nothing and nobody, with a profile of its own."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        lacking = "chromium and chromedriver are not installed (Debian: apt-get install chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with Chrome(options, ChromeService(driver)) as chrome:
        yield chrome


@pytest.fixture
def visit(chrome: Chrome, tmp_path: Path) -> Iterator[Visit]:
    """Shows the report of a ledger. At the end, nothing may have gone wrong in the page."""

    def shown(ledger: Ledger) -> Chrome:
        page = tmp_path / "report.html"
        page.write_text(html_report(ledger), encoding="utf-8", newline="\n")
        chrome.get(page.as_uri())
        return chrome

    chrome.get_log("browser")
    yield shown
    assert chrome.get_log("browser") == []
