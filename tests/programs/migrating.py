"""Migrates a fixture program in memory."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.distributions import ImportRoots, is_exported
from kognitos_migrate.discover.ignore_rules import is_script
from kognitos_migrate.discover.prefilter import anchors
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.data_contents import data_of_program
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile, decode_module, file_bytes, new_source
from kognitos_migrate.syntax.notebook_cells import only_python
from tests.harness import Case


@functools.lru_cache(maxsize=8)
def migrated(case: Case, folder: Path) -> tuple[Result, Mapping[str, str]]:
    """The result for the modules in `folder`, and their texts after the fix, by path within it. The tests of
    a program are `together` and share it."""
    return migrate(case, read(folder))


def migrate(case: Case, sources: list[SourceFile]) -> tuple[Result, dict[str, str]]:
    """The result for sources, and their texts after the fix."""
    rules = [case.folder / name for name in case.config.get("rules", ())]
    rulebook = load_rulebook(rules)
    config = {**case.config, "rules": [str(folder.resolve()) for folder in rules]}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "kognitos-migrate.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        settings = load_settings(path, rulebook, path.parent)
    result = analyse(sources, rulebook, settings, Applicability(case.fix))
    texts = {source.path: source.text for source in sources}
    return result, {**texts, **{change.path: change.after for change in result.changes}}


def read(folder: Path) -> list[SourceFile]:
    """The modules, scripts and notebooks of a folder, and the data files of its tests, named by their paths
    within it, which is their root."""
    roots = ImportRoots()
    paths = sorted(folder.rglob("*"))
    modules = [
        _placed(path, folder, roots)
        for path in paths
        if path.suffix in (".py", ".pyw", ".ipynb") or is_script(str(path))
    ]
    data = [path for path in paths if is_data_file(path.name)]
    rulebook, settings = load_rulebook(), Settings(root=folder)
    named = {path.relative_to(folder).as_posix(): str(path) for path in data}
    return [*modules, *data_of_program(modules, named, anchors(rulebook, settings), rulebook, settings)]


def _placed(path: Path, folder: Path, roots: ImportRoots) -> SourceFile:
    source = only_python(decode_module(path.read_bytes(), path.relative_to(folder).as_posix()))
    inside = [root for root in roots.roots_around(str(path.parent)) if Path(root).is_relative_to(folder)]
    if not inside:
        return source
    below = tuple(f"/{Path(root).relative_to(folder).as_posix()}" for root in inside)
    return source.with_location((), (), "", below, (), is_exported=is_exported(str(path), tuple(inside)))


def written(sources: list[SourceFile], texts: Mapping[str, str]) -> dict[str, bytes]:
    """The files with these texts, by path, as bytes."""
    known = {source.path: source for source in sources}
    return {path: file_bytes(known.get(path) or new_source(path, text), text) for path, text in texts.items()}
