"""From a run to a ledger."""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.findings.result import MigratedCall, Result
from kognitos_migrate.report.html.page import html_report
from kognitos_migrate.report.ledger.builder import ledger_of
from kognitos_migrate.report.ledger.markdown_page import ledger_markdown
from kognitos_migrate.report.ledger.model import FileHome, Project
from kognitos_migrate.report.ledger.writer import ledger_json
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place, source

RULES = load_rulebook()
KEY = "kx7-9fQ2mZ81bTr4"
TEXT = f'send(path="v1", api_key="{KEY}")\nend()\n'


def session(result: Result, *sources: SourceFile) -> Session:
    """A run that found this."""
    settings = default_settings(RULES, Path.cwd())
    return Session(result, {source.path: source for source in sources}, RULES, settings)


def project(result: Result, *sources: SourceFile) -> Project:
    (one,) = ledger_of(session(result, *sources)).projects
    return one


def test_secrets_are_in_no_format_and_the_diff_is_there_all_the_same() -> None:
    moves = Edit(Span("a.py", 0, 6), 0, f'send(headers={{"x-api-key": "{KEY}"}}, ')
    found = Result(findings=(finding(place(1, 1, 8), help=f'api_key="{KEY}"', edits=(moves,)),), files=1)
    run = session(found, source(TEXT))
    ledger = ledger_of(run)
    for text in (html_report(ledger), ledger_markdown(ledger), ledger_json(ledger, run.sources)):
        assert KEY not in text
    (entry,) = ledger.projects[0].entries
    stars = "*" * len(KEY)
    assert entry.excerpts[0].lines[0].text == f'send(path="v1", api_key="{stars}")'
    assert next(line for line in entry.diffs[0].hunks if line.startswith("+")).count(stars) == 2


def test_findings_are_known_by_the_fingerprints_that_they_have_everywhere() -> None:
    found = Result(findings=(finding(place(1, 1, 8), help=f'api_key="{KEY}"'),))
    known = digests(found.findings, {"a.py": source(TEXT)}, Path.cwd())
    assert list(project(found, source(TEXT)).fingerprints.values()) == list(known.values())


def test_files_have_packages_and_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("CODEOWNERS").write_text("src/ @src\n")
    inside = replace(source("a\n", "src/acme/billing/a.py"), packages=("src/acme/billing", "src/acme"))
    found = Result(
        findings=(finding(place(1, 1, 2, "src/acme/billing/a.py")),),
        migrated=(MigratedCall(place(1, 1, 2, "tools/b.py"), "KOG101", "start", "POST", "n1"),),
    )
    one = project(found, inside)
    assert one.homes == {
        "src/acme/billing/a.py": FileHome("acme.billing", ("@src",)),
        "tools/b.py": FileHome("tools/"),
    }
    assert one.name == tmp_path.name
