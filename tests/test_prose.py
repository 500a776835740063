"""The prose of the package: no banned openings, phrases and names but those of a baseline that shrinks."""

from __future__ import annotations

import pytest

from tests.prose import baseline
from tests.prose.offences import Offence, broken_rules, offences_of_package, offences_of_source

MOST = 16
"""The offences that are left: names, no docstrings."""


@pytest.fixture(scope="module")
def offences() -> set[Offence]:
    return offences_of_package()


def test_prose_has_no_new_offence(offences: set[Offence]) -> None:
    before = {line for lines in baseline.read().values() for line in lines}
    new = sorted(str(offence) for offence in offences if str(offence) not in before)
    assert not new, "\n".join(["reword these; the rules are in CONTRIBUTING.md (Style):", *new])


def test_baseline_has_no_stale_entry(offences: set[Offence]) -> None:
    now = set(map(str, offences))
    stale = [line for lines in baseline.read().values() for line in lines if line not in now]
    assert not stale, "\n".join(["mended, so run `python -m tests.prose --shrink`:", *stale])


def test_baseline_only_shrinks() -> None:
    assert sum(map(len, baseline.read().values())) <= MOST, "lower MOST where names were mended"


def test_baseline_is_sorted_and_in_the_file_of_its_package(offences: set[Offence]) -> None:
    in_order = baseline.by_package(offences)
    for package, lines in baseline.read().items():
        assert lines == [line for line in in_order[package] if line in lines]


@pytest.mark.parametrize(
    ("docstring", "rules"),
    [
        ("Return the alias of `besides`.", []),
        ('A sign that reads "what of which".', []),
        ("Whether the hostname is one of these.", []),
        ("Whether what a call gets is text.", ["begins with 'Whether what'"]),
        ("What is sent.", ["begins with 'What'"]),
        ("The URL. The same for a path.", ["begins with 'The same'"]),
        ("Sorted.\n\nThose that matter come first.", ["begins with 'Those'"]),
        ("Thatched roofs.", []),
        ("A dict of which keys are read.", ["says 'of which'"]),
        ("Done anew, and\nbesides.", ["says 'anew'", "says 'besides'"]),
        ("One; two; three.", ["two semicolons in a sentence"]),
        ("One; two. Three; four.", []),
    ],
)
def test_docstring_breaks_these_rules(docstring: str, rules: list[str]) -> None:
    assert list(broken_rules(docstring)) == rules


def test_offences_are_listed_by_qualified_name() -> None:
    source = '''"""What a module is."""
LIMIT = 1
"""Those that are read."""
class Reader:
    """A reader."""
    size: int
    """What it reads."""
    def found(self):
        """Its matches, of which some are read."""
    def read(self, held):
        a = 1
        b = 2
        for one, two in ():
            pass
        return a, b
    def short(self, one):
        return one
'''
    assert sorted(str(offence) for offence in offences_of_source("kognitos_migrate/kept.py", source)) == [
        "kognitos_migrate/kept.py::<module>: begins with 'What'",
        "kognitos_migrate/kept.py::<module>: file named 'kept'",
        "kognitos_migrate/kept.py::LIMIT: begins with 'Those'",
        "kognitos_migrate/kept.py::Reader.found: named 'found'",
        "kognitos_migrate/kept.py::Reader.found: says 'of which'",
        "kognitos_migrate/kept.py::Reader.read: variable 'held'",
        "kognitos_migrate/kept.py::Reader.read: variable 'one'",
        "kognitos_migrate/kept.py::Reader.size: begins with 'What'",
    ]
