"""Index of definitions, imports and mentions over the modules of a program."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
"""Definitions in a `conftest.py` that pytest uses without a mention."""

StatementPlace = tuple[str, TopLevelStatement]
"""A file and one of its top-level statements."""


class UnparsableModuleError(Exception):
    """A query needs a module that can't be parsed."""


class DefinitionIndex:
    """An index of the modules of a program, which are parsed when they are first needed."""

    def __init__(self, texts: Mapping[str, bytes], links: Mapping[str, Collection[str]]) -> None:
        """Index modules by their `texts`. `links` are the files whose definitions each file may use."""
        self.texts = texts
        self._links = links
        self._modules: dict[str, ModuleDefinitions] = {}
        self._resolve = module_lookup(texts)
        self._above: dict[str, frozenset[str]] = {}
        self._names_of: dict[str, Mapping[str, frozenset[str]]] = {}
        """The names of each module in each importing file."""
        self._support_files: dict[str, Sequence[str]] = {}
        self._writes: dict[tuple[str, str], list[tuple[TopLevelStatement, frozenset[str | None]]]] = {}
        self._users_of: defaultdict[str, set[str]] = defaultdict(set)
        for file, others in links.items():
            for other in others:
                self._users_of[other].add(file)

    def module(self, file: str) -> "ModuleDefinitions":
        """The statements of a file. Raises UnparsableModuleError."""
        if file not in self._modules:
            statements = top_level_statements(self.texts[file])
            if statements is None:
                raise UnparsableModuleError
            self._modules[file] = ModuleDefinitions(statements)
        return self._modules[file]

    def parsed_statements(self) -> Mapping[str, Sequence[TopLevelStatement]]:
        """The statements of the modules that have been parsed so far, by file."""
        return {file: module.statements for file, module in self._modules.items()}

    @cached_property
    def _mutated_names(self) -> Mapping[str, frozenset[str]]:
        return {file: mutated_names(text) for file, text in self.texts.items()}

    def files_with_mutations(self, names: frozenset[str]) -> Iterator[str]:
        """The parsable files that set attributes of an object with one of the names."""
        for file, mutated in self._mutated_names.items():
            if not names.isdisjoint(mutated) and self.is_parsed(file):
                yield file

    # Upwards: statements that mention a name.

    def mentions_of(self, files: Collection[str], name: str) -> Iterator[StatementPlace]:
        """The statements in `files` that mention a name."""
        for file in sorted(self._files_with(name).intersection(files)):
            statements = sole_imports_of(self.texts[file], name) if file not in self._modules else None
            if statements is None:
                statements = self.module(file).mentions_of(frozenset((name,)))
            yield from ((file, statement) for statement in statements)

    def _files_with(self, name: str) -> frozenset[str] | set[str]:
        """The files whose text contains a name."""
        return self._files_by_word.get(name, frozenset())

    @cached_property
    def _files_by_word(self) -> Mapping[str, set[str]]:
        files_by_word: defaultdict[str, set[str]] = defaultdict(set)
        for file, text in self.texts.items():
            for word in words_of(text):
                files_by_word[word].add(file)
        return files_by_word

    def writes_of(self, file: str, name: str) -> Iterator[StatementPlace]:
        """The statements that rebind a variable of a file, or mutate its value."""
        for other in sorted(self.dependents(file) & self._files_with(name)):
            for statement, modules in self._writes_in(other, name):
                if None in modules or not modules.isdisjoint(self._aliases(other, file)):
                    yield other, statement

    def _writes_in(self, file: str, name: str) -> list[tuple[TopLevelStatement, frozenset[str | None]]]:
        """The statements of a file that may write a variable of this name, with the modules it may belong to.

        None among the modules stands for any module.
        """
        key = (file, name)
        if key not in self._writes:
            parsed = file in self._modules
            parsed = parsed or (_is_nonempty(write_places(name, self.texts[file])) and self.is_parsed(file))
            statements = self.module(file).mentions_of(frozenset((name,))) if parsed else []
            writes = ((statement, frozenset(write_places(name, statement.text))) for statement in statements)
            self._writes[key] = [(statement, modules) for statement, modules in writes if modules]
        return self._writes[key]

    def _aliases(self, file: str, module: str) -> frozenset[str]:
        """The names of a module in a file."""
        if file not in self._names_of:
            aliases: defaultdict[str, set[str]] = defaultdict(set)
            for binding in (
                binding for statement in self.module(file).statements for binding in statement.bindings
            ):
                target = self._bound_module(file, binding)
                if target is not None:
                    aliases[target].update(filter(None, (binding.name, binding.module.rpartition(".")[2])))
            self._names_of[file] = {target: frozenset(names) for target, names in aliases.items()}
        return self._names_of[file].get(module, frozenset())

    def dependents(self, file: str) -> frozenset[str]:
        """A file and all files that may directly or indirectly use its definitions."""
        if file not in self._above:
            reached, waiting = {file}, [file]
            while waiting:
                current = waiting.pop()
                cached = self._above.get(current)
                fresh = (self._users_of[current] if cached is None else cached) - reached
                reached |= fresh
                waiting = (
                    [*waiting, *fresh]
                    if cached is None
                    else [other for other in waiting if other not in cached]
                )
            self._above[file] = frozenset(reached)
        return self._above[file]

    # Downwards: definitions of mentioned names.

    def mentioned_statements(self, file: str, statement: TopLevelStatement) -> Iterator[StatementPlace]:
        """The statements that define names mentioned in a statement, or affect what it defines."""
        setups = self.module(file).setups_of(statement.names)
        yield from self.named_statements(file, statement.words, setups, statement.bindings)

    def named_statements(
        self,
        file: str,
        words: frozenset[str],
        setups: Iterable[TopLevelStatement] = (),
        bindings: Iterable[ImportBinding] = (),
    ) -> Iterator[StatementPlace]:
        """The statements that define what `words` name in a file, `setups`, and those behind `bindings` if
        they are named."""
        module = self.module(file)
        yield from ((file, definition) for definition in module.definitions_of(words))
        yield from ((file, setup) for setup in setups)
        for binding in (*bindings, *module.bindings(words)):
            if binding.name == "*" or binding.name in words:
                yield from self._import_sources(file, binding, words)
        for support_file in self._pytest_files(file):
            for other in self.module(support_file).statements:
                if _ALWAYS_USED.search(other.text) or not other.names.isdisjoint(words):
                    yield support_file, other

    def _pytest_files(self, file: str) -> Sequence[str]:
        """The parsable files that pytest loads for a test without an import."""
        if file not in self._support_files:
            files = sorted(pytest_support_files(self._links[file], [file]))
            self._support_files[file] = [
                support_file for support_file in files if self.is_parsed(support_file)
            ]
        return self._support_files[file]

    def _import_sources(
        self, file: str, binding: ImportBinding, words: frozenset[str]
    ) -> Iterator[StatementPlace]:
        """The statements that define an imported name; for a module, those that define one of `words`."""
        target = self._bound_module(file, binding)
        if target is None:
            target = self._resolve(file, binding.module)
            words = words if binding.attribute == "*" else frozenset((binding.attribute or "",))
        if target is not None:
            yield from self._statements_defining(target, words, frozenset())

    def _statements_defining(
        self, file: str, names: frozenset[str], past: frozenset[str]
    ) -> Iterator[StatementPlace]:
        """The statements of a file that define one of the names, including those behind its star imports.

        `past` are the files already visited.
        """
        if file in past or not self.is_parsed(file):
            return
        module = self.module(file)
        yield from ((file, definition) for definition in module.definitions_of(names))
        for star_import in module.star_imports:
            for binding in star_import.bindings:
                target = self._resolve(file, binding.module) if binding.name == "*" else None
                inner = (
                    list(self._statements_defining(target, names, past | {file}))
                    if target is not None
                    else []
                )
                if inner:
                    yield file, star_import
                    yield from inner

    def _bound_module(self, file: str, binding: ImportBinding) -> str | None:
        """The module that an imported name refers to; None if it refers to another object."""
        if binding.attribute is None:
            return self._resolve(file, binding.module)
        stem = binding.module if binding.module.endswith(".") else f"{binding.module}."
        return self._resolve(file, f"{stem}{binding.attribute}")

    def is_parsed(self, file: str) -> bool:
        """Whether a file can be parsed. One that can't is treated as a library."""
        try:
            self.module(file)
        except UnparsableModuleError:
            return False
        return True


