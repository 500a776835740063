"""Renews the pictures of the report in README.md and docs/report.md, with chromium and its driver.

The project in the pictures is composed of fixtures.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.report.browser.chromium import chromium

ROOT = Path(__file__).parents[2]
FIXTURES, DOCS = ROOT / "fixtures", ROOT / "docs"

PARTS = {
    "services/harbour": "packages/harbour_run_state_enum/before",
    "services/claims": "packages/claims_mailbox_import/before",
    "services/permits": "packages/permits_async_worker/before",
    "services/spool": "packages/pickled_spool/before",
    "services/invoices": "packages/invoice_jobs/after",
    "services/orders": "packages/httpx_gateway/after",
    "tools/intake": "demo",
    "tools/onboarding": "manual/share_id_not_configured/before",
    "tools/ports": "manual/port_url_replace/before",
    "tools/nightly": "halfway/version_swapped_only/before",
    "tools/inspect": "manual/path_from_an_ini_file/before",
}
OWNERS = """\
*                   @acme/platform
/services/harbour/  @acme/harbour
/services/claims/   @acme/claims
/services/permits/  @acme/permits
"""


def main() -> None:
    """Write the pictures."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = report_of(Path(folder) / "acme-billing")
        with chromium(Path(folder) / "profile") as chrome:
            sized(chrome, 1080, 660)
            chrome.get(page.as_uri())
            picture(chrome, "report.png")
            prefer(chrome, "dark")
            picture(chrome, "report-dark.png")
            sized(chrome, 1240, 760)
            chrome.get(f"{page.as_uri()}#q=harbour")
            chrome.refresh()
            chrome.find_element(By.CSS_SELECTOR, ".entry:not([hidden]) summary").click()
            chrome.execute_script("scrollTo(0, document.querySelector('.tools').offsetTop)")
            picture(chrome, "conversation.png")


def report_of(project: Path) -> Path:
    """The page of a project that is put together out of the fixtures."""
    for name, part in PARTS.items():
        shutil.copytree(FIXTURES / part, project / name, ignore=shutil.ignore_patterns("*.yaml"))
    shutil.copy(FIXTURES / "kognitos-migrate.yaml", project)
    (project / "CODEOWNERS").write_text(OWNERS, encoding="utf-8")
    page = project / "state.html"
    command = [sys.executable, "-m", "kognitos_migrate", "report", "--format", "html", "-o", str(page)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=project, env=environment, check=True)
    return page


def sized(chrome: Chrome, width: int, height: int) -> None:
    """Show that much of the page."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})


def prefer(chrome: Chrome, scheme: str) -> None:
    """Show the light or the dark side."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def picture(chrome: Chrome, name: str) -> None:
    """Write what is shown; in few colours, which makes a small file, where pngquant is there."""
    file = DOCS / name
    chrome.save_screenshot(str(file))
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--nofs", "48", str(file)], check=True)
    print(file.relative_to(ROOT), file.stat().st_size)


if __name__ == "__main__":
    main()
