"""The console transcripts in the documents are what the commands print."""

from pathlib import Path

import pytest

from tests.integration.projects import ROOT
from tests.transcripts import Command, replayed

DOCUMENTS = ["README.md", "docs/getting-started.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_shown_output_is_the_actual_one(name: str, tmp_path: Path) -> None:
    commands = list(replayed(ROOT / name, tmp_path / "invoices"))
    assert len(commands) > 2
    wrong = [f"$ {command.line}\n{command.actual}" for command in commands if not command.is_true]
    assert not wrong, "\n".join([f"these print something else than {name} shows:", *wrong])


def test_a_line_that_is_not_printed_is_noticed() -> None:
    assert Command("", "a\n…\nc\n", "a\nb\nc\n").is_true
    assert not Command("", "a\n…\nd\n", "a\nb\nc\n").is_true
    assert not Command("", "a\n", "a\nb\n").is_true
