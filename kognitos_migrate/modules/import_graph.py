"""The import graph: closure of the relevant files, and connected components.

A reply that one module returns is read in modules that import it, and a wrapper that one module calls may be
in a module that doesn't name the API. For a safe edit, both must be analysed.

The importers of a file are searched by the words in the imports of all files (`words`). Only the imports of
candidates, and of what they import, are then read in full (`modules`).
"""

import os
import re
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice

from kognitos_migrate.discover.import_scan import (
    GAP,
    absolute_name,
    absolute_path,
)
from kognitos_migrate.discover.signature import is_word_in
from kognitos_migrate.modules.settings_modules import SettingsModules, settings_names

_MOST_PASSES = 2
"""The number of passes over the imports of all files for single modules.

The next pass indexes all names at once.
"""

_WORTH_NAMES = 30
"""The number of lookups that cost as much as collecting the names of all modules."""

_CONFTEST = "conftest.py"
_PACKAGE = "/__init__.py"
_TEST = re.compile(r"test.*\.py$|.*_tests?\.py$")
"""The file names of test modules, as in pytest and unittest."""
_FIXTURE = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)|\bname=[\"'](\w+)", re.MULTILINE)
"""The name of a function, or the name that its decorator gives to a fixture."""
_HUB = 36
"""The maximum number of imports for a file to connect the files that it imports."""
_ELSEWHERE = ("../", "/")
"""Prefixes of paths outside of the working folder."""
_ENDS = ("/__init__.py", ".py", ".ipynb")
"""Endings of the paths that a name can resolve to. A notebook may run another notebook."""


def related_files(
    words: Mapping[str, bytes], modules: Callable[[str], Iterable[str]], seeds: Iterable[str]
) -> frozenset[str]:
    """The files related to `seeds`, including the seeds.

    `words` are the words in the imports of each file, separated by GAP, and `modules` returns the names that
    a file imports. Related are all direct and indirect importers of a seed with their own imports, all direct
    and indirect imports of a seed, the importers of those that may read a reply, the tests that request a
    fixture of an importer, and the support files of pytest for tests among these, with their imports.
    """
    return ImportGraph(words, modules).relatives(seeds)


def import_links(
    modules: Mapping[str, Iterable[str]], mentions: Callable[[str], Collection[str]]
) -> Iterator[tuple[str, str]]:
    """Pairs of a file and a file that it imports. `modules` are the names that each file imports, and
    `mentions` returns those of them that are only in its strings."""
    graph = ImportGraph(dict.fromkeys(modules, b""), modules.__getitem__, mentions=mentions)
    return ((file, imported) for file in modules for imported in graph.imported_files((file,)))


def module_lookup(files: Iterable[str]) -> Callable[[str, str], str | None]:
    """A function that resolves a dotted name, with leading dots, in an importer to one of the files."""
    graph = ImportGraph(dict.fromkeys(files, b""), lambda _file: ())

    @cache
    def resolve(importer: str, name: str) -> str | None:
        return graph.resolve(importer, absolute_name(name, absolute_path(importer).split("/")[:-1]))

    return resolve


def pytest_support_files(files: Iterable[str], selected: Iterable[str]) -> frozenset[str]:
    """The files that pytest loads for tests among `selected` without an import."""
    return frozenset(file for file, _ in tests_by_support_file(files, selected))


