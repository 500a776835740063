"""Every refusal has a listed reason, and every listed reason is used."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kognitos_migrate
from kognitos_migrate.findings.reasons import TODO_WIDTH, Reason, all_reasons
from kognitos_migrate.rulebook.codes import OWN_CODES

ENGINE = Path(kognitos_migrate.__file__).parent
REASON_ARGUMENTS = {
    "RefusalError": 1,
    "Refusal": 1,
    "ReplyEscapesError": 2,
    "ReplyObjectEscapesError": 2,
    "withdraw": 1,
    "Finding": 6,
    "manual_finding": 4,
    "SourceSyntaxError": 2,
    "UnfaithfulError": 2,
}
"""The functions and classes that take a reason, with the position of that argument."""
SHOWING = {"cli", "report"}
"""Packages that show findings, and read them back."""
PASSED_ON = {
    "reason",
    "code.name",
    "refused.reason",
    "error.reason",
    "fault.reason or 'syntax-error'",
    "None",
}
"""Functions that pass on a reason from another call."""


def said() -> Iterator[tuple[str, str]]:
    """The places that use a reason, and the way of each."""
    for path in sorted(ENGINE.rglob("*.py")):
        if path.relative_to(ENGINE).parts[0] in SHOWING:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in REASON_ARGUMENTS
            ):
                given = _argument(node, REASON_ARGUMENTS[node.func.id])
                yield f"{path.name}:{node.lineno}", ast.unparse(given) if given is not None else "None"


def _argument(call: ast.Call, number: int) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg == "reason"), None)
    return named or (call.args[number] if number < len(call.args) else None)


def test_every_reason_that_is_said_is_listed() -> None:
    words = [(where, word) for where, word in said() if word not in PASSED_ON]
    assert words
    assert [(where, word) for where, word in words if ast.literal_eval(word) not in all_reasons()] == []


def test_every_reason_that_is_listed_is_said() -> None:
    text = "\n".join(path.read_text("utf-8") for path in ENGINE.rglob("*.py"))
    assert [name for name in all_reasons() if f'"{name}"' not in text] == []


def test_every_function_that_takes_a_reason_is_called() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in ENGINE.rglob("*.py")]
    called = {
        node.func.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert REASON_ARGUMENTS.keys() - called == set()


@pytest.mark.parametrize("reason", all_reasons().values(), ids=lambda reason: reason.name)
def test_a_reason_is_told_in_sentences_and_in_a_few_words(reason: Reason) -> None:
    for sentence in (reason.means, reason.unlocks):
        assert sentence[0].isupper() or sentence[0] == "`"
        assert sentence.endswith(".")
    assert len(reason.todo) <= TODO_WIDTH


def test_no_reason_is_called_as_a_code_of_another_meaning() -> None:
    shared = {own.name for own in OWN_CODES} & {*all_reasons()}
    assert shared == {
        "syntax-error",
        "too-dynamic",
        "unused-suppression",
        "expired-suppression",
        "wrong-suppression",
        "internal-error",
    }
