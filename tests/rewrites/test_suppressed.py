"""Suppressed findings aren't rewritten, nor are those of the same conversation."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kognitos_migrate.config.load import default_settings
from kognitos_migrate.findings.result import Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module
from kognitos_migrate.structs import replace

RULES = load_rulebook()
IDS = {"process_id": "b4fznghynbdemslfd5k044fgd", "agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z", "stage": "Draft"}
TABLES = {"processes": {"abcd3fg9ijk5mn1pqr3tu2wxy": IDS}}


def fixed(text: str, today: date = date(2027, 1, 1), **keys: Any) -> Result:
    """A program after a fix."""
    settings = replace(default_settings(RULES, Path.cwd()), today=today, **keys)
    return analyse([decode_module(text.encode(), "a.py")], RULES, settings)


def changed_lines(result: Result) -> Sequence[str]:
    """The lines that are new."""
    return [
        line
        for change in result.changes
        for line in change.after.splitlines()
        if line not in (change.before or "").splitlines()
    ]


TWO = """\
import requests

def a(ident):
    print(requests.get("https://rest-api.app.kognitos.com/v1/run/" + ident).json()["state"] == "done"){a}

def b(ident):
    print(requests.get("https://rest-api.app.kognitos.com/v1/run/" + ident).json()["state"] == "done"){b}
"""
ONE = """\
import requests

HOST = "https://rest-api.app.kognitos.com/v1"

def a(ident):
    print(requests.get(HOST + "/run/" + ident).json()["state"] == "done"){a}

def b(ident):
    print(requests.get(HOST + "/run/" + ident).json()["state"] == "done"){b}
"""


@pytest.mark.parametrize(
    "comment",
    [
        "# kognitos-migrate: ignore[KOG201]",
        "# kognitos-migrate: keep[KOG201] x until=2027-01-01",
        "# noqa: KOG201",
    ],
)
def test_only_the_conversation_of_the_comment_stays(comment: str) -> None:
    assert len(changed_lines(fixed(TWO.format(a="", b="")))) == 2
    (line,) = changed_lines(fixed(TWO.format(a=f"  {comment}", b="")))
    assert "/v2/runs/" in line
    assert comment not in line


def test_what_shares_the_version_with_it_stays_too() -> None:
    assert "/v2" in changed_lines(fixed(ONE.format(a="", b="")))[0]
    result = fixed(ONE.format(a="", b="  # kognitos-migrate: ignore[KOG201]"))
    assert result.changes == ()
    first = result.findings[0]
    assert first.reason == "ignored"
    assert first.fix.message.endswith("a finding of its conversation is ignored (KOG201, a.py:9:11)")


def test_the_whole_file() -> None:
    assert fixed("# kognitos-migrate: file-ignore[KOG201]\n" + TWO.format(a="", b="")).changes == ()


def test_an_expired_one_keeps_nothing() -> None:
    comment = "  # kognitos-migrate: keep[KOG201] x until=2026-12-31"
    assert len(changed_lines(fixed(TWO.format(a=comment, b="")))) == 2


def test_a_comment_about_another_code_keeps_nothing() -> None:
    assert len(changed_lines(fixed(TWO.format(a="  # kognitos-migrate: ignore[KOG101]", b="")))) == 2


BOTH = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"

def submit(body):
    worker = requests.post(BASE + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json=body).json()["worker_id"]
    return requests.get(BASE + "/run/" + worker).json()["state"] == "done"
"""


def test_a_selection_is_a_view() -> None:
    whole = fixed(BOTH, tables=TABLES)
    assert len(changed_lines(whole)) > 2
    for code in ("KOG101", "KOG201", "KOG1"):
        assert fixed(BOTH, tables=TABLES, select=(code,)).changes == whole.changes
    assert fixed(BOTH, tables=TABLES, select=("KOG3",)).changes == ()
    assert fixed(BOTH, tables=TABLES, ignore=("KOG2",)).changes == ()
    assert fixed(BOTH, tables=TABLES, select=("KOG201",), ignore=("KOG2",)).changes == whole.changes
    assert fixed(BOTH, tables=TABLES, select=("KOG1",), ignore=("KOG2",)).changes == ()
