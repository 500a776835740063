#!/usr/bin/env python3
"""For people who work on kognitos-migrate. Needs nothing but Python 3.10 or newer, with venv.

    python3 dev.py demo               show what `fix` makes of the program in fixtures/demo
    python3 dev.py modules [PACKAGE]  list the modules of the package or of a subpackage, with subjects
    python3 dev.py facts FILE[:LINE]  show the values, requests and uses that the interpreter finds there
    python3 dev.py plan FILE[:LINE]   show the pending edits there, with the functions that made them
    python3 dev.py test [ARGS...]     format, lint, types, tests; ARGS go to pytest
    python3 dev.py test --affected [REVISION] [ARGS...]
                                      the tests that reach lines changed since REVISION (default: main)
    python3 dev.py docs               build the documentation site in site/
    python3 dev.py ci                 like `test`, with the tests in a copy below folders with awkward names

On first use, a command makes the environment `.venv` and installs the package and the tests' needs there.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import signal
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
WORKERS = "3"
"""Processes of the tests: more than the two cores of CI, since many tests wait for servers and programs."""
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
    if arguments[:1] == ["modules"] and len(arguments) < 3:
        return modules(PACKAGE.joinpath(*(name.removeprefix(f"{PACKAGE.name}/") for name in arguments[1:])))
    if arguments[:1] in (["facts"], ["plan"]) and len(arguments) == 2:
        return view(prepared(".[dev]"), *arguments)
    if arguments[:2] == ["test", "--affected"]:
        return view(prepared(".[dev]"), "affected", *arguments[2:])
    if arguments[:1] == ["test"]:
        return test(prepared(".[dev]"), arguments[1:], ROOT)
    if arguments == ["docs"]:
        return docs(prepared(".[docs]"))
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


def docs(python: Path) -> int:
    """Build the documentation site; a broken link is an error."""
    command: list[str | Path] = [python, "-m", "mkdocs", "build", "--strict", "--quiet"]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if not code:
        print("built site/index.html")
    return code


def view(python: Path, name: str, *arguments: str) -> int:
    """Run a view of `tests/views/` in the current directory."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command: list[str | Path] = [python, "-m", f"tests.views.{name}", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def modules(folder: Path) -> int:
    """List the modules below a folder, each with the first sentence of its docstring. Packages are listed
    with their whole docstrings."""
    if not folder.is_dir():
        sys.exit(f"error: there is no package {folder.relative_to(ROOT)}")
    files = sorted(folder.rglob("*.py"), key=lambda file: (file.parent, file.name != "__init__.py", file))
    columns = shutil.get_terminal_size((120, 0)).columns
    width = max((len(file.name) for file in files), default=0)
    lines: list[str] = []
    for file in files:
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        if file.name == "__init__.py":
            lines += ["", f"{file.parent.relative_to(ROOT).as_posix()}/", textwrap.indent(docstring, "  ")]
        else:
            subject = re.split(r"(?<=\.)\s", " ".join(docstring.split()))[0]
            lines.append(
                textwrap.fill(
                    f"    {file.name:<{width}} {subject}", columns, subsequent_indent=" " * (width + 5)
                )
            )
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
    """Run every check, also after one has failed. Types are checked while pytest runs, in `folder`.

    Tests that start the tool write bytecode, whatever the environment says: without it, each start compiles
    the package.
    """
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    types = subprocess.Popen(
        [python, "-m", "mypy"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    steps = {
        "ruff check": (ROOT, ["ruff", "check", "."]),
        "ruff format": (ROOT, ["ruff", "format", "--check", "."]),
        "pytest": (folder, ["pytest", "-n", WORKERS, "--dist", "worksteal", *arguments]),
    }
    failed = []
    for name, (where, step) in steps.items():
        print(f"== {name}", flush=True)
        if subprocess.run([python, "-m", *step], cwd=where, env=environment, check=False).returncode:
            failed.append(name)
    print("== mypy", flush=True)
    print(types.communicate()[0].decode(), end="", flush=True)
    if types.returncode:
        failed.append("mypy")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def prepared(wanted: str) -> Path:
    """The Python of an environment in which `wanted` is installed (`.`, or `.[dev]` for the tests, which has
    all of `.`), as pyproject.toml has it now."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / "installed"
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    enough = [f"{project} {extra}" for extra in {wanted, ".[dev]"}]
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
    if hasattr(signal, "SIGPIPE"):  # `dev.py modules | head` ends without a traceback
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
