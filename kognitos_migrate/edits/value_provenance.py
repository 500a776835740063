"""The search for where a value comes from: back along its sources, on every way, such as the hole of a
text."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.value_sources import Evaluation, Source, ValueSources
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import is_of_earlier_round
from kognitos_migrate.edits.final_variables import are_constant_locations, is_final, is_final_field
from kognitos_migrate.edits.memory_locations import LocationSet, field_of, locations_read
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.blocks import LOOPS, loops_around
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.roles import argument_of, is_assigned
from kognitos_migrate.syntax.scopes import Variable
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Hole, Ref, Text, Value, parts_of


class ValueSearch(Struct, frozen=True):
    """A search for one value. A subclass says which one, and which predecessors are allowed."""

    context: PlanContext

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the one that made the value."""
        raise NotImplementedError

    def contains_target(self, value: Value) -> bool:
        """Whether a value is the one that is searched for, or contains it."""
        raise NotImplementedError

    def predecessors_at_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The predecessors of a variable that is read, at one of its bindings. None is one that isn't
        allowed."""
        raise NotImplementedError

    def is_result_of_call(self, callee: Frame) -> bool:
        """Whether the result of an activation is that of the call that started it, and not a cached one."""
        return callee.function not in self.context.facts.memoized

    @property
    def sources(self) -> ValueSources:
        """The sources of the program's values."""
        return self.context.memoize(ValueSources)

    def leads_to_target(self, evaluation: Evaluation, visited: tuple[Evaluation, ...] = ()) -> bool:
        """Whether each path back from an expression leads to the target. `visited` are the expressions
        already followed."""
        if self.is_target(evaluation) or evaluation in visited:
            return True
        visited = (*visited, evaluation)
        predecessors = list(self.predecessors(evaluation))
        return bool(predecessors) and all(
            predecessor is not None and self.leads_to_target(predecessor, visited)
            for predecessor in predecessors
        )

    def predecessors(self, evaluation: Evaluation) -> Iterator[Evaluation | None]:
        """The expressions from which an expression gets the value. None is one that isn't allowed."""
        site, frame = evaluation
        tree, node = self.context.tree(site), self.context.node(site)
        callees = self.sources.callees(evaluation)
        match node:
            case cst.Call() | cst.Attribute() if callees:
                for callee in callees:
                    yield from self._results(callee)
            case cst.Name():
                for source in self.sources.of_name(tree, node, frame):
                    yield from self.predecessors_at_binding(source, evaluation)
            case cst.Lambda():
                yield None
            case _:
                yield from self.predecessors_in_operation(tree, node, frame)

    def predecessors_in_operation(
        self, tree: Tree, node: cst.CSTNode, frame: int
    ) -> Iterator[Evaluation | None]:
        """The predecessors of an operation: its nearest operands that contain the value."""
        return self.operands(tree, node, frame)

    def operands(self, tree: Tree, node: cst.CSTNode, frame: int) -> Iterator[Evaluation]:
        """The nearest operands of an expression that contain the value."""
        waiting = list(reversed(node.children))
        while waiting:
            part = waiting.pop()
            if isinstance(part, cst.BaseExpression) and self.may_contain_target((tree.site(part), frame)):
                yield tree.site(part), frame
            else:
                waiting.extend(reversed(part.children))

    def may_contain_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the target, or its value contains what is searched for."""
        return self.is_target(evaluation) or self.contains_target(self.context.value(*evaluation))

    def _results(self, callee: Frame) -> Iterator[Evaluation | None]:
        if callee.function is None or not self.is_result_of_call(callee):
            yield None
            return
        definition = self.context.node(callee.function)
        if is_generator(self.context.tree(callee.function), definition):
            yield None
        for result in self.sources.results(callee):
            if isinstance(definition, cst.Lambda) or self.may_contain_target(result):
                yield result


_DEPTH = 4
"""How many containers deep a hole is searched for."""


def is_hole_carried_to_request(context: PlanContext, texts: list[Operand], hole: Hole) -> bool:
    """Whether the texts of a request were built with `hole` in its own activations and iteration, and reached
    it by variables, parameters and results only."""
    search = _HoleSearch(context, hole)
    return bool(texts) and all(search.leads_to_target((text.site, text.frame)) for text in texts)


class _HoleSearch(ValueSearch, frozen=True):
    """The search from expressions whose value contains a text to the expression of the text's hole."""

    hole: Hole

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the hole's."""
        return evaluation == (self.hole.site, self.hole.frame)

    def contains_target(self, value: Value, depth: int = 0) -> bool:
        """Whether a text contains the hole, or a container has such a text."""
        for choice in alternatives(value) if depth < _DEPTH else ():
            if isinstance(choice, Text):
                holes = [part for part in parts_of(choice) if isinstance(part, Hole)]
                if any(self.is_target((part.site, part.frame)) for part in holes):
                    return True
                if any(self.contains_target(part.value, depth) for part in holes):
                    return True
            elif isinstance(choice, Ref):
                heap_object = self.context.facts.heap[choice]
                if isinstance(heap_object, SequenceObject | DictObject) and self._has_element_with_hole(
                    heap_object, depth + 1
                ):
                    return True
        return False

    def _has_element_with_hole(self, container: SequenceObject | DictObject, depth: int) -> bool:
        if isinstance(container, SequenceObject):
            items, rest = container.items, container.rest
        else:
            items, rest = [entry.operand for entry in container.all_entries], container.others
        return self.contains_target(rest, depth) or any(
            self.is_target((item.site, item.frame)) or self.contains_target(item.value, depth)
            for item in items
        )

    def is_result_of_call(self, callee: Frame) -> bool:
        """Whether the hole is the same for all calls that share a cached result with the memoized call of
        `callee`: it comes from the call's arguments, or is a constant field of one."""
        if super().is_result_of_call(callee):
            return True
        hole, context = self.hole, self.context
        if any(isinstance(choice, Ref) for choice in alternatives(hole.value)):
            return False
        operands = context.argument_chain(Operand(hole.value, hole.site, hole.frame), Role.URL)
        if any(not context.is_within(operand.frame, callee.id) for operand in operands):
            return True
        read = locations_read(context, hole.site)
        return (
            hole.frame == callee.id
            and all(self._is_key_or_constant(variable, callee) for variable in read.variables)
            and all(is_final_field(context, field) for field in read.fields)
        )

    def _is_key_or_constant(self, variable: Variable, frame: Frame) -> bool:
        """Whether a variable is a parameter of a frame's function, or a constant of a module."""
        is_local = frame.function is not None and variable.scope == frame.function.node
        is_key = is_local and variable.name in self.context.parameters(frame)
        return is_final(self.context, variable) and (
            is_key or are_constant_locations(self.context, LocationSet({variable}, []))
        )

    def predecessors_at_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The predecessor of a variable at one of its bindings, which gives it the hole. None if an earlier
        round of a loop around the read may have bound it."""
        tree, name = self.context.tree(read[0]), self.context.node(read[0])
        if is_of_earlier_round(tree, source.binding.target, name) and not self._has_single_round_loops(
            source
        ):
            yield None
        argument = source.operand
        match source.kind:
            case BindingKind.COLLECTED:
                yield from self._spread_arguments(source.home)
            case BindingKind.ARGUMENT if argument is not None:
                if self.is_target((argument.site, argument.frame)) or self.contains_target(argument.value):
                    is_own = is_argument_of_frame(
                        self.context, argument, source.home
                    ) or _is_stored_with_all_arguments(self.context, argument, source.home)
                    yield (argument.site, argument.frame) if is_own else None
            case BindingKind.RECEIVER | BindingKind.DEFAULT | BindingKind.PARAMETER:
                return
            case _:
                yield from self._assignment(source)

    def _has_single_round_loops(self, source: Source) -> bool:
        """Whether each loop around a binding has one round."""
        tree = self.context.trees[source.home.path]
        return all(
            isinstance(loop, cst.For)
            and self.sources.only_pair(tree.site(loop.iter), source.home.id) is not None
            for loop in loops_around(tree, source.binding.target)
        )

    def _assignment(self, source: Source) -> Iterator[Evaluation | None]:
        """The value that an assignment gives to a target as a whole, if it contains the hole. None if
        there is no such value."""
        if source.kind not in (BindingKind.ASSIGNED, BindingKind.AUGMENTED) or source.evaluation is None:
            yield None
        elif self.may_contain_target(source.evaluation):
            yield source.evaluation

    def _spread_arguments(self, home: Frame) -> Iterator[Evaluation | None]:
        """The call's arguments that pass the hole as an element of `*args` or `**kwargs`."""
        if home.call is None or home.caller is None or self.context.call(home.call) is None:
            yield None
        yield from filter(self.may_contain_target, self.sources.arguments(home))

    def predecessors_in_operation(
        self, tree: Tree, node: cst.CSTNode, frame: int
    ) -> Iterator[Evaluation | None]:
        """The predecessors of an operation in the search for the hole. A subscript can't be followed, nor a
        comprehension that computes other elements."""
        match node:
            case cst.Attribute():
                yield from self._attribute_values(tree, node, frame)
            case cst.Subscript():
                yield None
            case cst.ListComp() | cst.GeneratorExp() if self._keeps_elements(tree, node, frame):
                yield tree.site(node.for_in.iter), frame
            case _ if isinstance(node, LOOPS):
                yield None
            case _:
                yield from self.operands(tree, node, frame)

    def _keeps_elements(self, tree: Tree, node: cst.BaseSimpleComp, frame: int) -> bool:
        """Whether a comprehension has the texts of its elements: `[str(part) for part in parts]`."""
        sequence = self.sources.containers.get((tree.site(node), frame))
        if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
            return False
        own = {tree.site(part) for part in (node.elt, *tree.descendants(node.elt))}
        return not any(item.site in own for item in sequence.items)

    def _attribute_values(self, tree: Tree, node: cst.Attribute, frame: int) -> Iterator[Evaluation | None]:
        """The values assigned to a final attribute of the receiver."""
        receiver = self.context.read_frame(frame).receiver
        if (
            receiver is None
            or not isinstance(node.value, cst.Name)
            or not is_final_field(self.context, field_of(tree, node))
        ):
            yield None
            return
        for home in self.context.facts.frames:
            if home.receiver is None or home.receiver.value != receiver.value or home.function is None:
                continue
            inner = self.context.tree(home.function)
            for store in inner.descendants_of_kind(inner.node(home.function), cst.Attribute):
                if store.attr.value == node.attr.value and is_assigned(inner, store):
                    yield from self._assignment(self.sources.of_target(inner, store, home))


def is_argument_of_frame(context: CallChains, operand: Operand, frame: Frame) -> bool:
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
        frame = context.read_frame(frame.caller)
    return False


def _is_stored_with_all_arguments(context: CallChains, operand: Operand, frame: Frame) -> bool:
    """Whether one call, such as `partial(send, url, facts)`, got an argument of a function that runs later,
    and all others. So they belong together, whenever that is."""
    last = context.call(frame.call) if frame.call is not None else None
    storing = argument_of(context.tree(operand.site), context.node(operand.site))
    if last is None or storing is None or storing.call is last or last.args:
        return False
    arguments = [
        (other, argument_of(context.tree(other.site), context.node(other.site)))
        for other in frame.arguments.values()
    ]
    return all(
        argument is not None
        and argument.call is storing.call
        and other.frame == operand.frame
        and not argument.arg.star
        for other, argument in arguments
    )
