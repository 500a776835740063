"""Which tests reach which line of the engine: one run of them all, watched by coverage.py.

That takes long, so what it found serves after changes too: lines are followed from the text of then to that
of now, and groups that have other tests than then are tried with every mutant. Reach says only which tests
are tried. If it is wrong, a mutant that could be noticed isn't, never the other way round."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from . import suite

_DATA = suite.KEPT / "coverage"
_SEEN = suite.KEPT / "seen.json"
_UNITS = suite.KEPT / "units.json"


@dataclass(frozen=True)
class Reach:
    """`seconds` is what each group of tests takes; `reached` are the groups by the lines that they reach."""

    seconds: dict[str, float]
    failing: frozenset[str]
    """Those that fail without any fault, and can't be asked."""
    reached: dict[Path, dict[int, list[str]]]

    tests: dict[str, list[str]]
    """The tests of each group, as they were called then."""

    def knows(self, unit: str, tests: list[str]) -> bool:
        """Whether it is known what a group of tests reaches."""
        return self.tests.get(unit) == tests

    def of(self, path: Path, first: int, last: int) -> set[str]:
        """The groups of tests that reach one of these lines."""
        lines = self.reached[path]
        return {unit for line in range(first, last + 1) for unit in lines.get(line, ()) if unit}

    def of_module(self, path: Path) -> set[str]:
        """The groups of tests that reach anything in the module."""
        return {unit for units in self.reached[path].values() for unit in units if unit}


def reach() -> Reach:
    """What is known of the modules as they are now; found out if nothing is."""
    if not _UNITS.exists():
        look()
    data = coverage.CoverageData(str(_DATA))
    data.read()
    seen = json.loads(_UNITS.read_text("utf-8"))
    reached = {
        path: _followed(
            data.contexts_by_lineno(str(path)), seen["texts"].get(_name(path), ""), path.read_text("utf-8")
        )
        for path in suite.modules()
    }
    return Reach(seen["seconds"], frozenset(seen["failing"]), reached, seen["tests"])


def _followed(reached: dict[int, list[str]], before: str, now: str) -> dict[int, list[str]]:
    """What reaches each line of the text as it is now: a line that is new is reached by what reaches those
    that it stands in the place of, and the one before them."""
    if before == now:
        return reached
    found: dict[int, list[str]] = {}
    compared = difflib.SequenceMatcher(None, before.splitlines(), now.splitlines(), autojunk=False)
    for kind, first, last, start, end in compared.get_opcodes():
        for line in range(start + 1, end + 1):
            places = [line - start + first] if kind == "equal" else range(first, last + 1)
            found[line] = sorted({unit for place in places for unit in reached.get(place, ())})
    return found


def _name(path: Path) -> str:
    return path.relative_to(suite.ROOT).as_posix()


def look() -> None:
    """Run the tests, each group under its name."""
    suite.KEPT.mkdir(exist_ok=True)
    texts = {_name(path): path.read_text("utf-8") for path in suite.modules()}
    print("looking which tests reach which lines", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", __name__, *suite.arguments()]
    done = subprocess.run(command, cwd=suite.ROOT, env={**os.environ, "PYTHONPATH": str(suite.ROOT)})
    if done.returncode not in (0, 1):
        sys.exit("the tests could not be run")
    seen = json.loads(_SEEN.read_text("utf-8"))
    _UNITS.write_text(json.dumps({"texts": texts, **seen}), encoding="utf-8")


def table() -> str:
    """The branches of the engine that the tests take, folder by folder."""
    found = coverage.Coverage(data_file=str(_DATA), branch=True, config_file=False)
    found.load()
    report = suite.KEPT / "coverage.json"
    found.json_report(outfile=str(report))
    files = json.loads(report.read_text("utf-8"))["files"]
    rows = ["| folder | lines | branches |", "| --- | ---: | ---: |"]
    for folder in suite.COVERED:
        own = [one["summary"] for path, one in files.items() if path.startswith(f"{folder}/")]
        rows.append(f"| `{folder}/` | {_share(own, 'lines', 'statements')} | {_share(own, 'branches')} |")
    return "\n".join(rows)


def _share(summaries: list[dict[str, int]], name: str, whole: str | None = None) -> str:
    covered = sum(one[f"covered_{name}"] for one in summaries)
    total = sum(one[f"num_{whole or name}"] for one in summaries)
    return f"{100 * covered / total:.1f} % of {total:,}"


class _Watch:
    """Tells coverage.py which tests are running, and how long they take."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failing: set[str] = set()
        self.tests: dict[str, list[str]] = {}
        self.coverage = coverage.Coverage(
            data_file=str(_DATA), branch=True, source=["kognitos_migrate"], config_file=False
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        unit, start = suite.unit_of(item), time.process_time()
        self.coverage.switch_context(unit)
        self.tests.setdefault(unit, []).append(item.nodeid)
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
        seen = {"seconds": self.seconds, "failing": sorted(self.failing), "tests": self.tests}
        _SEEN.write_text(json.dumps(seen), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """pytest loads this module as a plugin."""
    config.pluginmanager.register(_Watch())
