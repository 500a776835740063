"""The search for where a value comes from: back along its sources, on every way, to the expression that made
it."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source, ValueSources
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import Value


class ValueSearch(Struct, frozen=True):
    """A search for one value. A subclass says which one, and which ways to it are allowed."""

    context: PlanContext

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the one that made the value."""
        raise NotImplementedError

    def carries(self, value: Value) -> bool:
        """Whether a value is the one that is searched for, or contains it."""
        raise NotImplementedError

    def way_of_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The ways on which a variable that is read gets the value from one of its bindings. None is a way
        that isn't allowed."""
        raise NotImplementedError

    def is_result_of_call(self, callee: Frame) -> bool:
        """Whether the result of an activation is that of the call that started it, and not a cached one."""
        return callee.function not in self.context.facts.memoized

    @property
    def sources(self) -> ValueSources:
        """The sources of the program's values."""
        return self.context.memoize(ValueSources)

    def leads_to_target(self, evaluation: Evaluation, visited: tuple[Evaluation, ...] = ()) -> bool:
        """Whether each way back from an expression leads to the target. `visited` are the expressions already
        followed."""
        if self.is_target(evaluation) or evaluation in visited:
            return True
        visited = (*visited, evaluation)
        ways = list(self.ways(evaluation))
        return bool(ways) and all(way is not None and self.leads_to_target(way, visited) for way in ways)

    def ways(self, evaluation: Evaluation) -> Iterator[Evaluation | None]:
        """The expressions from which an expression gets the value. None is a way that isn't allowed."""
        site, frame = evaluation
        tree, node = self.context.tree(site), self.context.node(site)
        callees = self.sources.callees(evaluation)
        match node:
            case cst.Call() | cst.Attribute() if callees:
                for callee in callees:
                    yield from self._results(callee)
            case cst.Name():
                for source in self.sources.of_name(tree, node, frame):
                    yield from self.way_of_binding(source, evaluation)
            case cst.Lambda():
                yield None
            case _:
                yield from self.ways_through(tree, node, frame)

    def ways_through(self, tree: Tree, node: cst.CSTNode, frame: int) -> Iterator[Evaluation | None]:
        """The ways on which an operation gets the value: its nearest operands that carry it."""
        return self.operands(tree, node, frame)

    def operands(self, tree: Tree, node: cst.CSTNode, frame: int) -> Iterator[Evaluation]:
        """The nearest operands of an expression that carry the value."""
        waiting = list(reversed(node.children))
        while waiting:
            part = waiting.pop()
            if isinstance(part, cst.BaseExpression) and self.is_carried_by((tree.site(part), frame)):
                yield tree.site(part), frame
            else:
                waiting.extend(reversed(part.children))

    def is_carried_by(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the target, or its value contains what is searched for."""
        return self.is_target(evaluation) or self.carries(self.context.value(*evaluation))

    def _results(self, callee: Frame) -> Iterator[Evaluation | None]:
        if callee.function is None or not self.is_result_of_call(callee):
            yield None
            return
        definition = self.context.node(callee.function)
        if is_generator(self.context.tree(callee.function), definition):
            yield None
        for result in self.sources.results(callee):
            if isinstance(definition, cst.Lambda) or self.is_carried_by(result):
                yield result
