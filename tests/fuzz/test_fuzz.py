"""Some hostile files, always the same ones; `python -m tests.fuzz N SEED` takes as many others as wanted."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from .hostile import configurations, odd_rules, rules, sources
from .trials import try_configuration, try_odd_rule, try_rule, try_source

some = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@some
@given(sources())
def test_a_source_is_read_or_refused(drawn: tuple[str, bytes]) -> None:
    assert try_source(*drawn) in ("unreadable", "unparsed", "changed", "left")


@some
@given(configurations())
def test_a_configuration_is_taken_or_refused(data: bytes) -> None:
    assert try_configuration(data) in ("taken", "refused")


@some
@given(rules())
def test_a_rule_is_taken_or_refused(data: bytes) -> None:
    assert try_rule(data) in ("taken", "refused")


@settings(some, max_examples=15)
@given(odd_rules())
def test_what_a_rule_says_ends_no_analysis(drawn: tuple[Path, str, Path]) -> None:
    assert try_odd_rule(*drawn) in ("refused", "changed", "left")
