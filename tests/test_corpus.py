"""A repository of independent modules: those without a blocker migrate, and a blocker stays in its module."""

from __future__ import annotations

import pytest

from benchmarks.corpus import Module, corpus
from benchmarks.linear import settings_of_generated
from benchmarks.styles import ADDRESSES, BLOCKERS, LEFTOVERS, SENDERS, SHARES
from kognitos_migrate.findings.result import Applicability, Finding, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module

SIZE, SEED = 70, 11
LEAST = 0.95
"""The share of the modules without a blocker that migrate."""


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    """A draw of the corpus."""
    return corpus(SIZE, SEED)


@pytest.fixture(scope="module")
def result(modules: dict[str, Module]) -> Result:
    """The result of a fix of the draw."""
    rulebook = load_rulebook()
    sources = [decode_module(module.text.encode(), path) for path, module in modules.items()]
    return analyse(sources, rulebook, settings_of_generated(rulebook), Applicability.SAFE)


def test_the_corpus_draws_from_many_styles() -> None:
    assert len(SENDERS) >= 10
    assert len(ADDRESSES) >= 8
    assert len(SHARES) >= 6
    assert LEFTOVERS
    assert BLOCKERS


def test_the_seed_determines_the_modules(modules: dict[str, Module]) -> None:
    assert corpus(SIZE, SEED) == modules
    assert corpus(SIZE, SEED + 1) != modules


def test_the_modules_are_python(modules: dict[str, Module]) -> None:
    for path, module in modules.items():
        compile(module.text, path, "exec")


def test_modules_without_a_blocker_migrate(modules: dict[str, Module], result: Result) -> None:
    used = {finding.place.path for finding in result.findings if _is_call(finding)}
    held = {finding.place.path for finding in result.remaining if _is_call(finding)}
    free = {path for path in used if modules[path].blocker is None}
    assert len(free) >= SIZE // 2
    assert len(free - held) >= LEAST * len(free), sorted(free & held)


def test_a_blocker_holds_back_no_other_module(modules: dict[str, Module], result: Result) -> None:
    blocked = {path for path, module in modules.items() if module.blocker is not None}
    assert blocked
    conversations: dict[str, set[str]] = {}
    for finding in result.remaining:
        if finding.conversation is not None:
            conversations.setdefault(finding.conversation, set()).add(finding.place.path)
    assert all(len(paths) == 1 for paths in conversations.values())
    named = {path for finding in result.remaining for path in modules if path in finding.fix.message}
    assert named <= blocked


def test_unrelated_modules_have_no_finding(modules: dict[str, Module], result: Result) -> None:
    unrelated = {path for path, module in modules.items() if "kognitos" not in module.text.lower()}
    assert unrelated
    assert not unrelated & {finding.place.path for finding in result.findings}


def _is_call(finding: Finding) -> bool:
    """Whether a finding is a call of the old version, and not only a text that names it."""
    return finding.conversation is not None
