#!/usr/bin/env python3
"""For people who work on kognitos-migrate. Needs nothing but Python 3.10 or newer, with venv.

    python3 dev.py demo             show what `fix` makes of the program in fixtures/demo
    python3 dev.py rooms [FOLDER]   the files of the package, or of a folder in it, each with its subject
    python3 dev.py test [ARGS...]   format, lint, types, tests; ARGS go to pytest
    python3 dev.py ci               the same, with the tests in a copy below folders with awkward names

On first use, the demo and the tests make the environment `.venv` and install the package there, the tests
with all that they need.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PACKAGE = ROOT / "kognitos_migrate"
DEMO = ROOT / "fixtures" / "demo"
OLDEST = (3, 10)
AWKWARD = ("first.last", "src", "release-1.2 ü", "site-packages", "tests", "kognitos-migrate")
"""Folders that users have their projects in: no name above a project may matter."""

NO_VENV = """\
error: this Python ({python}) can't make virtual environments: its module ensurepip is missing.
Install it (Debian, Ubuntu: apt-get install python3-venv), or run this file with another Python."""


def main(arguments: list[str]) -> int:
    """Run the subcommand that `arguments` name; the exit code is its own."""
    if sys.version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        sys.exit(f"error: Python {oldest} or newer is needed, this is {sys.version.split()[0]}")
    if arguments == ["demo"]:
        return demo(prepared("."))
    if arguments[:1] == ["rooms"] and len(arguments) < 3:
        return rooms(PACKAGE.joinpath(*arguments[1:]))
    if arguments[:1] == ["test"]:
        return test(prepared(".[dev]"), arguments[1:], ROOT)
    if arguments == ["ci"]:
        with tempfile.TemporaryDirectory() as folder:
            return test(prepared(".[dev]"), [], copied(Path(folder).joinpath(*AWKWARD)))
    print((__doc__ or "").strip(), file=sys.stderr)
    return 2


def demo(python: Path) -> int:
    """Show the diff of the demo; 1 is `fix --diff` saying that something would change."""
    command: list[str | Path] = [python, "-m", "kognitos_migrate", "fix", "--diff", "."]
    code = subprocess.run(command, cwd=DEMO, check=False).returncode
    return 0 if code in (0, 1) else code


def rooms(folder: Path) -> int:
    """List the files of a folder and of those in it, each with the first sentence of its docstring; of a
    folder, all of it."""
    if not folder.is_dir():
        sys.exit(f"error: there is no folder {folder.relative_to(ROOT)}")
    files = sorted(folder.rglob("*.py"), key=lambda file: (file.parent, file.name != "__init__.py", file))
    columns = shutil.get_terminal_size((120, 0)).columns
    lines: list[str] = []
    for file in files:
        said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        if file.name == "__init__.py":
            lines += ["", f"{file.parent.relative_to(ROOT).as_posix()}/", textwrap.indent(said, "  ")]
        else:
            subject = re.split(r"(?<=\.)\s", " ".join(said.split()))[0]
            lines.append(textwrap.fill(f"    {file.name:<18} {subject}", columns, subsequent_indent=" " * 23))
    print("\n".join(lines).strip())
    return 0


def copied(folder: Path) -> Path:
    """A clone of the repository in `folder`, with what isn't committed yet."""
    git = ["git", "-C", str(ROOT)]
    subprocess.run([*git, "clone", "--quiet", "--shared", str(ROOT), str(folder)], check=True)
    listing = [*git, "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, check=True, capture_output=True).stdout.split(b"\0"):
        file = os.fsdecode(name)
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / file).is_file():
            shutil.copy2(ROOT / file, folder / file)
        elif file:
            (folder / file).unlink(missing_ok=True)
    return folder


def test(python: Path, arguments: list[str], folder: Path) -> int:
    """Run every check, also after one has failed; pytest comes last, in `folder`."""
    steps = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "pytest": ["pytest", "-n", "2", "--dist", "worksteal", *arguments],
    }
    failed = []
    for name, step in steps.items():
        print(f"== {name}", flush=True)
        where = folder if name == "pytest" else ROOT
        if subprocess.run([python, "-m", *step], cwd=where, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def prepared(wanted: str) -> Path:
    """The Python of an environment in which `wanted` is installed (`.`, or `.[dev]` for the tests, which has
    all of `.`), as pyproject.toml has it now."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / "installed"
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    enough = [f"{project} {one}" for one in {wanted, ".[dev]"}]
    if python.exists() and stamp.exists() and stamp.read_text() in enough:
        return python
    if not python.exists():
        make_environment()
    print("== installing into .venv", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if subprocess.run([*pip, "install", "--editable", wanted], cwd=ROOT, check=False).returncode:
        sys.exit(f"error: pip could not install {wanted}; its own message is above")
    stamp.write_text(f"{project} {wanted}")
    return python


def make_environment() -> None:
    """Make `.venv` with this Python, or with uv where that is there and this Python can't."""
    if importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
    elif shutil.which("uv"):
        command = ["uv", "venv", "--quiet", "--seed", "--python", sys.executable, str(ENVIRONMENT)]
    else:
        sys.exit(NO_VENV.format(python=sys.executable))
    if subprocess.run(command, check=False).returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit(f"error: the environment {ENVIRONMENT.name} could not be made; the message is above")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
