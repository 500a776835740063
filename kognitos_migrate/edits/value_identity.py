"""Value identity: whether a moved expression still has the value that reached the request."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.deferred_calls import is_deferred
from kognitos_migrate.edits.evaluation_order import (
    intervening_nodes,
    is_evaluated_before,
    is_of_earlier_round,
)
from kognitos_migrate.edits.final_variables import is_constant, is_final, is_final_field
from kognitos_migrate.edits.memory_locations import (
    LocationSet,
    field_of,
    is_assigned,
    locations_read,
    locations_written,
    may_meet,
)
from kognitos_migrate.edits.side_effects import has_effects, has_own_effect, may_fail
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator, returned_expressions
from kognitos_migrate.syntax.loops import LOOPS
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import argument_of, assignment_to, parameter_of
from kognitos_migrate.syntax.scopes import Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Ref, Text, Value

_DEPTH = 4
"""How many containers deep a hole is searched for."""


def is_carried_to_request(context: PlanContext, texts: list[Operand], hole: Hole) -> bool:
    """Whether the texts of a request were built with `hole` in its own activations and iteration, and reached
    it by variables, parameters and results only."""
    trail = _Trail(context, hole)
    return bool(texts) and all(trail.leads_to_hole(text.site, text.frame, ()) for text in texts)


class _Trail(Struct, frozen=True):
    """The path from expressions whose value contains a text to the expression of the text's hole."""

    context: PlanContext
    hole: Hole

    @property
    def _place(self) -> tuple[Site, int]:
        return self.hole.site, self.hole.frame

    def leads_to_hole(self, site: Site, frame: int, visited: tuple[tuple[Site, int], ...]) -> bool:
        """Whether the value of an expression contains the hole, as evaluated on the way to it. `visited` are
        the expressions already followed."""
        if (site, frame) == self._place:
            return True
        if (site, frame) in visited:
            return True  # already followed
        visited = (*visited, (site, frame))
        origins = list(self._sources(site, frame))
        return bool(origins) and all(
            origin is not None and self.leads_to_hole(*origin, visited) for origin in origins
        )

    def _sources(self, site: Site, frame: int) -> Iterator[tuple[Site, int] | None]:
        """The expressions from which an expression's value gets the hole; None if it gets it in a way that
        can't be followed."""
        tree, node = self.context.tree(site), self.context.node(site)
        callees = [
            callee for callee in self.context.facts.frames if callee.call == site and callee.caller == frame
        ]
        if callees and isinstance(node, cst.Call | cst.Attribute):
            yield from self._results(callees)
            return
        match node:
            case cst.Name():
                yield from self._bound_values(tree, node, frame)
            case cst.Attribute():
                yield from self._attribute(tree, node, frame)
            case cst.Subscript():
                yield None
            case _ if isinstance(node, (*LOOPS, cst.Lambda)):
                yield None
            case _:
                descendants = [part for part in tree.descendants(node) if part is not node]
                for part in self._nearest(tree, node, descendants):
                    if self._yields_hole(tree.site(part), frame):
                        yield tree.site(part), frame

    def _nearest(
        self, tree: Tree, node: cst.CSTNode, descendants: list[cst.CSTNode]
    ) -> Iterator[cst.BaseExpression]:
        """The operands of an expression."""
        for part in descendants:
            if isinstance(part, cst.BaseExpression) and not isinstance(part, cst.StarredElement):
                owner = next(ancestor for ancestor in tree.ancestors(part) if _is_expression(ancestor))
                is_method = isinstance(owner, cst.Attribute) and _is_method(owner, node)
                if (owner is node and not _is_method(part, node)) or is_method:
                    yield part

    def _yields_hole(self, site: Site, frame: int) -> bool:
        """Whether an expression is the hole's own, or its value contains the hole."""
        own = (site, frame) == self._place
        return own or self._contains_hole(self.context.value(site, frame))

    def _contains_hole(self, value: Value, depth: int = 0) -> bool:
        """Whether a text contains the hole, or a container has such a text."""
        for choice in alternatives(value) if depth < _DEPTH else ():
            if isinstance(choice, Text):
                holes = [part for part in choice.parts if isinstance(part, Hole)]
                if any((part.site, part.frame) == self._place for part in holes):
                    return True
                if any(self._contains_hole(part.value, depth) for part in holes):
                    return True
            elif isinstance(choice, Ref):
                heap_object = self.context.facts.heap[choice]
                if isinstance(heap_object, SequenceObject | DictObject) and self._holds_element(
                    heap_object, depth + 1
                ):
                    return True
        return False

    def _holds_element(self, container: SequenceObject | DictObject, depth: int) -> bool:
        if isinstance(container, SequenceObject):
            items, rest = container.items, container.rest
        else:
            items = [entry.operand for entries in container.entries.values() for entry in entries]
            rest = container.others
        return self._contains_hole(rest, depth) or any(
            (item.site, item.frame) == self._place or self._contains_hole(item.value, depth) for item in items
        )

    def _results(self, callees: list[Frame]) -> Iterator[tuple[Site, int] | None]:
        for frame in callees:
            function = frame.function
            if function is None:
                continue
            if function in self.context.facts.memoized and not self._is_keyed(frame):
                yield None
                continue
            definition = self.context.node(function)
            tree = self.context.tree(function)
            if is_generator(tree, definition):
                yield None
            for returned in returned_expressions(tree, definition):
                site = tree.site(returned)
                if isinstance(definition, cst.Lambda) or self._yields_hole(site, frame.id):
                    yield site, frame.id

    def _is_keyed(self, frame: Frame) -> bool:
        """Whether the hole is the same for all calls that share a cached result with the memoized call of
        `frame`: it comes from the call's arguments, or is a constant field of one."""
        hole, context = self.hole, self.context
        if any(isinstance(choice, Ref) for choice in alternatives(hole.value)):
            return False
        operands = context.argument_chain(Operand(hole.value, hole.site, hole.frame), Role.URL)
        if any(not context.is_within(operand.frame, frame.id) for operand in operands):
            return True
        read = locations_read(context, hole.site)
        return (
            hole.frame == frame.id
            and all(self._is_key_or_constant(variable, frame) for variable in read.variables)
            and all(is_final_field(context, field) for field in read.fields)
        )

    def _is_key_or_constant(self, variable: Variable, frame: Frame) -> bool:
        """Whether a variable is a parameter of a frame's function, or a constant of a module."""
        is_local = frame.function is not None and variable.scope == frame.function.node
        is_key = is_local and variable.name in self.context.parameters(frame)
        return is_final(self.context, variable) and (
            is_key or is_constant(self.context, LocationSet({variable}, []))
        )

    def _bound_values(self, tree: Tree, node: cst.Name, frame: int) -> Iterator[tuple[Site, int] | None]:
        """The expressions from which a variable gets the hole."""
        variable = tree.memoize(Scopes).variable(node)
        home = self.context.frame(frame)
        while home.function is not None and variable.scope != home.function.node:
            owner = tree.nodes[variable.scope]
            if isinstance(owner, LOOPS):
                yield None
                return
            if home.closure is None:
                break
            home = self.context.frame(home.closure)
        argument = home.arguments.get(node.value)
        for binding in tree.memoize(Scopes).bindings(variable):
            if is_of_earlier_round(tree, binding, node):
                yield None
            parameter = parameter_of(tree, binding)
            if parameter is None:
                yield from self._assigned_sources(tree, binding, home)
            elif parameter.star:
                yield from self._spread(home)
            elif argument is not None and (
                self._contains_hole(argument.value) or (argument.site, argument.frame) == self._place
            ):
                yield self._argument(argument, home)

    def _assigned_sources(
        self, tree: Tree, target: cst.CSTNode, home: Frame
    ) -> Iterator[tuple[Site, int] | None]:
        """The value that a frame assigns to a target, if it contains the hole; None if it isn't one value."""
        value = value_of(tree, target)
        if value is None:
            yield None
        elif self._yields_hole(tree.site(value), home.id):
            yield tree.site(value), home.id

    def _spread(self, home: Frame) -> Iterator[tuple[Site, int] | None]:
        """The call's arguments that pass the hole as an element of `*args` or `**kwargs`."""
        call = self.context.call(home.call) if home.call is not None else None
        if call is None or home.call is None or home.caller is None:
            yield None
            return
        tree = self.context.tree(home.call)
        for argument in call.args:
            if self._yields_hole(tree.site(argument.value), home.caller):
                yield tree.site(argument.value), home.caller

    def _argument(self, argument: Operand, home: Frame) -> tuple[Site, int] | None:
        return (argument.site, argument.frame) if is_argument(self.context, argument, home) else None

    def _attribute(self, tree: Tree, node: cst.Attribute, frame: int) -> Iterator[tuple[Site, int] | None]:
        """The values assigned to a final attribute of the receiver."""
        field = field_of(tree, node)
        receiver = self.context.frame(frame).receiver
        if (
            receiver is None
            or not isinstance(node.value, cst.Name)
            or not is_final_field(self.context, field)
        ):
            yield None
            return
        for home in self.context.facts.frames:
            if home.receiver is None or home.receiver.value != receiver.value or home.function is None:
                continue
            inner = self.context.tree(home.function)
            for store in inner.descendants_of_kind(inner.node(home.function), cst.Attribute):
                if store.attr.value == node.attr.value and is_assigned(inner, store):
                    yield from self._assigned_sources(inner, store, home)


