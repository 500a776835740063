"""`dev.py test --affected [REVISION]`: the tests that reach the lines changed since a revision.

The revision is by default where the branch left `main`. The map from lines to tests is the one that
`tests.mutation` makes in `.mutation/`; changed test modules run whole, and so do the test modules beside a
changed table of theirs that name it. A changed fixture runs the groups of tests that have its name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from tests.mutation import reach, suite
from tests.mutation.order import Order
from tests.views import selection

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_FILE = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)

Changes = Mapping[str, list[range]]
"""By path: the changed lines, from 1. Where lines were only removed, those around the place."""


def main() -> None:
    """Run pytest on the affected tests; the exit code is pytest's."""
    arguments = sys.argv[1:]
    revision = arguments.pop(0) if arguments and not arguments[0].startswith("-") else _branch_point()
    changes = {**changed_lines(_git("diff", "-U0", "--no-renames", revision)), **_untracked()}
    tests = list(dict.fromkeys(affected_tests(changes)))
    for path in sorted(changes):
        print(f"changed: {path}")
    if not tests:
        print("no test reaches the changed lines")
        return
    print(f"{len(tests)} tests and test modules reach them", flush=True)
    suite.KEPT.mkdir(exist_ok=True)
    listing = suite.KEPT / "affected.txt"
    listing.write_text("\n".join(tests), encoding="utf-8")
    modules = dict.fromkeys(test.split("::")[0] for test in tests)
    there = [module for module in modules if (suite.ROOT / module).is_file()]
    command = [sys.executable, "-m", "pytest", "-q", "-p", selection.__name__, *there, *arguments]
    environment = {**os.environ, selection.VARIABLE: str(listing), "PYTHONPATH": str(suite.ROOT)}
    sys.exit(subprocess.run(command, cwd=suite.ROOT, env=environment, check=False).returncode)


def changed_lines(diff: str) -> Changes:
    """The changed lines of a diff without context lines; removed files have none."""
    changes: dict[str, list[range]] = {}
    for part in re.split(r"^diff --git ", diff, flags=re.MULTILINE)[1:]:
        file = _FILE.search(part)
        if file is not None:
            changes[file[1]] = [_lines(int(start), int(count or 1)) for start, count in _HUNK.findall(part)]
    return changes


def _lines(start: int, count: int) -> range:
    return range(start, start + count) if count else range(max(start, 1), start + 2)


def affected_tests(changes: Changes) -> Iterator[str]:
    """The ids of tests and the paths of test modules that changes affect, those that reach most first."""
    yield from _test_modules(changes)
    modules = [suite.ROOT / path for path in changes if _is_module(path)]
    found = reach.reach(anew=False, modules=modules)
    tests = reach.tests_by_unit()
    order = Order(found)
    units: dict[str, None] = dict.fromkeys(_of_fixtures(changes, tests))
    for path, spans in changes.items():
        module = suite.ROOT / path
        if module in found.reached:
            reaching = {
                unit for lines in spans for unit in found.of(module, lines.start, max(lines) if lines else 0)
            }
            units.update(dict.fromkeys(order.of(module, reaching)))
    yield from (test for unit in units for test in tests[unit])


def _is_module(path: str) -> bool:
    return path.startswith("kognitos_migrate/") and path.endswith(".py") and (suite.ROOT / path).is_file()


def _test_modules(changes: Iterable[str]) -> Iterator[str]:
    """The changed test modules, and those that name a changed file beside them."""
    for path in map(PurePosixPath, changes):
        if path.parts[0] != "tests" or path.stem in ("__init__", "__main__"):
            continue
        if path.name.startswith("test_") and path.suffix == ".py":
            yield str(path)
        else:
            word = path.stem if path.suffix == ".py" else path.name
            yield from _modules_naming(word, path.parent)


def _modules_naming(word: str, folder: PurePosixPath) -> Iterator[str]:
    """The test modules in a folder that have a word; without modules, those above that name the folder."""
    modules = sorted((suite.ROOT / folder).glob("test_*.py"))
    if not modules and len(folder.parts) > 1:
        yield from _modules_naming(folder.name, folder.parent)
    for module in modules:
        if re.search(rf"\b{re.escape(word)}\b", _text(module)):
            yield f"{folder}/{module.name}"


def _of_fixtures(changes: Iterable[str], tests: Mapping[str, list[str]]) -> Iterator[str]:
    """The groups of tests that have the name of a changed fixture: of its folder, or of its file."""
    for path in map(PurePosixPath, changes):
        if path.parts[0] == "fixtures" and len(path.parts) > 2:
            name = path.parts[2]
            yield from (unit for unit, ids in tests.items() if unit == f"@{name}" or _has(name, ids))


def _has(name: str, ids: Iterable[str]) -> bool:
    return any(re.search(rf"\[(?:.*[-/])?{re.escape(name)}(?:[-/:].*)?\]", test) for test in ids)


def _branch_point() -> str:
    for name in ("main", "origin/main"):
        done = subprocess.run(
            ["git", "merge-base", "HEAD", name], cwd=suite.ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return "HEAD"


def _untracked() -> Changes:
    """New files that git doesn't know yet, with all their lines."""
    names = _git("ls-files", "--others", "--exclude-standard").splitlines()
    return {name: [range(1, 1 + len(_text(suite.ROOT / name).splitlines()))] for name in names}


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _git(*arguments: str) -> str:
    command = ["git", "-c", "core.quotePath=off", *arguments]
    return subprocess.run(command, cwd=suite.ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
