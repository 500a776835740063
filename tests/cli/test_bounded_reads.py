"""Files that never end, in a repository: one message, no hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pipes or devices with names")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (".gitignore", ["check", "."], "its patterns can't be read: not a regular file"),
        ("CODEOWNERS", ["report", ".", "-o", "report.md", "--format", "markdown"], ""),
        ("baseline.json", ["check", ".", "--baseline", "baseline.json"], "not a regular file"),
        ("plan.json", ["apply", "plan.json"], "not a regular file"),
        ("rules/a.yaml", ["check", "."], "has no rule files"),
        ("module.py", ["check", "module.py"], "not a regular file"),
    ],
)
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_never_ends_is_named(
    kind: str, name: str, arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "code.py").write_text("x = 1\n")
    target = tmp_path / name
    target.parent.mkdir(exist_ok=True)
    if kind == "device":
        target.symlink_to("/dev/zero")
    else:
        os.mkfifo(target)
    if name.startswith("rules"):
        (tmp_path / "kognitos-migrate.yaml").write_text("rules: [rules]\n")
    command = [sys.executable, "-m", "kognitos_migrate", *arguments]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in run.stderr
    assert message in run.stderr
    assert run.returncode == (2 if message else 0)


def test_a_folder_of_rules_has_a_limit(tmp_path: Path) -> None:
    for number in range(2001):
        (tmp_path / "rules" / str(number)).mkdir(parents=True)
    (tmp_path / "kognitos-migrate.yaml").write_text("rules: [rules]\n")
    command = [sys.executable, "-m", "kognitos_migrate", "check", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 2
    assert "rules: has more than 2000 folders or 1000 rule files" in run.stderr
