"""The files of a run that nothing connects with the program at hand: what a new module must know of them."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from kognitos_migrate.discover.imports import modules
from kognitos_migrate.discover.screen import searches_modules
from kognitos_migrate.discover.statements import words_of
from kognitos_migrate.edits.adapter import is_adapter_text
from kognitos_migrate.record import Struct, field, replace

_ALL = re.compile(rb"\bimport[\s\\]*\*")


class Apart(Struct, frozen=True, dict=True):
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
    def of(cls, texts: Iterable[tuple[str, str]]) -> "Apart":
        """What the files are that have these paths and texts."""
        known = dict(texts)
        encoded = {path: text.encode("utf-8", "surrogatepass") for path, text in known.items()}
        return cls(
            frozenset(known),
            tuple(path for path, text in known.items() if is_adapter_text(text)),
            {path: text for path, text in encoded.items() if searches_modules(text)},
        )

    def beside(self, left: Mapping[str, str], unused: Mapping[str, frozenset[str]]) -> "Apart":
        """These, and the texts of others, by path, that are of the same program and are left out."""
        adapters = (path for path, text in left.items() if is_adapter_text(text))
        return replace(
            self,
            paths=self.paths.union(left),
            adapters=(*self.adapters, *adapters),
            unused=unused,
            left=left,
        )

    def but(self, paths: Iterable[str]) -> "Apart":
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
        return {**self.searchers, **Apart.of(self.left.items()).searchers}

    def take(self, name: str) -> bool:
        """Whether one of those that are left out may take a name from a module."""
        if name not in self._asked:
            said = (path for path, text in self.left.items() if name in text)
            self._asked[name] = any(_takes(path, self.left[path], name) for path in said)
        return self._asked[name]

    @cached_property
    def _asked(self) -> dict[str, bool]:
        return {}


NOTHING_APART = Apart()


def _takes(path: str, text: str, name: str) -> bool:
    """Whether a module may take a name from another one: it stands behind a dot, is imported, or all names
    are."""
    if re.search(rf"\.\s*{re.escape(name)}\b", text):
        return True
    encoded = text.encode("utf-8", "surrogatepass")
    if _ALL.search(encoded) and name in words_of(encoded):
        return True
    return any(one.endswith((f".{name}", f"/{name}")) for one in modules(encoded, path))
