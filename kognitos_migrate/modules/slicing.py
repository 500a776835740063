"""Program slices: the files of a large program that can affect a relevant statement, by name.

A statement that uses a relevant definition mentions its name, and so do the users of that statement in turn.
The definitions that all of these use are named in them. The rest of the program can be treated like another
program.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.discover.import_scan import modules_in_variables
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.modules.channels import Channels, may_receive, receivers
from kognitos_migrate.modules.definition_index import DefinitionIndex, StatementPlace, UnparsableModuleError
from kognitos_migrate.modules.elision import Between, elided_spans, runs_at_import
from kognitos_migrate.modules.related_classes import Mentions, RelatedClasses, is_metaclass
from kognitos_migrate.modules.top_level import (
    TopLevelStatement,
    loads_by_name,
    mutated_names,
    reads_namespaces,
    sets_dynamic_attributes,
)
from kognitos_migrate.structs import Struct

Names = Mapping[str, Collection[str]]
"""Names of top-level definitions, by file."""

MOST = 0.8
"""The largest part of a program that a slice may consist of. Above it, nothing is left out."""
ROOM = 100_000
"""Limit on the bytes of files that relevant code uses, the nearest first.

Files further away are treated like libraries, about which nothing is assumed.
"""

Statements = Mapping[str, tuple[TopLevelStatement, ...]]
"""Statements by file."""


class Slice(Struct, frozen=True):
    """A part of a program."""

    files: frozenset[str]
    users: Statements
    """The relevant statements, and their direct and indirect users, by file."""
    unused: Mapping[str, frozenset[str]]
    """By file, the functions and classes that are neither relevant nor used in the slice."""
    imports: Statements
    """The imports of relevant statements and of users, by file."""


class Slicer:
    """Cuts program slices: the top-level statements that matter, their users, and everything these use."""

    def __init__(
        self,
        texts: Mapping[str, bytes],
        links: Mapping[str, Collection[str]],
        matters: Callable[[bytes], bool],
        is_named: Callable[[bytes], bool],
    ) -> None:
        """Slices of the modules `texts`, with the files whose definitions each may use as `links`.

        `matters` decides whether a statement's text makes it relevant, and `is_named` whether a text may name
        the API at all.
        """
        self._texts = texts
        self._index = DefinitionIndex(texts, links)
        self._matters = matters
        self._is_named = is_named

    def slice(self, seeds: Collection[str], names: Names, channels: Channels) -> Slice | None:
        """The slice for the files `seeds`, the definitions `names`, and the readers of `channels`.

        None if a file can't be parsed, or if the slice would contain most of the program.
        """
        try:
            users, imports = self._collect_users(seeds, names, channels)
            return self._slice_around(users.statements(), imports.statements())
        except UnparsableModuleError:
            return None

    def shards(self, whole: Slice, most: int) -> list[Statements]:
        """The relevant statements of a slice in at most `most` independent shards of similar size.

        No statement that is executed or called in one shard is so in another.
        """
        groups = self._components(whole)
        bins: list[list[str]] = [[] for _ in range(min(most, len(groups)))]
        sizes = [0 for _ in bins]
        for group in sorted(groups, key=lambda group: (-self._size(group), group)):
            least = sizes.index(min(sizes))
            bins[least].extend(group)
            sizes[least] += self._size(group)
        return [{file: whole.users[file] for file in sorted(files)} for files in bins]

    def shard_slice(self, whole: Slice, users: Statements) -> Slice:
        """The slice for the statements of one shard."""
        return self._slice_around(users, whole.imports)

    def _components(self, whole: Slice) -> list[list[str]]:
        """The files of the users, grouped by uses of each other and of common definitions."""
        components = DisjointSets(whole.users)
        owners: dict[tuple[str, int], str] = {}
        for first, *rest in _user_groups(whole.users, whole.imports):
            for other in rest:
                components.join(first, other)
            selection = self._collect_used({file: whole.users[file] for file in (first, *rest)})
            for file, statements in selection.by_file.items():
                for statement in (user for user in statements.values() if not user.is_import):
                    components.join(owners.setdefault((file, statement.start), first), first)
        return components.groups()

    def _size(self, files: Collection[str]) -> int:
        return sum(len(self._texts[file]) for file in files)

    def _slice_around(self, users: Statements, imports: Statements) -> Slice:
        """The slice of `users` and everything that they use."""
        selection = self._collect_used(users)
        for file, name in list(_variables_of(selection)):
            for other, statement in self._index.writes_of(file, name):
                if is_metaclass(statement):
                    self._add_used(selection, [(other, statement)], users)
                selection.add(other, statement)
        self._add_used(selection, list(self._unmentioned_accesses(selection)), users)
        unused = {
            file: self._index.module(file).names - definitions
            for file, definitions in selection.names().items()
        }
        return Slice(
            frozenset(file for file in self._texts if file in selection.by_file),
            users,
            {file: definitions for file, definitions in unused.items() if definitions},
            imports,
        )

    def _unmentioned_accesses(self, selection: "_Selection") -> Iterator[StatementPlace]:
        """The statements that access names of used modules without mentioning them, or modify a library."""
        imports = [
            statement
            for statements in selection.by_file.values()
            for statement in statements.values()
            if statement.is_import
        ]
        names = frozenset(binding.name for statement in imports for binding in statement.bindings)
        for file in self._index.files_with_mutations(names):
            yield from (
                (file, statement)
                for statement in self.statements(file)
                if names & mutated_names(statement.text)
            )
        for file in filter(lambda file: reads_namespaces(self._texts[file]), selection.by_file):
            yield from (
                (file, statement) for statement in self.statements(file) if reads_namespaces(statement.text)
            )
        yield from self._dynamic_attribute_setters

    @cached_property
    def _dynamic_attribute_setters(self) -> Sequence[StatementPlace]:
        """The statements that may set attributes of any module or object, found by a name from run time, or
        a variable that names a module."""
        if not any(map(loads_by_name, self._texts.values())):
            return ()
        return [
            (file, statement)
            for reaches in (sets_dynamic_attributes, modules_in_variables)
            for file in filter(lambda file: reaches(self._texts[file]), self._texts)
            for statement in self.statements(file)
            if reaches(statement.text)
        ]

    def statements(self, file: str) -> Sequence[TopLevelStatement]:
        """The statements of a file in a slice."""
        return self._index.module(file).statements

    def parsed_statements(self) -> Mapping[str, Sequence[TopLevelStatement]]:
        """The statements of the files that earlier slices have parsed."""
        return self._index.parsed_statements()

    def elidable_regions(self, whole: Slice) -> Mapping[str, Sequence[Between]]:
        """The elidable regions of a slice, by file: functions, classes, or their bodies.

        They are neither relevant, nor used by relevant code or by code that runs when the modules are loaded.
        """
        executed = {file: tuple(filter(runs_at_import, self.statements(file))) for file in whole.files}
        run = self._collect_used(
            {file: statements for file, statements in executed.items() if statements}
        ).names()
        statements = (
            (file, statement)
            for file, names in whole.unused.items()
            for statement in self.statements(file)
            if statement.is_definition and statement.names <= names - run.get(file, frozenset())
        )
        return elided_spans(statements, self._index, whole.files, self._is_named)

    def is_read_within(self, channels: Channels, within: Collection[tuple[str, int]]) -> bool:
        """Whether only the statements `within`, by file and start, read from `channels`."""
        try:
            return all((file, statement.start) in within for file, statement in self._readers_of(channels))
        except UnparsableModuleError:
            return False

    def _readers_of(self, channels: Channels) -> Iterator[StatementPlace]:
        for file, text in self._texts.items() if channels else ():
            if may_receive(text, channels):
                yield from (
                    (file, statement) for statement in receivers(text, self.statements(file), channels)
                )

    def _collect_users(
        self, seeds: Collection[str], names: Names, channels: Channels
    ) -> tuple["_Selection", "_Selection"]:
        """The relevant statements with their users, and the imports of these.

        An import doesn't use what it imports; it passes on the name.
        """
        users, imports, mentions = _Selection(), _Selection(), Mentions(self._index)
        waiting: list[StatementPlace] = []
        for file in seeds:
            waiting.extend((file, statement) for statement in self._seeds_in(file))
        for file, definitions in names.items():
            waiting.extend(place for name in definitions for place in mentions.of(file, name))
        waiting.extend(self._readers_of(channels))
        budget = MOST * sum(map(len, self._texts.values()))
        while waiting:
            file, statement = waiting.pop()
            if (imports if statement.is_import else users).add(file, statement):
                budget -= 0 if statement.is_import else len(statement.text)
                if budget < 0:
                    raise UnparsableModuleError
                for name in statement.names:
                    if not name.startswith("__"):
                        waiting.extend(mentions.of(file, name))
        return users, imports

    def _seeds_in(self, file: str) -> Sequence[TopLevelStatement]:
        """The relevant statements of a file that matters. All of them if the reason is in a comment between
        them."""
        statements = self.statements(file)
        return [statement for statement in statements if self._matters(statement.text)] or statements

    def _collect_used(self, users: Statements) -> "_Selection":
        """The given statements, and everything that they use."""
        selection = _Selection()
        self._add_used(
            selection, ((file, user) for file, statements in users.items() for user in statements), users
        )
        return selection

    def _add_used(self, selection: "_Selection", places: Iterable[StatementPlace], users: Statements) -> None:
        """Add statements and everything that they use.

        A class that is notified of its subclasses uses these, and a protocol its implementations.
        """
        worklist, related = deque(places), RelatedClasses(self._index)
        budget = ROOM
        while worklist:
            file, statement = worklist.popleft()
            if file not in users and file not in selection.by_file:
                budget -= len(self._texts[file])
                if budget < 0:
                    break
            if selection.add(file, statement):
                worklist.extend(self._index.mentioned_statements(file, statement))
                worklist.extend(related.to(file, statement))


class _Selection:
    """Statements of a slice, by file and start."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[int, TopLevelStatement]] = {}

    def statements(self) -> Statements:
        """The statements by file."""
        return {file: tuple(selected.values()) for file, selected in self.by_file.items()}

    def names(self) -> dict[str, frozenset[str]]:
        """The names that the statements define, by file."""
        return {
            file: frozenset(name for statement in selected.values() for name in statement.names)
            for file, selected in self.by_file.items()
        }

    def add(self, file: str, statement: TopLevelStatement) -> bool:
        """Add a statement, and return whether it is new."""
        selected = self.by_file.setdefault(file, {})
        if statement.start in selected:
            return False
        selected[statement.start] = statement
        return True


def _user_groups(users: Statements, imports: Statements) -> Iterator[tuple[str, ...]]:
    """The files of the users, grouped by common names of relevant definitions."""
    names = {
        name
        for statements in (users, imports)
        for selected in statements.values()
        for statement in selected
        for name in statement.names
    }
    names = {name for name in names if not name.startswith("__")}
    components: DisjointSets[tuple[str, str]] = DisjointSets(
        [*(("file", file) for file in users), *(("name", name) for name in sorted(names))]
    )
    for file, statements in users.items():
        for statement in statements:
            for name in statement.words & names:
                components.join(("file", file), ("name", name))
    for statements in imports.values():
        for statement in statements:
            first, *rest = sorted(statement.words & names) or [""]
            for name in rest:
                components.join(("name", first), ("name", name))
    for group in components.groups():
        files = tuple(name for kind, name in group if kind == "file")
        if files:
            yield files


def _variables_of(chosen: _Selection) -> Iterator[tuple[str, str]]:
    """The variables among the chosen statements, with their files. Other statements may set them."""
    for file, statements in chosen.by_file.items():
        for statement in statements.values():
            if not (statement.is_definition or statement.bindings):
                yield from ((file, name) for name in sorted(statement.names) if not name.startswith("__"))
