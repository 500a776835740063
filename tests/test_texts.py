"""Files other than Python: fixtures/texts/project mentions v1 in files of many kinds,
fixtures/texts/lookalikes only seems to.

`expect.txt` lists every place: file, row and column, code, present text, and the text to use.
"""

import re
import shutil
from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Applicability, Finding, Result
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.text import TextOptions, full
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.run.text_mentions import MOST, mentions_in, with_comments
from kognitos_migrate.source.file import decode_module
from kognitos_migrate.text_search.search import searcher
from kognitos_migrate.text_search.search_terms import MentionKind
from tests.harness import FIXTURES

TEXTS = FIXTURES / "texts"
CONFIG = FIXTURES / "kognitos-migrate.yaml"


def searched(folder: Path, monkeypatch: pytest.MonkeyPatch, *select: str) -> Session:
    monkeypatch.chdir(folder)
    config = CONFIG if not (folder / "kognitos-migrate.yaml").exists() else None
    return run_check(["."], Options(config=config, select=select or ("KOG",), all_files=True))


def shown(session: Session, finding: Finding) -> str:
    """A finding as `expect.txt` has it; what stands at its place is read off the file by row and column."""
    place = finding.place
    line = session.sources[place.path].text.splitlines()[place.row - 1]
    written = line[place.column - 1 : place.end_column - 1]
    assert place.end_row == place.row
    return f"{place.path}:{place.row}:{place.column}: {finding.code} {written} | {finding.fix.message}"


def test_every_place_is_found_and_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    session = searched(TEXTS / "project", monkeypatch)
    found = [shown(session, finding) for finding in session.result.findings]
    assert found == (TEXTS / "expect.txt").read_text("utf-8").splitlines()


def test_nothing_of_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    result = searched(TEXTS / "project", monkeypatch).result
    assert result.changes == ()
    for finding in result.findings:
        assert finding.fix.applicability is Applicability.MANUAL
        assert finding.fix.edits == ()
        assert finding.reason in ("text-only", "not-configured")


def test_the_body_holds_the_ids_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    session = searched(TEXTS / "project", monkeypatch)
    (finding,) = (one for one in session.result.findings if one.place.path == "db/seed.sql")
    assert finding.help is not None
    assert finding.help.splitlines() == [
        'body: {"process_id": "b4fznghynbdemslfd5k044fgd", "agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z", '
        '"stage": "Published", "inputs": {"<name>": "<value>"}}',
        "query: `attachments_key` becomes `file_ids` in the body, a list",
        "response: `worker_id` becomes `id`",
    ]


def test_the_calls_that_follow_an_upload_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    session = searched(TEXTS / "project", monkeypatch)
    helps = [one.help or "" for one in session.result.findings if "upload URL" in one.message]
    assert helps
    for text in helps:
        assert (
            "then: POST to `upload_url` a form: the fields of `upload_fields`, then the file as `file`"
            in text
        )
        assert "it returns 204, not 200" in text


def test_a_key_that_the_configuration_lacks_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    (missing,) = searched(TEXTS / "project", monkeypatch).result.missing
    assert (missing.setting, missing.key) == ("processes", "zzzz3fg9ijk5mn1pqr3tu2wxy")
    assert [place.path for place in missing.places] == ["scripts/start.sh"]


def test_lookalikes_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    session = searched(TEXTS / "lookalikes", monkeypatch)
    assert [shown(session, finding) for finding in session.result.findings] == []
    assert session.result.searched.files == sum(path.is_file() for path in (TEXTS / "lookalikes").rglob("*"))


def test_python_that_looks_like_it_is_silent_or_names_it_in_a_comment() -> None:
    rules = load_rulebook()
    settings = load_settings(CONFIG, rules, FIXTURES)
    paths = sorted((FIXTURES / "lookalikes").glob("*.py"))
    texts = {path.name: decode_module(path.read_bytes(), path.name).text for path in paths}
    mentions = mentions_in(texts, rules, settings)
    found = with_comments(Result(), texts, mentions, rules, settings).findings
    assert {(one.code, one.place.path) for one in found} == {
        ("KOG403", "comment_names_v1.py"),
        ("KOG403", "docstring_names_v1.py"),
    }


def test_a_python_file_has_a_limited_number_of_findings() -> None:
    rules = load_rulebook()
    settings = load_settings(CONFIG, rules, FIXTURES)
    texts = {"a.py": "# https://rest-api.app.kognitos.com/v1/run/x\n" * (MOST + 20)}
    mentions = mentions_in(texts, rules, settings)
    found = with_comments(Result(), texts, mentions, rules, settings).findings
    assert len(found) == MOST
    assert found[-1].notes[-1] == "20 more mentions in this file aren't listed"


def test_comments_and_documentation_strings_are_searched_whole() -> None:
    rules = load_rulebook()
    settings = load_settings(CONFIG, rules, FIXTURES)
    text = (FIXTURES / "lookalikes" / "docstring_names_v1.py").read_text("utf-8")
    texts = {"a.py": text}
    mentions = mentions_in(texts, rules, settings)
    found = with_comments(Result(), texts, mentions, rules, settings).findings
    assert [(one.place.row, one.message) for one in found] == [
        (3, "mentions a call that starts a v1 run"),
        (4, "mentions a call that polls a v1 run"),
        (4, "mentions the v1 response field `state`"),
        (5, "mentions a call that requests a v1 upload URL"),
        (18, "mentions a call that polls a v1 run"),
        (18, "mentions the v1 response field `state`"),
        (27, "mentions the v1 response field `answer`"),
    ]


@pytest.mark.parametrize("folder", ["programs", "demo"])
def test_programs_that_are_migrated_name_no_call(folder: str) -> None:
    rules = load_rulebook()
    search = searcher(rules, load_settings(CONFIG, rules, FIXTURES))
    paths = sorted((FIXTURES / folder).glob("*/after/**/*.py"))
    told = {
        f"{path.relative_to(FIXTURES)}: {mention.written}"
        for path in paths
        for mention in search.search(path.read_bytes().decode("latin-1"))
        if mention.is_self_evident and mention.kind is MentionKind.PATH
    }
    assert told == set()


def test_the_documents_show_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = (FIXTURES.parent / "docs" / "other-files.md").read_text("utf-8")
    shown = document.split("$ kognitos-migrate check --all-files\n")[1].split("```")[0].rstrip()
    script = [line.split("| ", 1)[1] for line in shown.splitlines() if re.match(r"\d \| ", line)]
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "start.sh").write_text("\n".join(script))
    shutil.copy(CONFIG, tmp_path)
    monkeypatch.chdir(tmp_path)
    session = run_check(["."], Options(all_files=True))
    assert full(session.result.findings, Excerpts(session.sources), TextOptions()) == shown
