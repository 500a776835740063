"""Whether the reply that a request sends on is of the same run of the code, or was kept from an earlier
run."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import intervening_nodes, stack_of
from kognitos_migrate.edits.value_identity import value_of
from kognitos_migrate.interpret.state.facts import Frame, Request
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator, returned_expressions
from kognitos_migrate.syntax.loops import loops_around
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, Scopes
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Reply, Value

Evaluation = tuple[Site, int]
"""An expression, as evaluated in a frame."""


def is_of_same_run(context: PlanContext, source: Request, target: Request) -> bool:
    """Whether the values that `target` sends of `source`'s reply come from the same run of the code around
    both: by variables, parameters and results, or in containers that this code created."""
    travel = _Travel(context, source, target)
    return all(
        travel.leads_to_source((operand.site, operand.frame), ())
        for values in target.operands.values()
        for operand in values
        if travel.holds(operand.value)
    )


class _Travel(Struct, frozen=True):
    """The path of a reply, from the request that sends it back to the request that got it."""

    context: PlanContext
    source: Request
    target: Request

    def holds(self, value: Value) -> bool:
        """Whether a value is from the reply, or contains such a value."""
        leaves = tracked_leaves(value, (), self.context.facts.heap, {})
        return any(isinstance(leaf, Reply) and leaf.request == self.source.id for leaf in leaves)

    def leads_to_source(self, evaluation: Evaluation, visited: tuple[Evaluation, ...]) -> bool:
        """Whether an expression's value leads back to the source request on each path that it may come."""
        if evaluation == (self.source.site, self.source.frame) or evaluation in visited:
            return True
        site, frame = evaluation
        containers = [
            ref
            for ref in alternatives(self.context.value(site, frame))
            if self._is_created_at(ref, evaluation)
        ]
        if containers and not self._is_created_for_both(evaluation):
            return all(self._is_filled_for_both(ref, (*visited, evaluation)) for ref in containers)
        contents: list[Evaluation | None] = [content for ref in containers for content in self._contents(ref)]
        ways = contents or list(self._sources(site, frame))
        return bool(ways) and all(
            origin is not None and self.leads_to_source(origin, (*visited, evaluation)) for origin in ways
        )

    def _is_created_at(self, value: Value, evaluation: Evaluation) -> bool:
        heap_object = self.context.facts.heap[value] if isinstance(value, Ref) else None
        return heap_object is not None and (heap_object.site, heap_object.frame) == evaluation

    def _contents(self, ref: Value) -> Iterator[Evaluation]:
        """The expressions that put values from the reply into a container."""
        heap_object = self.context.facts.heap[ref] if isinstance(ref, Ref) else None
        operands: list[Operand] = []
        if isinstance(heap_object, DictObject):
            operands = [entry.operand for entries in heap_object.entries.values() for entry in entries]
            operands += heap_object.spreads
        elif isinstance(heap_object, Instance):
            operands = [operand for origins in heap_object.origins.values() for operand in origins]
        elif isinstance(heap_object, SequenceObject):
            operands = heap_object.items
        ways = ((operand.site, operand.frame) for operand in operands)
        yield from (way for way in ways if self.holds(self.context.value(*way)))
        for noted in self.context.facts.accesses.get(ref, {}).values() if isinstance(ref, Ref) else ():
            yield from (way for access in noted for way in self._added_values(access.place))
        if heap_object is not None:
            tree = self.context.tree(heap_object.site)
            yield from self._parts(tree, tree.node(heap_object.site), heap_object.frame)

    def _is_filled_for_both(self, ref: Value, visited: tuple[Evaluation, ...]) -> bool:
        """Whether a caller's dict gets its values from the reply by known keys, in the same round of the
        loops around the request that sends them."""
        record = self.context.facts.heap[ref] if isinstance(ref, Ref) else None
        if not isinstance(record, DictObject) or record.spreads or self.holds(record.others):
            return False
        target = (self.target.site, self.target.frame)
        entries = [entry for entries in record.entries.values() for entry in entries]
        is_fresh = self._is_created_for_target((record.site, record.frame))
        if not is_fresh and any(entry.optional and self.holds(entry.operand.value) for entry in entries):
            return False
        operands = [entry.operand for entry in entries]
        return all(
            self.leads_to_source((operand.site, operand.frame), visited)
            and self._is_of_round(
                self.context.tree(operand.site), self.context.node(operand.site), operand.frame, target
            )
            for operand in operands
            if self.holds(operand.value)
        )

    def _added_values(self, place: Site) -> Iterator[Evaluation]:
        """The expressions that a call, or an assignment to an item, may put into a container."""
        tree, node = self.context.tree(place), self.context.node(place)
        expressions: list[cst.BaseExpression] = []
        match node:
            case cst.Call(args=arguments):
                expressions = [arg.value for arg in arguments]
            case cst.Subscript() if (value := value_of(tree, node)) is not None:
                expressions = [value]
        for expression in expressions:
            site = tree.site(expression)
            for frame in self.context.facts.frames:
                if (site, frame.id) in self.context.facts.values and self.holds(
                    self.context.value(site, frame.id)
                ):
                    yield site, frame.id

    def _is_created_for_both(self, evaluation: Evaluation) -> bool:
        """Whether the activation that leads to both requests creates a container, in the same round of the
        loops around the request that sends its content."""
        target = stack_of(self.context, self.target.site, self.target.frame)
        source = stack_of(self.context, self.source.site, self.source.frame)
        common = next((number for number in target if number in source), None)
        return self._is_created_in_round(common, evaluation)

    def _is_created_for_target(self, evaluation: Evaluation) -> bool:
        """Whether each round of the loops around the sending request creates a new container."""
        target = stack_of(self.context, self.target.site, self.target.frame)
        creation_stack = stack_of(self.context, *evaluation)
        return self._is_created_in_round(
            next((number for number in target if number in creation_stack), None), evaluation
        )

    def _is_created_in_round(self, frame: int | None, evaluation: Evaluation) -> bool:
        """Whether an activation creates a container in the round of its loops that sends the request."""
        target = stack_of(self.context, self.target.site, self.target.frame)
        creation_stack = stack_of(self.context, *evaluation)
        if frame is None or frame not in creation_stack:
            return False
        tree = self.context.tree(target[frame])
        rounds = set(loops_around(tree, tree.node(target[frame])))
        return rounds.issubset(loops_around(tree, tree.node(creation_stack[frame])))

    def _sources(self, site: Site, frame: int) -> Iterator[Evaluation | None]:
        """The expressions that a value comes from; None if it comes in a way that can't be followed."""
        tree, node = self.context.tree(site), self.context.node(site)
        callees = [
            callee for callee in self.context.facts.frames if callee.call == site and callee.caller == frame
        ]
        match node:
            case cst.Call() | cst.Attribute() if callees:
                yield from self._results(callees)
            case cst.Name():
                yield from self._bound_values(tree, node, frame)
            case cst.Lambda():
                yield None
            case _:
                yield from self._parts(tree, node, frame)

    def _parts(self, tree: Tree, node: cst.CSTNode, frame: int) -> Iterator[Evaluation]:
        """The nearest operands whose value is from the reply."""
        waiting = list(reversed(node.children))
        while waiting:
            part = waiting.pop()
            is_value = isinstance(part, cst.BaseExpression) and self.holds(
                self.context.value(tree.site(part), frame)
            )
            if is_value or self._is_source(tree, part, frame):
                yield tree.site(part), frame
            else:
                waiting.extend(reversed(part.children))

    def _is_source(self, tree: Tree, part: cst.CSTNode, frame: int) -> bool:
        is_call = isinstance(part, cst.Call)
        return is_call and (tree.site(part), frame) == (self.source.site, self.source.frame)

    def _results(self, callees: list[Frame]) -> Iterator[Evaluation | None]:
        for frame in callees:
            function = frame.function
            if function is None or function in self.context.facts.memoized:
                yield None
                continue
            tree, definition = self.context.tree(function), self.context.node(function)
            if is_generator(tree, definition):
                yield None
            for returned in returned_expressions(tree, definition):
                site = tree.site(returned)
                if isinstance(definition, cst.Lambda) or self.holds(self.context.value(site, frame.id)):
                    yield site, frame.id

    def _bound_values(self, tree: Tree, node: cst.Name, frame: int) -> Iterator[Evaluation | None]:
        """The expressions that a variable may be bound to at a read."""
        scopes, home = tree.memoize(Scopes), self.context.frame(frame)
        variable = scopes.variable(node)
        is_own = isinstance(tree.nodes[variable.scope], COMPREHENSIONS)
        while not is_own and home.function is not None and home.closure is not None:
            if variable.scope == home.function.node:
                break
            home = self.context.frame(home.closure)
        for binding in scopes.bindings(variable):
            match tree.parent(binding):
                case cst.Param(star="*" | "**"):
                    yield from self._collected_arguments(tree.site(node), frame)
                case cst.Param():
                    yield self._argument(home, node.value)
                case cst.For(iter=iterable) | cst.CompFor(iter=iterable):
                    yield tree.site(iterable), home.id
                case cst.AsName() as alias:
                    value = self._entered_response(tree, alias, home.id)
                    yield from self._assigned_sources(tree, value, node, (home.id, frame))
                case _:
                    value = value_of(tree, binding)
                    yield from self._assigned_sources(tree, value, node, (home.id, frame))

    def _entered_response(self, tree: Tree, alias: cst.AsName, frame: int) -> cst.BaseExpression | None:
        """The expression that `with` enters, if it is a response. Its `as` is the response itself then."""
        item = tree.parent(alias)
        if not isinstance(item, cst.WithItem):
            return None
        choices = alternatives(self.context.value(tree.site(item.item), frame))
        return item.item if all(isinstance(choice, Reply) for choice in choices) else None

    def _assigned_sources(
        self, tree: Tree, value: cst.BaseExpression | None, read: cst.Name, frames: tuple[int, int]
    ) -> Iterator[Evaluation | None]:
        """The value that an assignment gives to a read, if it is from the reply; None if it may be from
        another round. `frames` are those of the assignment and of the read."""
        home, frame = frames
        if value is None:
            yield None
        elif (home == frame and _is_read_for(tree, read, value)) or not self.holds(
            self.context.value(tree.site(value), home)
        ):
            return
        else:
            is_fresh = self._is_of_round(tree, value, home, (tree.site(read), frame))
            yield (tree.site(value), home) if is_fresh else None

    def _collected_arguments(self, site: Site, frame: int) -> Iterator[Evaluation | None]:
        """The arguments that a call collects in a new list or dict, and the values put there later."""
        for ref in alternatives(self.context.value(site, frame)):
            heap_object = self.context.facts.heap[ref] if isinstance(ref, Ref) else None
            if heap_object is None or not isinstance(self.context.node(heap_object.site), cst.Param):
                yield None
            elif self._is_created_for_both((heap_object.site, heap_object.frame)):
                yield from self._contents(ref)
            else:
                yield None

    def _argument(self, home: Frame, name: str) -> Evaluation | None:
        argument: Operand | None = home.arguments.get(name)
        if argument is not None:
            return argument.site, argument.frame
        match self.context.node(home.call) if home.call is not None else None:
            case cst.Call(cst.Attribute(owner)) | cst.Attribute(owner) if home.receiver is not None:
                tree = self.context.tree(home.call or home.receiver.site)
                return (tree.site(owner), home.caller) if home.caller is not None else None
        return None

    def _is_of_round(self, tree: Tree, value: cst.CSTNode, home: int, use: Evaluation) -> bool:
        """Whether a variable was bound in the same round of the loops around its read."""
        nodes = intervening_nodes(self.context, tree.site(value), home, *use)
        own = range(tree.number(value), tree.end(value))
        return nodes is not None and not any(
            path == tree.path and tree.number(node) in own for path, node in nodes
        )


def _is_read_for(tree: Tree, node: cst.Name, value: cst.BaseExpression) -> bool:
    """Whether a variable is read in the expression that it is bound to, outside of loops. It can't have that
    value yet."""
    is_inside = tree.number(node) in range(tree.number(value), tree.end(value))
    return is_inside and not loops_around(tree, node)
