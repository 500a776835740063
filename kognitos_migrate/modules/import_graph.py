"""The import graph: closure of the relevant files, and connected components.

A reply that one module returns is read in those that import it, and a wrapper that one module calls may
stand in a module that names nothing of the API. Both have to be understood for an edit to be safe.

What imports a file is looked for by the words in the imports of all files (`words`): only of those that can
be it, and of what they import themselves, the imports are read in full (`modules`).
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
    imported_modules,
    name_prefixes,
)
from kognitos_migrate.discover.signature import is_word
from kognitos_migrate.disjoint_sets import DisjointSets

_LOOKS = 2
"""So often the words in the imports of all files are looked through for those of a few modules; then all that
may be asked for is found in one go."""

_WORTH_NAMES = 30
"""To look a name up in the folders around a module takes as long as noting the names of so many."""

_SERVES = "conftest.py"
_PACKAGE = "/__init__.py"
_TEST = re.compile(r"test.*\.py$|.*_tests?\.py$")
"""The names of modules with tests, as pytest and unittest have them."""
_HUB = 36
"""Files that one imports: more than that don't belong together because it does."""
_ELSEWHERE = ("../", "/")
"""How files begin that do not lie in the working folder."""
_ENDS = (".py", "/__init__.py", ".ipynb")
"""Of what a name can mean; a notebook may run another."""


def related_files(
    words: Mapping[str, bytes], modules: Callable[[str], Iterable[str]], seeds: Iterable[str]
) -> frozenset[str]:
    """The files that belong with `seeds`, seeds included. `words` are, by file, those of its imports, with
    GAP between them; `modules` are the names of what a file imports.

    These are all that import a seed, directly or not; all that a seed imports, directly or not; and what
    those that import a seed import themselves. What pytest reads for the tests among them comes along, and
    what that imports itself.
    """
    return ImportGraph(words, modules).related(seeds)


