"""The code that a test reaches: functions, classes, literals and objects, by the values of expressions."""

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library.testing import collection_rank
from kognitos_migrate.syntax.functions import methods_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Ref, Text, Value


class ReferenceGraph:
    """By function or module: the code that its expressions evaluate to, and the functions that it runs.

    Calls that were answered by a summary count as well, since the value of the called expression is recorded.
    Production code refers to no code of tests: a test reaches its own doubles, and not those of other tests.
    """

    def __init__(self, program: ProgramFacts, tests: frozenset[str]) -> None:
        """The graph of a program in which `tests` are the modules of tests."""
        self._program, self._tests = program, tests
        self._references: defaultdict[Site, dict[Site, None]] = defaultdict(dict)
        facts = program.facts
        for frame in facts.frames:
            if frame.caller is not None and frame.function is not None:
                self._refer(self._owner(frame.caller), frame.function)
        for (_, number), value in facts.values.items():
            for site in self._places(value):
                self._refer(self._owner(number), site)

    def reached_from(self, function: Site) -> frozenset[Site]:
        """The code that a function reaches, itself included. A test also reaches its set-up methods."""
        reached: set[Site] = set()
        waiting = [function, *self._set_up(function)]
        while waiting:
            site = waiting.pop()
            if site not in reached:
                reached.add(site)
                waiting.extend(self._references.get(site, ()))
                waiting.extend(self._methods(site))
        return frozenset(reached)

    def _refer(self, owner: Site, site: Site) -> None:
        if site.path not in self._tests or (owner.path in self._tests and not self._has_tests(site)):
            self._references[owner][site] = None

    def _owner(self, number: int) -> Site:
        """The function of a frame; the module if it is the frame of a module."""
        frame = self._program.facts.frames[number]
        return frame.function if frame.function is not None else Site(frame.path, 0)

    def _places(self, value: Value) -> Iterator[Site]:
        for choice in alternatives(value):
            match choice:
                case Function() | Class():
                    yield choice.site
                case Bound():
                    yield from self._places(choice.function)
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

    def _has_tests(self, site: Site) -> bool:
        """Whether a site is a class of tests. No other test uses it."""
        methods = methods_of(self._program.node(site))
        return any(method.name.value.startswith("test") for method in methods)

    def _set_up(self, function: Site) -> Iterator[Site]:
        """The methods that pytest and unittest run before a test."""
        tree = self._program.tree(function)
        owner = tree.enclosing(tree.node(function), cst.ClassDef)
        methods = methods_of(owner) if owner is not None else []
        yield from (tree.site(method) for method in methods if collection_rank(method) == 0)
