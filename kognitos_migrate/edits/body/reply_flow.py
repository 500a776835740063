"""The flow of a reply into other requests: which may send it, and whether it is of the same run of the
code."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import Evaluation, Source, stored_operands
from kognitos_migrate.edits.body.parameter_presence import has_parameter, is_opaque
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import bodies_of, find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import intervening_nodes, stack_of
from kognitos_migrate.edits.value_provenance import ValueSearch
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.interpret.state.use_details import PRINT
from kognitos_migrate.rulebook.model import LayoutMember, Role, View
from kognitos_migrate.syntax.binding_sources import BindingKind, BindingSource, binding_source
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.definition_flow import Definition, DefinitionKind
from kognitos_migrate.syntax.definitions import Definitions
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, Scopes
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Iterated, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Const, Hole, Lit, Never, Ref, Reply, Text, Value


def is_of_same_run(context: PlanContext, source: Request, target: Request) -> bool:
    """Whether the values that `target` sends of `source`'s reply come from the same run of the code around
    both: by variables, parameters and results, or in containers that this code created."""
    search = _ReplySearch(context, source, (target.site, target.frame))
    return all(
        search.leads_to_target((operand.site, operand.frame))
        for values in target.operands.values()
        for operand in values
        if search.contains_target(operand.value)
    )


def is_read_in_same_run(context: PlanContext, source: Request, read: Evaluation) -> bool:
    """Whether a value of `source`'s reply comes from the same run of the code around the request and the
    expression that has the value, as `is_of_same_run`."""
    return _ReplySearch(context, source, read).leads_to_target(read)


class _ReplySearch(ValueSearch, frozen=True):
    """The search from an expression that uses a reply, the target, to the request `source`, which got it."""

    source: Request
    target: Evaluation

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression is the call that got the reply."""
        return evaluation == (self.source.site, self.source.frame)

    def contains_target(self, value: Value) -> bool:
        """Whether a value is from the reply, or contains such a value."""
        leaves = tracked_leaves(value, (), self.context.facts.heap, {})
        return any(isinstance(leaf, Reply) and leaf.request == self.source.id for leaf in leaves)

    def leads_to_target(self, evaluation: Evaluation, visited: tuple[Evaluation, ...] = ()) -> bool:
        """Whether each path back from an expression leads to the source request. A container that other code
        created must be filled for both requests."""
        if self.is_target(evaluation) or evaluation in visited:
            return True
        containers = self._created_at(evaluation)
        if containers and not self._is_created_for_both(evaluation):
            return all(self._is_filled_for_both(ref, (*visited, evaluation)) for ref in containers)
        return super().leads_to_target(evaluation, visited)

    def predecessors(self, evaluation: Evaluation) -> Iterator[Evaluation | None]:
        """The expressions from which an expression gets the reply. None is one that isn't allowed."""
        contents = [content for ref in self._created_at(evaluation) for content in self._contents(ref)]
        yield from contents or super().predecessors(evaluation)

    def _created_at(self, evaluation: Evaluation) -> list[Value]:
        """The containers that an expression creates."""
        choices = alternatives(self.context.value(*evaluation))
        return [ref for ref in choices if self._is_created_at(ref, evaluation)]

    def _is_created_at(self, value: Value, evaluation: Evaluation) -> bool:
        heap_object = self.context.facts.heap.get(value)
        return heap_object is not None and (heap_object.site, heap_object.frame) == evaluation

    def _contents(self, ref: Value) -> Iterator[Evaluation]:
        """The expressions that put values from the reply into a container."""
        heap_object = self.context.facts.heap.get(ref)
        operands = list(stored_operands(heap_object)) if heap_object is not None else []
        if isinstance(heap_object, DictObject):
            operands += heap_object.spreads
        ways = ((operand.site, operand.frame) for operand in operands)
        yield from (way for way in ways if self.contains_target(self.context.value(*way)))
        for noted in self.context.facts.accesses.get(ref, {}).values() if isinstance(ref, Ref) else ():
            yield from (way for access in noted for way in self._added_values(access.place))
        if heap_object is not None:
            tree = self.context.tree(heap_object.site)
            yield from self.operands(tree, tree.node(heap_object.site), heap_object.frame)

    def _is_filled_for_both(self, ref: Value, visited: tuple[Evaluation, ...]) -> bool:
        """Whether a caller's dict gets its values from the reply by known keys, in the same round of the
        loops around the request that sends them."""
        record = self.context.facts.heap.get(ref)
        if not isinstance(record, DictObject) or record.spreads or self.contains_target(record.others):
            return False
        target = self.target
        entries = record.all_entries
        is_fresh = self._is_created_for_target((record.site, record.frame))
        if not is_fresh and any(
            not entry.is_sure() and self.contains_target(entry.operand.value) for entry in entries
        ):
            return False
        operands = [entry.operand for entry in entries]
        return all(
            self.leads_to_target((operand.site, operand.frame), visited)
            and self._is_of_round(
                self.context.tree(operand.site), self.context.node(operand.site), operand.frame, target
            )
            for operand in operands
            if self.contains_target(operand.value)
        )

    def _added_values(self, place: Site) -> Iterator[Evaluation]:
        """The expressions that a call, or an assignment to an item, may put into a container."""
        tree, node = self.context.tree(place), self.context.node(place)
        expressions: list[cst.BaseExpression] = []
        match node:
            case cst.Call(args=arguments):
                expressions = [arg.value for arg in arguments]
            case cst.Subscript():
                source = binding_source(tree, node)
                expressions = [source.value] if source.value is not None and not source.path else []
        for expression in expressions:
            site = tree.site(expression)
            for frame in self.context.facts.frames:
                if (site, frame.id) in self.context.facts.values and self.contains_target(
                    self.context.value(site, frame.id)
                ):
                    yield site, frame.id

    def _is_created_for_both(self, evaluation: Evaluation) -> bool:
        """Whether the activation that leads to both requests creates a container, in the same round of the
        loops around the request that sends its content."""
        target = stack_of(self.context, *self.target)
        source = stack_of(self.context, self.source.site, self.source.frame)
        common = next((number for number in target if number in source), None)
        return self._is_created_in_round(common, evaluation)

    def _is_created_for_target(self, evaluation: Evaluation) -> bool:
        """Whether each round of the loops around the sending request creates a new container."""
        target = stack_of(self.context, *self.target)
        creation_stack = stack_of(self.context, *evaluation)
        return self._is_created_in_round(
            next((number for number in target if number in creation_stack), None), evaluation
        )

    def _is_created_in_round(self, frame: int | None, evaluation: Evaluation) -> bool:
        """Whether an activation creates a container in the round of its loops that sends the request."""
        target = stack_of(self.context, *self.target)
        creation_stack = stack_of(self.context, *evaluation)
        if frame is None or frame not in creation_stack:
            return False
        tree = self.context.tree(target[frame])
        rounds = set(loops_around(tree, tree.node(target[frame])))
        return rounds.issubset(loops_around(tree, tree.node(creation_stack[frame])))

    def predecessors_at_binding(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The way on which a variable gets the reply from one of its bindings. None if it is of another round
        of a loop, or isn't one expression."""
        match source.kind:
            case BindingKind.COLLECTED:
                yield from self._collected_arguments(read)
            case BindingKind.ARGUMENT | BindingKind.RECEIVER | BindingKind.PARAMETER:
                yield source.evaluation
            case BindingKind.ITERATED:
                yield source.evaluation
            case BindingKind.ENTERED if not self._is_response(source.operand):
                yield None
            case BindingKind.ASSIGNED | BindingKind.AUGMENTED | BindingKind.ENTERED | BindingKind.DEFAULT:
                yield from self._assignment(source, read)
            case _:
                yield None

    def _is_response(self, entered: Operand | None) -> bool:
        """Whether a `with` enters a response. Its `as` is the response itself then."""
        return entered is not None and all(
            isinstance(choice, Reply) for choice in alternatives(entered.value)
        )

    def _assignment(self, source: Source, read: Evaluation) -> Iterator[Evaluation | None]:
        """The value that an assignment gives to a read, if it is from the reply. None if it may be from
        another round."""
        operand = source.operand
        value = _element_of_display(source.binding) if operand is not None else None
        if operand is None or value is None:
            yield None
            return
        tree = self.context.tree(operand.site)
        evaluation = tree.site(value), operand.frame
        node = self.context.node(read[0])
        is_inside = tree.number(node) in range(tree.number(value), tree.end(value))
        if source.home.id == read[1] and is_inside:  # it can't have that value yet
            if loops_around(tree, node):
                yield None  # but that of an earlier round
        elif self.contains_target(self.context.value(*evaluation)):
            is_fresh = self._is_of_round(tree, value, operand.frame, read)
            yield evaluation if is_fresh else None

    def _collected_arguments(self, read: Evaluation) -> Iterator[Evaluation | None]:
        """The arguments that a call collects in a new list or dict, and the values put there later."""
        for ref in alternatives(self.context.value(*read)):
            heap_object = self.context.facts.heap.get(ref)
            if heap_object is None or not isinstance(self.context.node(heap_object.site), cst.Param):
                yield None
            elif self._is_created_for_both((heap_object.site, heap_object.frame)):
                yield from self._contents(ref)
            else:
                yield None

    def _is_of_round(self, tree: Tree, value: cst.CSTNode, home: int, use: Evaluation) -> bool:
        """Whether a variable was bound in the same round of the loops around its read."""
        read = self.context.node(use[0])
        if use[1] == home and isinstance(read, cst.Name) and _is_defined_in_round(tree, read):
            return True
        nodes = intervening_nodes(self.context, tree.site(value), home, *use)
        own = range(tree.number(value), tree.end(value))
        return nodes is not None and not any(
            path == tree.path and tree.number(node) in own for path, node in nodes
        )


def _element_of_display(binding: BindingSource) -> cst.BaseExpression | None:
    """The expression whose value a target gets: for `b` in `a, b = 1, 2` the second one. If the value is
    taken out of an object, the expression that has the object."""
    value = binding.value
    for index in binding.path:
        if not isinstance(value, cst.Tuple | cst.List) or not index.isdigit():
            break
        if any(isinstance(element, cst.StarredElement) for element in value.elements):
            break
        value = value.elements[int(index)].value
    return value


def _is_defined_in_round(tree: Tree, read: cst.Name) -> bool:
    """Whether every definition that reaches a variable's read is of the same round of the loops around the
    read. A value that a finished loop leaves behind may be from any of that loop's rounds."""
    definitions, scopes = tree.memoize(Definitions), tree.memoize(Scopes)
    bindings = scopes.bindings(scopes.variable(read))
    if any(tree.enclosing(binding, *COMPREHENSIONS) is not None for binding in bindings):
        return False  # a comprehension may have no round
    loops = {tree.number(loop) for loop in loops_around(tree, read)}
    reaching = definitions.of(read)
    waiting, visited = [reaching] if reaching is not None else [], set[Definition]()
    while waiting:
        definition = waiting.pop()
        if definition.kind is DefinitionKind.LOOP and definition.node in loops:
            return False
        if definition.kind is not DefinitionKind.BINDING and definition not in visited:
            waiting += definitions.sources_of_merge(definition)
        visited.add(definition)
    return reaching is not None


_LOSSES = frozenset((UseKind.ESCAPE, UseKind.METHOD, UseKind.DECODE, UseKind.ITERATE))
"""Uses after which a value may return as an unknown value."""
_DEPTH = 8


def sends_value_of(context: PlanContext, source: Match, target: Match) -> bool:
    """Whether `target` sends a value of `source`'s reply."""
    for use in context.uses.get(source.request.id, []):
        if use.kind is UseKind.REQUEST and target.request.id in context.requests.by_call.get(use.site, set()):
            if use.frame == target.request.frame:
                return True
    for values in target.request.operands.values():
        for operand in values:
            if any(reply.request == source.request.id for reply in replies_in(operand.value)):
                return True
    return False


def may_send_value_of(context: PlanContext, source: Match, target: Match) -> bool:
    """Whether `target` may send a value of `source`'s reply through code that isn't analysed: the value
    escapes, and the value that `target` sends in its slot isn't known."""
    slots = {member.slot: member for member in target.operation.old.query}
    return any(
        _escapes(context, source, member.name) and _sends_unknown(context, target, slots[member.slot])
        for member in source.operation.old.reply
        if member.slot in slots
    )


def _escapes(context: ProgramFacts, source: Match, name: str) -> bool:
    return any(
        isinstance(use.value, Reply)
        and use.value.path[:2] == (View.JSON, name)
        and use.kind in _LOSSES
        and use.detail != PRINT
        for use in context.uses.get(source.request.id, [])
    )


def _sends_unknown(context: PlanContext, target: Match, member: LayoutMember) -> bool:
    return any(
        _holds_unknown(context, value)
        for parameter in _parameter_values(context, target, member)
        for choice in alternatives(parameter)
        for value in _slot_values(context, target, choice)
    )


def _parameter_values(context: ProgramFacts, target: Match, member: LayoutMember) -> Iterator[Value]:
    """The values of a query parameter, from the dict of the query or in the URL."""
    for operand in target.request.value(Role.QUERY):
        yield from (entry.operand.value for entry in find_entries(context, operand.value, member.name))
    for path in target.paths:
        if has_parameter(path.url, member):
            last = path.url.query[-1]
            text = "".join(piece.text or "" for piece in path.url.query)
            parameter = text.partition(f"{member.name}=")[2]
            yield last.via[-1].value if last.via else Text((Lit(parameter),))


def _slot_values(context: PlanContext, target: Match, parameter: Value) -> Iterator[Value]:
    """The values of the slot: the parameter itself, or the body's entry that it names."""
    key = parameter.literal if isinstance(parameter, Text) else None
    if key is None:
        yield parameter
        return
    bodies = [body for operand in body_operands(target) for body in bodies_of(operand.value)]
    entries = [entry for body in bodies for entry in find_entries(context, body, key)]
    yield from (entry.operand.value for entry in entries)
    if not entries:
        yield from (UNKNOWN for body in bodies if is_opaque(context, body))


def _holds_unknown(context: ProgramFacts, value: Value, depth: int = 0) -> bool:
    """Whether a value, a hole of its text, or an element of it isn't known."""
    if depth > _DEPTH:
        return True
    parts: list[Value] = []
    for choice in alternatives(value):
        if isinstance(choice, Text):
            parts += [part.value for part in choice.parts if isinstance(part, Hole)]
        elif isinstance(choice, Ref):
            heap_object = context.facts.heap[choice]
            if isinstance(heap_object, SequenceObject):
                parts.append(heap_object.element())
            elif isinstance(heap_object, Iterated):
                parts.append(heap_object.element)
            else:
                return True
        elif not isinstance(choice, Reply | Const | Never):
            return True
    return any(_holds_unknown(context, part, depth + 1) for part in parts)
