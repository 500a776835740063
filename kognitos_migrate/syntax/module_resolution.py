"""Module resolution: from a dotted name to a file."""

import sys
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType

NO_LINKS: Mapping[str, frozenset[str]] = MappingProxyType({})

_PACKAGE = "__init__.py"


class ModuleFiles:
    """The modules by their whole paths: seen from the root, not from the working folder, which may itself lie
    in a package."""

    def __init__(
        self,
        paths: Iterable[str] = (),
        above: Sequence[str] = (),
        packages: Iterable[str] = (),
        apart: Iterable[str] = (),
        links: Mapping[str, frozenset[str]] = NO_LINKS,
        roots: Iterable[str] = (),
        exported: Iterable[str] = (),
    ) -> None:
        """`paths` begin at the working folder, to which the names `above` lead. `packages` are folders (named
        likewise) that hold an `syntax/__init__.py`, as far as it isn't among the paths. `apart` are modules
        that are there, and are not looked at. `links` are, by file, those whose definitions it may use, as
        far as this is known. `roots` are folders, from the root on, that imports from anywhere may begin at.
        `exported` are the paths of modules that code out of sight may import."""
        self.links = links
        self.above = tuple(above)
        self.packages = frozenset(packages)
        self.apart = frozenset(apart)
        self.exported = frozenset(exported)
        self.roots = tuple(roots)
        self._roots = [tuple(PurePosixPath(root).parts[1:]) for root in self.roots]
        self._paths = {self.whole(path): path for path in paths}
        self._known: dict[tuple[tuple[str, ...], str, int], Sequence[str]] = {}
        """By folder, name and dots: the modules that `find` chooses from."""

    def and_these(self, paths: Collection[str]) -> "ModuleFiles":
        """The same for other paths."""
        if {*paths} == {*self._paths.values()}:
            return self
        return ModuleFiles(
            paths, self.above, self.packages, self.apart, self.links, self.roots, self.exported
        )

    def whole(self, path: str) -> tuple[str, ...]:
        """The names that lead to `path` from the root."""
        return _whole(path, self.above)

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The path of the module that the one at `importer` calls `dotted`, with `level` dots in front.

        It is looked for beside the importer and in the folders above it, then in the import roots, where it
        must be the only one.
        """
        folder = self.whole(importer)[:-1]
        asked = (folder, dotted, level)
        if asked not in self._known:
            near = [*islice(dict.fromkeys(_found(self._paths, folder, dotted, level)), 2)]
            self._known[asked] = near or ([] if level else self._installed(self._paths, dotted))
        return next((path for path in self._known[asked] if path != importer), None)

    def candidates(self, importer: str, dotted: str) -> Sequence[str]:
        """The modules that a dotted name may mean where `find` finds none: those of that name in any folder
        that is no package. Whoever runs the program says where imports begin."""
        names = tuple(dotted.split("."))
        if names[0] in sys.stdlib_module_names or self.find(importer, dotted, 0) is not None:
            return ()
        return sorted(
            path
            for whole, path in self._by_last.get(names[-1], ())
            if path != importer and _ends_with(whole, names) and not self._is_package(whole[: -len(names)])
        )

    def _installed(self, paths: Mapping[tuple[str, ...], str], dotted: str) -> Sequence[str]:
        """The module in an import root; none where there are several."""
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return ()
        found = {path for root in self._roots for path in islice(_in_bases(paths, [root], dotted), 1)}
        return [*found] if len(found) == 1 else ()

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """By the last part of their names: modules, by that name from the root on."""
        found: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for whole, path in self._paths.items():
            if whole[-1].endswith((".py", ".ipynb")):
                stem = whole[:-1] if whole[-1] == _PACKAGE else (*whole[:-1], whole[-1].rpartition(".")[0])
                found[stem[-1] if stem else ""].append((stem, path))
        return found

    def _is_package(self, folder: tuple[str, ...]) -> bool:
        return (*folder, _PACKAGE) in self._paths or folder in self._packages

    @cached_property
    def _packages(self) -> frozenset[tuple[str, ...]]:
        return frozenset(map(self.whole, self.packages))

    def located(self, importer: str, dotted: str, level: int) -> str | None:
        """The same, for modules that are not looked at, too."""
        paths = ChainMap(self._paths, _by_whole_path(self.apart, self.above))
        near = [*islice(_found(paths, self.whole(importer)[:-1], dotted, level), 2)]
        found = near or ([] if level else self._installed(paths, dotted))
        return next((path for path in found if path != importer), None)


def _found(
    paths: Mapping[tuple[str, ...], str], folder: tuple[str, ...], dotted: str, level: int
) -> Iterator[str]:
    """The paths of the modules that a name may mean in a folder, the nearest first."""
    if level:
        bases = [folder[: max(len(folder) - (level - 1), 0)]]
    else:
        around = [folder[:end] for end in range(len(folder), -1, -1)]
        bases = [*around, *((*base, "src") for base in around)]
    return _in_bases(paths, bases, dotted)


def _in_bases(
    paths: Mapping[tuple[str, ...], str], bases: Iterable[tuple[str, ...]], dotted: str
) -> Iterator[str]:
    names = dotted.split(".") if dotted else []
    tails = [(*names, "__init__.py")]
    if names:
        tails.insert(0, (*names[:-1], f"{names[-1]}.py"))
        tails.append((*names[:-1], f"{names[-1]}.ipynb"))  # which another notebook runs
    return (paths[whole] for base in bases for tail in tails if (whole := (*base, *tail)) in paths)


def _ends_with(whole: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return whole[-len(names) :] == names


@lru_cache(maxsize=1)
def _by_whole_path(paths: frozenset[str], above: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """The paths by what leads to them from the root; the parts of a run share them."""
    return {_whole(path, above): path for path in paths}


@lru_cache(maxsize=4_096)
def _whole(path: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """Asked again for each name that a module imports."""
    parts: list[str] = [] if path.startswith("/") else list(above)
    for name in PurePosixPath(path.partition("::")[0]).parts:
        if name == "..":
            del parts[-1:]
        elif name != "/":
            parts.append(name)
    return tuple(parts)
