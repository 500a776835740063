"""Modules outside the analysed slice: their imports and literals, and the names they take from inside."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

from kognitos_migrate.discover.import_scan import imported_modules
from kognitos_migrate.discover.prefilter import searches_modules
from kognitos_migrate.edits.generated_code import is_adapter_text
from kognitos_migrate.modules.top_level import parse_module, words_of
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.module_references import imports_by_name, reads_of_modules
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import ModuleRef, Symbol, Unknown, Value

_ALL = re.compile(rb"\bimport[\s\\]*\*")


class OutsideModules(Struct, frozen=True, dict=True):
    """Files by what they are to a new module."""

    paths: frozenset[str] = frozenset()
    """All of the run, those of the program at hand among them (the parts share one set): their places are
    taken."""
    adapters: tuple[str, ...] = ()
    """Those that hold adapters, to which more may be added."""
    searchers: Mapping[str, bytes] = field(default_factory=dict)
    """The texts of those of other programs that look for modules in folders, or load them from their
    files."""
    unused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By module of the program at hand: the functions and classes in it that nothing in it uses."""
    left: Mapping[str, str] = field(default_factory=dict)
    """The texts of those of the same program that are left out, by path."""

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]]) -> "OutsideModules":
        """What the files are that have these paths and texts."""
        known = dict(texts)
        encoded = {path: text.encode("utf-8", "surrogatepass") for path, text in known.items()}
        return cls(
            frozenset(known),
            tuple(path for path, text in known.items() if is_adapter_text(text)),
            {path: text for path, text in encoded.items() if searches_modules(text)},
        )

    def beside(self, left: Mapping[str, str], unused: Mapping[str, frozenset[str]]) -> "OutsideModules":
        """These, and the texts of others, by path, that are of the same program and are left out."""
        adapters = (path for path, text in left.items() if is_adapter_text(text))
        return replace(
            self,
            paths=self.paths.union(left),
            adapters=(*self.adapters, *adapters),
            unused=unused,
            left=left,
        )

    def but(self, paths: Iterable[str]) -> "OutsideModules":
        """These without the ones at `paths`, whose places stay taken."""
        own = frozenset(paths)
        return replace(
            self,
            adapters=tuple(path for path in self.adapters if path not in own),
            searchers={path: text for path, text in self.searchers.items() if path not in own},
        )

    @cached_property
    def all_searchers(self) -> Mapping[str, bytes]:
        """The searchers, those that are left out among them."""
        return {**self.searchers, **OutsideModules.of(self.left.items()).searchers}

    def take(self, name: str) -> bool:
        """Whether one of those that are left out may take a name from a module."""
        if name not in self._asked:
            said = (path for path, text in self.left.items() if name in text)
            self._asked[name] = any(_takes(path, self.left[path], name) for path in said)
        return self._asked[name]

    @cached_property
    def _asked(self) -> dict[str, bool]:
        return {}


NO_OUTSIDE_MODULES = OutsideModules()


def _takes(path: str, text: str, name: str) -> bool:
    """Whether a module may take a name from another one: it stands behind a dot, is imported, or all names
    are."""
    if re.search(rf"\.\s*{re.escape(name)}\b", text):
        return True
    encoded = text.encode("utf-8", "surrogatepass")
    if _ALL.search(encoded) and name in words_of(encoded):
        return True
    return any(one.endswith((f".{name}", f"/{name}")) for one in imported_modules(encoded, path))


_NOTHING = ast.Module([], [])
"""What can't be parsed says nothing."""


class ImportedName(NamedTuple):
    """A dotted name that an import may mean a module by, with the dots in front, and whether the import names
    no other than that."""

    dotted: str
    level: int
    is_whole: bool


@lru_cache(maxsize=2048)
def imports_in(text: str) -> tuple[ImportedName, ...]:
    """What a module imports."""
    return tuple(_imports(parse_module(text) or _NOTHING))


@lru_cache(maxsize=2048)
def literals_in(text: str) -> frozenset[str]:
    """The texts in a module."""
    found = (
        node.value for node in ast.walk(parse_module(text) or _NOTHING) if isinstance(node, ast.Constant)
    )
    return frozenset(value for value in found if isinstance(value, str))


def _imports(module: ast.Module) -> Iterator[ImportedName]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (ImportedName(alias.name, 0, is_whole=True) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield ImportedName(node.module, node.level, is_whole=True)
            stem = f"{node.module}." if node.module else ""
            yield from (
                ImportedName(f"{stem}{alias.name}", node.level, is_whole=False)
                for alias in node.names
                if alias.name != "*"
            )


def takes_name(tree: Tree, name: str, values_of: Callable[[Site], Iterable[Value]]) -> bool:
    """Whether a module takes a name from another one: it imports it, or reads it of what may be a module, as
    the values of that expression tell."""
    if imports_by_name(tree, name):
        return True
    sites = (tree.site(node.value) for node in reads_of_modules(tree, name))
    return any(_may_be_module(values_of(site)) for site in sites)


def _may_be_module(values: Iterable[Value]) -> bool:
    choices = [choice for value in values for choice in alternatives(value)]
    return not choices or any(isinstance(choice, Unknown | ModuleRef | Symbol) for choice in choices)