def tests_by_support_file(files: Iterable[str], selected: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of a support file of pytest and a test among `selected` that it is loaded for."""
    folders = {file.removesuffix(_CONFTEST): file for file in files if file.endswith(_CONFTEST)}
    for test in selected:
        if folders and _TEST.match(os.path.basename(test)):
            ends = (0, *(at + 1 for at, sign in enumerate(test) if sign == "/"))
            yield from ((folders[test[:end]], test) for end in ends if test[:end] in folders)


def requesters_of_fixtures(
    support_files: Iterable[str], files: Iterable[str], text: Callable[[str], bytes]
) -> Iterator[str]:
    """The tests among `files` that contain the name of a function in a support file of pytest which serves
    them. `text` returns the text of a file."""
    names = {
        file: frozenset(name for pair in _FIXTURE.findall(text(file)) for name in pair if name)
        for file in support_files
        if os.path.basename(file) == _CONFTEST
    }
    for support, test in tests_by_support_file(names, files) if names else ():
        if support != test and any(is_word_in(name, text(test)) for name in names[support]):
            yield test


class ImportGraph:
    """The imports between files, resolved lazily.

    A name resolves to the file that `ModuleFiles.find` returns, beside the importer or above it. If there is
    none, it may mean several files. A name that is only in a string then means the only file with this dotted
    name: strings such as "main" and "client" are in much code that imports modules by name, and would connect
    whole repositories.
    """

    def __init__(
        self,
        words: Mapping[str, bytes],
        modules: Callable[[str], Iterable[str]],
        text: Callable[[str], bytes] = lambda _file: b"",
        mentions: Callable[[str], Collection[str]] = lambda _file: (),
        may_read_reply: Callable[[bytes], bool] = lambda _text: False,
    ) -> None:
        """The graph of the files in `words`, the words of their imports. `modules` returns the names that a
        file imports, `mentions` those of them that are only in its strings, and `text` its text, in which
        fixtures of pytest and, by `may_read_reply`, fields of a reply are searched."""
        self._words, self._modules, self._text, self._mentions = words, modules, text, mentions
        self._may_read_reply = may_read_reply
        here = absolute_path("").rstrip("/")
        self._whole = {
            file: f"{here}/{file}" if _is_below(file) else absolute_path(file) for file in sorted(words)
        }
        self._by_path = {path: file for file, path in self._whole.items()}
        self._names: dict[str, str] = {}
        self._mentioned: dict[str, str] = {}
        self._resolved: dict[tuple[str, str], Sequence[str]] = {}
        self._near: set[tuple[str, str]] = set()
        self._settings = SettingsModules(self._whole)

    def relatives(self, seeds: Iterable[str]) -> frozenset[str]:
        """The files related to `seeds`, as defined by `related_files`."""
        seeds = frozenset(seeds)
        imports = _closure(seeds, self.imported_files)
        readers = {file for file in imports - seeds if self._may_read_reply(self._text(file))}
        importers = _closure(seeds | readers, self.importers)
        served = {*requesters_of_fixtures(importers, self._words, self._text)} - importers
        related = importers | imports | served | {*self.imported_files(importers | served)}
        support_files = pytest_support_files(self._words, related)
        related |= support_files | {*self.imported_files(support_files)}
        return frozenset(related.union(*map(self._package_parts, related)))

    def pairs_of_near_files(
        self, seeds: Iterable[str], targets: Collection[str]
    ) -> Iterator[tuple[str, str]]:
        """Pairs of a seed and a target near it.

        Near are the seed itself, its imports, its importers, and the imports of all these. Files with more
        than `_HUB` imports connect nothing.
        """
        seeds = tuple(seeds)
        self._import_words.index(
            part for seed in seeds for spelling in _spellings(absolute_path(seed)) for part in spelling
        )
        imports = cache(lambda file: frozenset(self.imported_files((file,))))
        for seed in seeds:
            importers = [file for file in self.importers((seed,)) if len(imports(file)) <= _HUB]
            neighbours = [seed, *importers, *(imports(seed) if len(imports(seed)) <= _HUB else ())]
            second_neighbours = (
                imported for file in neighbours if len(imports(file)) <= _HUB for imported in imports(file)
            )
            yield from (
                (seed, target) for target in sorted({*neighbours, *second_neighbours}.intersection(targets))
            )

    @cached_property
    def _import_words(self) -> "_ImportWords":
        return _ImportWords({path: self._words[self._by_path[path]] for path in sorted(self._by_path)})

    def importers(self, files: Iterable[str]) -> Iterator[str]:
        """The files that import one of `files`."""
        spellings = [(file, parts) for file in files for parts in _spellings(absolute_path(file))]
        self._import_words.index(part for _, parts in spellings for part in parts)
        for file, parts in spellings:
            relative = f"\0{'/'.join(parts)}\0"  # in the form of `_names_in`
            names = [".".join(parts[start:]) for start in range(1, len(parts))]
            for path in self._import_words.importers(parts, self.is_package):
                importer = self._by_path[path]
                unaliased_from_imports = self._names_in(importer)
                if relative in unaliased_from_imports or any(
                    f"\0{name}\0" in unaliased_from_imports and file in self.candidate_files(importer, name)
                    for name in names
                ):
                    yield importer

    def imported_files(self, files: Iterable[str]) -> Iterator[str]:
        """The files that `files` import."""
        for file in files:
            for name in self._names_in(file).split("\0")[1:-1]:
                yield from self.candidate_files(file, name)

    def _names_in(self, file: str) -> str:
        """The names that `file` imports, delimited by NULs. Sets would take many times the memory."""
        if file not in self._names:
            self._names[file] = "\0".join(("", *self._modules(file), ""))
        return self._names[file]

    @cached_property
    def _last_components(self) -> frozenset[str]:
        """The last components of module names. Most imported names end in none of them."""
        names = {path.rpartition("/")[2].rpartition(".")[0] for path in self._by_path}
        packages = (path for path in self._by_path if path.endswith(_PACKAGE))
        return frozenset(names.union(path.split("/")[-2] for path in packages))

    def resolve(self, importer: str, name: str) -> str | None:
        """The file that a name resolves to, the first of several candidates; None if there is none."""
        return next(iter(self.candidate_files(importer, name)), None)

    def candidate_files(self, importer: str, name: str) -> Sequence[str]:
        """The file that a name resolves to beside the importer or above it, or else all candidates.

        There may be several candidates because `sys.path` is set by those who run the program.
        """
        if names_of_settings := settings_names(name):
            return self._settings.nearest(importer, names_of_settings)
        is_path = "/" in name
        names = name.split("/" if is_path else ".")
        if (
            len(self._resolved) > len(self._by_path) // _WORTH_NAMES
            and names[-1] not in self._last_components
        ):
            return ()
        importer_path = self._whole[importer]
        folder = importer_path.rpartition("/")[0]
        if (folder, name) not in self._resolved:
            bases = [""] if is_path else _bases(folder)
            if names[0] in sys.stdlib_module_names:  # which no module in a package hides
                bases = [base for base in bases if f"{base}/__init__.py" not in self._by_path]
            tail = "/".join(names if is_path else ("", *names))
            paths = (f"{base}{tail}{end}" for base in bases for end in _ENDS)
            matches = [*islice((path for path in paths if path in self._by_path), 2)]
            self._resolved[folder, name] = matches or ([] if is_path else self._modules_named(names))
            self._near.update([(folder, name)] if matches else ())
        files = [self._by_path[path] for path in self._resolved[folder, name] if path != importer_path]
        if (folder, name) in self._near:
            return files[:1]
        is_unique = len(files) == 1 and bool(names[1:])
        return files if is_unique or not files or not self._is_mentioned(importer, name) else ()

    def _is_mentioned(self, file: str, name: str) -> bool:
        """Whether a name that `file` imports is only in its strings."""
        if file not in self._mentioned:
            self._mentioned[file] = "\0".join(("", *self._mentions(file), ""))
        return f"\0{name}\0" in self._mentioned[file]

    def _package_parts(self, file: str) -> Iterator[str]:
        """For each name that `file` imports and that no folder around it has, a module near it of the package
        with the first component of the name. This package may be the one that is meant."""
        folder = self._whole[file].rpartition("/")[0]
        for name in self._names_in(file).split("\0")[1:-1]:
            start, dot, _ = name.partition(".")
            if not dot or not self.candidate_files(file, name) or (folder, name) in self._near:
                continue
            for base in _bases(folder):
                at = bisect_left(self._paths, f"{base}/{start}/")
                paths = self._paths[at : at + 1]
                yield from (self._by_path[path] for path in paths if path.startswith(f"{base}/{start}/"))

    @cached_property
    def _paths(self) -> Sequence[str]:
        return sorted(self._by_path)

    def _modules_named(self, names: Sequence[str]) -> list[str]:
        """The modules with this name in any folder that isn't a package.

        `names` are the components of the name.
        """
        if names[0] in sys.stdlib_module_names:
            return []
        tail = "/".join(("", *names))
        return [
            path
            for path, stem in self._modules_by_last_component.get(names[-1], ())
            if stem.endswith(tail) and not self.is_package(stem[: -len(tail)])
        ]

    def is_package(self, folder: str) -> bool:
        """Whether the folder at this absolute path is a package."""
        return f"{folder}{_PACKAGE}" in self._by_path

    @cached_property
    def _modules_by_last_component(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The modules by the last component of their name, each with its path without the ending."""
        modules: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in self._by_path:
            ending = next((end for end in (_PACKAGE, ".py", ".ipynb") if path.endswith(end)), None)
            if ending is not None:
                stem = path[: -len(ending)]
                modules[stem.rpartition("/")[2]].append((path, stem))
        return modules


def _is_below(file: str) -> bool:
    """Whether a path, as shown to users, is inside of the working folder."""
    return not (file.startswith(_ELSEWHERE) or (os.sep != "/" and os.path.isabs(file)))


class _ImportWords:
    """Finds the files whose imports contain words that are also names of modules or folders."""

    def __init__(self, words: Mapping[str, bytes]) -> None:
        """Search the `words` of imports, by absolute path, in the order of the paths."""
        self._words = words
        self._files: defaultdict[bytes, list[str]] = defaultdict(list)
        self._sets: dict[str, frozenset[str]] = {}
        self._indexed: set[bytes] = set()
        self._passes = 0

    def index(self, names: Iterable[str]) -> None:
        """Index the files that contain these names. Each call passes over all files, so few are made."""
        missing = {*map(os.fsencode, names)} - self._indexed
        if not missing:
            return
        if self._passes == _MOST_PASSES:
            missing = {
                os.fsencode(part)
                for path in self._words
                for spelling in _spellings(path)
                for part in spelling
            }
            missing -= self._indexed
        for path, words in self._words.items():
            for word in missing.intersection(words.split(GAP)):
                self._files[word].append(path)
        self._indexed |= missing
        self._passes += 1

    def importers(self, parts: Sequence[str], is_package: Callable[[str], bool]) -> Iterator[str]:
        """The files that may import the module with these name components, in order.

        Their imports contain its name and the names of enclosing folders, up to a folder that also contains
        the file or that is no package.
        """
        files: set[str] = set()
        candidates = self._set(parts[-1])
        for start in range(len(parts) - 1, 0, -1):
            if not is_package("/".join(parts[:start])):
                files |= candidates
                break  # files with more of the names are among these
            files |= candidates & self._files_below(parts[-1], parts[:start])
            if parts[start - 1] == "src":  # which imports don't name
                files |= candidates & self._files_below(parts[-1], parts[: start - 1])
            candidates &= self._set(parts[start - 1])
            if not candidates:
                break
        return iter(sorted(files))

    def _files_below(self, name: str, folder: Sequence[str]) -> frozenset[str]:
        files = self._files.get(os.fsencode(name), [])
        start = "/".join((*folder, ""))
        first = bisect_left(files, start)
        return frozenset(files[first : bisect_left(files, start[:-1] + "0", first)])  # 0 is what follows /

    def _set(self, name: str) -> frozenset[str]:
        if name not in self._sets:
            self._sets[name] = frozenset(self._files.get(os.fsencode(name), ()))
        return self._sets[name]


@cache
def _bases(folder: str) -> Sequence[str]:
    """The folders that a module in `folder` may import from."""
    parts = folder.split("/")
    enclosing_folders = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return [*enclosing_folders, *(f"{base}/src" for base in enclosing_folders)]


def _spellings(path: str) -> list[list[str]]:
    """The names of the module at an absolute path, as components. A package has one with `__init__`, too."""
    parts = path.removesuffix(".py").removesuffix(".pyi").removesuffix(".ipynb").split("/")
    return [parts[:-1], parts] if parts[-1] == "__init__" else [parts]


def _closure(seeds: frozenset[str], neighbours: Callable[[Iterable[str]], Iterable[str]]) -> set[str]:
    reached, last = {*seeds}, {*seeds}
    while last:
        last = {*neighbours(last)} - reached
        reached |= last
    return reached
