"""Regular expressions of a project that take exponential time with `re`."""

from __future__ import annotations

import time

import pytest

from kognitos_migrate.config.load import read_config, settings_of
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES

PROGRAM = """\
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
def start(facts):
    return requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json=facts).json()["worker_id"]
"""
TEST = """\
import re, responses
from a import start
@responses.activate
def test_it():
    responses.add(responses.POST, re.compile(r"PATTERN"), json={"worker_id": "w"}, status=201)
    assert start({"a": 1}) == "w"
"""


@pytest.mark.parametrize(
    "pattern",
    [
        r"https://(a|.|.)+!/v1/invoke/.*",
        r"https://(\w|\w|.)*!/v1/invoke/.*",
        r".*/((v|.|.)+)+!1/invoke/.*",
        r"https://(\w|\w|.)*!/v1/invoke/(a|a|.)*!",
    ],
)
def test_an_expression_hangs_nothing(pattern: str) -> None:
    config = read_config(FIXTURES / "demo" / "kognitos-migrate.yaml")
    rulebook = load_rulebook(config.rules)
    files = {"a.py": PROGRAM, "test_a.py": TEST.replace("PATTERN", pattern)}
    sources = [decode_module(text.encode(), path) for path, text in files.items()]
    began = time.process_time()
    analyse(sources, rulebook, settings_of(config, rulebook))
    assert time.process_time() - began < 10
