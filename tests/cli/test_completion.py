"""Shells complete commands and options."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kognitos_migrate.cli.command_classes import COMPLETION_VARIABLE
from kognitos_migrate.cli.completion import SHELLS
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
JOBS = """\
import requests
requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={})

requests.get("https://rest-api.app.kognitos.com/v1/run/w1")
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_the_command(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert re.search(rf"{COMPLETION_VARIABLE} ?= ?'?{shell}_complete", result.stdout)


def test_the_shell_is_taken_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/zsh")
    assert run("completion").stdout == run("completion", "zsh").stdout
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    said = run("completion").stderr
    assert said == "error: can't detect your shell from $SHELL; pass one of bash, zsh, fish, powershell\n"


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
        ("kognitos-migrate explain KOG30", {"KOG301", "KOG302"}),
        ("kognitos-migrate explain not-c", {"not-configured"}),
        ("kognitos-migrate explain jobs.py:", {"2", "4"}),
        ("kognitos-migrate explain jobs.py:4", {"4"}),
        ("kognitos-migrate explain nosuch.py:", set()),
    ],
)
def test_what_is_completed(tmp_path: Path, words: str, completions: set[str]) -> None:
    (tmp_path / "jobs.py").write_text(JOBS)
    lines = _completed(tmp_path, {COMPLETION_VARIABLE: "bash_complete", "COMP_LINE": words})
    assert {line.partition(",")[2] for line in lines if line} == completions


def test_powershell_gets_items_with_help(tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text(JOBS)
    words = "kognitos-migrate\nexplain\n--color\n'never'"
    asked = {COMPLETION_VARIABLE: "powershell_complete", "COMP_WORDS": words, "COMP_CWORD": "jobs.py:"}
    assert _completed(tmp_path, asked) == [
        "plain\tjobs.py:2\tKOG101 starts a v1 run",
        "plain\tjobs.py:4\tKOG201 polls a v1 run",
    ]


def _completed(folder: Path, asked: dict[str, str]) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", "from kognitos_migrate.cli.main import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **asked},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script(run: Run) -> None:
    script = run("completion", "bash").stdout
    ran = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p kognitos-migrate"], capture_output=True, text=True, check=True
    )
    assert "_kognitos_migrate_completion kognitos-migrate" in ran.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_behind_a_colon(run: Run, tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text(JOBS)
    program = tmp_path / "kognitos-migrate"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -m kognitos_migrate\n")
    program.chmod(0o755)
    script, typed = run("completion", "bash").stdout, "kognitos-migrate explain jobs.py:"
    ran = subprocess.run(
        [
            "bash",
            "-c",
            f"{script}\nCOMP_LINE='{typed}' COMP_POINT={len(typed)} COMP_CWORD=3\n"
            f"_kognitos_migrate_completion {program}; echo ${{COMPREPLY[@]}}",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "2 4\n"
