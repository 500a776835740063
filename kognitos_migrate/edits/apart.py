"""The files of a run that nothing connects with the program at hand: what a new module must know of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kognitos_migrate.discover.imports import GAP, words
from kognitos_migrate.discover.screen import searches_modules
from kognitos_migrate.edits.adapter import is_adapter_text

_TAKEN = re.compile(r"\.\s*([^\W\d]\w*)")


@dataclass(frozen=True, slots=True)
class Apart:
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

    def beside(self, texts: Iterable[tuple[str, str]], unused: Mapping[str, frozenset[str]]) -> "Apart":
        """These, and others with these paths and texts that are of the same program, and are left out."""
        known = dict(texts)
        others = Apart.of(known.items())
        taken = {name for text in known.values() for name in _TAKEN.findall(text)}
        for path, text in known.items():
            taken.update(map(bytes.decode, words(text.encode("utf-8", "replace"), path).split(GAP)))
        return replace(
            self,
            paths=self.paths | others.paths,
            adapters=(*self.adapters, *others.adapters),
            searchers={**self.searchers, **others.searchers},
            unused=unused,
            taken=frozenset(taken),
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
