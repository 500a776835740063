"""The prose of the package and of the tests: no banned openings, phrases and names."""

from __future__ import annotations

import pytest

from tests.prose.offences import (
    broken_rules,
    offences_of_package,
    offences_of_source,
    offences_of_tests,
    participles_of_package,
)


def test_docstrings_and_names_keep_the_rules() -> None:
    offences = sorted(map(str, offences_of_package() | offences_of_tests()))
    assert not offences, "\n".join(["reword these; the rules are in CONTRIBUTING.md (Style):", *offences])


PARTICIPLES = 6
"""The functions that a single participle names. The number may go down."""


def test_no_more_functions_are_named_by_a_participle() -> None:
    names = participles_of_package()
    assert len(names) <= PARTICIPLES, "\n".join(names)


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
    told: int
    given_size: int
    def found(self):
        """Its matches, of which some are read."""
    def read(self, held):
        a = 1
        b = 2
        for one, two in ():
            pass
        return a, b
    def short(self, one):
        self._kept = one
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
        "kognitos_migrate/kept.py::Reader: field '_kept'",
        "kognitos_migrate/kept.py::Reader: field 'told'",
    ]
