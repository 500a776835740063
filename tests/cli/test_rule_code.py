"""Code of the project's own client files is written into programs only where the user allows it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.harness import FIXTURES

CLIENT = """\
kind: client
id: acme_http
title: ACME's HTTP library
url: https://example.com/
keywords: {url: url, json: json, data: data, headers: headers}
functions:
  acme.http.post: {method: POST, arguments: [url]}
  acme.http.request: {arguments: [method, url]}
reply:
  json(): json
multipart:
  form: data
  make: acme_form
  imports: [import acme.forms]
  helper: |
    def acme_form(fields, name, content):
        return acme.forms.Form(fields, name, content)
"""
PROGRAM = """\
import acme.http
CONTENT = b"x"
API = "https://rest-api.app.kognitos.com/v1"
up = acme.http.post(API + "/upload", json={"file_name": "a.pdf"}).json()
acme.http.request(up["upload_http_method"], up["upload_url"], data=CONTENT)
acme.http.post(
    API + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy?attachments_key=docs", json={"docs": [up["blob_uri"]], "q": 1}
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "acme.yaml").write_text(CLIENT)
    (tmp_path / "main.py").write_text(PROGRAM)
    config = (FIXTURES / "kognitos-migrate.yaml").read_text("utf-8")
    (tmp_path / "kognitos-migrate.yaml").write_text(f"{config}\nrules: [rules]\n")
    return tmp_path


def test_it_is_refused_until_it_is_allowed(run: Run, project: Path) -> None:
    refused = run("fix", engine=None)
    assert refused.exit_code == 1, refused.output
    assert "rule-code" in refused.stdout
    assert "kognitos-migrate fix --allow-rule-code" in refused.stdout
    assert (project / "main.py").read_text() == PROGRAM
    assert "code of the project's rules" not in refused.stderr
    written = run("fix", "--allow-rule-code", engine=None)
    assert written.exit_code == 0
    assert "code from the project's rules, inserted into main.py:" in written.stderr
    assert "    def acme_form(fields, name, content):" in written.stderr
    assert "def acme_form(" in (project / "main.py").read_text()


def test_a_diff_shows_it_and_needs_the_option_too(run: Run, project: Path) -> None:
    assert "acme_form" not in run("fix", "--diff", engine=None).stdout
    assert "+def acme_form(" in run("fix", "--diff", "--allow-rule-code", engine=None).stdout


def test_a_helper_of_the_built_in_rules_is_no_code_of_the_project(run: Run, project: Path) -> None:
    (project / "rules" / "acme.yaml").write_text(
        "kind: client\nid: ours\ntitle: Ours\nurl: https://example.com/\nlike: aiohttp\nmodule: ours.http\n"
    )
    (project / "main.py").write_text("import aiohttp\n" + PROGRAM)
    assert "rule-code" not in run("check", engine=None).stdout


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("    def acme_form", "    print('ran')\n    def acme_form", "does more than define functions"),
        ("    def acme_form", "    @print\n    def acme_form", "does more than define functions"),
        ("name, content):", "name, content=print()):", "does more than define functions"),
        ("name, content):", "name, content: print()):", "does more than define functions"),
        ("    def acme_form", "    def (", "isn't Python"),
        ("make: acme_form", "make: other_form", "does not define other_form"),
        ("[import acme.forms]", '["import os; os.abort()"]', "expected one import"),
        ("[import acme.forms]", '["import os\\n"]', "expected one import"),
        ("make: acme_form", "make: acme_form\n  content_type: print()", "isn't a value"),
        ("form: data", 'form: "data=print(), data"', "expected a name that Python could have"),
    ],
)
def test_code_that_would_run_by_itself_is_an_error_of_the_rule(
    before: str, after: str, message: str, run: Run, project: Path
) -> None:
    (project / "rules" / "acme.yaml").write_text(CLIENT.replace(before, after))
    result = run("fix", "--allow-rule-code", engine=None)
    assert result.exit_code == 2
    assert message in result.stderr
    assert (project / "main.py").read_text() == PROGRAM
