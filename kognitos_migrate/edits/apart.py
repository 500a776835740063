"""The files of a run that nothing connects with the program at hand: what a new module must know of them."""

import re
from collections.abc import Iterable, Mapping

from kognitos_migrate.discover.imports import modules
from kognitos_migrate.discover.screen import searches_modules
from kognitos_migrate.discover.statements import words_of
from kognitos_migrate.edits.adapter import is_adapter_text
from kognitos_migrate.record import Struct, field, replace

_TAKEN = re.compile(r"\.\s*([^\W\d]\w*)")
_ALL = re.compile(rb"\bimport[\s\\]*\*")


class Beside(Struct, frozen=True):
    """A file of a program that may be left out of what is analysed, and what it is to the rest."""

    path: str
    text: str
    is_adapter: bool
    searches: bytes
    """Its text, if it looks for modules in folders, or loads them from their files."""
    taken: frozenset[str]
    """The names that it may take from modules."""

    @classmethod
    def of(cls, path: str, text: str) -> "Beside":
        """What the file is that has this path and text."""
        encoded = text.encode("utf-8", "surrogatepass")
        imported = (name.rpartition(".") for name in modules(encoded, path))
        taken = {*_TAKEN.findall(text), *(name for module, dot, name in imported if dot)}
        return cls(
            path,
            text,
            is_adapter_text(text),
            encoded if searches_modules(encoded) else b"",
            frozenset(taken | words_of(encoded) if _ALL.search(encoded) else taken),
        )


class Apart(Struct, frozen=True):
    """Files by what they are to a new module."""

    paths: frozenset[str] = frozenset()
    """All of the run, those of the program at hand among them (the parts share one set): their places are
    taken."""
    adapters: tuple[str, ...] = ()
    """Those that hold adapters, to which more may be added."""
    searchers: Mapping[str, bytes] = field(default_factory=dict)
    """The texts of those that look for modules in folders, or load them from their files."""
    unused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By module of the program at hand: the functions and classes in it that nothing in it uses."""
    taken: frozenset[str] = frozenset()
    """The names that those of the same program may take from its modules."""
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

    def beside(self, others: Iterable["Beside"], unused: Mapping[str, frozenset[str]]) -> "Apart":
        """These, and others that are of the same program, and are left out."""
        left = list(others)
        return replace(
            self,
            paths=self.paths.union(one.path for one in left),
            adapters=(*self.adapters, *(one.path for one in left if one.is_adapter)),
            searchers={**self.searchers, **{one.path: one.searches for one in left if one.searches}},
            unused=unused,
            taken=frozenset(name for one in left for name in one.taken),
            left={one.path: one.text for one in left},
        )

    def but(self, paths: Iterable[str]) -> "Apart":
        """These without the ones at `paths`, whose places stay taken."""
        own = frozenset(paths)
        return replace(
            self,
            adapters=tuple(path for path in self.adapters if path not in own),
            searchers={path: text for path, text in self.searchers.items() if path not in own},
        )


NOTHING_APART = Apart()
