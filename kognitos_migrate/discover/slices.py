"""The files of a large program in which something can matter, as far as names tell.

What uses a definition that matters says its name, and so does what uses that in turn; what all of these use
is named by them. The rest of the program is to them what another program is.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property

from kognitos_migrate.discover.related import meanings, serving
from kognitos_migrate.discover.statements import Binding, Statement, statements

Names = Mapping[str, Collection[str]]
"""By file: names of what stands at the top of it."""

_ALWAYS_USED = re.compile(rb"\bautouse\b|\bpytest_\w+")
"""What pytest uses of a `conftest.py` though nobody names it."""


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
        self._statements: dict[str, list[Statement]] = {}
        self._meant = meanings(texts)

    def slice(self, seeds: Collection[str], names: Names) -> frozenset[str] | None:
        """The files of a slice: `seeds` are those in which a statement may matter, `names` what else does.

        None where that can't be said: one of the files can't be parsed, or a seed has no statement that
        matters by itself.
        """
        try:
            return self._sliced(seeds, names)
        except _Unknown:
            return None

    def statements(self, file: str) -> list[Statement]:
        """The statements of a file."""
        if file not in self._statements:
            found = statements(self._texts[file])
            if found is None:
                raise _Unknown
            self._statements[file] = found
        return self._statements[file]

    def _sliced(self, seeds: Collection[str], names: Names) -> frozenset[str]:
        users = _Chosen()
        for file in seeds:
            found = [one for one in self.statements(file) if self._matters(one.text)]
            if not found:
                raise _Unknown
            for one in found:
                self._add_user(users, file, one)
        for file, some in names.items():
            for name in some:
                self._add_users(users, file, name)
        while True:
            used = self._used(users)
            before = users.count
            for file, name in self._written(used):
                self._add_users(users, file, name, written=True)
            if users.count == before:
                return frozenset(file for file in self._texts if file in used.by_file)

    # Upwards: what mentions a definition that matters.

    def _add_user(self, users: "_Chosen", file: str, statement: Statement) -> None:
        waiting = [(file, statement)]
        while waiting:
            at, one = waiting.pop()
            if not users.add(at, one):
                continue
            for name in one.names:
                if not name.startswith("__"):
                    waiting.extend(self._mentioning(at, name))

    def _add_users(self, users: "_Chosen", file: str, name: str, written: bool = False) -> None:
        for at, one in list(self._mentioning(file, name)):
            if not written or _writes(name).search(one.text):
                self._add_user(users, at, one)

    def _mentioning(self, file: str, name: str) -> Iterator[tuple[str, Statement]]:
        """The statements that mention a name of a file, there or where its definitions may be used."""
        said = name.encode()
        for other in (file, *self._above(file)):
            if said in self._texts[other]:
                yield from ((other, one) for one in self.statements(other) if name in one.words)

    def _above(self, file: str) -> list[str]:
        """The files that may use what a file defines, themselves or by way of others."""
        if file not in self._reached:
            found, waiting = {file: None}, [file]
            while waiting:
                for user in self._users_of.get(waiting.pop(), ()):
                    if user not in found:
                        found[user] = None
                        waiting.append(user)
            self._reached[file] = [one for one in found if one != file]
        return self._reached[file]

    @cached_property
    def _reached(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _users_of(self) -> Mapping[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for file, others in self._links.items():
            for other in others:
                found[other].append(file)
        return found

    # Downwards: what is mentioned.

    def _used(self, users: "_Chosen") -> "_Chosen":
        used = _Chosen()
        waiting = [(file, one) for file, some in users.by_file.items() for one in some.values()]
        while waiting:
            file, one = waiting.pop()
            if used.add(file, one):
                waiting.extend(self._mentioned(file, one))
                waiting.extend(self._set_up(file, one))
                used.by_file.update(
                    (other, {}) for other in self._modules(file, one) if other not in used.by_file
                )
        return used

    def _mentioned(self, file: str, statement: Statement) -> Iterator[tuple[str, Statement]]:
        for other in self.statements(file):
            if not statement.words.isdisjoint(other.names):
                yield file, other
        for binding in self._bindings(file, statement):
            yield from self._bound(file, binding, statement.words)
        for served in self._links[file]:
            if serving([served], [file]):
                for one in self.statements(served):
                    if _ALWAYS_USED.search(one.text) or not one.names.isdisjoint(statement.words):
                        yield served, one

    def _set_up(self, file: str, statement: Statement) -> Iterator[tuple[str, Statement]]:
        """What happens at the top of a module to what is defined there."""
        for other in self.statements(file):
            if not other.is_definition and not statement.names.isdisjoint(other.words):
                yield file, other

    def _bindings(self, file: str, statement: Statement) -> Iterator[Binding]:
        """What a statement mentions of what its module, or itself, imports."""
        for other in self.statements(file):
            for binding in other.bindings:
                if (other is statement or not other.is_definition) and (
                    binding.name == "*" or binding.name in statement.words
                ):
                    yield binding

    def _bound(self, file: str, binding: Binding, words: Collection[str]) -> Iterator[tuple[str, Statement]]:
        module = self._module(file, binding)
        if module is not None:
            wanted = words
        else:
            module = self._meant(file, binding.module)
            wanted = words if binding.attribute == "*" else (binding.attribute or "",)
        if module is not None:
            for one in self.statements(module):
                if not one.names.isdisjoint(wanted):
                    yield module, one

    def _module(self, file: str, binding: Binding) -> str | None:
        """The file of the module that a name is bound to, if it is bound to a module."""
        if binding.attribute is None:
            return self._meant(file, binding.module)
        stem = binding.module if binding.module.endswith(".") else f"{binding.module}."
        return self._meant(file, f"{stem}{binding.attribute}")

    def _modules(self, file: str, statement: Statement) -> Iterator[str]:
        """The modules that a statement mentions by their names: it may ask for any part of them."""
        found = (self._module(file, binding) for binding in self._bindings(file, statement))
        return (module for module in found if module is not None)

    def _written(self, used: "_Chosen") -> Iterator[tuple[str, str]]:
        """The variables among what is used: others may set them from outside."""
        for file, some in used.by_file.items():
            for one in some.values():
                if not (one.is_definition or one.bindings):
                    yield from ((file, name) for name in one.names if not name.startswith("__"))


class _Chosen:
    """Statements of a slice, by file and place."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[int, Statement]] = {}
        self.count = 0

    def add(self, file: str, statement: Statement) -> bool:
        """Add a statement; whether that was news."""
        found = self.by_file.setdefault(file, {})
        if statement.start in found:
            return False
        found[statement.start] = statement
        self.count += 1
        return True


class _Unknown(Exception):
    """A slice can't be told."""


def _writes(name: str) -> re.Pattern[bytes]:
    """What sets a variable of another module, or puts something in what it holds."""
    said = re.escape(name).encode()
    return re.compile(
        rb"\.%(n)s\s*(?:\[[^\]\n]*\]\s*)?[-+*/|&^%%@]{0,2}=(?!=)|\b%(n)s\s*\[[^\]\n]*\]\s*=(?!=)"
        rb"|\bsetattr\b[^\n]*\b%(n)s\b|\bpatch\b[^\n]*\b%(n)s\b|\bglobal\b[^\n]*\b%(n)s\b"
        rb"|\b%(n)s\.(?:update|append|add|extend|insert|setdefault|mount|clear|pop|put|set)\(" % {b"n": said}
    )
