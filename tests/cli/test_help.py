"""The help of commands."""

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("command", ["check", "fix", "report"])
def test_options_are_listed_by_section(run: Run, command: str) -> None:
    sections = run(command, "--help").stdout.split("\n\n")
    heads = {section.partition("\n")[0]: section for section in sections}
    assert "--select" in heads["Rule selection:"]
    assert "--exclude" in heads["File selection:"]
    assert "--help" in heads["Miscellaneous:"]
    assert "--color" in heads["Miscellaneous:"]
    assert "[PATHS]" not in heads["Options:"]


@pytest.mark.parametrize(
    ("command", "text"),
    [("check", "Print findings only."), ("init", "Print errors only."), ("report", "Show no progress.")],
)
def test_quiet_is_described_for_its_command(run: Run, command: str, text: str) -> None:
    assert f"--quiet {text}" in " ".join(run(command, "--help").stdout.split())
