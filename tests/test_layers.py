"""The layers of the package (ARCHITECTURE.md): an import in the wrong direction fails."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOP_LEVEL_FILES = {
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "action.yml",
    "dev.py",
    "hatch_build.py",
    "mkdocs.yml",
    "pyproject.toml",
}
"""A log or an output that was written by accident isn't one of them."""
LONGEST = 400
"""The maximum number of lines of a module. A longer one has two subjects."""


def test_a_layer_imports_only_from_layers_below() -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_file_and_no_folder_needs_itself() -> None:
    """Not even by way of what a function imports when it is called, or what only type checkers see."""
    paths = {
        ".".join(path.with_suffix("").relative_to(ROOT).parts).removesuffix(".__init__"): path
        for path in (ROOT / "kognitos_migrate").rglob("*.py")
    }
    needed = {name: {*_needed(ast.parse(path.read_text("utf-8")))} for name, path in paths.items()}
    by_file = {name: some & {*paths} - {name} for name, some in needed.items()}
    _assert_no_circle(by_file)
    for depth in (2, 3):
        _assert_no_circle(_by_folder(by_file, depth))


def _by_folder(by_file: Mapping[str, Set[str]], depth: int) -> Mapping[str, Set[str]]:
    """The imports between the direct children of a folder at this depth: files, and folders with all their
    contents."""
    found: dict[str, set[str]] = {}
    for name, some in by_file.items():
        one = _within(name, depth)
        found.setdefault(one, set()).update(_within(other, depth) for other in some)
    return {one: some - {one} for one, some in found.items()}


def _within(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def _assert_no_circle(needed: Mapping[str, Set[str]]) -> None:
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        raise AssertionError(" needs ".join(reversed(error.args[1]))) from error


def test_every_file_says_its_subject() -> None:
    """`python3 dev.py modules` lists them."""
    files = sorted((ROOT / "kognitos_migrate").rglob("*.py"))
    silent = [file for file in files if not ast.get_docstring(ast.parse(file.read_text("utf-8")))]
    assert silent == []
    listed = subprocess.run(
        [sys.executable, ROOT / "dev.py", "modules"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert {file.name for file in files} - {*listed.split()} == {"__init__.py"}


def test_no_module_is_too_long() -> None:
    files = sorted((ROOT / "kognitos_migrate").rglob("*.py"))
    lengths = {file.relative_to(ROOT).as_posix(): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_the_top_level_holds_no_other_file() -> None:
    files = {path.name for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")}
    assert files == TOP_LEVEL_FILES


def _needed(module: ast.Module) -> Iterator[str]:
    """The modules that one imports anywhere, and names that may be modules."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module or ""
