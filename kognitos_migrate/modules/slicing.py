"""Program slices: the files of a large program that can affect a relevant statement, by name.

What uses a definition that matters says its name, and so does what uses that in turn; what all of these use
is named by them. The rest of the program is to them what another program is.
"""

import ast
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.modules.channels import Channels, may_receive, receivers
from kognitos_migrate.modules.elision import Between, elided_spans, runs_at_import
from kognitos_migrate.modules.module_index import ModuleIndex, StatementPlace, UnparsableModuleError
from kognitos_migrate.modules.top_level import TopLevelStatement, mutated_names, reads_namespaces
from kognitos_migrate.structs import Struct

Names = Mapping[str, Collection[str]]
"""By file: names of what stands at the top of it."""

MOST = 0.5
"""If more of a program than this part uses what matters, nothing is left out of it."""
ROOM = 100_000
"""So many bytes of files that are used by what matters are looked into, the nearest first. What lies further
away is to the slice what a library is: nothing is taken for granted of it."""

_TOLD = frozenset(("metaclass", "__init_subclass__"))

Statements = Mapping[str, tuple[TopLevelStatement, ...]]
"""Statements by file."""


class Slice(Struct, frozen=True):
    """A part of a program."""

    files: frozenset[str]
    users: Statements
    """By file: what matters, or uses such, itself or by way of others."""
    unused: Mapping[str, frozenset[str]]
    """By file: the functions and classes that do not matter, and that nothing in the slice uses."""
    imports: Statements
    """By file: the imports of what matters, or of what uses such."""


