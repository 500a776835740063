"""Each format read by a program that was not written here: what it says of the demo is what was found."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import kognitos_migrate
from kognitos_migrate.cli.reports import report_text
from kognitos_migrate.findings.result import Result
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.json_report import fix_report, json_report
from kognitos_migrate.report.markdown import markdown_report
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.structs import replace
from tests.harness import FIXTURES
from tests.report.examples import HOSTILE, RESULT, source

SCHEMA = Path(kognitos_migrate.__file__).parent / "report" / "findings.schema.json"


@pytest.fixture(scope="module")
def session() -> Session:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(FIXTURES / "texts" / "project")
        texts = run_check(["."], Options(select=("KOG",), all_files=True))
        patch.chdir(FIXTURES / "demo")
        demo = run_check(["."], Options())
    findings = (*demo.result.findings, *texts.result.findings)
    sources = {**texts.sources, **demo.sources}
    return Session(Result(findings=findings), sources, demo.rulebook, demo.settings)


def written(session: Session, output_format: str, file: Path) -> Path:
    file.write_text(report_text(session, output_format), encoding="utf-8")
    return file


def ran(module: str, *arguments: object, code: int = 0) -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == code, said.stdout + said.stderr
    return said.stdout


def test_sarif_tools_reads_every_result_with_its_place(session: Session, tmp_path: Path) -> None:
    log = written(session, "sarif", tmp_path / "found.sarif")
    ran("sarif", "csv", "-o", tmp_path / "found.csv", log)
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    levels = {"error": "error", "warning": "warning", "info": "note"}
    expected = [(one.code, levels[one.severity.value], one.place.row) for one in session.result.findings]
    told = [(row["Code"], row["Severity"], int(row["Line"])) for row in rows]
    assert Counter(told) == Counter(expected)
    errors = sum(one.severity is Severity.ERROR for one in session.result.findings)
    ran("sarif", "--check", "error", "summary", log, code=errors)


def test_sarif_tools_makes_the_same_code_quality_report(session: Session, tmp_path: Path) -> None:
    log = written(session, "sarif", tmp_path / "found.sarif")
    own = json.loads(written(session, "gitlab", tmp_path / "own.json").read_text("utf-8"))
    ran("sarif", "codeclimate", "-o", tmp_path / "theirs.json", log)
    theirs = json.loads((tmp_path / "theirs.json").read_text("utf-8"))
    told = Counter((one["location"]["path"], one["location"]["lines"]["begin"]) for one in theirs)
    assert told == Counter(
        (one["location"]["path"], one["location"]["positions"]["begin"]["line"]) for one in own
    )


def test_junit2html_counts_and_shows_the_failures(session: Session, tmp_path: Path) -> None:
    report = written(session, "junit", tmp_path / "found.xml")
    ran("junit2htmlreport", report, tmp_path / "found.html")
    page = (tmp_path / "found.html").read_text("utf-8")
    for finding in session.result.findings:
        assert f"{finding.code} {finding.name} {finding.place.row}:{finding.place.column}" in page
    matrix = ran("junit2htmlreport", "--summary-matrix", report)
    assert f"Failed       : {len(session.result.findings):>6}" in matrix


def tokens(page: str) -> list[Token]:
    """The tokens of GitHub-flavoured Markdown in a page, with inline tokens in their place."""
    read = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(page)
    return [one for token in read for one in (token, *(token.children or ()))]


EXAMPLES = {
    "example": RESULT,
    "hostile": replace(HOSTILE, findings=tuple(replace(one, code="KOG101") for one in HOSTILE.findings)),
    "nothing": Result(),
}
"""All that can be found; codes come from rules, which are checked, and never from files."""


@pytest.mark.parametrize("name", ["example", "hostile"])
def test_markdown_has_tables_and_nothing_else_comes_of_text(name: str) -> None:
    result = EXAMPLES[name]
    found = tokens(markdown_report(result, "k.yaml", "processes:\n  abc:\n"))
    kinds = Counter(one.type for one in found)
    assert kinds["table_open"] >= 3
    assert not {"html_block", "html_inline", "image", "s_open"} & set(kinds)
    widths = [
        sum(one.type in ("td_open", "th_open") for one in row)
        for row in _between(found, "tr_open", "tr_close")
    ]
    assert set(widths) <= {3, 4, 5}
    assert [one.attrs["href"] for one in found if one.type == "link_open"] == [
        finding.url for finding in result.findings if finding.url
    ]


def test_markdown_shows_every_finding(session: Session) -> None:
    found = tokens(report_text(session, "markdown"))
    text = "\n".join(one.content for one in found if one.type in ("inline", "fence", "code_inline", "text"))
    items = sum(one.type == "strong_open" for one in found)
    assert items == len(session.result.findings)
    for finding in session.result.findings:
        assert finding.place.path in text


def _between(found: list[Token], start: str, end: str) -> list[list[Token]]:
    starts = [at for at, one in enumerate(found) if one.type == start]
    ends = [at for at, one in enumerate(found) if one.type == end]
    return [found[first:last] for first, last in zip(starts, ends, strict=True)]


def strict(schema: Any) -> Any:
    """The schema, in which objects have no keys but those that are named."""
    if isinstance(schema, dict):
        inside = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema:
            inside.setdefault("unevaluatedProperties", False)
        return inside
    return [strict(one) for one in schema] if isinstance(schema, list) else schema


def validated(text: str) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    closed = strict(schema)
    for shape in ("place", "finding"):  # they are parts of others, which have more keys
        closed["$defs"][shape].pop("unevaluatedProperties")
    closed["properties"]["findings"]["items"]["unevaluatedProperties"] = False
    jsonschema.Draft202012Validator(closed).validate(json.loads(text))


def test_json_is_what_its_schema_says(session: Session) -> None:
    validated(report_text(session, "json"))


@pytest.mark.parametrize("result", EXAMPLES.values(), ids=EXAMPLES)
def test_json_of_all_that_can_be_found_is_what_its_schema_says(result: Result) -> None:
    sources = {"a.py": source("é = 1\ntwo\nget\n")}
    validated(json_report(result, sources, Path.cwd()))
    validated(fix_report(result, sources, Path.cwd()))


def test_the_schema_refuses_what_lacks_a_key(session: Session) -> None:
    document = json.loads(report_text(session, "json"))
    del document["findings"][0]["fingerprint"]
    with pytest.raises(jsonschema.ValidationError, match="fingerprint"):
        validated(json.dumps(document))
