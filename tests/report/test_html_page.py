"""The text of the HTML report."""

import json
import re

import pytest

from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.ledger.builder import ledger_of
from kognitos_migrate.run.session import Options, run_check
from tests.unit.discover.trees import plant
from tests.unit.run.test_blocked_settings import ADAPTED, CONFIG, IN_ENV, NEEDS_VARIABLE, TWO_VALUES, V1

CELLS = [
    ["import requests\n"],
    [f'BASE = "{V1}"\n'],
    ['print(requests.get(f"{BASE}/run/w").json()["state"])'],
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    rest: dict[str, object] = {"metadata": {}, "outputs": [], "execution_count": None}
    cells = [{"cell_type": "code", "source": cell, **rest} for cell in CELLS]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = {"look.ipynb": notebook, "dump.py": ADAPTED, "archive.py": NEEDS_VARIABLE, **IN_ENV, **TWO_VALUES}
    plant(folder, {"kognitos-migrate.yaml": CONFIG, **files})
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        return html_report(ledger_of(run_check(["."], Options(all_files=True))))


def test_code_in_messages_is_formatted_as_code(page: str) -> None:
    text = re.sub(r"<(script|style|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert [line for line in text.splitlines() if "`" in line] == []
    assert "the version is outside the code (<code>fix --unsafe</code>)" in text


def test_a_place_in_a_notebook_has_its_cell(page: str) -> None:
    assert '<span class="where">look.ipynb:cell 3:1</span>' in page


def test_the_next_step_begins_with_the_option_that_fixes_it(page: str) -> None:
    rows = re.findall(r'data-value="reply-escapes">.*?</tr>', page, flags=re.DOTALL)
    steps = [row for row in rows if "<td>" in row]
    assert steps
    assert all("<code>kognitos-migrate fix --adapt</code> converts" in row for row in steps)
