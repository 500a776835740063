"""The tests that reach each line of the engine, recorded by coverage.py.

Recording takes long, so a recording also serves after changes: lines are mapped from the old text to the
present one, and only new or changed groups of tests run again. Reach only decides which tests are tried. If
it is wrong, a mutant counts as a survivor although a test would notice it, never the other way round.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from . import suite

_LOOKS = suite.KEPT / "looks"
"""A folder for each run that was watched: what coverage.py saw, and `seen.json`."""


@dataclass(frozen=True)
class Reach:
    """`seconds` is what each group of tests takes; `reached` are the groups by the lines that they reach,
    with an empty name among them for what runs while modules are imported."""

    seconds: dict[str, float]
    failing: frozenset[str]
    """The tests that fail without a mutant."""
    reached: dict[Path, dict[int, set[str]]]

    def of(self, path: Path, first: int, last: int) -> set[str]:
        """The groups of tests that reach one of these lines."""
        lines = self.reached[path]
        return {unit for line in range(first, last + 1) for unit in lines.get(line, ()) if unit}

    def at_import(self, path: Path, lines: Iterable[int]) -> bool:
        """Whether one of these lines runs while modules are imported."""
        return any("" in self.reached[path].get(line, ()) for line in lines)

    def of_module(self, path: Path) -> set[str]:
        """The groups of tests that reach anything in the module; all where nothing in it is a function."""
        found = {unit for units in self.reached[path].values() for unit in units if unit}
        return found or set(self.seconds)


def reach(*, anew: bool, modules: Sequence[Path] | None = None) -> Reach:
    """The reach of the tests in `modules` as they are now; by default, in those that are mutated. Tests that
    no look has watched yet are run first if `anew` is set, or if there is no look at all."""
    if anew or not _looks():
        look()
    found = Reach({}, frozenset(), {path: {} for path in (suite.modules() if modules is None else modules)})
    for folder in _looks():
        seen = json.loads((folder / "seen.json").read_text("utf-8"))
        data = coverage.CoverageData(str(folder / "coverage"))
        data.read()
        found = Reach(
            {**found.seconds, **seen["seconds"]},
            found.failing.difference(seen["tests"]).union(seen["failing"]),
            {
                path: _with(lines, data.contexts_by_lineno(_name(path)), seen, path)
                for path, lines in found.reached.items()
            },
        )
    return found


def _with(
    known: dict[int, set[str]], reached: dict[int, list[str]], seen: dict[str, dict[str, str]], path: Path
) -> dict[int, set[str]]:
    """The groups that reach each line, updated by another recording, which alone counts for the groups that
    ran again."""
    now = _followed(reached, seen["texts"].get(_name(path), ""), path.read_text("utf-8"))
    return {
        line: known.get(line, set()).difference(seen["tests"]).union(now.get(line, ()))
        for line in {*known, *now}
    }


def _followed(reached: dict[int, list[str]], before: str, now: str) -> dict[int, set[str]]:
    """The groups that reach each line of the present text. A new line is reached by the groups of the lines
    that it replaces, and of the line before it."""
    found: dict[int, set[str]] = {}
    compared = difflib.SequenceMatcher(None, before.splitlines(), now.splitlines(), autojunk=False)
    for kind, first, last, start, end in compared.get_opcodes():
        for line in range(start + 1, end + 1):
            places = [line - start + first] if kind == "equal" else range(first, last + 1)
            found[line] = {unit for place in places for unit in reached.get(place, ())}
    return found


def _name(path: Path) -> str:
    return path.relative_to(suite.ROOT).as_posix()


def tests_by_unit() -> dict[str, list[str]]:
    """The ids of the tests in each group, as the last look that ran the group found them."""
    found: dict[str, list[str]] = {}
    for folder in _looks():
        found |= json.loads((folder / "seen.json").read_text("utf-8"))["tests"]
    return found


def _looks() -> list[Path]:
    return sorted(folder for folder in _LOOKS.glob("*") if (folder / "seen.json").exists())


def look() -> None:
    """Run the tests without known reach, each group under its name."""
    folder = _LOOKS / f"{len(_looks()):03}"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {_name(path): path.read_text("utf-8") for path in suite.modules(suite.PACKAGE)}
    print("looking which tests reach which lines", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", __name__, *suite.arguments()]
    environment = {**os.environ, "PYTHONPATH": str(suite.ROOT), _FOLDER: str(folder)}
    done = subprocess.run(command, cwd=suite.ROOT, env=environment)
    if done.returncode not in (0, 1, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit("the tests could not be run")
    watched = json.loads((folder / "watched.json").read_text("utf-8"))
    if watched["tests"]:
        (folder / "seen.json").write_text(json.dumps({"texts": texts, **watched}), encoding="utf-8")


def table() -> str:
    """The branches of the engine that the tests take, folder by folder, and what is not counted there."""
    data, tests, left_out = _together()
    found = coverage.Coverage(data_file=data.data_filename(), branch=True, config_file=False)
    found.load()
    report = suite.KEPT / "coverage.json"
    found.json_report(outfile=str(report))
    files = json.loads(report.read_text("utf-8"))["files"]
    rows = ["| folder | lines | branches |", "| --- | ---: | ---: |"]
    for folder in suite.COVERED:
        own = [one["summary"] for path, one in files.items() if path.startswith(f"{folder}/")]
        rows.append(f"| `{folder}/` | {_share(own, 'lines', 'statements')} | {_share(own, 'branches')} |")
    rows += ["", f"by {tests:,} tests; modules that have changed since are not counted: {len(left_out)}"]
    return "\n".join([*rows, *left_out])


def _together() -> tuple[coverage.CoverageData, int, list[str]]:
    """The union of all recordings, the number of tests that they ran, and the modules without valid data,
    since they have changed after the first recording, in which most tests ran."""
    together = coverage.CoverageData(str(suite.KEPT / "coverage"))
    together.erase()
    tests: dict[str, list[str]] = {}
    left_out: set[str] = set()
    for number, folder in enumerate(_looks()):
        seen = json.loads((folder / "seen.json").read_text("utf-8"))
        tests |= seen["tests"]
        data = coverage.CoverageData(str(folder / "coverage"))
        data.read()
        for path in suite.modules(suite.COVERED):
            if seen["texts"].get(_name(path)) != path.read_text("utf-8"):
                left_out.update([_name(path)] if number == 0 else [])
            elif _name(path) not in left_out:
                together.add_arcs({_name(path): data.arcs(_name(path)) or []})
                together.touch_file(_name(path))
    together.write()
    return together, sum(map(len, tests.values())), sorted(left_out)


def _share(summaries: list[dict[str, int]], name: str, whole: str | None = None) -> str:
    covered = sum(one[f"covered_{name}"] for one in summaries)
    total = sum(one[f"num_{whole or name}"] for one in summaries)
    return f"{100 * covered / total:.1f} % of {total:,}" if total else "not known"


_FOLDER = "KOGNITOS_MIGRATE_LOOK"
"""In the environment: where what is seen is put."""


class _Watch:
    """Tells coverage.py which tests are running, and how long they take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}
        self.failing: set[str] = set()
        self.tests: dict[str, list[str]] = {}
        self.coverage = coverage.Coverage(
            data_file=str(folder / "coverage"), branch=True, source=["kognitos_migrate"], config_file=False
        )
        self.coverage.set_option("run:relative_files", True)  # a look may come from another folder
        self.coverage.start()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = tests_by_unit()
        now: dict[str, list[str]] = {}
        for item in items:
            now.setdefault(suite.unit_of(item), []).append(item.nodeid)
        self.tests = {
            unit: tests for unit, tests in now.items() if sorted(known.get(unit, ())) != sorted(tests)
        }
        items[:] = [item for item in items if suite.unit_of(item) in self.tests]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        unit, start = suite.unit_of(item), time.process_time()
        self.coverage.switch_context(unit)
        try:
            failed = item.session.testsfailed
            result = yield
            if item.session.testsfailed > failed:
                self.failing.add(unit)
            return result
        finally:
            self.coverage.switch_context("")
            self.seconds[unit] = self.seconds.get(unit, 0) + time.process_time() - start

    def pytest_unconfigure(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        watched = {"seconds": self.seconds, "failing": sorted(self.failing), "tests": self.tests}
        (self.folder / "watched.json").write_text(json.dumps(watched), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """pytest loads this module as a plugin."""
    config.pluginmanager.register(_Watch(Path(os.environ[_FOLDER])))
