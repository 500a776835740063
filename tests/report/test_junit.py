"""JUnit's XML, read by junitparser."""

from typing import Any

from junitparser import JUnitXml

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.ci_formats import junit_report
from kognitos_migrate.report.export import ExportedRun
from tests.report.examples import HOSTILE, RESULT, shown


def suites(what: ExportedRun) -> Any:
    text = junit_report(what)
    assert text.isascii()
    read = JUnitXml.fromstring(text.encode())
    told = (read.tests, read.failures, read.errors)
    read.update_statistics()  # type: ignore[no-untyped-call]
    assert told == (read.tests, read.failures, read.errors)
    return {suite.name: suite for suite in read}


def test_a_suite_for_each_file_and_a_case_for_each_finding() -> None:
    found = suites(shown(RESULT, below="app"))
    assert list(found) == ["app/a.py", "app/b|.py", "app/c.py"]
    first = next(iter(found["app/a.py"]))
    assert (first.name, first.classname) == ("KOG101 v1-start-run 1:1", "app/a")
    (failure,) = first.result
    assert failure.message == "starts a v1 run (`kognitos-migrate fix`)"
    assert failure.text.startswith("app/a.py:1:1: KOG101 starts a v1 run\n")


def test_what_could_not_be_read_is_an_error() -> None:
    (case,) = suites(shown(RESULT))["c.py"]
    assert case.result[0].message == "not text"


def test_nothing_found_is_a_case_that_passed() -> None:
    (suite,) = suites(shown(Result())).values()
    assert (suite.tests, suite.failures) == (1, 0)


def test_what_comes_from_files_stays_text() -> None:
    found = suites(shown(HOSTILE))
    assert sum(suite.failures for suite in found.values()) == 2
    assert sum(suite.errors for suite in found.values()) == 2


def test_what_is_suppressed_was_skipped() -> None:
    skipped = [case for case in suites(shown(RESULT))["a.py"] if case.is_skipped]
    assert [case.result[0].message for case in skipped] == ["keep: the vendor | is slow", "baseline"]
