"""The files of a program's modules, and which of them a dotted name means."""

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType

NO_LINKS: Mapping[str, frozenset[str]] = MappingProxyType({})


class Files:
    """The modules by their whole paths: seen from the root, not from the working folder, which may itself lie
    in a package."""

    def __init__(
        self,
        paths: Iterable[str] = (),
        above: Sequence[str] = (),
        packages: Iterable[str] = (),
        apart: Iterable[str] = (),
        links: Mapping[str, frozenset[str]] = NO_LINKS,
    ) -> None:
        """`paths` begin at the working folder, to which the names `above` lead. `packages` are folders (named
        likewise) that hold an `__init__.py`, as far as it isn't among the paths. `apart` are modules that are
        there, and are not looked at. `links` are, by file, those whose definitions it may use, as far as this
        is known."""
        self.links = links
        self.above = tuple(above)
        self.packages = frozenset(packages)
        self.apart = frozenset(apart)
        self._paths = {self.whole(path): path for path in paths}
        self._known: dict[tuple[tuple[str, ...], str, int], Sequence[str]] = {}
        """By folder, name and dots: the modules that `find` chooses from."""

    def and_these(self, paths: Collection[str]) -> "Files":
        """The same for other paths."""
        if {*paths} == {*self._paths.values()}:
            return self
        return Files(paths, self.above, self.packages, self.apart, self.links)

    def whole(self, path: str) -> tuple[str, ...]:
        """The names that lead to `path` from the root."""
        return _whole(path, self.above)

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The path of the module that the one at `importer` calls `dotted`, with `level` dots in front.

        It is looked for beside the importer and in the folders above it.
        """
        folder = self.whole(importer)[:-1]
        asked = (folder, dotted, level)
        if asked not in self._known:
            self._known[asked] = [*islice(dict.fromkeys(_found(self._paths, folder, dotted, level)), 2)]
        return next((path for path in self._known[asked] if path != importer), None)

    def located(self, importer: str, dotted: str, level: int) -> str | None:
        """The same, for modules that are not looked at, too."""
        apart = _by_whole_path(self.apart, self.above)
        found = _found(ChainMap(self._paths, apart), self.whole(importer)[:-1], dotted, level)
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
    names = dotted.split(".") if dotted else []
    tails = [(*names, "__init__.py")]
    if names:
        tails.insert(0, (*names[:-1], f"{names[-1]}.py"))
        tails.append((*names[:-1], f"{names[-1]}.ipynb"))  # which another notebook runs
    return (paths[whole] for base in bases for tail in tails if (whole := (*base, *tail)) in paths)


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
