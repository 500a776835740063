"""Keys of the table that a program gets at run time: a note says where they come from, and that the table
must list them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.report.deployment import deployment_lines
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import decode_module

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = """
import argparse, json, os
import requests
API = "https://rest-api.app.kognitos.com/v1"
"""
PROGRAMS = {
    "an environment variable": (
        "print(requests.post(f\"{API}/invoke/{os.environ['SHARE']}\", json={}).status_code)",
        "environment variable SHARE",
    ),
    "parts of a text": (
        """
        for share in os.environ["SHARES"].split(","):
            reply = requests.post(f"{API}/invoke/{share}", json={})
            print("started" if reply.ok else f"skipped ({reply.status_code})")
        """,
        "`share`",
    ),
    "a file, with its error handled": (
        """
        for share in json.load(open("settings.json"))["processes"]:
            try:
                requests.post(f"{API}/invoke/{share}", json={}).raise_for_status()
            except requests.HTTPError as error:
                print("skipped", error.response.status_code)
        """,
        "setting processes",
    ),
    "callers out of sight": (
        """
        def start(share_id, facts):
            return requests.post(f"{API}/invoke/{share_id}", json=facts).status_code
        """,
        "the callers of `start`",
    ),
    "several entries of a section": (
        """
        SHARES = json.load(open("settings.json"))["shares"]

        def start(name):
            print(requests.post(f"{API}/invoke/{SHARES[name]}", json={}).status_code)

        start(os.environ["FIRST"])
        """,
        "a setting in shares",
    ),
    "a parameter of a command": (
        """
        import click

        @click.command()
        @click.argument("process")
        def main(process):
            print(requests.post(f"{API}/invoke/{process}", json={}).status_code)

        main()
        """,
        "`process`",
    ),
}


def notes_and_steps(program: str) -> tuple[list[str], list[str]]:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    source = decode_module((HEAD + dedent(program)).encode(), "main.py")
    result = analyse([source], rules, settings)
    steps = deployment_lines(result.deployment, DisplayLocations({source.path: source}))
    notes = [note for finding in result.findings for note in finding.notes]
    return notes, [step.strip() for step in steps]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_source_of_keys_is_told(name: str) -> None:
    program, source = PROGRAMS[name]
    notes, steps = notes_and_steps(program)
    assert (
        f"the share_id comes from {source}: the table KOGNITOS_PROCESSES must list each value; a missing one "
        "is sent unchanged, and the server rejects it"
    ) in notes
    step = f"KOGNITOS_PROCESSES must list each share_id from {source}; a missing one is sent unchanged"
    assert any(step in line for line in steps)


def test_keys_that_are_written_out_are_not_told() -> None:
    notes, steps = notes_and_steps(
        """
        for share in ("abcd3fg9ijk5mn1pqr3tu2wxy", "k2mnp8qrs4tuv6wxy1zab3cde"):
            requests.post(f"{API}/invoke/{share}", json={}).raise_for_status()
        """
    )
    assert not any("KOGNITOS_PROCESSES" in line for line in (*notes, *steps))


def test_the_sources_of_one_call_share_a_note() -> None:
    notes, _ = notes_and_steps(
        """
        SHARES = json.load(open("settings.json"))

        def start(name):
            print(requests.post(f"{API}/invoke/{SHARES[name]}", json={}).status_code)

        start("a")
        start("b")
        start("c")
        start("d")
        start("e")
        """
    )
    assert [note.partition(":")[0] for note in notes] == [
        "the share_id comes from setting a, setting b, setting c and 2 more"
    ]
