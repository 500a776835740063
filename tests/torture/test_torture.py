"""Some programs of the grammar, always the same ones; `python -m tests.torture N SEED` tries N others. A
program that breaks is a bug, and becomes a fixture."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from .grammar import Choices, count, programs
from .verdict import Verdict, judge


@pytest.mark.slow
@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(programs())
def test_a_program_is_migrated_whole_or_left_as_it_is(chosen: Choices) -> None:
    judgement = judge(chosen)
    assert judgement.verdict in (Verdict.MIGRATED, Verdict.REFUSED), f"{chosen}\n{judgement.detail}"


def test_there_are_more_than_a_million_programs() -> None:
    assert count() > 1_000_000
