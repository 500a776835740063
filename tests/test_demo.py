"""The demo does what the README shows, and its program does the same on v2 as on v1."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.harness import load_case, run_program

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "fixtures" / "demo"
README = ROOT / "README.md"

_SHOWN = re.compile(r"(?<=<!-- demo -->\n)```diff\n(.*?)```(?=\n<!-- end of demo -->)", re.DOTALL)


def fix(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `fix` in `folder`."""
    command = [sys.executable, "-m", "kognitos_migrate", "fix", *arguments, "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_the_readme_shows_a_part_of_the_diff_of_the_demo() -> None:
    shown = _SHOWN.search(README.read_text(encoding="utf-8"))
    assert shown is not None, "the README has no place for the demo's diff"
    assert len(shown[1].splitlines()) > 8
    assert shown[1] in fix(DEMO, "--diff").stdout


def test_the_program_does_the_same_on_v2_as_on_v1(tmp_path: Path) -> None:
    config = yaml.safe_load((DEMO / "kognitos-migrate.yaml").read_text(encoding="utf-8"))
    case_file = {
        "about": "the demo",
        "run": ["invoices.py", "invoice.pdf"],
        "env": {"KOGNITOS_API_KEY": "secret-key"},
        "files": {"invoice.pdf": "3 items"},
        "config": config,
    }
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case_file), encoding="utf-8")
    for side in ("before", "after"):
        shutil.copytree(DEMO, tmp_path / side)
    fixed = fix(tmp_path / "after")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    case = load_case(tmp_path)
    before = run_program(case.before, case, "v1")
    after = run_program(case.after, case, "v2")
    assert before.exit_code == 0, before.stderr
    assert after.stdout == before.stdout != ""
    assert after.effects == before.effects != ()
    assert after.refusals == ()
