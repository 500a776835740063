"""Index of definitions, imports and mentions over the modules of a program."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.modules.import_graph import module_lookup, pytest_support_files
from kognitos_migrate.modules.top_level import (
    ImportBinding,
    TopLevelStatement,
    mutated_names,
    sole_imports_of,
    top_level_statements,
    words_of,
    write_places,
)

_ALWAYS_USED = re.compile(rb"\bautouse\b|\bpytest_\w+")
"""What pytest uses of a `conftest.py` though nobody names it."""

StatementPlace = tuple[str, TopLevelStatement]
"""A statement and its file."""


class UnparsableModuleError(Exception):
    """It can't be told: a module can't be parsed."""


class ModuleIndex:
    """The modules of a program, those parsed that were asked for."""

    def __init__(self, texts: Mapping[str, bytes], links: Mapping[str, Collection[str]]) -> None:
        """`texts` are what the modules hold, `links` the files that each may use the definitions of."""
        self.texts = texts
        self._links = links
        self._modules: dict[str, IndexedModule] = {}
        self._meant = module_lookup(texts)
        self._above: dict[str, frozenset[str]] = {}
        self._names_of: dict[str, Mapping[str, frozenset[str]]] = {}
        """By file and module: the names under which the file has it."""
        self._served_by: dict[str, Sequence[str]] = {}
        self._writes: dict[tuple[str, str], list[tuple[TopLevelStatement, frozenset[str | None]]]] = {}
        self._users_of: defaultdict[str, set[str]] = defaultdict(set)
        for file, others in links.items():
            for other in others:
                self._users_of[other].add(file)

    def module(self, file: str) -> "IndexedModule":
        """The statements of a file. Raises Unknown."""
        if file not in self._modules:
            found = top_level_statements(self.texts[file])
            if found is None:
                raise UnparsableModuleError
            self._modules[file] = IndexedModule(found)
        return self._modules[file]

    @cached_property
    def _changed(self) -> Mapping[str, frozenset[str]]:
        return {file: mutated_names(text) for file, text in self.texts.items()}

    def changing(self, names: frozenset[str]) -> Iterator[str]:
        """The files that set attributes of what has one of the names there, as far as they can be parsed."""
        for file, changed in self._changed.items():
            if not names.isdisjoint(changed) and self.is_parsed(file):
                yield file

    # Upwards: who mentions a name.

    def mentioning(self, files: Collection[str], name: str) -> Iterator[StatementPlace]:
        """The statements of some files that mention a name."""
        for file in sorted(self._saying(name).intersection(files)):
            found = sole_imports_of(self.texts[file], name) if file not in self._modules else None
            if found is None:
                found = self.module(file).mentioning(frozenset((name,)))
            yield from ((file, one) for one in found)

    def _saying(self, name: str) -> frozenset[str] | set[str]:
        """The files in which a name is said."""
        return self._by_word.get(name, frozenset())

    @cached_property
    def _by_word(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for file, text in self.texts.items():
            for word in words_of(text):
                found[word].add(file)
        return found

    def writing(self, file: str, name: str) -> Iterator[StatementPlace]:
        """The statements that set a variable of a file, or put something in what it holds."""
        for other in sorted(self.reaching(file) & self._saying(name)):
            for one, modules in self._writes_in(other, name):
                if None in modules or not modules.isdisjoint(self._aliases(other, file)):
                    yield other, one

    def _writes_in(self, file: str, name: str) -> list[tuple[TopLevelStatement, frozenset[str | None]]]:
        """The statements of a file that may do so with a variable of this name, each with the modules in
        which it says that this is; None among them stands for any."""
        key = (file, name)
        if key not in self._writes:
            parsed = file in self._modules
            parsed = parsed or (_holds_any(write_places(name, self.texts[file])) and self.is_parsed(file))
            some = self.module(file).mentioning(frozenset((name,))) if parsed else []
            found = ((one, frozenset(write_places(name, one.text))) for one in some)
            self._writes[key] = [(one, modules) for one, modules in found if modules]
        return self._writes[key]

    def _aliases(self, file: str, module: str) -> frozenset[str]:
        """The names under which a file has a module."""
        if file not in self._names_of:
            found: defaultdict[str, set[str]] = defaultdict(set)
            for binding in (binding for one in self.module(file).statements for binding in one.bindings):
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

    def mentioned(self, file: str, statement: TopLevelStatement) -> Iterator[StatementPlace]:
        """The statements that define what a statement of a file mentions, or happen to what it defines."""
        module = self.module(file)
        yield from ((file, one) for one in module.defining(statement.words))
        yield from ((file, one) for one in module.setting_up(statement.names))
        for binding in (*statement.bindings, *module.bound(statement.words)):
            if binding.name == "*" or binding.name in statement.words:
                yield from self._bound(file, binding, statement.words)
        for served in self._serving(file):
            for one in self.module(served).statements:
                if _ALWAYS_USED.search(one.text) or not one.names.isdisjoint(statement.words):
                    yield served, one

    def _serving(self, file: str) -> Sequence[str]:
        """The files that pytest reads for a test, as far as they can be parsed."""
        if file not in self._served_by:
            found = sorted(pytest_support_files(self._links[file], [file]))
            self._served_by[file] = [one for one in found if self.is_parsed(one)]
        return self._served_by[file]

    def _bound(self, file: str, binding: ImportBinding, words: frozenset[str]) -> Iterator[StatementPlace]:
        """What a name stands for that is imported: of a module, whatever of its names is said."""
        found = self._bound_module(file, binding)
        if found is None:
            found = self._meant(file, binding.module)
            words = words if binding.attribute == "*" else frozenset((binding.attribute or "",))
        if found is not None:
            yield from self._defining(found, words, frozenset())

    def _defining(self, file: str, names: frozenset[str], past: frozenset[str]) -> Iterator[StatementPlace]:
        """The statements of a file that define one of the names, those of modules of which it takes all names
        among them. `past` are the files that led there."""
        if file in past or not self.is_parsed(file):
            return
        module = self.module(file)
        yield from ((file, one) for one in module.defining(names))
        for one in module.taking_all:
            for binding in one.bindings:
                taken = self._meant(file, binding.module) if binding.name == "*" else None
                inner = list(self._defining(taken, names, past | {file})) if taken is not None else []
                if inner:
                    yield file, one
                    yield from inner

    def _bound_module(self, file: str, binding: ImportBinding) -> str | None:
        """The module that a name stands for, if it stands for one."""
        if binding.attribute is None:
            return self._meant(file, binding.module)
        stem = binding.module if binding.module.endswith(".") else f"{binding.module}."
        return self._meant(file, f"{stem}{binding.attribute}")

    def is_parsed(self, file: str) -> bool:
        """Whether a file that is used can be parsed; else it is no more than a library."""
        try:
            self.module(file)
        except UnparsableModuleError:
            return False
        return True


class IndexedModule:
    """The statements of a module, by what they are asked for."""

    def __init__(self, found: list[TopLevelStatement]) -> None:
        self.statements = found
        self.names = frozenset(name for one in found if one.is_definition for name in one.names)
        self._defining: defaultdict[str, list[TopLevelStatement]] = defaultdict(list)
        self._bound: defaultdict[str, list[ImportBinding]] = defaultdict(list)
        self._happening = [one for one in found if not one.is_definition]
        self.taking_all = [one for one in self._happening if any(b.name == "*" for b in one.bindings)]
        """The imports of all names of a module."""
        for one in found:
            for name in one.names:
                self._defining[name].append(one)
        for one in self._happening:
            for binding in one.bindings:
                self._bound[binding.name].append(binding)

    def defining(self, names: frozenset[str]) -> Iterator[TopLevelStatement]:
        """Those that define one of the names."""
        return (one for name in sorted(names & self._defining.keys()) for one in self._defining[name])

    def bound(self, names: frozenset[str]) -> Iterator[ImportBinding]:
        """What the module imports under one of the names, or under any name."""
        return (one for name in sorted((names | {"*"}) & self._bound.keys()) for one in self._bound[name])

    def setting_up(self, names: frozenset[str]) -> Iterator[TopLevelStatement]:
        """What happens at the top of the module to what has one of the names."""
        return (one for one in self.mentioning(names) if not one.is_definition)

    def mentioning(self, names: frozenset[str]) -> list[TopLevelStatement]:
        """The statements that mention one of the names, in source order."""
        numbers = {number for name in names for number in self._by_word.get(name, ())}
        return [self.statements[number] for number in sorted(numbers)]

    @cached_property
    def _by_word(self) -> Mapping[str, list[int]]:
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for number, statement in enumerate(self.statements):
            for word in statement.words:
                numbers[word].append(number)
        return numbers


def _holds_any(found: Iterator[object]) -> bool:
    return any(True for _ in found)