def _is_expression(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.BaseExpression) and not isinstance(node, cst.StarredElement)


def _is_method(node: cst.CSTNode, call: cst.CSTNode) -> bool:
    """Whether a node is the bound method of a call: an attribute in the position of the callee."""
    match call:
        case cst.Call(cst.Attribute() as method):
            return method is node
    return False


def is_argument(context: CallChains, operand: Operand, frame: Frame) -> bool:
    """Whether an expression is an argument of its own in the call that runs a frame's function, or in an
    outer call whose arguments are passed on by `*` and `**`."""
    tree = context.tree(operand.site)
    argument = argument_of(tree, tree.node(operand.site))
    if argument is None or argument.arg.star:
        return False
    while frame.call is not None and frame.caller is not None:
        call = context.call(frame.call)
        if call is None:
            return False
        if call is argument.call:
            return True
        if not any(arg.star for arg in call.args):
            return False
        frame = context.frame(frame.caller)
    return False


def value_of(tree: Tree, target: cst.CSTNode) -> cst.BaseExpression | None:
    """The expression that is assigned to a target as a whole; None if the target gets only an element of
    it."""
    assignment = assignment_to(tree, target)
    return assignment.value if assignment is not None else None


class RereadOperand(Struct, frozen=True):
    """A component of a value that new code reads again. It was evaluated at `site` in `frame`, and is read
    again at `again` in the frame `reader`."""

    site: Site
    frame: int
    again: Site
    reader: int
    read: LocationSet


