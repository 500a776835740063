"""A pytest plugin that runs the tests and test modules listed in a file, in that order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "KOGNITOS_MIGRATE_TESTS"
"""The environment variable with the path of the list."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that are not in the list. Ids of tests that are gone are passed over."""
    order = {
        name: number for number, name in enumerate(Path(os.environ[VARIABLE]).read_text("utf-8").split("\n"))
    }
    chosen = {item: order.get(item.nodeid, order.get(item.nodeid.split("::")[0])) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if chosen[item] is None])
    items[:] = sorted(
        (item for item in items if chosen[item] is not None), key=lambda item: chosen[item] or 0
    )