def import_links(modules: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Each file with each that it imports. `modules` are, by file, the names of what it imports."""
    graph = ImportGraph(dict.fromkeys(modules, b""), modules.__getitem__)
    return ((file, found) for file in modules for found in graph.imported((file,)))


def module_lookup(files: Iterable[str]) -> Callable[[str, str], str | None]:
    """Tells which of the files one of them means by a dotted name that it imports, with the dots in front."""
    graph = ImportGraph(dict.fromkeys(files, b""), lambda _file: ())

    @cache
    def meant(importer: str, name: str) -> str | None:
        return graph.meant(importer, absolute_name(name, absolute_path(importer).split("/")[:-1]))

    return meant


def pytest_support_files(files: Iterable[str], found: Iterable[str]) -> frozenset[str]:
    """The files that pytest reads for the tests among `found`, though nothing imports them."""
    return frozenset(file for file, _ in tests_by_support_file(files, found))


def tests_by_support_file(files: Iterable[str], found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of these files with each of the tests that it is read for."""
    folders = {file.removesuffix(_SERVES): file for file in files if file.endswith(_SERVES)}
    for test in found:
        if folders and _TEST.match(os.path.basename(test)):
            ends = (0, *(at + 1 for at, sign in enumerate(test) if sign == "/"))
            yield from ((folders[test[:end]], test) for end in ends if test[:end] in folders)


class ImportGraph:
    """Which files import which, as far as somebody asks: a name means the file that `ModuleFiles.find` of the
    interpreter finds, beside the importer or in the folders above it, else whatever it may mean."""

    def __init__(self, words: Mapping[str, bytes], modules: Callable[[str], Iterable[str]]) -> None:
        self._words, self._modules = words, modules
        here = absolute_path("").rstrip("/")
        self._whole = {
            file: f"{here}/{file}" if _is_below(file) else absolute_path(file) for file in sorted(words)
        }
        self._by_path = {path: file for file, path in self._whole.items()}
        self._names: dict[str, str] = {}
        self._found: dict[tuple[str, str], Sequence[str]] = {}
        self._near: set[tuple[str, str]] = set()
        """The folders and names of which the meaning lies beside the importer, or above it."""

    def related(self, seeds: Iterable[str]) -> frozenset[str]:
        """The files that belong with `seeds`, as `related_files` has it."""
        seeds = frozenset(seeds)
        above = _closure(seeds, self.importers)
        below = _closure(seeds, self.imported)
        found = above | below | {*self.imported(above)}
        served = pytest_support_files(self._words, found)
        return frozenset(found | served | {*self.imported(served)})

    def near(self, seeds: Iterable[str], targets: Collection[str]) -> Iterator[tuple[str, str]]:
        """Each of the seeds with each of the targets that is near: the same file, what it imports, what
        imports it, and what either of these imports. What imports dozens of files brings nothing together."""
        seeds = tuple(seeds)
        self._said.look_for(part for seed in seeds for way in _spellings(absolute_path(seed)) for part in way)
        below = cache(lambda file: frozenset(self.imported((file,))))
        for seed in seeds:
            above = [file for file in self.importers((seed,)) if len(below(file)) <= _HUB]
            beside = [seed, *above, *(below(seed) if len(below(seed)) <= _HUB else ())]
            around = (found for file in beside if len(below(file)) <= _HUB for found in below(file))
            yield from ((seed, target) for target in sorted({*beside, *around}.intersection(targets)))

    @cached_property
    def _said(self) -> "_ImportWords":
        return _ImportWords({path: self._words[self._by_path[path]] for path in sorted(self._by_path)})

    def importers(self, files: Iterable[str]) -> Iterator[str]:
        """The files that import one of these."""
        ways = [(file, parts) for file in files for parts in _spellings(absolute_path(file))]
        self._said.look_for(part for _, parts in ways for part in parts)
        for file, parts in ways:
            relative = f"\0{'/'.join(parts)}\0"  # as `modules` has it
            names = [".".join(parts[start:]) for start in range(1, len(parts))]
            for path in self._said.reaching(parts, self.is_package):
                importer = self._by_path[path]
                said = self._names_in(importer)
                if relative in said or any(
                    f"\0{name}\0" in said and file in self.meanings(importer, name) for name in names
                ):
                    yield importer

    def imported(self, files: Iterable[str]) -> Iterator[str]:
        """The files that these import."""
        for file in files:
            for name in self._names_in(file).split("\0")[1:-1]:
                yield from self.meanings(file, name)

    def _names_in(self, file: str) -> str:
        """What `file` imports, each name between NULs: sets of them would take many times the room."""
        if file not in self._names:
            self._names[file] = "\0".join(("", *self._modules(file), ""))
        return self._names[file]

    @cached_property
    def _last(self) -> frozenset[str]:
        """What the names of modules end with: most names that are said mean nothing here."""
        names = {path.rpartition("/")[2].rpartition(".")[0] for path in self._by_path}
        packages = (path for path in self._by_path if path.endswith(_PACKAGE))
        return frozenset(names.union(path.split("/")[-2] for path in packages))

    def meant(self, importer: str, name: str) -> str | None:
        """The file that a name means; of several candidates the first."""
        return next(iter(self.meanings(importer, name)), None)

    def meanings(self, importer: str, name: str) -> Sequence[str]:
        """The file that a name means beside the importer or above it. Where there is none, the files that it
        may mean: whoever runs the program says where imports begin."""
        is_path = "/" in name
        names = name.split("/" if is_path else ".")
        if len(self._found) > len(self._by_path) // _WORTH_NAMES and names[-1] not in self._last:
            return ()
        own = self._whole[importer]
        folder = own.rpartition("/")[0]
        if (folder, name) not in self._found:
            bases = [""] if is_path else _bases(folder)
            if names[0] in sys.stdlib_module_names:  # which nothing in a package hides
                bases = [base for base in bases if f"{base}/__init__.py" not in self._by_path]
            tail = "/".join(names if is_path else ("", *names))
            paths = (f"{base}{tail}{end}" for base in bases for end in _ENDS)
            near = [*islice((path for path in paths if path in self._by_path), 2)]
            self._found[folder, name] = near or ([] if is_path else self._anywhere(names))
            self._near.update([(folder, name)] if near else ())
        found = [self._by_path[path] for path in self._found[folder, name] if path != own]
        return found[:1] if (folder, name) in self._near else found

    def _anywhere(self, names: Sequence[str]) -> list[str]:
        """The modules in any folder that is no package, by the parts of their names."""
        if names[0] in sys.stdlib_module_names:
            return []
        tail = "/".join(("", *names))
        return [
            path
            for path, stem in self._by_last.get(names[-1], ())
            if stem.endswith(tail) and not self.is_package(stem[: -len(tail)])
        ]

    def is_package(self, folder: str) -> bool:
        """Whether a folder, from the root on, is one."""
        return f"{folder}{_PACKAGE}" in self._by_path

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By the last part of their names: modules, each with its path without what it ends with."""
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in self._by_path:
            ending = next((end for end in (_PACKAGE, ".py", ".ipynb") if path.endswith(end)), None)
            if ending is not None:
                stem = path[: -len(ending)]
                found[stem.rpartition("/")[2]].append((path, stem))
        return found


def _is_below(file: str) -> bool:
    """Whether a file, as users see it, lies in the working folder."""
    return not (file.startswith(_ELSEWHERE) or (os.sep != "/" and os.path.isabs(file)))


class _ImportWords:
    """The files in whose imports words stand that are also names of modules, or of their folders."""

    def __init__(self, words: Mapping[str, bytes]) -> None:
        """`words` are, by path from the root on, those of the imports, in the order of the paths."""
        self._words = words
        self._files: defaultdict[bytes, list[str]] = defaultdict(list)
        self._sets: dict[str, frozenset[str]] = {}
        self._known: set[bytes] = set()
        self._looks = 0

    def look_for(self, names: Iterable[str]) -> None:
        """Find the files that say these names. That takes a look at all files: few projects need many."""
        wanted = {*map(os.fsencode, names)} - self._known
        if not wanted:
            return
        if self._looks == _LOOKS:
            wanted = {os.fsencode(part) for path in self._words for way in _spellings(path) for part in way}
            wanted -= self._known
        for path, said in self._words.items():
            for word in wanted.intersection(said.split(GAP)):
                self._files[word].append(path)
        self._known |= wanted
        self._looks += 1

    def reaching(self, parts: Sequence[str], is_package: Callable[[str], bool]) -> Iterator[str]:
        """The files that may import the module with these parts, in order: they say its name, and those of
        the folders around it up to one that they lie in, too, or that is no package."""
        found: set[str] = set()
        saying = self._set(parts[-1])
        for start in range(len(parts) - 1, 0, -1):
            if not is_package("/".join(parts[:start])):
                found |= saying
                break  # what says more names is among these
            found |= saying & self._below(parts[-1], parts[:start])
            if parts[start - 1] == "src":  # which is not said
                found |= saying & self._below(parts[-1], parts[: start - 1])
            saying &= self._set(parts[start - 1])
            if not saying:
                break
        return iter(sorted(found))

    def _below(self, name: str, folder: Sequence[str]) -> frozenset[str]:
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
    """Where a module in `folder` may import from."""
    parts = folder.split("/")
    around = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return [*around, *(f"{base}/src" for base in around)]


def _spellings(path: str) -> list[list[str]]:
    """The names of the module at `path` from the root on, as their parts, the first of which is empty. That
    of a package is its folder's; what it holds itself may be said, too."""
    parts = path.removesuffix(".py").removesuffix(".pyi").removesuffix(".ipynb").split("/")
    return [parts[:-1], parts] if parts[-1] == "__init__" else [parts]


def _closure(seeds: frozenset[str], neighbours: Callable[[Iterable[str]], Iterable[str]]) -> set[str]:
    reached, last = {*seeds}, {*seeds}
    while last:
        last = {*neighbours(last)} - reached
        reached |= last
    return reached


_DOTTED = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[\w\x80-\xff]+)+)[:"']""")
"""A text that may name something in a module: `patch("app.client.post")`."""
_PLAIN = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*)["']""")
_BY_NAME = (b"patch", b"setattr", b"import_module", b"__import__", b"pytest_plugins")
"""What takes a module's name as a text, which may have no dot in it."""


def definition_links(texts: Mapping[str, bytes]) -> Mapping[str, frozenset[str]]:
    """By file, the files whose definitions it may use. `texts` are what the modules hold.

    It uses those of what it imports, and of modules that are named in its texts (tests patch them so); tests
    those of what stands in a `conftest.py` above them, and the other way round.
    """
    found: dict[str, set[str]] = {file: set() for file in texts}
    for one, other in import_links(
        {file: imported_modules(text, file) | _named(text) for file, text in texts.items()}
    ):
        found[one].add(other)
    for file, test in tests_by_support_file(texts, texts):
        found[file].add(test)
        found[test].add(file)
    return {file: frozenset(others) for file, others in found.items()}


def connected_files(links: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The files in groups, in their order: what one file defines, no file of another group can reach."""
    files = DisjointSets(links)
    for file, others in links.items():
        for other in others:
            files.join(file, other)
    return files.groups()


def _named(text: bytes) -> set[str]:
    by_name = any(is_word(word, text) for word in _BY_NAME)
    found = {*_DOTTED.findall(text), *(_PLAIN.findall(text) if by_name else ())}
    return {prefix for name in found for prefix in name_prefixes(name.decode("utf-8", "replace"))}