def has_same_value(
    context: PlanContext, leaves: list[RereadOperand], hole: Hole, texts: list[Operand]
) -> bool:
    """Whether `leaves`, which rebuild the value of `hole`, read what they read before. `texts` are the
    request's texts that contain the hole."""
    varying = [leaf for leaf in leaves if not is_constant(context, leaf.read)]
    if not all(_fails_in_order(context, leaf) for leaf in leaves):
        return False
    return _has_value_of_site(context, hole) and (
        not varying
        or (
            is_carried_to_request(context, texts, hole)
            and all(is_unchanged(context, leaf) for leaf in varying)
        )
    )


def belongs_to_request(
    context: PlanContext, leaves: list[RereadOperand], hole: Hole, texts: list[Operand]
) -> bool:
    """Whether the value of `hole` belongs to the request that has `texts`. The caller checks whether the
    statements that bind its names can move."""
    return _has_value_of_site(context, hole) and (
        all(is_constant(context, leaf.read) for leaf in leaves) or is_carried_to_request(context, texts, hole)
    )


def _has_value_of_site(context: ProgramFacts, hole: Hole) -> bool:
    """Whether the expression of a hole has the hole's value. An object's text comes from its class."""
    refs = [
        choice for choice in alternatives(context.value(hole.site, hole.frame)) if isinstance(choice, Ref)
    ]
    is_object = any(isinstance(context.facts.heap[ref], Instance) for ref in refs)
    return (is_object and hole.mark is None) or is_given_by_site(context, hole)


