"""Channels through which a value may flow between conversations unseen: imports, storage, tasks,
libraries."""

import codecs
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property
from mimetypes import MimeTypes
from pathlib import PurePosixPath

import libcst as cst

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import transitive_closure
from kognitos_migrate.discover.import_scan import imported_modules
from kognitos_migrate.interpret.state.facts import OutsideNames
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import HashedEnum, Struct

_SHORTEST = 3
"""The least characters of a name. Shorter texts are file modes and the like."""
_TABLE = re.compile(
    r"\b(?:from|into|update|join|table(?:\s+if\s+not\s+exists|\s+if\s+exists)?)\s+[\"'`\[]?(\w[\w.]*)",
    re.IGNORECASE,
)
"""A table in a query, or in a fragment of one."""
_QUERY = re.compile(
    r"\s*(?:select|insert|update|delete|replace|merge|upsert|create|drop|alter|truncate|with|from|into|join"
    r"|left|inner|where)\b",
    re.IGNORECASE,
)
_FILE = re.compile(r"\w\.\w|/\w")
"""Characters in a word that suggest a file name."""


class StorageNames:
    """Distinguishes names of files, tables, keys, queues and tasks from prose and from words of the API."""

    def __init__(self, rules: Rulebook, settings: Settings) -> None:
        """Collect the words of the API: from the `rules`, and from the keys of the configured tables."""
        apis = rules.apis.values()
        layouts = [layout for operation in rules.operations for layout in (operation.old, operation.new)]
        self._fields = frozenset(
            member.name for layout in layouts for member in (*layout.reply, *layout.members, *layout.query)
        )
        self._keys = frozenset(key for table in settings.tables.values() for key in table)
        self._headers = frozenset(header.lower() for api in apis for header in api.headers)
        self._hosts = tuple(host.lower() for api in apis for host in (*api.hosts, *settings.hosts))
        paths = [
            [part.text for part in operation.old.path if part.slot is None] for operation in rules.operations
        ]
        self._paths = [path for path in paths if path]

    def is_of_api(self, name: str) -> bool:
        """Whether a name is a field of the API or a configured key. Such a name isn't a storage name by
        itself."""
        return name in self._fields or name in self._keys

    def names_in(self, text: str) -> Iterator[str]:
        """The storage names in a text.

        The text itself, the file at the end of a path, the tables of a query, or the files in a command or a
        sentence.
        """
        if self._is_address(text) or _is_format(text):
            return
        words = text.split()
        if len(words) == 1 and words[0] == text:
            candidates = [text, PurePosixPath(text).name]
        else:
            candidates = list(self._words(text, words))
        for word in candidates:
            if self._is_name(word):
                yield word

    def _words(self, text: str, words: list[str]) -> Iterator[str]:
        tables = _TABLE.findall(text) if _QUERY.match(text) else []
        if tables:
            yield from (table.rpartition(".")[2] for table in tables)
        elif words and words[0].isupper():  # a command for a server
            others = re.findall(r"\w+", text)
            yield from (word for word in others if not (word.isupper() or word in self._fields))
        else:
            stripped = (word.strip("\"'`.,;:!?()[]{}<>") for word in words)
            yield from (PurePosixPath(word).name for word in stripped if _FILE.search(word))

    def _is_name(self, word: str) -> bool:
        is_long = len(word) >= _SHORTEST and re.search(r"\w{3}", word) is not None
        return is_long and not (
            word.startswith("-") or word.isdigit() or word.lower() in self._headers or _is_format(word)
        )

    def _is_address(self, text: str) -> bool:
        """Whether a text contains a host of the API or the path of a call."""
        lowered = text.lower()
        if any(host in lowered for host in self._hosts):
            return True
        segments = re.split(r"[/?#]", text)
        return any(
            segments[start : start + len(path)] == path
            for path in self._paths
            for start in range(len(segments) - len(path) + 1)
        )


@cache
def _formats() -> frozenset[str]:
    """The content types and file extensions of the standard library, without those of this machine."""
    types_by_extension = MimeTypes().types_map[True]
    return frozenset((*types_by_extension, *types_by_extension.values()))


def _is_format(word: str) -> bool:
    """Whether a word is an encoding, a content type, or a file extension."""
    if word in _formats() or word.lower() in _formats():
        return True
    try:
        codecs.lookup(word)
    except (LookupError, ValueError):
        return False
    return True


_ANY_GIVER, _ANY_TAKER = ".giver", ".taker"
"""Placeholders for the packages of a module that imports none. It may share an object with any other
module."""
ANY_PACKAGE = (_ANY_GIVER, _ANY_TAKER)
"""Placeholders for the packages of a module that isn't analysed."""