class Slicer:
    """A program of which slices are made."""

    def __init__(
        self,
        texts: Mapping[str, bytes],
        links: Mapping[str, Collection[str]],
        matters: Callable[[bytes], bool],
        is_named: Callable[[bytes], bool],
    ) -> None:
        """`texts` are what the modules hold, `links` the files that each may use the definitions of;
        `matters` tells whether the text of a statement does, `is_named` whether one may name what is looked
        for at all."""
        self._texts = texts
        self._index = ModuleIndex(texts, links)
        self._matters = matters
        self._is_named = is_named

    def slice(self, seeds: Collection[str], names: Names, channels: Channels) -> Slice | None:
        """A slice: `seeds` are the files in which a statement may matter, `names` what else does, `channels`
        those from which whoever takes does.

        None where that can't be said (one of the files can't be parsed, or a seed has no statement that
        matters by itself), and where most of the program would be in it.
        """
        try:
            users, imports = self._users(seeds, names, channels)
            return self._around(users.found(), imports.found())
        except UnparsableModuleError:
            return None

    def pieces(self, whole: Slice, most: int) -> list[Statements]:
        """What matters in a slice, in up to `most` pieces of about the same size that have nothing to do with
        each other: no statement that happens in one, or is called there, does so in another."""
        groups = self._apart(whole)
        bins: list[list[str]] = [[] for _ in range(min(most, len(groups)))]
        sizes = [0 for _ in bins]
        for group in sorted(groups, key=lambda group: (-self._size(group), group)):
            least = sizes.index(min(sizes))
            bins[least].extend(group)
            sizes[least] += self._size(group)
        return [{file: whole.users[file] for file in sorted(files)} for files in bins]

    def piece(self, whole: Slice, users: Statements) -> Slice:
        """The slice that one of its pieces is."""
        return self._around(users, whole.imports)

    def _apart(self, whole: Slice) -> list[list[str]]:
        """The files of the users, those together of which one may use what the other does, or something that
        both use."""
        tied = DisjointSets(whole.users)
        owners: dict[tuple[str, int], str] = {}
        for first, *rest in _groups(whole.users, whole.imports):
            for other in rest:
                tied.join(first, other)
            used = self._used({file: whole.users[file] for file in (first, *rest)})
            for file, some in used.by_file.items():
                for one in (one for one in some.values() if not one.is_import):
                    tied.join(owners.setdefault((file, one.start), first), first)
        return tied.groups()

    def _size(self, files: Collection[str]) -> int:
        return sum(len(self._texts[file]) for file in files)

    def _around(self, users: Statements, imports: Statements) -> Slice:
        """What matters, and uses that, with what it uses itself."""
        used = self._used(users)
        for file, name in list(_variables(used)):
            for other, one in self._index.writing(file, name):
                if _is_metaclass(one):
                    self._add_used(used, [(other, one)], users)
                used.add(other, one)
        self._add_used(used, list(self._reaching_all(used)), users)
        unused = {file: self._index.module(file).names - some for file, some in used.names().items()}
        return Slice(
            frozenset(file for file in self._texts if file in used.by_file),
            users,
            {file: some for file, some in unused.items() if some},
            imports,
        )

    def _reaching_all(self, used: "_Selection") -> Iterator[StatementPlace]:
        """What gets at the names of a used module without saying them, or changes a library for all."""
        imports = [one for some in used.by_file.values() for one in some.values() if one.is_import]
        names = frozenset(binding.name for one in imports for binding in one.bindings)
        for file in self._index.changing(names):
            yield from ((file, one) for one in self.statements(file) if names & mutated_names(one.text))
        for file in filter(lambda file: reads_namespaces(self._texts[file]), used.by_file):
            yield from ((file, one) for one in self.statements(file) if reads_namespaces(one.text))

    def statements(self, file: str) -> Sequence[TopLevelStatement]:
        """The statements of a file that is in a slice."""
        return self._index.module(file).statements

    def idle(self, whole: Slice) -> Mapping[str, Sequence[Between]]:
        """By file: what of a slice need not be parsed, of the functions and classes that neither matter, nor
        are used by what does, nor by what happens when the modules are loaded: all of one, or bodies."""
        happening = {file: tuple(filter(runs_at_import, self.statements(file))) for file in whole.files}
        run = self._used({file: some for file, some in happening.items() if some}).names()
        idle = (
            (file, one)
            for file, names in whole.unused.items()
            for one in self.statements(file)
            if one.is_definition and one.names <= names - run.get(file, frozenset())
        )
        return elided_spans(idle, self._index, whole.files, self._is_named)

    def is_taken_within(self, channels: Channels, within: Collection[tuple[str, int]]) -> bool:
        """Whether only statements `within`, by file and where they begin, take from channels."""
        try:
            return all((file, one.start) in within for file, one in self._taking(channels))
        except UnparsableModuleError:
            return False

    def _taking(self, channels: Channels) -> Iterator[StatementPlace]:
        for file, text in self._texts.items() if channels else ():
            if may_receive(text, channels):
                yield from ((file, one) for one in receivers(text, self.statements(file), channels))

    def _users(
        self, seeds: Collection[str], names: Names, channels: Channels
    ) -> tuple["_Selection", "_Selection"]:
        """What matters, and what uses that; and the imports of it. An import does not use what it imports: it
        hands on the name."""
        users, imports, mentions = _Selection(), _Selection(), _Mentions(self._index)
        waiting: list[StatementPlace] = []
        for file in seeds:
            found = [(file, one) for one in self._index.module(file).statements if self._matters(one.text)]
            if not found:
                raise UnparsableModuleError
            waiting.extend(found)
        for file, some in names.items():
            waiting.extend(place for name in some for place in mentions.of(file, name))
        waiting.extend(self._taking(channels))
        room = MOST * sum(map(len, self._texts.values()))
        while waiting:
            file, one = waiting.pop()
            if (imports if one.is_import else users).add(file, one):
                room -= 0 if one.is_import else len(one.text)
                if room < 0:
                    raise UnparsableModuleError
                for name in one.names:
                    if not name.startswith("__"):
                        waiting.extend(mentions.of(file, name))
        return users, imports

    def _used(self, users: Statements) -> "_Selection":
        """What some statements use, and they themselves."""
        used = _Selection()
        self._add_used(used, ((file, one) for file, some in users.items() for one in some), users)
        return used

    def _add_used(self, used: "_Selection", places: Iterable[StatementPlace], users: Statements) -> None:
        """Add statements, and what they use; of a class that is told of those below it, these too."""
        waiting, telling = deque(places), _Registries(self._index)
        room = ROOM
        while waiting:
            file, one = waiting.popleft()
            if file not in users and file not in used.by_file:
                room -= len(self._texts[file])
                if room < 0:
                    break
            if used.add(file, one):
                waiting.extend(self._index.mentioned(file, one))
                waiting.extend(telling.below(file, one))


