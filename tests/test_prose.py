"""The prose of the package and of the tests: no banned openings, phrases and names."""

from __future__ import annotations

import ast

import pytest

from tests.prose.dead_names import dead_names, dead_names_of_package
from tests.prose.messages import messages, messages_of_source
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


def test_no_function_is_named_by_a_single_participle() -> None:
    assert participles_of_package() == []


def test_docstrings_name_code_that_exists() -> None:
    names = dead_names_of_package()
    assert not names, "\n".join(
        ["these names are not in the code; tests/prose/dead_names.py has exceptions:", *names]
    )


def test_a_name_is_dead_if_neither_the_module_nor_the_package_has_it() -> None:
    source = '''"""`LIMIT`, `limit` and `gone`."""
def read(path, *, limit):
    """At most `limit` bytes of `path`, `read()` by `elsewhere` with "utf-8", `wanted()` or `_last.item`."""
    return open(path, encoding="utf_8") if limit else "`wanted`"
'''
    defined = {"read", "elsewhere"}
    assert list(dead_names(ast.parse(source), defined)) == [("<module>", "gone")]
    without = source.replace('"`wanted`"', "None")
    assert list(dead_names(ast.parse(without), defined)) == [("<module>", "gone"), ("read", "wanted")]


def test_messages_are_plain_english() -> None:
    offences = [
        f"{message.path}:{message.line}: {offence}: {message.text[:100]!r}"
        for message in messages()
        for offence in message.offences()
    ]
    assert not offences, "\n".join(["reword these; tests/prose/messages.py has the rules:", *offences])


@pytest.mark.parametrize(
    ("message", "offences"),
    [
        ("the file is no Python", ["says 'is no '"]),
        ("there is no file here", []),
        ("text of 100 characters at most", ["says 'at most'"]),
        ("text with at most 100 characters", []),
        ("the the file", ["says 'the the'"]),
        ("The the file", ["says 'The the'"]),
        ("this isn't analysed", ["says 'analysed'"]),
        ("the option 'analyse' of `colour`", []),
        ("found {} files here", ["counts '{} files' without a singular"]),
        ("put back in the place of x", ["says 'put back'", "says 'in the place of'"]),
    ],
)
def test_message_has_these_offences(message: str, offences: list[str]) -> None:
    source = f"raise UsageError({message!r})"
    assert [
        offence for shown in messages_of_source("a.py", source) for offence in shown.offences()
    ] == offences


def test_docstrings_of_commands_are_messages() -> None:
    source = '''
"""A module that talks to v1."""

@click.command(epilog="")
@option
def check(paths: Literal["all of which"]) -> None:
    """Find what talks to v1."""
    echo(f"Found {one('here and there')} in the place of it.", color="red")
'''
    assert [shown.text for shown in messages_of_source("a.py", source)] == [
        "Find what talks to v1.",
        "Found {} in the place of it.",
        "here and there",
    ]


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
    def is_told_apart(self, one):
        self._kept = one
        return one
'''
    assert sorted(str(offence) for offence in offences_of_source("kognitos_migrate/kept.py", source)) == [
        "kognitos_migrate/kept.py::<module>: begins with 'What'",
        "kognitos_migrate/kept.py::<module>: file named 'kept'",
        "kognitos_migrate/kept.py::LIMIT: begins with 'Those'",
        "kognitos_migrate/kept.py::Reader.found: named 'found'",
        "kognitos_migrate/kept.py::Reader.found: says 'of which'",
        "kognitos_migrate/kept.py::Reader.is_told_apart: named with 'told'",
        "kognitos_migrate/kept.py::Reader.read: variable 'held'",
        "kognitos_migrate/kept.py::Reader.read: variable 'one'",
        "kognitos_migrate/kept.py::Reader.size: begins with 'What'",
        "kognitos_migrate/kept.py::Reader: field '_kept'",
        "kognitos_migrate/kept.py::Reader: field 'told'",
    ]
