"""Reports are told from other files."""

from pathlib import Path

import pytest

from kognitos_migrate.discover.prefilter import is_own_report
from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.json_report import json_report
from kognitos_migrate.report.ledger.markdown_page import ledger_markdown
from kognitos_migrate.report.ledger.writer import ledger_json
from kognitos_migrate.report.markdown import markdown_report
from kognitos_migrate.report.sarif import sarif_report
from tests.report.examples import RESULT, shown
from tests.report.ledgers import LEDGER


@pytest.mark.parametrize(
    "text",
    [
        html_report(LEDGER),
        ledger_json(LEDGER, {}),
        ledger_markdown(LEDGER),
        json_report(RESULT, {}, Path.cwd()),
        markdown_report(RESULT),
        markdown_report(Result(files=2)),
        sarif_report(shown(RESULT)),
    ],
    ids=["html", "json", "markdown", "json of check", "markdown of check", "nothing", "sarif"],
)
def test_what_this_tool_wrote(text: str) -> None:
    assert is_own_report(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"version": 1, "name": "a collection"}',
        "# Kognitos v1 to v2 migration\n\nWe call the API in three places.\n",
        '<meta name="generator" content="Hugo">',
        "Run `kognitos-migrate report`.",
        f"<pre>{'x' * 2000}</pre>" + '<meta name="generator" content="kognitos-migrate 1">',
    ],
)
def test_what_people_wrote(text: str) -> None:
    assert not is_own_report(text.encode())
