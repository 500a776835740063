"""Programs whose values are nested so deeply that comparing them reaches the limit of recursion."""

from __future__ import annotations

import pytest

from kognitos_migrate.config.load import read_config, settings_of
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES

START = """\
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
run = requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"number": 1}).json()
print(run["worker_id"])
"""


def test_a_result_that_is_too_deep_to_be_compared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def recurse(*arguments: object) -> None:
        raise RecursionError

    monkeypatch.setattr("kognitos_migrate.validate.validation._all_divergences", recurse)
    config = read_config(FIXTURES / "kognitos-migrate.yaml")
    rulebook = load_rulebook(config.rules)
    source = decode_module(START.encode(), "a.py")
    result = analyse([source], rulebook, settings_of(config, rulebook), Applicability.SAFE)
    assert not result.problems
    assert not result.changes
    assert {finding.reason for finding in result.remaining} == {"not-validated"}
