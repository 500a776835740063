"""The validator takes the right results of programs, and names what is wrong with results that are wrong in
one respect."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.edits.plan_composition import compose_plans
from kognitos_migrate.edits.planning import plan
from kognitos_migrate.edits.slice_surroundings import NO_SURROUNDINGS
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.program_analysis import AnalyzedProgram, analyze_program, outline_program
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.parsing import parse, reparse
from kognitos_migrate.validate.divergence import Comparison, Divergence
from kognitos_migrate.validate.validation import divergences

from .programs import HEAD, PROGRAMS, RIGHT, Right, Wrong

FIXTURES = Path(__file__).parents[3] / "fixtures"
FILE = "main.py"
CASES = [(name, wrong) for name, (_, wrongs) in PROGRAMS.items() for wrong in wrongs]


@functools.cache
def setting() -> tuple[Rulebook, Settings]:
    rules = load_rulebook()
    return rules, load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)


@functools.cache
def analyzed(name: str) -> tuple[AnalyzedProgram, str, Mapping[str, str]]:
    """A program, the text that it rightly becomes, and the modules that are added."""
    text = HEAD + PROGRAMS[name][0]
    program = analyze_program({FILE: parse(FILE, text)}, *setting())
    outcomes = [plan(program.context, one) for one in program.conversations]
    plans = [outcome for outcome in outcomes if isinstance(outcome, Plan)]
    assert len(plans) == len(outcomes), outcomes
    edits = compose_plans(program.context, plans)
    added = {path: apply_edits("", own) for path, own in edits.items() if path != FILE}
    return program, apply_edits(text, edits[FILE]), added


def edits_between(before: str, after: str) -> list[Edit]:
    """Edits, line by line, that make one text of another. The newline of a changed line isn't part of one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line.encode()))
    blocks = difflib.SequenceMatcher(None, old, new, False).get_opcodes()
    edits = []
    for tag, left, right, first, last in blocks:
        text, is_changed = "".join(new[first:last]), tag == "replace"
        if tag != "equal":
            span = Span(FILE, starts[left], starts[right] - is_changed)
            edits.append(Edit(span, 0, text[:-1] if is_changed else text))
    return edits


def divergences_of(name: str, after: str) -> list[Divergence]:
    """The divergences of a result from one of the programs. Both share the statements that haven't
    changed."""
    program, _, added = analyzed(name)
    before = program.context.trees[FILE]
    edits = edits_between(before.text, after)
    trees = {path: parse(path, text) for path, text in added.items()}
    trees[FILE] = reparse(before, edits, after)
    result = outline_program(trees, *setting(), ModuleFiles(trees), NO_SURROUNDINGS)
    return divergences(program.context, result.context, {FILE: edits}, program.matches)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_right_result_is_taken(name: str) -> None:
    """Everything in it is compared, and nothing differs."""
    _, right, _ = analyzed(name)
    assert divergences_of(name, right) == []


@pytest.mark.parametrize(("name", "other"), RIGHT, ids=[f"{name}: {other.new}" for name, other in RIGHT])
def test_another_right_result_is_taken(name: str, other: Right) -> None:
    _, right, _ = analyzed(name)
    assert other.old in right, right
    assert divergences_of(name, right.replace(other.old, other.new, 1)) == []


@pytest.mark.parametrize(("name", "wrong"), CASES, ids=[f"{name}: {wrong.new}" for name, wrong in CASES])
def test_what_is_wrong_is_named(name: str, wrong: Wrong) -> None:
    _, right, _ = analyzed(name)
    assert wrong.old in right, right
    found = divergences_of(name, right.replace(wrong.old, wrong.new, 1))
    messages = [one.message for one in found if one.comparison is Comparison.DIFFERENT]
    assert any(re.search(wrong.says, message) for message in messages), [*messages, right]
