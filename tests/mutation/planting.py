"""Puts a mutant into a process: other code into its functions, or into the module before it is imported."""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from . import mutants, suite

Functions = dict[CodeType, list[FunctionType]]
VARIABLE = "KOGNITOS_MIGRATE_MUTANT"
"""In the environment: the mutant to plant before the engine is imported, as `path:number`."""


def functions() -> Functions:
    """The functions of the engine that are there in this process, by their code."""
    found: Functions = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename.startswith(str(suite.ROOT)):
            found.setdefault(one.__code__, []).append(one)
    return found


def changes(path: Path, number: int, known: Functions) -> list[tuple[FunctionType, CodeType]] | None:
    """The functions that a mutant changes, each with its new code; None if what it changes is done when the
    module is imported."""
    text = path.read_text("utf-8")
    before = compile(ast.parse(text), str(path), "exec", dont_inherit=True)
    after = compile(mutants.changed(text, number), str(path), "exec", dont_inherit=True)
    found: list[tuple[FunctionType, CodeType]] = []
    for old, new in _differing(before, after):
        loaded = known.get(old, [])
        if new is None or not loaded or len(old.co_freevars) != len(new.co_freevars):
            return None
        found += [(function, new) for function in loaded]
    return found or None


def _differing(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """The outermost functions whose code differs; or else what surrounds them, with nothing in its place."""
    if old == new:
        return
    if old.co_flags & inspect.CO_OPTIMIZED:
        yield old, new
        return
    inside, now = _inner(old), _inner(new)
    if _own(old) != _own(new) or len(inside) != len(now):
        yield old, None
        return
    for one, other in zip(inside, now, strict=True):
        yield from _differing(one, other)


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _own(code: CodeType) -> CodeType:
    """The code without that of the functions in it."""
    return code.replace(co_consts=tuple(None if isinstance(one, CodeType) else one for one in code.co_consts))


class _Planted(SourceFileLoader):
    """Loads a module with a mutant in it."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def get_code(self, fullname: str) -> CodeType:
        path = Path(self.path)
        tree = mutants.changed(path.read_text("utf-8"), self.number)
        return compile(tree, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, path: Path, number: int) -> None:
        self.path, self.number = path, number

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith("kognitos_migrate."):
            return None
        found = PathFinder.find_spec(name, path)
        if found is None or found.origin != str(self.path):
            return None
        return importlib.util.spec_from_file_location(
            name,
            self.path,
            loader=_Planted(name, str(self.path), self.number),
            submodule_search_locations=found.submodule_search_locations,
        )


def plant(mutant: str) -> None:
    """Have a module, which is not imported yet, imported with a mutant in it: `path:number`."""
    path, _, number = mutant.rpartition(":")
    sys.meta_path.insert(0, _Finder(suite.ROOT / path, int(number)))
