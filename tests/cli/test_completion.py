"""Shells complete commands and options."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kognitos_migrate.cli.completion import VARIABLE
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_command(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in result.stdout


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("kognitos-migrate ch", {"check"}),
        ("kognitos-migrate baseline ", {"create", "update"}),
        ("kognitos-migrate check --fail-on ", {"info", "warning", "error"}),
        ("kognitos-migrate check --output-format s", {"sarif"}),
        ("kognitos-migrate check --als", {"--also"}),
        ("kognitos-migrate check --select KOG3", {"KOG3", "KOG301", "KOG302"}),
        ("kognitos-migrate check --select KOG8,KOG30", {"KOG8,KOG301", "KOG8,KOG302"}),
        ("kognitos-migrate rules show not-c", {"not-configured"}),
    ],
)
def test_what_is_completed(tmp_path: Path, words: str, completions: set[str]) -> None:
    asked = {VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    ran = subprocess.run(
        [sys.executable, "-c", "from kognitos_migrate.cli.main import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **asked},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.partition(",")[2] for line in ran.stdout.splitlines()} == completions


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script(run: Run) -> None:
    script = run("completion", "bash").stdout
    ran = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p kognitos-migrate"], capture_output=True, text=True, check=True
    )
    assert "_kognitos_migrate_completion kognitos-migrate" in ran.stdout