class _Mentions:
    """Who mentions names: a file is looked through once for each."""

    def __init__(self, index: ModuleIndex) -> None:
        self._index = index
        self._seen: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, file: str, name: str) -> Iterator[StatementPlace]:
        """The statements that mention a name of a file, there or where its definitions may be used, but for
        those of files that have been looked through for this name."""
        fresh = self._index.reaching(file) - self._seen[name]
        self._seen[name] |= fresh
        return self._index.mentioning(fresh, name)


class _Registries:
    """Classes that are told of those below them, by a metaclass or a hook: a registry has these, say."""

    def __init__(self, index: ModuleIndex) -> None:
        self._mentions = _Mentions(index)
        self._told: set[tuple[str, int]] = set()

    def below(self, file: str, statement: TopLevelStatement) -> list[StatementPlace]:
        """The classes below the one that a statement of a file defines, if that is told of them."""
        if not isinstance(statement.node, ast.ClassDef):
            return []
        is_told = (file, statement.start) in self._told or not statement.words.isdisjoint(_TOLD)
        if not (is_told or _is_metaclass(statement)):
            return []
        places = [place for name in statement.names for place in self._mentions.of(file, name)]
        found = [(other, one) for other, one in places if isinstance(one.node, ast.ClassDef)]
        self._told.update((other, one.start) for other, one in found)
        return found


class _Selection:
    """Statements of a slice, by file and place."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[int, TopLevelStatement]] = {}

    def found(self) -> Statements:
        """The statements by file."""
        return {file: tuple(some.values()) for file, some in self.by_file.items()}

    def names(self) -> dict[str, frozenset[str]]:
        """What they define, by file."""
        return {
            file: frozenset(name for one in some.values() for name in one.names)
            for file, some in self.by_file.items()
        }

    def add(self, file: str, statement: TopLevelStatement) -> bool:
        """Add a statement; whether that was news."""
        found = self.by_file.setdefault(file, {})
        if statement.start in found:
            return False
        found[statement.start] = statement
        return True


def _groups(users: Statements, imports: Statements) -> Iterator[tuple[str, ...]]:
    """The files of users, those together in which the same names are said of what matters."""
    names = {
        name for some in (users, imports) for all_ in some.values() for one in all_ for name in one.names
    }
    names = {name for name in names if not name.startswith("__")}
    tied: DisjointSets[tuple[str, str]] = DisjointSets(
        [*(("file", file) for file in users), *(("name", name) for name in sorted(names))]
    )
    for file, some in users.items():
        for one in some:
            for name in one.words & names:
                tied.join(("file", file), ("name", name))
    for some in imports.values():
        for one in some:
            first, *rest = sorted(one.words & names) or [""]
            for name in rest:
                tied.join(("name", first), ("name", name))
    for group in tied.groups():
        files = tuple(name for kind, name in group if kind == "file")
        if files:
            yield files


def _is_metaclass(statement: TopLevelStatement) -> bool:
    bases = statement.node.bases if isinstance(statement.node, ast.ClassDef) else ()
    return any(isinstance(base, ast.Name) and base.id == "type" for base in bases)


def _variables(chosen: _Selection) -> Iterator[tuple[str, str]]:
    """The variables among some statements, with their files: others may set them."""
    for file, some in chosen.by_file.items():
        for one in some.values():
            if not (one.is_definition or one.bindings):
                yield from ((file, name) for name in sorted(one.names) if not name.startswith("__"))