class ChannelKind(HashedEnum):
    """The way in which a value gets from one conversation to another."""

    IMPORT = "import"
    """Through a module that imports both, or through one of the two."""
    STORAGE = "storage"
    """Under a shared name: of a file, a table, a key, a queue, or an environment variable."""
    KEY = "key"
    """As an item of an object out of sight, which both may get from a package that both import."""
    TASK = "task"
    """As an argument of a function that is called by its name."""
    LIBRARY = "library"
    """Through a library that receives no names."""
    NAMED_LIBRARY = "named library"
    """Through a library that receives names from one side only."""


class FlowChannel(Struct, frozen=True):
    """One channel. A value may flow if the channel leads from one conversation and to the other."""

    kind: ChannelKind
    name: str
    package: str = ""
    """The package that both sides import, if the kind needs one."""


class _ImportChannels(dict[str, FlowChannel]):
    """The channels of modules. Each is one object, since the ends of many conversations share it."""

    def __missing__(self, module: str) -> FlowChannel:
        channel = self[module] = FlowChannel(ChannelKind.IMPORT, module)
        return channel


class FlowChannels:
    """The channels from and to the modules of a program."""

    def __init__(self, program: ProgramFacts, links: Mapping[str, frozenset[str]]) -> None:
        """`links` are, by file, the files whose definitions it may use. They may lie outside the program."""
        self._program, self._facts = program, program.facts
        self._links = links
        self._storage = StorageNames(program.rules, program.settings)
        self._outgoing: dict[tuple[frozenset[str], frozenset[str] | None], tuple[FlowChannel, ...]] = {}
        self._incoming: dict[frozenset[str], tuple[FlowChannel, ...]] = {}
        self._by_imports: dict[frozenset[str], tuple[FlowChannel, ...]] = {}
        self._import_channels = _ImportChannels()
        self._packages_by_path: dict[str, frozenset[str]] = {}
        self._importers_by_path: dict[str, frozenset[str]] = {}

    def modules(self, frames: Iterable[int]) -> frozenset[str]:
        """The modules of these frames and their callers."""
        numbers = {outer.id for frame in frames for outer in self._facts.stack(frame)}
        return frozenset(self._facts.frames[number].path for number in numbers)

    def of_imports(self, modules: frozenset[str]) -> tuple[FlowChannel, ...]:
        """One channel per module that is one of `modules`, or imports one directly or indirectly."""
        if modules not in self._by_imports:
            importers = sorted(frozenset[str]().union(*map(self._importers, modules)))
            self._by_imports[modules] = tuple(self._import_channels[importer] for importer in importers)
        return self._by_imports[modules]

    def into_storage(
        self, modules: frozenset[str], packages: frozenset[str] | None = None
    ) -> tuple[FlowChannel, ...]:
        """The channels of values that escape from these modules, into `packages` (None: into any)."""
        if (modules, packages) not in self._outgoing:
            self._outgoing[modules, packages] = tuple(
                dict.fromkeys(self._storage_channels(modules, packages))
            )
        return self._outgoing[modules, packages]

    def out_of_storage(self, modules: frozenset[str], frames: Iterable[int]) -> tuple[FlowChannel, ...]:
        """The channels of values that these modules get from outside, and tasks that start one of
        `frames`."""
        if modules not in self._incoming:
            self._incoming[modules] = tuple(dict.fromkeys(self._loading_channels(modules)))
        tasks = sorted({name for frame in frames if (name := self._entry_function(frame)) is not None})
        packages = ("", *_target_packages(self._packages(modules))) if tasks else ()
        task_channels = (
            FlowChannel(ChannelKind.TASK, name, package) for name in tasks for package in packages
        )
        return (*self._incoming[modules], *task_channels)

    def _entry_function(self, frame: int) -> str | None:
        """The name of the outermost function around a frame."""
        *_, last = self._facts.stack(frame)
        site = last.function
        node = self._program.trees[site.path].node(site) if site is not None else None
        return node.name.value if isinstance(node, cst.FunctionDef) else None

    def variable(self, source: str) -> FlowChannel:
        """The channel of a value that users set."""
        return FlowChannel(ChannelKind.STORAGE, source.rpartition(" ")[2])

    def _storage_channels(
        self, modules: frozenset[str], packages: frozenset[str] | None
    ) -> Iterator[FlowChannel]:
        outside_names = self._outside_names(modules)
        names = {
            **self._names(text for outside in outside_names for text in outside.puts),
            **self._names(text for outside in outside_names for text in outside.labels),
        }
        others = self._names(text for outside in outside_names for text in outside.names)
        names.update((name, None) for name in others if not self._storage.is_of_api(name))
        labels = self._names(text for outside in outside_names for text in outside.labels)
        shared = _source_packages(self._packages(modules))
        for name in names:
            yield FlowChannel(ChannelKind.STORAGE, name)
            yield from (FlowChannel(ChannelKind.KEY, name, package) for package in shared)
            task = name.rpartition(".")[2]
            if task != name or name in labels:
                yield FlowChannel(ChannelKind.TASK, task)
            yield from (FlowChannel(ChannelKind.TASK, task, package) for package in shared)
        is_named = any(outside.names or outside.puts for outside in outside_names)
        for package in dict.fromkeys(package for outside in outside_names for package in outside.libraries):
            if packages is None or package in packages:
                yield FlowChannel(ChannelKind.NAMED_LIBRARY if is_named else ChannelKind.LIBRARY, package)

    def _loading_channels(self, modules: frozenset[str]) -> Iterator[FlowChannel]:
        outside_names = self._outside_names(modules)
        names = self._names(text for outside in outside_names for text in outside.names)
        names.update(dict.fromkeys(PurePosixPath(path).name for path in sorted(modules)))
        yield from (FlowChannel(ChannelKind.STORAGE, name) for name in names)
        keys = self._names(text for outside in outside_names for text in outside.gets)
        shared = _target_packages(self._packages(modules))
        yield from (FlowChannel(ChannelKind.KEY, key, package) for key in keys for package in shared)
        is_named = any(outside.names or outside.gets for outside in outside_names)
        for package in dict.fromkeys(package for outside in outside_names for package in outside.libraries):
            yield FlowChannel(ChannelKind.LIBRARY, package)
            if not is_named:
                yield FlowChannel(ChannelKind.NAMED_LIBRARY, package)

    def _names(self, texts: Iterable[str]) -> dict[str, None]:
        """The storage names in the texts, in order."""
        return dict.fromkeys(name for text in texts for name in self._storage.names_in(text))

    def _packages(self, modules: frozenset[str]) -> frozenset[str]:
        """The packages that these modules, or the modules that they use, import."""
        return frozenset[str]().union(*map(self._imported_packages, transitive_closure(modules, self._links)))

    def _imported_packages(self, path: str) -> frozenset[str]:
        """The packages that a module imports, and the names imported from them. Left out are the standard
        library and HTTP clients, which store nothing."""
        if path not in self._packages_by_path:
            tree = self._program.trees.get(path)
            names = imported_modules(tree.text.encode("utf-8", "surrogatepass"), path) if tree else ()
            parts = [name.split(".") for name in names if "/" not in name]
            self._packages_by_path[path] = frozenset(
                part
                for root, *rest in parts
                if root not in sys.stdlib_module_names and root not in self._clients
                for part in (root, *rest)
            )
        return self._packages_by_path[path]

    @cached_property
    def _clients(self) -> frozenset[str]:
        clients = self._program.rules.clients
        names = (name for client in clients for name in (*client.functions, *client.session_types))
        return frozenset(name.partition(".")[0] for name in names)

    def _outside_names(self, modules: frozenset[str]) -> list[OutsideNames]:
        """The names that these modules, and those that they use, pass to code out of sight."""
        reachable_modules = transitive_closure(modules, self._links)
        return [
            self._facts.outside[path] for path in sorted(reachable_modules) if path in self._facts.outside
        ]

    def _importers(self, path: str) -> frozenset[str]:
        """A module and its direct and indirect importers."""
        if path not in self._importers_by_path:
            self._importers_by_path[path] = frozenset(transitive_closure((path,), self._users))
        return self._importers_by_path[path]

    @cached_property
    def _users(self) -> Mapping[str, frozenset[str]]:
        users: dict[str, set[str]] = {}
        for path, others in self._links.items():
            if path not in self._facts.tests:
                for other in others:
                    users.setdefault(other, set()).add(path)
        return {path: frozenset(others) for path, others in users.items()}


def _source_packages(packages: Collection[str]) -> tuple[str, ...]:
    """The packages through which a module with an escaping value meets one that receives it."""
    return (*sorted(packages), _ANY_GIVER, *(() if packages else (_ANY_TAKER,)))


def _target_packages(packages: Collection[str]) -> tuple[str, ...]:
    """The packages through which a module that receives a value meets one where it escapes."""
    return (*sorted(packages), _ANY_TAKER, *(() if packages else (_ANY_GIVER,)))