def is_given_by_site(context: ProgramFacts, operand: Hole | Operand) -> bool:
    """Whether an expression evaluates to a value. False if a template took the value out of a mapping."""
    values = alternatives(context.value(operand.site, operand.frame))
    return all(choice in values for choice in alternatives(operand.value))


def _fails_in_order(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether a leaf can't raise an error, or no code between its two evaluations acts or may raise one."""
    if not has_effects(context, leaf.site):
        return True
    nodes = _nodes_between(context, leaf)
    if nodes is None or any(has_own_effect(context, context.trees[path], node) for path, node in nodes):
        return False
    tree = context.tree(leaf.again)
    is_early = is_evaluated_before(context, leaf.again, leaf.reader, leaf.site, leaf.frame)
    return not is_early or not may_fail(context, tree, tree.node(leaf.again))


def _nodes_between(context: PlanContext, leaf: RereadOperand) -> list[tuple[str, cst.CSTNode]] | None:
    """The nodes, each with its module's path, that may be evaluated between a leaf's two evaluations. None if
    these have no common chain of calls, or if a function on it may run later than it is called."""
    if is_deferred(context, leaf.frame, leaf.reader):
        return None
    nodes = intervening_nodes(context, leaf.site, leaf.frame, leaf.again, leaf.reader)
    if nodes is not None and is_evaluated_before(context, leaf.again, leaf.reader, leaf.site, leaf.frame):
        tree = context.tree(leaf.again)  # the new code stands in front of the expression at this place
        nodes += [(tree.path, node) for node in tree.descendants(context.node(leaf.again))]
    return nodes


def is_unchanged(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether no code between a leaf's two evaluations may write a memory location that it reads."""
    variables = {variable for variable in leaf.read.variables if not is_final(context, variable)}
    fields = [field for field in leaf.read.fields if not is_final_field(context, field)]
    if not variables and not fields:
        return True
    nodes = _nodes_between(context, leaf)
    if nodes is None:
        return False
    by_tree: dict[str, list[cst.CSTNode]] = {}
    for path, node in nodes:
        by_tree.setdefault(path, []).append(node)
    return all(
        is_unwritten(context, context.trees[path], tree_nodes, LocationSet(variables, fields))
        for path, tree_nodes in by_tree.items()
    )


def is_unwritten(
    context: PlanContext, tree: Tree, nodes: Sequence[cst.CSTNode], locations: LocationSet
) -> bool:
    """Whether nodes of one activation, and the functions that they run, write none of the locations.

    While an `await` or `yield` waits, other code may write all that isn't private to the activation."""
    written = locations_written(context, tree, nodes)
    if not locations.variables.isdisjoint(written.variables):
        return False
    if any(may_meet(context, field, other) for field in locations.fields for other in written.fields):
        return False
    switches = any(isinstance(node, cst.Await | cst.Yield) for node in nodes)
    return not switches or (
        not locations.fields and all(_is_private(context, variable) for variable in locations.variables)
    )


def _is_private(context: ProgramTrees, variable: Variable) -> bool:
    tree = context.trees[variable.path]
    owner = tree.nodes[variable.scope]
    bindings = tree.memoize(Scopes).bindings(variable)
    return not isinstance(owner, cst.Module) and all(
        function_around(tree, binding) is owner for binding in bindings
    )
