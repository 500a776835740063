"""The files of a large program in which something can matter, as far as names tell.

What uses a definition that matters says its name, and so does what uses that in turn; what all of these use
is named by them. The rest of the program is to them what another program is.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kognitos_migrate.discover.related import meanings, serving
from kognitos_migrate.discover.statements import Binding, Statement, importing, statements, words_of
from kognitos_migrate.discover.writes import writes
from kognitos_migrate.unions import Unions

Names = Mapping[str, Collection[str]]
"""By file: names of what stands at the top of it."""

MOST = 0.5
"""If more of a program than this part uses what matters, nothing is left out of it."""
ROOM = 100_000
"""So many bytes of files that are used by what matters are looked into, the nearest first. What lies further
away is to the slice what a library is: nothing is taken for granted of it."""

_ALWAYS_USED = re.compile(rb"\bautouse\b|\bpytest_\w+")
"""What pytest uses of a `conftest.py` though nobody names it."""

Place = tuple[str, Statement]
"""A statement and its file."""
Statements = Mapping[str, tuple[Statement, ...]]
"""Statements by file."""


@dataclass(frozen=True, slots=True)
class Slice:
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
    ) -> None:
        """`texts` are what the modules hold, `links` the files that each may use the definitions of;
        `matters` tells whether the text of a statement does."""
        self._texts = texts
        self._links = links
        self._matters = matters
        self._modules: dict[str, _Module] = {}
        self._meant = meanings(texts)
        self._above: dict[str, frozenset[str]] = {}
        self._names_of: dict[str, Mapping[str, frozenset[str]]] = {}
        """By file and module: the names under which the file has it."""
        self._writes: dict[tuple[str, str], list[tuple[Statement, frozenset[str | None]]]] = {}
        self._users_of: defaultdict[str, set[str]] = defaultdict(set)
        for file, others in links.items():
            for other in others:
                self._users_of[other].add(file)

    def slice(self, seeds: Collection[str], names: Names) -> Slice | None:
        """A slice: `seeds` are the files in which a statement may matter, `names` what else does.

        None where that can't be said (one of the files can't be parsed, or a seed has no statement that
        matters by itself), and where most of the program would be in it.
        """
        try:
            users, imports = self._users(seeds, names)
            return self._around(users.found(), imports.found())
        except _Unknown:
            return None

    def pieces(self, whole: Slice, most: int) -> list[Slice]:
        """A slice in up to `most` slices of about the same size that have nothing to do with each other: no
        statement that happens in one, or is called there, does so in another."""
        groups = self._apart(whole)
        bins: list[list[str]] = [[] for _ in range(min(most, len(groups)))]
        sizes = [0 for _ in bins]
        for group in sorted(groups, key=lambda group: (-self._size(group), group)):
            least = sizes.index(min(sizes))
            bins[least].extend(group)
            sizes[least] += self._size(group)
        users = ({file: whole.users[file] for file in sorted(files)} for files in bins)
        return [self._around(some, whole.imports) for some in users]

    def _apart(self, whole: Slice) -> list[list[str]]:
        """The files of the users, those together of which one may use what the other does, or something that
        both use."""
        tied = Unions(whole.users)
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
            for place in self._writing(file, name):
                used.add(*place)
        unused = {file: self._module(file).names - some for file, some in used.names().items()}
        return Slice(
            frozenset(file for file in self._texts if file in used.by_file),
            users,
            {file: some for file, some in unused.items() if some},
            imports,
        )

    def statements(self, file: str) -> Sequence[Statement]:
        """The statements of a file that is in a slice."""
        return self._module(file).statements

    def _module(self, file: str) -> "_Module":
        if file not in self._modules:
            found = statements(self._texts[file])
            if found is None:
                raise _Unknown
            self._modules[file] = _Module(found)
        return self._modules[file]

    # Upwards: what mentions a definition that matters.

    def _users(self, seeds: Collection[str], names: Names) -> tuple["_Chosen", "_Chosen"]:
        """What matters, and what uses that; and the imports of it. An import does not use what it imports: it
        hands on the name."""
        users, imports, mentions = _Chosen(), _Chosen(), _Mentions(self)
        waiting: list[Place] = []
        for file in seeds:
            found = [(file, one) for one in self._module(file).statements if self._matters(one.text)]
            if not found:
                raise _Unknown
            waiting.extend(found)
        for file, some in names.items():
            waiting.extend(place for name in some for place in mentions.of(file, name))
        room = MOST * sum(map(len, self._texts.values()))
        while waiting:
            file, one = waiting.pop()
            if (imports if one.is_import else users).add(file, one):
                room -= 0 if one.is_import else len(one.text)
                if room < 0:
                    raise _Unknown
                for name in one.names:
                    if not name.startswith("__"):
                        waiting.extend(mentions.of(file, name))
        return users, imports

    def mentioning(self, files: Collection[str], name: str) -> Iterator[Place]:
        """The statements of some files that mention a name."""
        for file in sorted(self._saying(name).intersection(files)):
            found = importing(self._texts[file], name) if file not in self._modules else None
            if found is None:
                found = [one for one in self._module(file).statements if name in one.words]
            yield from ((file, one) for one in found)

    def _saying(self, name: str) -> frozenset[str] | set[str]:
        """The files in which a name is said."""
        return self._by_word.get(name, frozenset())

    @cached_property
    def _by_word(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for file, text in self._texts.items():
            for word in words_of(text):
                found[word].add(file)
        return found

    def _writing(self, file: str, name: str) -> Iterator[Place]:
        """The statements that set a variable of a file, or put something in what it holds."""
        for other in sorted(self.reaching(file) & self._saying(name)):
            for one, modules in self._writes_in(other, name):
                if None in modules or not modules.isdisjoint(self._aliases(other, file)):
                    yield other, one

    def _writes_in(self, file: str, name: str) -> list[tuple[Statement, frozenset[str | None]]]:
        """The statements of a file that may do so with a variable of this name, each with the modules in
        which it says that this is; None among them stands for any."""
        key = (file, name)
        if key not in self._writes:
            parsed = file in self._modules
            parsed = parsed or (_holds_any(writes(name, self._texts[file])) and self._is_parsed(file))
            some = self._module(file).statements if parsed else []
            found = ((one, frozenset(writes(name, one.text))) for one in some if name in one.words)
            self._writes[key] = [(one, modules) for one, modules in found if modules]
        return self._writes[key]

    def _aliases(self, file: str, module: str) -> frozenset[str]:
        """The names under which a file has a module."""
        if file not in self._names_of:
            found: defaultdict[str, set[str]] = defaultdict(set)
            for binding in (binding for one in self._module(file).statements for binding in one.bindings):
                meant = self._bound_module(file, binding)
                if meant is not None:
                    found[meant].update(filter(None, (binding.name, binding.module.rpartition(".")[2])))
            self._names_of[file] = {meant: frozenset(names) for meant, names in found.items()}
        return self._names_of[file].get(module, frozenset())

    def reaching(self, file: str) -> frozenset[str]:
        """A file, and those that may use what it defines, themselves or by way of others."""
        if file not in self._above:
            found, waiting = {file}, [file]
            while waiting:
                one = waiting.pop()
                known = self._above.get(one)
                fresh = (self._users_of[one] if known is None else known) - found
                found |= fresh
                waiting = [*waiting, *fresh] if known is None else [it for it in waiting if it not in known]
            self._above[file] = frozenset(found)
        return self._above[file]

    # Downwards: what is mentioned.

    def _used(self, users: Statements) -> "_Chosen":
        used = _Chosen()
        waiting = deque((file, one) for file, some in users.items() for one in some)
        room = ROOM
        while waiting:
            file, one = waiting.popleft()
            if file not in users and file not in used.by_file:
                room -= len(self._texts[file])
                if room < 0:
                    break
            if used.add(file, one):
                waiting.extend(self._mentioned(file, one))
        return used

    def _mentioned(self, file: str, statement: Statement) -> Iterator[Place]:
        module = self._module(file)
        yield from ((file, one) for one in module.defining(statement.words))
        yield from ((file, one) for one in module.setting_up(statement.names))
        for binding in (*statement.bindings, *module.bound(statement.words)):
            if binding.name == "*" or binding.name in statement.words:
                yield from self._bound(file, binding, statement.words)
        for served in sorted(self._links[file]):
            if serving([served], [file]) and self._is_parsed(served):
                for one in self._module(served).statements:
                    if _ALWAYS_USED.search(one.text) or not one.names.isdisjoint(statement.words):
                        yield served, one

    def _bound(self, file: str, binding: Binding, words: frozenset[str]) -> Iterator[Place]:
        """What a name stands for that is imported: of a module, whatever of its names is said."""
        found = self._bound_module(file, binding)
        if found is None:
            found = self._meant(file, binding.module)
            words = words if binding.attribute == "*" else frozenset((binding.attribute or "",))
        if found is not None:
            yield from self._defining(found, words, frozenset())

    def _defining(self, file: str, names: frozenset[str], past: frozenset[str]) -> Iterator[Place]:
        """The statements of a file that define one of the names, those of modules of which it takes all names
        among them. `past` are the files that led there."""
        if file in past or not self._is_parsed(file):
            return
        module = self._module(file)
        yield from ((file, one) for one in module.defining(names))
        for one in module.taking_all:
            for binding in one.bindings:
                taken = self._meant(file, binding.module) if binding.name == "*" else None
                inner = list(self._defining(taken, names, past | {file})) if taken is not None else []
                if inner:
                    yield file, one
                    yield from inner

    def _bound_module(self, file: str, binding: Binding) -> str | None:
        """The module that a name stands for, if it stands for one."""
        if binding.attribute is None:
            return self._meant(file, binding.module)
        stem = binding.module if binding.module.endswith(".") else f"{binding.module}."
        return self._meant(file, f"{stem}{binding.attribute}")

    def _is_parsed(self, file: str) -> bool:
        """Whether a file that is used can be parsed; else it is no more than a library."""
        try:
            self._module(file)
        except _Unknown:
            return False
        return True


class _Module:
    """The statements of a module, by what they are asked for."""

    def __init__(self, found: list[Statement]) -> None:
        self.statements = found
        self.names = frozenset(name for one in found if one.is_definition for name in one.names)
        self._defining: defaultdict[str, list[Statement]] = defaultdict(list)
        self._bound: defaultdict[str, list[Binding]] = defaultdict(list)
        self._happening = [one for one in found if not one.is_definition]
        self.taking_all = [one for one in self._happening if any(b.name == "*" for b in one.bindings)]
        """The imports of all names of a module."""
        for one in found:
            for name in one.names:
                self._defining[name].append(one)
        for one in self._happening:
            for binding in one.bindings:
                self._bound[binding.name].append(binding)

    def defining(self, names: frozenset[str]) -> Iterator[Statement]:
        """Those that define one of the names."""
        return (one for name in sorted(names & self._defining.keys()) for one in self._defining[name])

    def bound(self, names: frozenset[str]) -> Iterator[Binding]:
        """What the module imports under one of the names, or under any name."""
        return (one for name in sorted((names | {"*"}) & self._bound.keys()) for one in self._bound[name])

    def setting_up(self, names: frozenset[str]) -> Iterator[Statement]:
        """What happens at the top of the module to what has one of the names."""
        return (one for one in self._happening if not names.isdisjoint(one.words))


class _Mentions:
    """Who mentions names: a file is looked through once for each."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer
        self._seen: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, file: str, name: str) -> Iterator[Place]:
        """The statements that mention a name of a file, there or where its definitions may be used, but for
        those of files that have been looked through for this name."""
        fresh = self._slicer.reaching(file) - self._seen[name]
        self._seen[name] |= fresh
        return self._slicer.mentioning(fresh, name)


class _Chosen:
    """Statements of a slice, by file and place."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[int, Statement]] = {}

    def found(self) -> Statements:
        """The statements by file."""
        return {file: tuple(some.values()) for file, some in self.by_file.items()}

    def names(self) -> dict[str, frozenset[str]]:
        """What they define, by file."""
        return {
            file: frozenset(name for one in some.values() for name in one.names)
            for file, some in self.by_file.items()
        }

    def add(self, file: str, statement: Statement) -> bool:
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
    tied: Unions[tuple[str, str]] = Unions(
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


def _variables(chosen: _Chosen) -> Iterator[tuple[str, str]]:
    """The variables among some statements, with their files: others may set them."""
    for file, some in chosen.by_file.items():
        for one in some.values():
            if not (one.is_definition or one.bindings):
                yield from ((file, name) for name in sorted(one.names) if not name.startswith("__"))


def _holds_any(found: Iterator[object]) -> bool:
    return any(True for _ in found)


class _Unknown(Exception):
    """A slice can't be told."""
