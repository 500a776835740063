"""Runs the programs of fixtures/flow: what stands in a line's comment is what the interpreter knows there."""

from __future__ import annotations

import functools

import pytest

from tests.flow.annotations import Annotation, Reveal, annotated_lines, reveals, without_reveals
from tests.flow.knowledge import Known, known, revealed
from tests.harness import FIXTURES
from tests.together import together

FLOW = FIXTURES / "flow"
PROGRAMS = sorted(path.name for path in FLOW.iterdir() if path.suffix == ".py" or path.is_dir())


@functools.cache
def texts(program: str) -> dict[str, str]:
    """The modules of a program: one file, or the files of a folder."""
    root = FLOW / program
    paths = sorted(root.rglob("*.py")) if root.is_dir() else [root]
    return {path.relative_to(FLOW).as_posix(): path.read_text("utf-8") for path in paths}


@functools.cache
def known_of(program: str) -> Known:
    return known({path: without_reveals(text) for path, text in texts(program).items()})


@functools.cache
def revealed_in(program: str) -> dict[tuple[str, int], str]:
    return revealed({path: without_reveals(text) for path, text in texts(program).items()})


LINES = [
    pytest.param(program, line, marks=pytest.mark.together(program), id=f"{line.path}:{line.row}")
    for program in PROGRAMS
    for path, text in texts(program).items()
    for line in annotated_lines(path, text)
]


@pytest.mark.parametrize(("program", "line"), LINES)
def test_a_line_says_what_is_known_there(program: str, line: Annotation) -> None:
    found = known_of(program).get((line.path, line.row), frozenset())
    assert {pair for pair in found if pair[0] in line.keys} - line.spurious == line.expected
    closed = (found & line.missing) | (line.spurious - found)
    assert not closed, f"this gap is closed, take it out of MISSING or SPURIOUS: {sorted(closed)}"


REVEALS = [
    pytest.param(program, line, marks=pytest.mark.together(program), id=f"{line.path}:{line.row}")
    for program in PROGRAMS
    for path, text in texts(program).items()
    for line in reveals(path, text)
]


@pytest.mark.parametrize(("program", "line"), REVEALS)
def test_expression_has_the_revealed_value(program: str, line: Reveal) -> None:
    assert revealed_in(program)[line.path, line.row] == line.value


@pytest.mark.parametrize("program", together(PROGRAMS))
def test_every_request_that_is_found_is_annotated(program: str) -> None:
    said = {
        (line.path, line.row) for path, text in texts(program).items() for line in annotated_lines(path, text)
    }
    sent = {line for line, pairs in known_of(program).items() if any(key == "url" for key, _ in pairs)}
    assert sent <= said


@pytest.mark.parametrize("line", ["reveal(x)", "reveal(x)  # $ value=1", "    reveal(x) # 1"])
def test_reveal_without_a_value_is_refused(line: str) -> None:
    with pytest.raises(AssertionError, match=r"a.py:1: expected"):
        list(reveals("a.py", line))


def test_annotation_with_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(AssertionError, match="no annotation"):
        list(annotated_lines("a.py", "x = 1  # $ ulr=https://a.example\n"))
