"""Work against size: the analysis of one package at several sizes."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import libcst as cst

from benchmarks.generate import CONFIG, Imports, Package, generate
from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.run.garbage_collection import paused_collector
from kognitos_migrate.source.file import SourceFile, decode_module
from kognitos_migrate.syntax.parsing import parse

Done = TypeVar("Done")

SIZES = (75, 150, 300)


@dataclass(frozen=True, slots=True)
class Measured:
    """One analysis (parsing, planning, checking the result): how large, how long, what came of it."""

    imports: Imports
    modules: int
    lines: int
    seconds: float
    bare: float
    """Seconds that LibCST alone takes to parse the same modules, measured right after."""
    steps: int
    """Expressions that one run of the interpreter evaluates."""
    findings: int
    changed: int


def measure(size: int, imports: Imports) -> Measured:
    """Analyse a package of `size` modules. Raises AssertionError where a call of the old version in it is
    not found, or not migrated."""
    package = generate(size, imports)
    rulebook = load_rulebook()
    settings, sources = settings_of_generated(rulebook), _sources(package)
    seconds, result = _timed(lambda: analyse(sources, rulebook, settings, Applicability.SAFE))
    bare, _ = _timed(lambda: [cst.parse_module(source.text) for source in sources])
    _require_complete(result, package)
    return Measured(
        imports,
        len(sources),
        sum(source.text.count("\n") for source in sources),
        seconds,
        bare,
        _steps(sources, rulebook),
        len(result.findings),
        len(result.changes),
    )


def table() -> Iterator[str]:
    """The lines of the table, one measurement each, as they are made."""
    yield "imports modules   lines seconds ms/module to bare parse steps/module findings changed"
    for imports in Imports:
        for size in SIZES:
            one = measure(size, imports)
            yield (
                f"{imports.value:>7} {one.modules:7} {one.lines:7} {one.seconds:7.2f} "
                f"{one.seconds / one.modules * 1000:9.1f} {one.seconds / one.bare:13.1f} "
                f"{one.steps // one.modules:12} {one.findings:8} {one.changed:7}"
            )


def _timed(work: Callable[[], Done]) -> tuple[float, Done]:
    with paused_collector():
        start = time.process_time()
        done = work()
        return time.process_time() - start, done


def _require_complete(result: Result, package: Package) -> None:
    held_back = [f"{one.place.path}:{one.place.row}: {one.fix.message}" for one in result.remaining]
    assert not held_back, held_back[:5]
    assert len(result.findings) == package.calls, (len(result.findings), package.calls)


def _steps(sources: list[SourceFile], rulebook: Rulebook) -> int:
    trees = {source.path: parse(source.path, source.text) for source in sources}
    facts = interpret(trees, rulebook.clients, [api.old for api in rulebook.apis.values()])
    assert not facts.exhausted
    return facts.steps


def settings_of_generated(rulebook: Rulebook) -> Settings:
    """The settings with which what `generate` makes is migrated."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "kognitos-migrate.yaml"
        path.write_text(CONFIG, encoding="utf-8")
        return load_settings(path, rulebook, path.parent)


def _sources(package: Package) -> list[SourceFile]:
    return [decode_module(text.encode(), path) for path, text in package.modules.items()]
