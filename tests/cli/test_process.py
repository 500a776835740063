"""The command as a process of its own: how it ends, whatever its standard streams are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def ran(folder: Path, redirected: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of the command in `folder` by a shell, with its streams redirected."""
    line = f'"$@" {redirected}'
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "kognitos_migrate", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_all_of_a_long_output_comes_through_a_pipe(tmp_path: Path) -> None:
    for number in range(5000):
        (tmp_path / f"a_long_name_for_a_file_of_no_importance_{number:04}.py").touch()
    result = ran(tmp_path, "| cat", "check", "--no-cache", "--show-files")
    assert len(result.stdout.splitlines()) == 5000


def test_a_profiler_gets_its_turn_at_the_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cProfile", "-m", "kognitos_migrate", "check", "--no-cache", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "function calls" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="shells close streams in another way there")
@pytest.mark.parametrize(
    ("redirected", "arguments", "code"),
    [
        (">&-", ("rules", "list"), 0),
        ("2>&-", ("check", "--no-cache", "."), 0),
        ("2>&-", ("check", "--no-cache", "nosuch"), 2),
        (">&- 2>&-", ("check", "--no-cache", "nosuch"), 2),
        ("<&-", ("check", "--no-cache", "-"), 0),
    ],
)
def test_streams_may_be_closed(
    tmp_path: Path, redirected: str, arguments: tuple[str, ...], code: int
) -> None:
    result = ran(tmp_path, redirected, *arguments)
    assert result.returncode == code
    assert "internal error" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    result = ran(tmp_path, "> /dev/full", "rules", "list")
    assert result.returncode == 2
    assert "No space left" in result.stderr
