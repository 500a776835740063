"""The surroundings of the analysed slice: modules outside of it, and the names in it that they may use."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from kognitos_migrate.discover.import_scan import imported_modules
from kognitos_migrate.discover.prefilter import searches_modules
from kognitos_migrate.edits.adapter_source import is_adapter_text
from kognitos_migrate.modules.top_level import loads_by_name, words_of
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.module_references import ModuleNames, imports_by_name, reads_of_modules
from kognitos_migrate.syntax.settable_names import SettableName
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import ModuleRef, Symbol, Unknown, Value

_ALL = re.compile(rb"\bimport[\s\\]*\*")


class SliceSurroundings(Struct, frozen=True, dict=True):
    """The files outside of the analysed slice, by their importance for a new module."""

    taken_paths: frozenset[str] = frozenset()
    """All paths of the run, with those of the program at hand (components share one set): new modules can't
    use them."""
    adapters: tuple[str, ...] = ()
    """Modules that contain adapters, to which more may be added."""
    module_searchers: Mapping[str, bytes] = field(default_factory=dict)
    """The texts, by path, of modules of other programs that search folders for modules or load modules from
    files."""
    unused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By module of the program at hand: its functions and classes that nothing in the program uses."""
    settable: frozenset[SettableName] = frozenset()
    """The names of the program at hand that code out of sight may set."""
    unanalysed_texts: Mapping[str, str] = field(default_factory=dict)
    """The texts, by path, of modules of the same program that aren't analysed."""
    texts_by_path: Mapping[str, str] = field(default_factory=dict)
    """The texts of the whole run, if one of them loads modules by name (components share one mapping)."""

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]]) -> "SliceSurroundings":
        """Classify files by path and text."""
        texts_by_path = dict(texts)
        encoded = {path: text.encode("utf-8", "surrogatepass") for path, text in texts_by_path.items()}
        return cls(
            frozenset(texts_by_path),
            tuple(path for path, text in texts_by_path.items() if is_adapter_text(text)),
            {path: text for path, text in encoded.items() if searches_modules(text)},
            texts_by_path=texts_by_path if any(map(loads_by_name, encoded.values())) else {},
        )

    def with_texts(
        self, left: Mapping[str, str], unused: Mapping[str, frozenset[str]]
    ) -> "SliceSurroundings":
        """These files and the modules in `left`, which belong to the same program and aren't analysed."""
        adapters = (path for path, text in left.items() if is_adapter_text(text))
        return replace(
            self,
            taken_paths=self.taken_paths.union(left),
            adapters=(*self.adapters, *adapters),
            unused=unused,
            unanalysed_texts=left,
        )

    def without_files(self, paths: Iterable[str]) -> "SliceSurroundings":
        """These without the files at `paths`, whose paths stay in use."""
        own = frozenset(paths)
        return replace(
            self,
            adapters=tuple(path for path in self.adapters if path not in own),
            module_searchers={path: text for path, text in self.module_searchers.items() if path not in own},
        )

    @cached_property
    def all_module_searchers(self) -> Mapping[str, bytes]:
        """The module searchers, including the modules of the same program that aren't analysed."""
        return {
            **self.module_searchers,
            **SliceSurroundings.of(self.unanalysed_texts.items()).module_searchers,
        }

    def may_be_used(self, name: str) -> bool:
        """Whether a module of the same program that isn't analysed may use a name of a module."""
        if name not in self._use_cache:
            paths = (path for path, text in self.unanalysed_texts.items() if name in text)
            self._use_cache[name] = any(
                _text_may_use_name(path, self.unanalysed_texts[path], name) for path in paths
            )
        return self._use_cache[name]

    @cached_property
    def _use_cache(self) -> dict[str, bool]:
        return {}


NO_SURROUNDINGS = SliceSurroundings()


def _text_may_use_name(path: str, text: str, name: str) -> bool:
    """Whether a module may take a name from another one: the name follows a dot or is imported, or there is a
    star import."""
    if re.search(rf"\.\s*{re.escape(name)}\b", text):
        return True
    encoded = text.encode("utf-8", "surrogatepass")
    if _ALL.search(encoded) and name in words_of(encoded):
        return True
    return any(module.endswith((f".{name}", f"/{name}")) for module in imported_modules(encoded, path))


def may_use_name(
    tree: Tree, name: str, module: ModuleNames, values_of: Callable[[Site], Iterable[Value]]
) -> bool:
    """Whether `tree` takes a name from another module: it imports it, or reads it as an attribute of an
    expression that may be this module."""
    if imports_by_name(tree, name, module):
        return True
    sites = (tree.site(node.value) for node in reads_of_modules(tree, name))
    return any(_may_be_module(values_of(site), module) for site in sites)


def _may_be_module(values: Iterable[Value], module: ModuleNames) -> bool:
    """Whether a value may be a module of the program. A library isn't one."""
    choices = [choice for value in values for choice in alternatives(value)]
    return not choices or any(
        choice.name.partition(".")[0] in module.roots
        if isinstance(choice, Symbol)
        else isinstance(choice, Unknown | ModuleRef)
        for choice in choices
    )
