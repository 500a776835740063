"""Time against size: the analysis of one package at several sizes."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import CONFIG, Imports, Package, generate
from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.collector import resting_collector
from kognitos_migrate.run.pipeline import analyse
from kognitos_migrate.source.file import SourceFile, decode

SIZES = (75, 150, 300)


@dataclass(frozen=True, slots=True)
class Measured:
    """One analysis: how large, how long, and what came of it."""

    imports: Imports
    modules: int
    lines: int
    seconds: float
    findings: int
    migrated: int


def measure(size: int, imports: Imports) -> Measured:
    """Analyse a package of `size` modules. Raises AssertionError where a call of the old version in it is
    not found, or not migrated."""
    package = generate(size, imports)
    rulebook = load_rulebook()
    settings, sources = _settings(rulebook), _sources(package)
    start = time.process_time()
    with resting_collector():
        result = analyse(sources, rulebook, settings, Applicability.SAFE)
    seconds = time.process_time() - start
    held_back = [f"{one.place.path}:{one.place.row}: {one.fix.message}" for one in result.remaining]
    assert not held_back, held_back[:5]
    assert len(result.findings) == package.calls, (len(result.findings), package.calls)
    lines = sum(source.text.count("\n") for source in sources)
    return Measured(imports, len(sources), lines, seconds, len(result.findings), len(result.changes))


def table() -> Iterator[str]:
    """The lines of the table, one measurement each, as they are made."""
    yield " imports  modules    lines  seconds  ms/module  findings  changed"
    for imports in Imports:
        for size in SIZES:
            one = measure(size, imports)
            each = one.seconds / one.modules * 1000
            yield (
                f"{imports.value:>8} {one.modules:8} {one.lines:8} {one.seconds:8.2f} {each:10.1f} "
                f"{one.findings:9} {one.migrated:8}"
            )


def _settings(rulebook: Rulebook) -> Settings:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "kognitos-migrate.yaml"
        path.write_text(CONFIG, encoding="utf-8")
        return load_settings(path, rulebook, path.parent)


def _sources(package: Package) -> list[SourceFile]:
    return [decode(text.encode(), path) for path, text in package.modules.items()]
