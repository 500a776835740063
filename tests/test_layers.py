"""The floors of the house (ARCHITECTURE.md): an import in the wrong direction fails."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_floor_knows_only_those_below_it() -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_module_needs_itself() -> None:
    """Each can be imported first, then. What a function imports when it is called does not count."""
    paths = {
        ".".join(path.with_suffix("").relative_to(ROOT).parts).removesuffix(".__init__"): path
        for path in (ROOT / "kognitos_migrate").rglob("*.py")
    }
    needed = {name: {*_needed(ast.parse(path.read_text("utf-8")).body)} for name, path in paths.items()}
    sorter = TopologicalSorter({name: some & {*paths} - {name} for name, some in needed.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise AssertionError(" needs ".join(reversed(error.args[1]))) from error


def _needed(body: list[ast.stmt]) -> Iterator[str]:
    """The modules that statements import as they are run, and names that may be modules."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _needed([*node.body, *node.orelse])