class ModuleDefinitions:
    """The statements of a module, indexed by the names that they define and mention."""

    def __init__(self, statements: list[TopLevelStatement]) -> None:
        self.statements = statements
        self.names = frozenset(
            name for statement in statements if statement.is_definition for name in statement.names
        )
        self._defining: defaultdict[str, list[TopLevelStatement]] = defaultdict(list)
        self._bindings_by_name: defaultdict[str, list[ImportBinding]] = defaultdict(list)
        self._executed = [statement for statement in statements if not statement.is_definition]
        self.star_imports = [
            statement
            for statement in self._executed
            if any(binding.name == "*" for binding in statement.bindings)
        ]
        """The statements with a star import."""
        for statement in statements:
            for name in statement.names:
                self._defining[name].append(statement)
        for statement in self._executed:
            for binding in statement.bindings:
                self._bindings_by_name[binding.name].append(binding)

    def definitions_of(self, names: frozenset[str]) -> Iterator[TopLevelStatement]:
        """The statements that define one of the names."""
        return (
            statement for name in sorted(names & self._defining.keys()) for statement in self._defining[name]
        )

    def bindings(self, names: frozenset[str]) -> Iterator[ImportBinding]:
        """The imports that bind one of the names, and all star imports."""
        return (
            binding
            for name in sorted((names | {"*"}) & self._bindings_by_name.keys())
            for binding in self._bindings_by_name[name]
        )

    def setups_of(self, names: frozenset[str]) -> Iterator[TopLevelStatement]:
        """The statements executed on import that mention one of the names."""
        return (statement for statement in self.mentions_of(names) if not statement.is_definition)

    def mentions_of(self, names: frozenset[str]) -> list[TopLevelStatement]:
        """The statements that mention one of the names, in source order."""
        numbers = {number for name in names for number in self._statements_by_word.get(name, ())}
        return [self.statements[number] for number in sorted(numbers)]

    @cached_property
    def _statements_by_word(self) -> Mapping[str, list[int]]:
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for number, statement in enumerate(self.statements):
            for word in statement.words:
                numbers[word].append(number)
        return numbers


def _is_nonempty(items: Iterator[object]) -> bool:
    return any(True for _ in items)
