"""Half-migrated programs: each place is found, on its line, and said once.

A folder in fixtures/halfway is a test; `expect` in its case.yaml is all that is found: `main.py:8 KOG805`.
"""

from collections import Counter

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.codes import HALF_MIGRATED
from kognitos_migrate.structs import replace
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate, migrated, read
from tests.together import together

HALFWAY = FIXTURES / "halfway"
NAMES = sorted(path.parent.name for path in HALFWAY.glob("*/case.yaml"))
CODES = {own.code for own in HALF_MIGRATED}


@pytest.mark.parametrize("name", together(NAMES))
def test_every_place_is_found_once(name: str) -> None:
    case = load_case(HALFWAY / name)
    result, _ = migrated(case, case.before)
    found = [f"{finding.place.path}:{finding.place.row} {finding.code}" for finding in result.findings]
    assert sorted(found) == sorted(case.expect)
    said = Counter((finding.place, finding.code) for finding in result.findings)
    assert max(said.values()) == 1


@pytest.mark.parametrize("name", together(NAMES))
def test_every_place_says_what_to_write(name: str) -> None:
    case = load_case(HALFWAY / name)
    result, _ = migrated(case, case.before)
    half = [finding for finding in result.findings if finding.code in CODES]
    assert half
    for finding in half:
        assert finding.fix.applicability is Applicability.MANUAL
        assert finding.fix.edits == ()
        assert finding.reason == "half-migrated"
        assert finding.help
        assert finding.trace
        assert finding.trace[-1].place == finding.place


@pytest.mark.parametrize("name", ["worker_polled_on_v2", "run_polled_on_v1", "package_start_moved_poll_not"])
def test_a_fix_of_the_old_half_makes_the_program_whole(name: str) -> None:
    case = load_case(HALFWAY / name)
    result, texts = migrated(case, case.before)
    assert result.remaining == ()
    again, _ = migrate(case, [replace(one, text=texts[one.path]) for one in read(case.before)])
    assert again.findings == ()


def test_every_code_has_a_program() -> None:
    found = {one.split()[1] for name in NAMES for one in load_case(HALFWAY / name).expect}
    assert found >= CODES - {"KOG811"}, "that of settings files has tests of its own, of deployment steps"
