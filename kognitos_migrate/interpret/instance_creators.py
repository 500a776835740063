"""The functions that may create the instances which other functions receive, by the names of classes.

class OrderService:
    def check(self, order): ...                              # receives an OrderService

def build(key): return OrderService(HttpKognitos(key))       # creates one

Only the order of runs depends on it: classes of one name in different modules count as one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import ENTERING, is_method_of_class
from kognitos_migrate.interpret.classes.method_receivers import implementations, is_protocol
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.library.command_contexts import (
    CONTEXT_OBJECT,
    receives_context,
    sets_context_object,
)
from kognitos_migrate.syntax.functions import class_of_method
from kognitos_migrate.syntax.scopes import CREATION_METHODS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Class

_WORD = re.compile(r"\w+")


class InstanceCreators:
    """Which of the functions that haven't run yet may create an instance that another one receives."""

    def __init__(
        self, interpreter: Interpreter, waiting: Mapping[Site, tuple[Tree, cst.FunctionDef]]
    ) -> None:
        self._interpreter = interpreter
        self._supertypes: dict[str, set[str]] = {}
        """By name of a class: the names of the classes and protocols that it implements, and its own."""
        self._declared: dict[str, set[str]] = {}
        """By name of a class: the names in the annotations of its fields and of its constructor."""
        self._note_classes()
        self._received = {site: self._names_received(*definition) for site, definition in waiting.items()}
        self._created = {site: self._names_created(*definition) for site, definition in waiting.items()}
        self._waiting = Counter(name for names in self._created.values() for name in names)

    def may_follow(self, site: Site) -> bool:
        """Whether a function that hasn't run yet may create an instance which this one receives."""
        return any(self._waiting[name] > (name in self._created[site]) for name in self._received[site])

    def note_run(self, site: Site) -> None:
        """Record that a function has run."""
        self._waiting.subtract(self._created[site])

    def _note_classes(self) -> None:
        classes = self._interpreter.classes
        for site, info in classes.infos.items():
            names = self._supertypes.setdefault(info.name, set())
            names.update(base.name for base in classes.mro(Class(site, info.frame)).infos)
            self._declared.setdefault(info.name, set()).update(self._names_declared(site))
            if is_protocol(info):
                for other in implementations(self._interpreter, Class(site, info.frame)):
                    self._supertypes.setdefault(classes.infos[other.site].name, set()).add(info.name)

    def _names_declared(self, site: Site) -> Iterator[str]:
        tree = self._interpreter.trees[site.path]
        definition = tree.node(site)
        for node in tree.children(definition.body) if isinstance(definition, cst.ClassDef) else ():
            if isinstance(node, cst.FunctionDef):
                if node.name.value in CREATION_METHODS and not tree.is_elided(node):
                    yield from _annotated_names(tree, node.params)
            elif isinstance(node, cst.SimpleStatementLine):
                yield from _annotated_names(tree, node)

    def _names_received(self, tree: Tree, function: cst.FunctionDef) -> frozenset[str]:
        """The names of the classes whose instances a function receives, and of those that unknown arguments
        of their constructors are instances of."""
        pending = [*_annotated_names(tree, function.params), *self._name_of_receiver(tree, function)]
        received = {CONTEXT_OBJECT} if receives_context(tree, function) else set[str]()
        while pending:
            name = pending.pop()
            if name in self._supertypes and name not in received:
                received.add(name)
                pending.extend(self._declared.get(name, ()))
        return frozenset(received)

    def _names_created(self, tree: Tree, function: cst.FunctionDef) -> frozenset[str]:
        """The names of the classes whose instances a function may create, or prepare for `with`. Another
        instance of its own class doesn't count for a method."""
        names = {node.value for node in tree.descendants_of_kind(function.body, cst.Name)}
        owner = class_of_method(tree, function)
        is_entering = function.name.value in ENTERING
        receiver = [] if is_entering else [*self._name_of_receiver(tree, function)]
        if owner is not None and not receiver:
            names.add(owner.name.value)
        supertypes = (self._supertypes[name] for name in names - {*receiver} if name in self._supertypes)
        context_object = [CONTEXT_OBJECT] if sets_context_object(tree, function) else ()
        return frozenset(chain(context_object, *supertypes))

    def _name_of_receiver(self, tree: Tree, function: cst.FunctionDef) -> Iterator[str]:
        """The name of the class on whose instances a function is called."""
        owner = class_of_method(tree, function)
        if owner is not None and not is_method_of_class(self._interpreter, tree, function):
            yield owner.name.value


def _annotated_names(tree: Tree, node: cst.CSTNode) -> Iterator[str]:
    """The names in the annotations below a node, which may be texts."""
    for annotation in tree.descendants_of_kind(node, cst.Annotation):
        yield from (name.value for name in tree.descendants_of_kind(annotation, cst.Name))
        for text in tree.descendants_of_kind(annotation, cst.SimpleString):
            yield from _WORD.findall(text.value)
