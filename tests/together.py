"""Tests that look at the same thing, a program say, come one after the other, whatever their modules: what
they share is computed once. Workers that take tests off their own end of the line seldom part them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.mark import ParameterSet


def together(names: Iterable[str]) -> list[ParameterSet]:
    """Parameters with marks that group the tests of each name."""
    return [pytest.param(name, marks=pytest.mark.together(name), id=name) for name in names]


def group_of(item: pytest.Item) -> str | None:
    """The name of what a test shares with others."""
    mark = item.get_closest_marker("together")
    return mark and str(mark.args[0])


def neighbours(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests in order, but each group at the place of its first test."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(group_of(item) or item.nodeid, []).append(item)
    return [item for group in groups.values() for item in group]
