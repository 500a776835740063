"""Reachability from tests: the code that a test reaches, and the modules whose tests reach a frame."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.interpret.library.testing import COLLECTED, collection_rank
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.modules.modules_of_tests import modules_of_tests
from kognitos_migrate.syntax.functions import methods_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Ref, Text, Value


class ReferenceGraph:
    """By function or module: the code that its expressions evaluate to, and the functions that it runs.

    Calls that were answered by a summary count as well, since the value of the called expression is recorded.
    Production code refers to no code of tests: a test reaches its own doubles, and not those of other tests.
    A literal in a test belongs to this test alone, also if doubles that tests share receive it, and so do the
    literals of a function of tests to its callers. A literal in a function of the program belongs to those
    that run this function, also if other code gets it as an argument.
    """

    def __init__(self, program: ProgramFacts, tests: frozenset[str]) -> None:
        """The graph of a program in which `tests` are the modules of tests."""
        self._program, self._tests = program, tests
        self._references: defaultdict[Site, dict[Site, None]] = defaultdict(dict)
        self._test_around: dict[Site, Site | None] = {}
        self._makers: dict[Site, Site | None] = {}
        facts = program.facts
        for frame in facts.frames:
            if frame.caller is not None and frame.function is not None:
                self._refer(self._owner(frame.caller), frame.function)
        for (_, number), value in facts.values.items():
            for site in self._definition_sites(value):
                self._refer(self._owner(number), site)
        for group, function in self._registrations():
            self._refer(group, function)

    def reached_from(self, function: Site) -> frozenset[Site]:
        """The code that a function reaches, itself included. A test also reaches its set-up methods."""
        reached = self._closure((function, *self._set_up(function)))
        return frozenset(site for site in reached if self._is_in_reached_function(reached, site))

    def _is_in_reached_function(self, reached: Collection[Site], site: Site) -> bool:
        """Whether code is in a function that is reached, or that not only single tests run: the top level of
        a module that they import, or, of the tests' own code, a library."""
        maker = self._creating_function(site)
        if maker is None or maker in reached:
            return True
        return maker in (
            self._functions_without_a_test if site.path in self._tests else self._functions_of_imports
        )

    def _creating_function(self, site: Site) -> Site | None:
        """The function around a literal or a display. None for a function, a class, and other code."""
        if site not in self._makers:
            tree = self._program.tree(site)
            node = tree.node(site)
            is_data = not isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef | cst.Module)
            maker = tree.enclosing(node, cst.FunctionDef) if is_data else None
            self._makers[site] = tree.site(maker) if maker is not None else None
        return self._makers[site]

    @cached_property
    def _functions_without_a_test(self) -> frozenset[Site]:
        """The code of tests that the top level of a module reaches, or that a library runs: functions without
        a caller, and those with decorators, such as fixtures."""
        waiting = [Site(path, 0) for path in self._program.trees]
        waiting += [
            frame.function
            for frame in self._program.facts.frames
            if frame.caller is None and frame.function is not None and self._test_of(frame.function) is None
        ]
        for path in self._tests & self._program.trees.keys():
            tree = self._program.trees[path]
            waiting += [
                tree.site(node)
                for node in tree.of_kind(cst.FunctionDef)
                if node.decorators and not _is_test(node)
            ]
        return self._closure(waiting)

    @cached_property
    def _functions_of_imports(self) -> frozenset[Site]:
        """The code that runs when tests import the modules of the program."""
        return self._closure(
            Site(path, 0) for path in transitive_closure(self._tests, self._program.facts.imports)
        )

    def _closure(self, sites: Iterable[Site]) -> frozenset[Site]:
        reached: set[Site] = set()
        waiting = list(sites)
        while waiting:
            site = waiting.pop()
            if site not in reached:
                reached.add(site)
                waiting.extend(self._references.get(site, ()))
                waiting.extend(self._methods(site))
        return frozenset(reached)

    def _registrations(self) -> Iterator[tuple[Site, Site]]:
        """The functions of the program that a decorator registers with another one, such as the commands of a
        group (`@cli.command()`): who runs the group runs them."""
        for path in self._program.trees.keys() - self._tests:
            tree = self._program.trees[path]
            for node in tree.of_kind(cst.FunctionDef):
                for decorator in node.decorators:
                    for name in tree.descendants_of_kind(decorator.decorator, cst.Name):
                        for choice in self._program.alternatives_at(tree.site(name)):
                            if isinstance(choice, Function):
                                yield choice.site, tree.site(node)

    def _refer(self, owner: Site, site: Site) -> None:
        if site.path in self._tests and (owner.path not in self._tests or self._is_test_class(site)):
            return
        test = self._test_of(site)
        if test in (None, site, self._test_of(owner)):
            self._references[owner][site] = None

    def _test_of(self, site: Site) -> Site | None:
        """The test that a site of the tests is, or is written in. None for all other code."""
        if site.path not in self._tests:
            return None
        if site not in self._test_around:
            tree = self._program.tree(site)
            node: cst.CSTNode | None = tree.node(site)
            while node is not None and not (isinstance(node, cst.FunctionDef) and _is_test(node)):
                node = tree.enclosing(node, cst.FunctionDef)
            self._test_around[site] = tree.site(node) if node is not None else None
        return self._test_around[site]

    def _owner(self, number: int) -> Site:
        """The function of a frame; the module if it is the frame of a module."""
        frame = self._program.facts.frames[number]
        return frame.function if frame.function is not None else Site(frame.path, 0)

    def _definition_sites(self, value: Value) -> Iterator[Site]:
        for choice in alternatives(value):
            match choice:
                case Function() | Class():
                    yield choice.site
                case Bound():
                    yield from self._definition_sites(choice.function)
                case Ref():
                    heap_object = self._program.facts.heap[choice]
                    yield heap_object.site
                    if isinstance(heap_object, Instance) and heap_object.cls is not None:
                        yield heap_object.cls.site
                case Text():
                    yield from (part.site for part in choice.parts if part.site is not None)

    def _methods(self, site: Site) -> Iterator[Site]:
        """The methods of a class in a module of tests, which code out of sight may call."""
        if site.path in self._tests:
            yield from map(self._program.tree(site).site, methods_of(self._program.node(site)))

    def _is_test_class(self, site: Site) -> bool:
        """Whether a site is a class of tests. No other test uses it."""
        methods = methods_of(self._program.node(site))
        return any(method.name.value.startswith("test") for method in methods)

    def _set_up(self, function: Site) -> Iterator[Site]:
        """The methods that pytest and unittest run before a test."""
        tree = self._program.tree(function)
        owner = tree.enclosing(tree.node(function), cst.ClassDef)
        methods = methods_of(owner) if owner is not None else []
        yield from (tree.site(method) for method in methods if collection_rank(method) == 0)


