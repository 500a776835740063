"""The files of a large program in which something can matter, as far as names tell.

What uses a definition that matters says its name, and so does what uses that in turn; what all of these use
is named by them. The rest of the program is to them what another program is.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from kognitos_migrate.discover.related import meanings, serving
from kognitos_migrate.discover.statements import Binding, Statement, statements

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


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a program."""

    files: frozenset[str]
    users: Mapping[str, tuple[Statement, ...]]
    """By file: what matters, or uses such, itself or by way of others."""
    unused: Mapping[str, frozenset[str]]
    """By file without such: the functions and classes that nothing in the slice uses."""


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
        self._above: dict[str, list[str]] = {}
        self._names_of: dict[str, Mapping[str, frozenset[str]]] = {}
        """By file and module: the names under which the file has it."""
        self._users_of: defaultdict[str, list[str]] = defaultdict(list)
        for file, others in links.items():
            for other in sorted(others):
                self._users_of[other].append(file)

    def slice(self, seeds: Collection[str], names: Names) -> Slice | None:
        """A slice: `seeds` are the files in which a statement may matter, `names` what else does.

        None where that can't be said (one of the files can't be parsed, or a seed has no statement that
        matters by itself), and where most of the program would be in it.
        """
        try:
            users = self._users(seeds, names)
            used = self._used(users)
            for file, name in list(_variables(used)):
                for place in self._writing(file, name):
                    used.add(*place)
        except _Unknown:
            return None
        unused = {file: self._module(file).names - some for file, some in used.names().items()}
        return Slice(
            frozenset(file for file in self._texts if file in used.by_file),
            {file: tuple(some.values()) for file, some in users.by_file.items()},
            {file: some for file, some in unused.items() if some and file not in users.by_file},
        )

    def at(self, file: str, offset: int) -> Statement | None:
        """The statement of a file at an offset of bytes."""
        return next((one for one in self._module(file).statements if one.start <= offset < one.end), None)

    def _module(self, file: str) -> "_Module":
        if file not in self._modules:
            found = statements(self._texts[file])
            if found is None:
                raise _Unknown
            self._modules[file] = _Module(found)
        return self._modules[file]

    # Upwards: what mentions a definition that matters.

    def _users(self, seeds: Collection[str], names: Names) -> "_Chosen":
        users = _Chosen()
        waiting: list[Place] = []
        for file in seeds:
            found = [(file, one) for one in self._module(file).statements if self._matters(one.text)]
            if not found:
                raise _Unknown
            waiting.extend(found)
        for file, some in names.items():
            waiting.extend(place for name in some for place in self._mentioning(file, name))
        room = MOST * sum(map(len, self._texts.values()))
        while waiting:
            file, one = waiting.pop()
            if file not in users.by_file:
                room -= len(self._texts[file])
                if room < 0:
                    raise _Unknown
            if users.add(file, one):
                for name in one.names:
                    if not name.startswith("__"):
                        waiting.extend(self._mentioning(file, name))
        return users

    def _mentioning(self, file: str, name: str) -> Iterator[Place]:
        """The statements that mention a name of a file, there or where its definitions may be used."""
        said = name.encode()
        for other in (file, *self._reaching(file)):
            if said in self._texts[other]:
                yield from ((other, one) for one in self._module(other).statements if name in one.words)

    def _writing(self, file: str, name: str) -> Iterator[Place]:
        """The statements that set a variable of a file, or put something in what it holds."""
        said = name.encode()
        for other in (file, *self._reaching(file)):
            if said in self._texts[other] and self._is_parsed(other):
                writes = _writes(name, self._aliases(other, file))
                if writes.search(self._texts[other]):
                    found = self._module(other).statements
                    yield from ((other, one) for one in found if writes.search(one.text))

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

    def _reaching(self, file: str) -> list[str]:
        """The files that may use what a file defines, themselves or by way of others."""
        if file not in self._above:
            found, waiting = {file}, [file]
            while waiting:
                fresh = [user for user in self._users_of[waiting.pop()] if user not in found]
                found.update(fresh)
                waiting.extend(fresh)
            self._above[file] = sorted(found - {file})
        return self._above[file]

    # Downwards: what is mentioned.

    def _used(self, users: "_Chosen") -> "_Chosen":
        used = _Chosen()
        waiting = deque((file, one) for file, some in users.by_file.items() for one in some.values())
        room = ROOM
        while waiting:
            file, one = waiting.popleft()
            if file not in users.by_file and file not in used.by_file:
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


class _Chosen:
    """Statements of a slice, by file and place."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[int, Statement]] = {}

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


def _variables(chosen: _Chosen) -> Iterator[tuple[str, str]]:
    """The variables among some statements, with their files: others may set them."""
    for file, some in chosen.by_file.items():
        for one in some.values():
            if not (one.is_definition or one.bindings):
                yield from ((file, name) for name in sorted(one.names) if not name.startswith("__"))


class _Unknown(Exception):
    """A slice can't be told."""


def _writes(name: str, aliases: Collection[str]) -> re.Pattern[bytes]:
    """What sets a variable, or puts something in what it holds, in a module that has the variable's own under
    one of the aliases."""
    said = _whole_name(name)
    module = b"|".join(map(_whole_name, sorted(aliases))) or b"(?!)"
    return re.compile(
        rb"(?:%(module)s)\.%(said)s\s*(?:\[[^\]\n]*\]\s*)?[-+*/|&^%%@]{0,2}=(?!=)"
        rb"|(?<!\.)%(said)s\s*\[[^\]\n]*\]\s*=(?!=)"
        rb"|\bsetattr\b[^\n]*%(said)s|\bglobal\s[^\n]*%(said)s"
        rb"|%(said)s\.(?:update|append|add|extend|insert|setdefault|mount|clear|pop)\("
        % {b"said": said, b"module": module}
    )


def _whole_name(name: str) -> bytes:
    """A pattern for a name that is not part of a longer one; it may have letters beyond ASCII."""
    return rb"(?<![\w\x80-\xff])%s(?![\w\x80-\xff])" % re.escape(name).encode()
