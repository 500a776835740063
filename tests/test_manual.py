"""Programs that nobody could rewrite safely: all of them are found, none is changed.

A folder in fixtures/manual is a test; `expect` in its case.yaml says what is found, by beginnings of codes.
"""

import pytest

from kognitos_migrate.findings.result import Applicability, Finding
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrated, read
from tests.together import together

MANUAL = FIXTURES / "manual"
NAMES = sorted(path.parent.name for path in MANUAL.glob("*/case.yaml"))


@pytest.mark.parametrize("name", together(NAMES))
def test_it_is_found_and_not_changed(name: str) -> None:
    case = load_case(MANUAL / name)
    result, texts = migrated(case, case.before)
    codes = sorted({finding.code for finding in result.findings})
    missing = [start for start in case.expect if not any(code.startswith(start) for code in codes)]
    assert case.expect, "case.yaml does not say what is to be found"
    assert not missing, f"only {codes} are found"
    assert result.changes == ()
    assert texts == {source.path: source.text for source in read(case.before)}
    assert result.remaining == result.findings


@pytest.mark.parametrize("name", together(NAMES))
def test_every_finding_says_what_holds_it_back(name: str) -> None:
    case = load_case(MANUAL / name)
    result, _ = migrated(case, case.before)
    assert [finding for finding in result.findings if not explained(finding)] == []


def explained(finding: Finding) -> bool:
    """Whether a finding has a reason, and words for it."""
    return (
        finding.fix.applicability is Applicability.MANUAL
        and finding.fix.edits == ()
        and bool(finding.reason)
        and finding.reason != "bug"
        and bool(finding.fix.message)
    )
