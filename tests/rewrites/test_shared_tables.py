"""A table that several modules look up is in the module with their URL, if all of them import it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from kognitos_migrate.structs import replace

RULES = load_rulebook()
IDS = {"process_id": "b4fznghynbdemslfd5k044fgd", "agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z", "stage": "Draft"}
SHARE_ID = "abcd3fg9ijk5mn1pqr3tu2wxy"
URLS = 'URL = "https://rest-api.app.kognitos.com/v1"\n'
JOB = """\
import requests
from urls import URL

def start{number}(share_id, facts):
    requests.post(URL + "/invoke/" + share_id, json=facts).raise_for_status()
"""


def tables_of(files: Mapping[str, str]) -> list[str]:
    """The files with a table after a fix."""
    settings = replace(default_settings(RULES, Path.cwd()), tables={"processes": {SHARE_ID: IDS}})
    sources = [decode_module(text.encode(), path) for path, text in files.items()]
    result = analyse(sources, RULES, settings)
    assert not result.remaining
    return [change.path for change in result.changes if "\nKOGNITOS_PROCESSES = {" in f"\n{change.after}"]


def jobs(urls: str = URLS, first: str = JOB, **more: str) -> dict[str, str]:
    """Two modules with jobs, and one with their URL."""
    other = {f"{name}.py": text for name, text in more.items()}
    return {"one.py": first.format(number=1), "two.py": JOB.format(number=2), "urls.py": urls, **other}


def test_the_module_of_the_url_has_the_table() -> None:
    assert tables_of(jobs()) == ["urls.py"]


def test_one_module_has_its_own_table() -> None:
    assert tables_of({"one.py": JOB.format(number=1), "urls.py": URLS}) == ["one.py"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(jobs(f"import one\n{URLS}"), id="an import that leads back"),
        pytest.param(
            jobs(f"try:\n    import extra\nexcept ImportError: ...\n{URLS}", extra=""), id="an import"
        ),
        pytest.param(jobs(f"KOGNITOS_PROCESSES = None\n{URLS}"), id="the name is taken"),
        pytest.param(jobs(show="import urls\nprint(vars(urls))\n"), id="the names are listed"),
        pytest.param(
            jobs(
                first=JOB.replace("from urls import URL\n", "").replace(
                    "    requests", "    from urls import URL\n    requests"
                )
            ),
            id="imported when it runs",
        ),
    ],
)
def test_each_module_has_its_own_table(files: dict[str, str]) -> None:
    assert tables_of(files) == ["one.py", "two.py"]


def test_an_imported_module_is_as_good_as_its_name() -> None:
    whole = JOB.replace("from urls import URL", "import urls").replace("URL +", "urls.URL +")
    assert tables_of(jobs(first=whole)) == ["urls.py"]


def test_another_fix_changes_nothing() -> None:
    settings = replace(default_settings(RULES, Path.cwd()), tables={"processes": {SHARE_ID: IDS}})
    files = jobs()
    sources = [decode_module(text.encode(), path) for path, text in files.items()]
    fixed = {change.path: change.after for change in analyse(sources, RULES, settings).changes}
    again = [decode_module(fixed.get(path, text).encode(), path) for path, text in files.items()]
    result = analyse(again, RULES, settings)
    assert (result.findings, result.changes) == ((), ())
