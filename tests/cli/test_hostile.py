"""Files and their names can't play tricks on who reads an output, and secrets are in none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kognitos_migrate.cli.reports import FILE_FORMATS, TEXT_FORMATS
from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such file names there")

NAMES = (
    "::error file=a.py::b.py",
    " ::add-mask::c.py",
    "\x1b[31mred\x07.py",
    "bidi\u202eyp.evil.py",
    "new\nline\r.py",
    "##[group]d.py",
    "##vso[task.setvariable]e.py",
    "<script>alert(1)<|script>[x](javascript:y).py",
    "not\udcffutf8.py",
)
SOURCE = """\
headers = {"x-api-key": "kgn_secret_4711"}  # \x1b]0;title\x07 \u202e ##[error]x ##vso[task.complete]x
KOGNITOS_URL v1/invoke  # unknown share xyz, with kgn_secret_4711
'''
::error file=x::y
::stop-commands::z
'''
"""
FORMATS = (*TEXT_FORMATS, *FILE_FORMATS)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    for name in NAMES:
        try:
            (tmp_path / name).write_bytes(SOURCE.encode())
        except OSError:
            pytest.skip("no such file names here")


def harmless(text: str, own_commands: bool = False) -> bool:
    """Whether no line commands a terminal or a log."""
    lines = text.split("\n")
    return not (
        any(ord(one) < 0x20 and one != "\t" for line in lines for one in line)
        or any(one in text for one in "\x7f\x9b\u202e\u2028")
        or any("##[" in line or "##vso[" in line for line in lines)
        or any(line.strip().startswith("::") for line in lines if not own_commands)
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_is_harmless(run: Run, output_format: str) -> None:
    result = run("check", "--output-format", output_format)
    assert result.exit_code == 1
    assert harmless(result.stdout, own_commands=output_format == "github")
    assert harmless(result.stderr)
    assert "kgn_secret_4711" not in result.output


def test_githubs_commands_are_our_own(run: Run) -> None:
    lines = run("check", "--output-format", "github").stdout.splitlines()
    assert len(lines) == len(NAMES)
    assert all(line.startswith("::error title=kognitos-migrate (KOG101),file=") for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-v"),
        ("check", "--statistics"),
        ("fix", "--allow-dirty"),
        ("report",),
        ("report", "--format", "html"),
        ("report", "--format", "json"),
        ("init",),
    ],
    ids=" ".join,
)
def test_other_commands_are_harmless(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code in (0, 1)
    assert harmless(result.stdout, own_commands="html" in arguments)  # it has a style sheet
    assert harmless(result.stderr)
    assert "kgn_secret_4711" not in result.output


def test_what_undo_and_apply_say_is_harmless(run: Run, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    said = [run("fix", "--output-format", "concise"), run("undo")]
    run("fix", "--plan", "plan.json")
    said.append(run("apply", "plan.json"))
    for result in said:
        assert result.exit_code == 0, result.output
        assert harmless(result.stdout)
        assert harmless(result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "\x1b[2Jgone.py"),
        ("check", "--config", "\x1b[2Jgone.yaml"),
        ("check", "--output-format", "\x1b[2J"),
        ("\x1b[2J",),
        ("rules", "show", "\x1b[2J"),
        ("apply", "::error::gone.json"),
    ],
    ids=repr,
)
def test_errors_are_harmless(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert harmless(result.output)


def test_a_configuration_at_fault_is_harmless(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text(
        '"\\e[2J": 1\n"::error::x": "\\u202e"\nhosts: ["\\e[2J"]\n'
    )
    result = run("check")
    assert result.exit_code == 2
    assert harmless(result.output)


@pytest.mark.parametrize("name", ["--exit-zero", "-q", "--output-file=x/report.py"])
def test_the_name_of_a_file_is_no_option(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("KOGNITOS_URL v1/invoke\n")
    result = run("check", "--force-exclude", name)
    assert result.exit_code == 2
    assert "is an option, and the name of a file in this folder" in result.stderr
    assert run("check", "--force-exclude", "--", f"./{name}").exit_code != 2
