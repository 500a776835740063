"""The side effects of one program's nodes: what acts by itself, or by a function that it calls."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library_effects import is_pure
from kognitos_migrate.syntax.scopes import CREATION_METHODS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Class, Function, Ref, Reply, Value

_JUMPS = (cst.Raise, cst.Break, cst.Continue, cst.Del, cst.Await)
"""Nodes that act: they leave a block, unbind a name, or let other tasks run."""
RESULTS = (cst.Return, cst.Yield, cst.Assert)
"""Nodes that act, and whose whole text an edit may replace, so that the map of places may miss them."""
_WRITES = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign)
"""Nodes that act if they set an attribute or an item."""
ACTING = frozenset((cst.Call, cst.Attribute, *_JUMPS, *RESULTS, *_WRITES))


class ProgramEffects:
    """The side effects of one program's nodes."""

    def __init__(self, program: ProgramFacts) -> None:
        self._program = program
        self._called: dict[Site, frozenset[Site]] = {}
        self._acting: dict[Site, bool] = {}
        self._running_effects: dict[Site, bool] = {}

    @cached_property
    def _requests(self) -> frozenset[Site]:
        return frozenset(request.site for request in self._program.facts.requests)

    @cached_property
    def _properties(self) -> Mapping[Site, Collection[Site]]:
        """The functions of the properties that are read, by the attribute that reads them."""
        functions: defaultdict[Site, set[Site]] = defaultdict(set)
        for frame in self._program.facts.frames:
            if frame.call is not None and frame.function is not None:
                if isinstance(self._program.node(frame.call), cst.Attribute):
                    functions[frame.call].add(frame.function)
        return functions

    @cached_property
    def _receivers(self) -> Mapping[Site, Collection[Ref]]:
        """The objects that the methods of the program are called on, by method."""
        receivers: defaultdict[Site, set[Ref]] = defaultdict(set)
        for frame in self._program.facts.frames:
            if frame.function is not None and frame.receiver is not None:
                choices = alternatives(frame.receiver.value)
                receivers[frame.function].update(choice for choice in choices if isinstance(choice, Ref))
        return receivers

    def acts_itself(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a node itself has a side effect. The nodes inside it don't count."""
        if isinstance(node, _WRITES):
            return self._writes(tree, node.target)
        if isinstance(node, cst.Attribute):
            return any(map(self._function_acts, self._properties.get(tree.site(node), ())))
        if not isinstance(node, cst.Call):
            return type(node) in ACTING
        return self._is_acting_call(tree, node) or any(
            self._function_acts(body)
            for callee in self.callee_values(tree, node)
            for body in self._bodies(callee)
        )

    def acts(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a statement or expression has a side effect. A definition has none."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return False
        return any(self.acts_itself(tree, part) for part in tree.descendants(node))

    def callee_values(self, tree: Tree, call: cst.Call) -> list[Value]:
        """The functions that a call may be of."""
        return self._program.alternatives_at(tree.site(call.func))

    def decodes_reply(self, tree: Tree, call: cst.Call) -> bool:
        """Whether a call of a library turns a reply into another form of it: rules say what replaces it."""
        results = self._program.values_at(tree.site(call))
        if not any(isinstance(result, Reply | Ref) for value in results for result in alternatives(value)):
            return False
        own = any(isinstance(callee, Function | Bound | Class) for callee in self.callee_values(tree, call))
        operands = [call.func, *(argument.value for argument in call.args)]
        if isinstance(call.func, cst.Attribute):
            operands.append(call.func.value)
        values = (value for operand in operands for value in self._program.values_at(tree.site(operand)))
        return not own and any(
            isinstance(choice, Reply) for value in values for choice in alternatives(value)
        )

    def _writes(self, tree: Tree, target: cst.CSTNode) -> bool:
        """Whether a target is an attribute, or an item of an object that isn't a known dict."""
        if not isinstance(target, cst.Subscript):
            return isinstance(target, cst.Attribute)
        values = self._program.values_at(tree.site(target.value)) or [UNKNOWN]
        choices = [choice for value in values for choice in alternatives(value)]
        return not all(isinstance(self._program.facts.heap.get(choice), DictObject) for choice in choices)

    def _bodies(self, callee: Value) -> Iterator[Site]:
        """The functions that a call of a function or class of the program runs."""
        if isinstance(callee, Bound):
            yield from self._bodies(callee.function)
        elif isinstance(callee, Class):
            tree = self._program.trees[callee.site.path]
            methods = tree.descendants_of_kind(tree.node(callee.site), cst.FunctionDef)
            yield from (tree.site(method) for method in methods if method.name.value in CREATION_METHODS)
        elif isinstance(callee, Function):
            yield callee.site

    def functions_run_by(self, tree: Tree, call: cst.Call) -> set[Site]:
        """The functions of the program that a call runs, directly or not."""
        reached = {body for callee in self.callee_values(tree, call) for body in self._bodies(callee)}
        waiting = [*reached]
        while waiting:
            called = self._called_by(waiting.pop()) - reached
            reached |= called
            waiting += called
        return reached

    def _function_acts(self, function: Site) -> bool:
        """Whether running a function has a side effect, other than an error."""
        if function not in self._running_effects:
            self._record_acting_functions(self._functions_without_verdict(function))
        return self._running_effects[function]

    def _functions_without_verdict(self, function: Site) -> set[Site]:
        """A function of the program and those that it calls, directly or not, as far as nothing is known of
        their effects."""
        reached, waiting = {function}, [function]
        while waiting:
            called = self._called_by(waiting.pop()) - self._running_effects.keys() - reached
            reached |= called
            waiting += called
        return reached

    def _record_acting_functions(self, functions: Collection[Site]) -> None:
        """Note for each of `functions` whether it or one that it calls acts. Nothing else is undecided."""
        callers: defaultdict[Site, list[Site]] = defaultdict(list)
        for function in functions:
            for called in self._called_by(function):
                callers[called].append(function)
        acting = {called for called in callers if self._running_effects.get(called)}
        acting.update(filter(self._has_own_effect, functions))
        waiting = [*acting]
        for function in waiting:
            more = set(callers[function]) - acting
            acting |= more
            waiting += more
        self._running_effects.update((function, function in acting) for function in functions)

    def _called_by(self, function: Site) -> frozenset[Site]:
        if function not in self._called:
            tree = self._program.trees[function.path]
            called = {
                body
                for call in _running_parts(tree, function)
                if isinstance(call, cst.Call)
                for callee in self.callee_values(tree, call)
                for body in self._bodies(callee)
            }
            for read in tree.descendants_of_kind(tree.node(function), cst.Attribute):
                called.update(self._properties.get(tree.site(read), ()))
            self._called[function] = frozenset(called)
        return self._called[function]

    def _has_own_effect(self, function: Site) -> bool:
        """Whether a function has a side effect apart from those of the program's functions that it calls."""
        if function not in self._acting:
            tree = self._program.trees[function.path]
            self._acting[function] = any(
                self._has_effect(tree, function, part) for part in _running_parts(tree, function)
            )
        return self._acting[function]

    def _has_effect(self, tree: Tree, function: Site, part: cst.CSTNode) -> bool:
        """Whether a call, or a write, in a function has an effect that lasts longer than its run."""
        match part:
            case cst.Call():
                is_inner = self._program.has_inner_effect(function, tree.site(part), tree.site(part.func))
                return not is_inner and self._is_acting_call(tree, part)
            case cst.AssignTarget(target) | cst.AnnAssign(target) | cst.AugAssign(target):
                return self._writes(tree, target) and not self._is_of_new_object(tree, function, target)
        return True

    def _is_of_new_object(self, tree: Tree, function: Site, target: cst.CSTNode) -> bool:
        """Whether a target is a part of an object that the running function creates, or initializes."""
        owner = target.value if isinstance(target, cst.Attribute | cst.Subscript) else target
        values = self._program.values_at(tree.site(owner))
        choices = [choice for value in values for choice in alternatives(value)]
        definition = tree.node(function)
        is_creation = isinstance(definition, cst.FunctionDef) and definition.name.value in CREATION_METHODS
        return bool(choices) and all(
            isinstance(choice, Ref)
            and (
                self._is_created_in(choice, function) or (is_creation and self._is_receiver(choice, function))
            )
            for choice in choices
        )

    def _is_created_in(self, ref: Ref, function: Site) -> bool:
        """Whether a run of a function creates an object, directly or not."""
        facts = self._program.facts
        return any(frame.function == function for frame in facts.stack(facts.heap[ref].frame))

    def _is_receiver(self, ref: Ref, function: Site) -> bool:
        return ref in self._receivers.get(function, ())

    def _is_acting_call(self, tree: Tree, call: cst.Call) -> bool:
        """Whether a call sends a request, or calls a function of a library that has a side effect."""
        if tree.site(call) in self._requests:
            return True
        return any(
            not isinstance(callee, Function | Bound | Class) and not is_pure(callee, call)
            for callee in self.callee_values(tree, call) or (UNKNOWN,)
        )


def _running_parts(tree: Tree, function: Site) -> Iterator[cst.CSTNode]:
    """The calls, yields, awaits and writes in a function, but for the errors that it raises."""
    for node in tree.descendants(tree.node(function)):
        if type(node) in _RUNNING and not isinstance(tree.parent(node), cst.Raise):
            yield node


_RUNNING = frozenset((cst.Call, cst.Yield, cst.Await, cst.Global, cst.Nonlocal, cst.Del, *_WRITES))
