"""The report as users see and operate it."""

import base64

import pytest
from axe_core_python.selenium import Axe
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.report.html.page import ROWS
from kognitos_migrate.report.ledger.model import Ledger
from kognitos_migrate.structs import replace
from tests.report.browser.conftest import Visit
from tests.report.examples import finding, place
from tests.report.ledgers import EVIL, HIDDEN, LEDGER, RESULT, SOURCES, hostile, project, talk

pytestmark = pytest.mark.slow


def one(chrome: Chrome, selector: str) -> WebElement:
    return chrome.find_element(By.CSS_SELECTOR, selector)


def shown(chrome: Chrome) -> list[str]:
    """The entries that are not filtered away."""
    entries = chrome.find_elements(By.CSS_SELECTOR, ".entry")
    return [str(entry.get_attribute("id")) for entry in entries if entry.is_displayed()]


def count(chrome: Chrome) -> str:
    return one(chrome, "#count").text


def prefer(chrome: Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def test_it_says_how_far_the_migration_is(visit: Visit) -> None:
    chrome = visit(LEDGER)
    header = one(chrome, "header").text
    assert header.splitlines()[:2] == ["acme 2027-03-31 5 files checked", "Kognitos v1 to v2 migration"]
    assert "20% on v2" in header
    assert "1 of 4 conversations with the API are on v2." in header
    assert "kognitos-migrate fix brings it to 40%." in header
    assert "kognitos-migrate fix --adapt brings it to 60%." in header
    assert [part.get_attribute("class") for part in chrome.find_elements(By.CSS_SELECTOR, ".wide rect")] == [
        "track",
        "migrated",
        "fixable",
        "adaptable",
        "manual",
        "unclear",
    ]
    assert one(chrome, ".keys tbody tr").text.split() == ["processes", "abc", "missing", "app/poll.py:7"]


def test_an_entry_shows_its_source_its_steps_and_its_diff(visit: Visit) -> None:
    chrome = visit(LEDGER)
    one(chrome, "#c1 summary").click()
    assert one(chrome, "#c1 mark").text == "http.post('v1/start')"
    steps = {
        line.get_attribute("data-row"): line.get_attribute("data-steps")
        for line in chrome.find_elements(By.CSS_SELECTOR, "#c1 .line")
    }
    assert steps == {"1": "", "2": "", "3": "1\u20132", "4": "3"}
    assert [line.text for line in chrome.find_elements(By.CSS_SELECTOR, "#c1 .diff .good")] == [
        "+reply = http.post('v2/start')"
    ]


def test_the_filter(visit: Visit) -> None:
    chrome = visit(LEDGER)
    assert count(chrome) == "6 shown"
    assert shown(chrome) == ["c1", "c3", "c2", "f3", "c4", "n1"]
    one(chrome, "#query").send_keys("RUN decoded")
    assert (shown(chrome), count(chrome)) == (["c1"], "1 of 6 shown")
    one(chrome, "#query").send_keys(Keys.ESCAPE)
    assert (len(shown(chrome)), one(chrome, "#query").get_attribute("value")) == (6, "")
    one(chrome, ".chip.manual").click()
    one(chrome, ".chip.kept").click()
    assert shown(chrome) == ["c2", "c4"]
    Select(one(chrome, "select[data-by=code]")).select_by_value("KOG201")
    assert shown(chrome) == ["c2"]
    address = chrome.current_url
    assert address.endswith("#state=manual+kept&code=KOG201")
    one(chrome, "#clear").click()
    assert (len(shown(chrome)), "#" in chrome.current_url) == (6, False)
    chrome.get(address)
    assert shown(chrome) == ["c2"]
    one(chrome, "#query").send_keys("nowhere")
    assert one(chrome, "#none").is_displayed()


def test_the_rows_of_the_tables_filter_too(visit: Visit) -> None:
    chrome = visit(LEDGER)
    one(chrome, "a[data-by=owner][data-value='@pollers']").click()
    assert shown(chrome) == ["c3", "c2", "f3", "c4"]
    assert chrome.switch_to.active_element.get_attribute("data-by") == "owner"


def test_it_says_what_is_in_the_way(visit: Visit) -> None:
    other = talk("c8", finding(place(2, 1, 4), Applicability.MANUAL, reason="too-dynamic"))
    chrome = visit(Ledger((project(replace(RESULT, findings=(*RESULT.findings, other)), SOURCES),)))
    rows = chrome.find_elements(By.CSS_SELECTOR, "section[aria-labelledby=obstacles] tbody tr")
    assert [row.text.split()[:2] for row in rows] == [["not-configured", "1"], ["too-dynamic", "1"]]
    one(chrome, "a[data-value=too-dynamic]").click()
    assert shown(chrome) == ["c8"]


def test_several_projects_are_told_apart(visit: Visit) -> None:
    other = replace(LEDGER.projects[0], name="other")
    chrome = visit(Ledger((*LEDGER.projects, other)))
    assert (count(chrome), one(chrome, ".eyebrow").text) == (
        "12 shown",
        "2 projects 2027-03-31 10 files checked",
    )
    Select(one(chrome, "select[data-by=file]")).select_by_value("other/app/send.py")
    assert shown(chrome) == ["c1-2"]


def test_it_says_what_is_new(visit: Visit) -> None:
    before = replace(LEDGER.projects[0], result=Result(findings=RESULT.findings[1:]), date="2027-02-28")
    chrome = visit(LEDGER, Ledger((before,)))
    assert one(chrome, "#since").text == "Since the report of 2027-02-28"
    assert "0 findings gone, 2 new." in one(chrome, "section").text
    new = [name for name in shown(chrome) if chrome.find_elements(By.CSS_SELECTOR, f"#{name} .new")]
    assert new == ["c1", "c4"]


def test_it_is_used_by_keyboard(visit: Visit) -> None:
    chrome = visit(LEDGER)
    body = one(chrome, "body")
    body.send_keys(Keys.TAB)
    assert chrome.switch_to.active_element.text == "Skip to the conversations"
    body.send_keys("/")
    assert chrome.switch_to.active_element.get_attribute("id") == "query"
    first = one(chrome, "#c1 summary")
    first.send_keys(Keys.ARROW_DOWN)
    second = chrome.switch_to.active_element
    second.send_keys(Keys.ENTER)
    assert one(chrome, "#c3").get_attribute("open") == "true"
    second.send_keys(Keys.ARROW_UP)
    assert chrome.switch_to.active_element == first
    one(chrome, "#unfold").send_keys(Keys.ENTER)
    assert len(chrome.find_elements(By.CSS_SELECTOR, ".entry[open]")) == 6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_in_light_and_dark(visit: Visit, scheme: str) -> None:
    chrome = visit(LEDGER)
    prefer(chrome, scheme)
    one(chrome, "#unfold").click()
    ground = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(252, 252, 251)") == (scheme == "light")
    found = Axe().run(chrome)
    assert len(found["passes"]) > 20
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_it_fits_a_phone(visit: Visit) -> None:
    chrome = visit(LEDGER)
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    one(chrome, "#unfold").click()
    wide = chrome.execute_script("return document.scrollingElement.scrollWidth")
    chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide == 360


def test_it_is_printed_without_what_only_a_screen_needs(visit: Visit) -> None:
    chrome = visit(LEDGER)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not one(chrome, ".tools").is_displayed()
    assert one(chrome, "#c1 summary").is_displayed()
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = chrome.execute_cdp_cmd("Page.printToPDF", {})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")


def test_all_rows_of_the_tables_are_printed(visit: Visit) -> None:
    many = tuple(talk(f"c{row}", finding(place(row, 1, 4, f"{row}.py"))) for row in range(ROWS + 5))
    chrome = visit(Ledger((project(Result(findings=many)),)))
    assert len(rows(chrome)) == ROWS
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(rows(chrome)) == ROWS + 5
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def rows(chrome: Chrome) -> list[str]:
    """The files whose rows are there to be seen."""
    script = """
        return [...document.querySelectorAll('a[data-by=file]')]
            .filter((link) => link.checkVisibility())
            .map((link) => link.textContent)
    """
    return [str(name) for name in chrome.execute_script(script)]


def test_what_comes_out_of_files_is_shown_and_never_run(visit: Visit) -> None:
    chrome = visit(hostile(EVIL))
    one(chrome, "#unfold").click()
    run = "return [window.hurt, document.images.length, document.scripts.length, document.styleSheets.length]"
    assert chrome.execute_script(run) == [None, 0, 1, 1]
    assert chrome.find_elements(By.CSS_SELECTOR, "a[href^=javascript]") == []
    said = one(chrome, "main").get_attribute("textContent") or ""
    assert [text for text in EVIL if text.partition(HIDDEN[0])[0] not in said] == []
    assert not set(said) & set(HIDDEN)


def test_nothing_is_loaded_and_no_other_script_would_be_run(visit: Visit) -> None:
    chrome = visit(LEDGER)
    loaded = "return performance.getEntriesByType('resource').map((one) => one.name)"
    assert chrome.execute_script(loaded) == []
    inject = """
        const script = document.createElement('script');
        script.textContent = 'window.hurt = 1';
        document.body.append(script);
        return window.hurt;
    """
    assert chrome.execute_script(inject) is None
    assert "Content Security Policy" in chrome.get_log("browser")[0]["message"]
