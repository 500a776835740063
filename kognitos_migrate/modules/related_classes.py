"""Classes that a class affects without naming them: subclasses, and implementations of protocols."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from kognitos_migrate.modules.definition_index import DefinitionIndex, StatementPlace
from kognitos_migrate.modules.top_level import TopLevelStatement

_SUBCLASS_HOOKS = frozenset(("metaclass", "__init_subclass__"))
_METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mentions:
    """Finds statements that mention names. Each file is searched once for a name."""

    def __init__(self, index: DefinitionIndex) -> None:
        self._index = index
        self._searched: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, file: str, name: str) -> Iterator[StatementPlace]:
        """The statements that mention a name of a file, in possible users that weren't searched for it
        before.
        """
        fresh = self._index.dependents(file) - self._searched[name]
        self._searched[name] |= fresh
        return self._index.mentions_of(fresh, name)


class RelatedClasses:
    """Finds the classes whose code may run where only another class is named.

    These are the subclasses of a class that is notified of them, by a metaclass or a hook (such as a
    registry), and the classes that define the methods of a protocol.
    """

    def __init__(self, index: DefinitionIndex) -> None:
        self._index = index
        self._mentions = Mentions(index)
        self._notified: set[tuple[str, int]] = set()

    def to(self, file: str, statement: TopLevelStatement) -> Iterator[StatementPlace]:
        """The classes that are related to the class that a statement defines; none if it defines no class."""
        if isinstance(statement.node, ast.ClassDef):
            yield from self._subclasses(file, statement)
            yield from self._implementations(statement.node)

    def _subclasses(self, file: str, statement: TopLevelStatement) -> list[StatementPlace]:
        """The subclasses of a class, if it is notified of them."""
        is_notified = (file, statement.start) in self._notified or not statement.words.isdisjoint(
            _SUBCLASS_HOOKS
        )
        if not (is_notified or is_metaclass(statement)):
            return []
        places = [place for name in statement.names for place in self._mentions.of(file, name)]
        subclasses = [
            (other, subclass) for other, subclass in places if isinstance(subclass.node, ast.ClassDef)
        ]
        self._notified.update((other, subclass.start) for other, subclass in subclasses)
        return subclasses

    def _implementations(self, protocol: ast.ClassDef) -> Iterator[StatementPlace]:
        """The classes of the program that define all methods of a protocol themselves. Methods that
        a class or a protocol inherits don't count."""
        methods = _methods_of(protocol) if _is_protocol(protocol) else frozenset()
        if not methods:
            return
        first, *others = sorted(methods)
        for file, statement in self._index.mentions_of(self._index.texts.keys(), first):
            if statement.words.issuperset(others) and methods <= _methods_of(statement.node):
                yield file, statement


def is_metaclass(statement: TopLevelStatement) -> bool:
    """Whether a statement defines a subclass of `type`."""
    bases = statement.node.bases if isinstance(statement.node, ast.ClassDef) else ()
    return any(isinstance(base, ast.Name) and base.id == "type" for base in bases)


def _is_protocol(definition: ast.ClassDef) -> bool:
    names = (base.value if isinstance(base, ast.Subscript) else base for base in definition.bases)
    return any(getattr(name, "attr", getattr(name, "id", "")) == "Protocol" for name in names)


def _methods_of(node: ast.stmt) -> frozenset[str]:
    """The names of the methods that a statement defines; none if it defines no class."""
    body = node.body if isinstance(node, ast.ClassDef) else ()
    return frozenset(statement.name for statement in body if isinstance(statement, _METHODS))