def program_tests(program: ProgramFacts) -> frozenset[str]:
    """The modules of tests in a program, cached."""
    return program.memoize(_modules_of_tests)


def _modules_of_tests(program: ProgramFacts) -> frozenset[str]:
    return modules_of_tests({path: tree.utf8_text for path, tree in program.trees.items()}, program.settings)


def _is_test(node: cst.FunctionDef) -> bool:
    return node.name.value.startswith("test") and collection_rank(node) == COLLECTED


def reaching_tests(frames: Iterable[int], program: ProgramFacts) -> set[str]:
    """The test modules that reach the frames, the `conftest.py` files that serve them, and the modules for
    tests alone that these import."""
    facts = program.facts
    tests: set[str] = set()
    for frame in frames:
        stack = list(facts.stack(frame))
        paths = {facts.frames[outermost_frame(facts, frame)].path, *(inner.path for inner in stack[:-1])}
        if paths & facts.tests:
            tests |= paths & facts.tests
            tests |= {path for path in facts.tests if any(_serves(path, frame_path) for frame_path in paths)}
    of_tests = facts.tests | (support_modules(facts) if tests else set())
    return transitive_closure(tests, {path: facts.imports.get(path, set()) & of_tests for path in of_tests})


def _serves(path: str, test: str) -> bool:
    """Whether a file is a `conftest.py` that pytest loads for the test module."""
    conftest = PurePosixPath(path)
    return conftest.name == "conftest.py" and conftest.parent in PurePosixPath(test).parents


def support_modules(facts: Facts) -> set[str]:
    """The modules without tests that only tests import, directly or through each other, and that send no
    request."""
    senders = {
        frame.path
        for request in facts.requests
        if request.stub is None
        for frame in facts.stack(request.frame)
    }
    support = transitive_closure(facts.tests, facts.imports) - facts.tests - senders
    while others := support & _imports_of(facts, {*facts.imports} - support - facts.tests):
        support -= others
    return support


def _imports_of(facts: Facts, importers: Iterable[str]) -> set[str]:
    return {path for importer in importers for path in facts.imports[importer]}


def transitive_closure(paths: Iterable[str], links: Mapping[str, Set[str]]) -> set[str]:
    """The paths, and those that links lead to from them, directly or not."""
    closure = set(paths)
    waiting = list(closure)
    while waiting:
        fresh = links.get(waiting.pop(), frozenset()) - closure
        closure |= fresh
        waiting.extend(fresh)
    return closure
