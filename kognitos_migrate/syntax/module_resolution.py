"""Module resolution: from a dotted name to a file."""

import os
import sys
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType

from kognitos_migrate.structs import Struct

_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
NO_LINKS: Mapping[str, frozenset[str]] = MappingProxyType({})

_PACKAGE = "__init__.py"
_TEST_FOLDERS = frozenset(("test", "tests"))


class ImportPath(Struct, frozen=True):
    """The known parts of the import path: absolute paths of folders at which imports may begin, and
    top-level names, in small letters, that modules of installed distributions may have."""

    roots: tuple[str, ...] = ()
    installed: frozenset[str] = frozenset()


_NO_PATH = ImportPath()


class ModuleFiles:
    """Resolves module names to paths.

    Modules are compared by their paths from the root of the file system, since the working folder may itself
    be inside of a package.
    """

    def __init__(
        self,
        paths: Iterable[str] = (),
        above: Sequence[str] = (),
        packages: Iterable[str] = (),
        apart: Iterable[str] = (),
        links: Mapping[str, frozenset[str]] = NO_LINKS,
        import_path: ImportPath = _NO_PATH,
        exported: Iterable[str] = (),
    ) -> None:
        """Modules at `paths`, relative to the working folder, whose own components are `above`.

        `packages` are folders with an `__init__.py` that isn't among `paths`. `apart` are the paths of
        existing modules that are not analysed. `links` maps a file to the files whose definitions it may use,
        as far as that is known. `exported` are the paths of modules that unanalysed code may import.
        """
        self.links = links
        self.above = tuple(above)
        self.packages = frozenset(packages)
        self.apart = frozenset(apart)
        self.exported = frozenset(exported)
        self.internal = frozenset[str]()
        self.texts = _NO_TEXTS
        self.import_path = import_path
        self._roots = [tuple(PurePosixPath(root).parts[1:]) for root in import_path.roots]
        self._paths = {self.absolute_parts(path): path for path in paths}
        self._matches: dict[tuple[tuple[str, ...], str, int], Sequence[str]] = {}
        """By folder, name and dots: the modules that `find` chooses from."""
        self._rivals: dict[tuple[str, str], Sequence[str]] = {}

    def with_paths(self, paths: Collection[str]) -> "ModuleFiles":
        """These modules with other paths."""
        if {*paths} == {*self._paths.values()}:
            return self
        return (
            ModuleFiles(
                paths,
                self.above,
                self.packages,
                self.apart,
                self.links,
                self.import_path,
                self.exported,
            )
            .with_texts(self.texts)
            .with_internal(self.internal)
        )

    def with_texts(self, texts: Mapping[str, str]) -> "ModuleFiles":
        """These modules with the texts of all modules of the run, by path. There are none if no module loads
        others by name."""
        files = copy(self)
        files.texts = texts
        return files

    def with_internal(self, internal: Iterable[str]) -> "ModuleFiles":
        """These modules. Unanalysed code doesn't import those at `internal`."""
        files = copy(self)
        files.internal = frozenset(internal)
        return files

    def absolute_parts(self, path: str) -> tuple[str, ...]:
        """The components of the absolute path of `path`."""
        return _absolute_parts(path, self.above)

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The path of the module that `importer` imports as `dotted`, with `level` leading dots.

        None if there is none. It is searched beside the importer and in enclosing folders, then in the import
        roots, where it must be unique, then in any folder that may be the one of the program's import path.
        """
        folder = self.absolute_parts(importer)[:-1]
        key = (folder, dotted, level)
        if key not in self._matches:
            names = self._modules_by_last_component
            self._matches[key] = self._matching_paths(self._paths, names, importer, dotted, level)
        return next((path for path in self._matches[key] if path != importer), None)

    def _matching_paths(
        self,
        paths: Mapping[tuple[str, ...], str],
        last_names: Collection[str],
        importer: str,
        dotted: str,
        level: int,
    ) -> Sequence[str]:
        """The modules among `paths` that a name may mean for an importer, at most two. `last_names` are the
        last components of their names."""
        folder = self.absolute_parts(importer)[:-1]
        if not dotted or dotted.rpartition(".")[2] in last_names:  # most imports are of other distributions
            near = [*islice(dict.fromkeys(_nearby_paths(paths, folder, dotted, level)), 2)]
            if near or level:
                return near
            if in_roots := self._module_in_roots(paths, dotted):
                return in_roots
        elif level:
            return ()
        whole = self._sole_module(folder, importer, dotted)
        return [paths[whole]] if whole is not None and whole in paths else []

    def _sole_module(self, folder: tuple[str, ...], importer: str, dotted: str) -> tuple[str, ...] | None:
        """The only module of the project with a dotted name that no known import root explains.

        The program must be started with its folder on the import path, unless an installed distribution has
        the name. None if one may have it, or if the module that is meant may be out of sight: another part of
        the package is near, or the name is that of a single file which isn't below the importer's folder.
        """
        names = tuple(dotted.split("."))
        if names[0] in sys.stdlib_module_names or names[0].lower() in self.import_path.installed:
            return None
        enclosing_folders = (folder[:end] for end in range(len(folder), -1, -1))
        if any((*base, names[0]) in self._folders for base in enclosing_folders):
            return None
        modules = [
            whole
            for whole in self._all_by_last_component.get(names[-1], ())
            if _ends_with(_stem(whole), names) and _stem(whole)[: -len(names)] not in self._all_packages
        ]
        if len(modules) != 1:
            return None
        (whole,) = modules
        home = _stem(whole)[: -len(names)]
        is_in_package = len(names) > 1 or whole[-1] == _PACKAGE
        if _is_of_tests(self._all_paths[whole]) and not _is_of_tests(importer):
            return None
        return whole if is_in_package or home[: len(folder)] == folder else None

    @cached_property
    def _all_paths(self) -> Mapping[tuple[str, ...], str]:
        """The paths of all modules by their components, also of those that aren't analysed."""
        return ChainMap(self._paths, _paths_by_parts(self.apart, self.above))

    @cached_property
    def _all_by_last_component(self) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """The components of all modules, by the last component of their names."""
        modules: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for whole in self._all_paths:
            if whole[-1].endswith((".py", ".ipynb")):
                modules[(_stem(whole) or ("",))[-1]].append(whole)
        return modules

    @cached_property
    def _all_packages(self) -> frozenset[tuple[str, ...]]:
        packages = (whole[:-1] for whole in self._all_paths if whole[-1] == _PACKAGE)
        return self._packages.union(packages)

    @cached_property
    def _folders(self) -> frozenset[tuple[str, ...]]:
        """The folders that contain modules, directly or indirectly."""
        return frozenset(whole[:end] for whole in self._all_paths for end in range(len(whole)))

    def candidates(self, importer: str, dotted: str) -> Sequence[str]:
        """The modules that a dotted name may mean if `find` returns None.

        These are the modules of that name in any folder that isn't a package, since `sys.path` is set by
        those who run the program.
        """
        names = tuple(dotted.split("."))
        if names[0] in sys.stdlib_module_names or self.find(importer, dotted, 0) is not None:
            return ()
        return sorted(
            path
            for whole, path in self._modules_by_last_component.get(names[-1], ())
            if path != importer and _ends_with(whole, names) and not self._is_package(whole[: -len(names)])
        )

    def rivals(self, importer: str, dotted: str) -> Sequence[str]:
        """The other modules that a program which changes `sys.path` may import as `dotted`: those above or
        below the module that `find` returns, also if they aren't analysed."""
        key = (importer, dotted)
        if key not in self._rivals:
            self._rivals[key] = self._find_rivals(importer, dotted)
        return self._rivals[key]

    def _find_rivals(self, importer: str, dotted: str) -> Sequence[str]:
        nearest, names = self.find(importer, dotted, 0), tuple(dotted.split("."))
        if nearest is None:
            return ()
        home = _stem(self.absolute_parts(nearest))[: -len(names)]
        paths = self._all_paths
        modules = (whole for whole in paths if whole[-1].endswith((".py", ".ipynb")))
        bases = {whole: _stem(whole)[: -len(names)] for whole in modules if _ends_with(_stem(whole), names)}
        return sorted(
            paths[whole]
            for whole, base in bases.items()
            if paths[whole] not in (nearest, importer) and not self._is_package(base)
            if base[: len(home)] == home or home[: len(base)] == base
        )

    def _module_in_roots(self, paths: Mapping[tuple[str, ...], str], dotted: str) -> Sequence[str]:
        """The module in an import root; empty if several roots have one."""
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return ()
        matches = {
            path for root in self._roots for path in islice(_locate_in_bases(paths, [root], dotted), 1)
        }
        return [*matches] if len(matches) == 1 else ()

    @cached_property
    def _modules_by_last_component(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """Pairs of module components and path, by the last component."""
        modules: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for whole, path in self._paths.items():
            if whole[-1].endswith((".py", ".ipynb")):
                stem = _stem(whole)
                modules[stem[-1] if stem else ""].append((stem, path))
        return modules

    def _is_package(self, folder: tuple[str, ...]) -> bool:
        return (*folder, _PACKAGE) in self._paths or folder in self._packages

    @cached_property
    def _packages(self) -> frozenset[tuple[str, ...]]:
        return frozenset(map(self.absolute_parts, self.packages))

    def outermost_package(self, path: str) -> str:
        """The folder of the outermost package around a module, with a slash behind it. The path of the module
        itself if it is in no package."""
        folder, parts = path, self.absolute_parts(path)[:-1]
        while os.path.dirname(folder) and self._is_package(parts):
            folder, parts = os.path.dirname(folder), parts[:-1]
        return path if folder == path else f"{folder}/"

    def locate(self, importer: str, dotted: str, level: int) -> str | None:
        """The path of a module as `find` determines it, among modules that aren't analysed, too."""
        names = self._all_by_last_component
        matches = self._matching_paths(self._all_paths, names, importer, dotted, level)
        return next((path for path in matches if path != importer), None)


def _nearby_paths(
    paths: Mapping[tuple[str, ...], str], folder: tuple[str, ...], dotted: str, level: int
) -> Iterator[str]:
    """The paths of the modules that a name may mean for an importer in `folder`, the nearest first."""
    if level:
        bases = [folder[: max(len(folder) - (level - 1), 0)]]
    else:
        enclosing_folders = [folder[:end] for end in range(len(folder), -1, -1)]
        bases = [*enclosing_folders, *((*base, "src") for base in enclosing_folders)]
    return _locate_in_bases(paths, bases, dotted)


def _locate_in_bases(
    paths: Mapping[tuple[str, ...], str], bases: Iterable[tuple[str, ...]], dotted: str
) -> Iterator[str]:
    names = dotted.split(".") if dotted else []
    tails = [(*names, _PACKAGE)]  # which hides a module of the same name beside it
    if names:
        tails.append((*names[:-1], f"{names[-1]}.py"))
        tails.append((*names[:-1], f"{names[-1]}.ipynb"))  # for `%run` in another notebook
    return (paths[whole] for base in bases for tail in tails if (whole := (*base, *tail)) in paths)


def _stem(whole: tuple[str, ...]) -> tuple[str, ...]:
    """The components of a module's path, without its suffix or the file of a package."""
    return whole[:-1] if whole[-1] == _PACKAGE else (*whole[:-1], whole[-1].rpartition(".")[0])


def _is_of_tests(path: str) -> bool:
    """Whether a file is in a folder of tests, or is called as pytest calls them."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or name == "conftest.py" or name.startswith("test_")


def _ends_with(whole: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return whole[-len(names) :] == names


@lru_cache(maxsize=1)
def _paths_by_parts(paths: frozenset[str], prefix: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """The paths by their absolute components. The components of a run share the result."""
    return {_absolute_parts(path, prefix): path for path in paths}


@lru_cache(maxsize=4_096)
def _absolute_parts(path: str, prefix: tuple[str, ...]) -> tuple[str, ...]:
    """The components of a path from the root. Cached, because it is needed for each import."""
    parts: list[str] = [] if path.startswith("/") else list(prefix)
    for name in PurePosixPath(path.partition("::")[0]).parts:
        if name == "..":
            del parts[-1:]
        elif name != "/":
            parts.append(name)
    return tuple(parts)
