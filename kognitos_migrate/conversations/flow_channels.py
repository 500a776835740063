"""Channels by which a value may flow between conversations unseen: imports, storage, tasks, libraries."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.facts import Facts, OutsideNames
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import Struct

_SHORTEST_NAME = 3
"""Characters of a name. Shorter texts are modes of files and the like."""


class ChannelKind(Enum):
    """How a value gets from one conversation to another."""

    IMPORT = "import"
    """Through a module that has both, or is one of the two."""
    STORAGE = "storage"
    """Under a name: of a file, a table, a key, a queue, an environment variable."""
    TASK = "task"
    """As an argument of a function that is called by its name."""
    LIBRARY = "library"
    """Through a package out of sight that is given no names."""
    NAMED_LIBRARY = "named library"
    """Through such a package, which one of the two gives names and the other none."""


class FlowChannel(Struct, frozen=True):
    """One way. A value may take it where it leads from the one conversation and to the other."""

    kind: ChannelKind
    name: str


class FlowChannels:
    """The ways from and to the modules of a program."""

    def __init__(self, program: ProgramFacts, links: Mapping[str, frozenset[str]]) -> None:
        """`links` are, by file, those whose definitions it may use. They need not be in the program."""
        self._program, self._facts = program, program.facts
        self._links = links
        self._fields = _field_names(program.rules)
        self._to: dict[frozenset[str], tuple[FlowChannel, ...]] = {}
        self._from: dict[frozenset[str], tuple[FlowChannel, ...]] = {}
        self._above: dict[str, frozenset[str]] = {}

    def modules(self, frames: Iterable[int]) -> frozenset[str]:
        """The modules of activations, and of those around them."""
        numbers = {number for frame in frames for number in _around(self._facts, frame)}
        return frozenset(self._facts.frames[number].path for number in numbers)

    def of_imports(self, modules: Iterable[str]) -> tuple[FlowChannel, ...]:
        """The ways from and to whoever has one of these modules."""
        importers = {one for path in modules for one in self._importers(path)}
        return tuple(FlowChannel(ChannelKind.IMPORT, one) for one in sorted(importers))

    def into_storage(self, modules: frozenset[str]) -> tuple[FlowChannel, ...]:
        """The ways of what these modules let out of sight: keys first."""
        if modules not in self._to:
            self._to[modules] = tuple(dict.fromkeys(self._stored(modules)))
        return self._to[modules]

    def out_of_storage(self, modules: frozenset[str], frames: Iterable[int]) -> tuple[FlowChannel, ...]:
        """The ways of what these modules get from out of sight, in activations that `frames` are in:
        keys first."""
        if modules not in self._from:
            self._from[modules] = tuple(dict.fromkeys(self._loaded(modules)))
        tasks = sorted({name for frame in frames if (name := self._entry(frame)) is not None})
        return (*self._from[modules], *(FlowChannel(ChannelKind.TASK, name) for name in tasks))

    def _entry(self, frame: int) -> str | None:
        """The name of the function around all calls that led to an activation."""
        *_, last = _around(self._facts, frame)
        site = self._facts.frames[last].function
        node = self._program.trees[site.path].node(site) if site is not None else None
        return node.name.value if isinstance(node, cst.FunctionDef) else None

    def variable(self, source: str) -> FlowChannel:
        """The way of a value that users set."""
        return FlowChannel(ChannelKind.STORAGE, source.rpartition(" ")[2])

    def _stored(self, modules: frozenset[str]) -> Iterator[FlowChannel]:
        used = self._used(modules)
        texts = (*(text for one in used for text in one.puts), *(text for one in used for text in one.names))
        names = dict.fromkeys(name for text in texts for name in self._names(text))
        yield from (FlowChannel(ChannelKind.STORAGE, name) for name in names)
        yield from (FlowChannel(ChannelKind.TASK, name.rpartition(".")[2]) for name in names)
        for package in dict.fromkeys(package for one in used for package in one.libraries):
            yield FlowChannel(ChannelKind.LIBRARY if not names else ChannelKind.NAMED_LIBRARY, package)

    def _loaded(self, modules: frozenset[str]) -> Iterator[FlowChannel]:
        used = self._used(modules)
        texts = (*(text for one in used for text in one.gets), *(text for one in used for text in one.names))
        names = dict.fromkeys(name for text in texts for name in self._names(text))
        names.update(dict.fromkeys(PurePosixPath(path).name for path in sorted(modules)))
        yield from (FlowChannel(ChannelKind.STORAGE, name) for name in names)
        is_named = any(one.names or one.gets for one in used)
        for package in dict.fromkeys(package for one in used for package in one.libraries):
            yield FlowChannel(ChannelKind.LIBRARY, package)
            if not is_named:
                yield FlowChannel(ChannelKind.NAMED_LIBRARY, package)

    def _used(self, modules: frozenset[str]) -> list[OutsideNames]:
        """What these modules name out of sight, and those that they use."""
        below = _closure(modules, self._links)
        return [self._facts.outside[path] for path in sorted(below) if path in self._facts.outside]

    def _names(self, text: str) -> Iterator[str]:
        """The names that a text may give: itself, the file at the end of a path, the words of a query."""
        if len(text.split()) > 1:
            words = [word for word in re.split(r"\W+", text) if self._is_name(word)]
        else:
            words = [text.strip(), PurePosixPath(text.strip()).name]
        for word in words:
            is_long = len(word) >= _SHORTEST_NAME and re.search(r"\w{3}", word) is not None
            if is_long and not word.startswith("-") and not _is_encoding(word):
                yield word

    def _is_name(self, word: str) -> bool:
        """Whether a word of a query may be a name: no keyword, number, or field of the API."""
        return not (word.isupper() or word.isdigit() or word in self._fields)

    def _importers(self, path: str) -> frozenset[str]:
        """A module, and those that import it, directly or not."""
        if path not in self._above:
            self._above[path] = frozenset(_closure((path,), self._users))
        return self._above[path]

    @cached_property
    def _users(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for path, others in self._links.items():
            if path not in self._facts.tests:
                for other in others:
                    found.setdefault(other, set()).add(path)
        return {path: frozenset(others) for path, others in found.items()}


def _closure(paths: Iterable[str], links: Mapping[str, frozenset[str]]) -> set[str]:
    found = set(paths)
    waiting = list(found)
    while waiting:
        more = links.get(waiting.pop(), frozenset()) - found
        found |= more
        waiting.extend(more)
    return found


def _around(facts: Facts, frame: int) -> Iterator[int]:
    """An activation, and those around it."""
    current: int | None = frame
    while current is not None:
        yield current
        current = facts.frames[current].caller


def _field_names(rules: Rulebook) -> frozenset[str]:
    layouts = [layout for one in rules.operations for layout in (one.old, one.new)]
    return frozenset(
        member.name for layout in layouts for member in (*layout.reply, *layout.members, *layout.query)
    )


def _is_encoding(word: str) -> bool:
    try:
        codecs.lookup(word)
    except (LookupError, ValueError):
        return False
    return True
