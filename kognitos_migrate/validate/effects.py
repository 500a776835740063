"""Compares the side effects of an original and its result: none is dropped, repeated, reordered or put under
another condition."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.effects import is_pure
from kognitos_migrate.syntax.node_positions import children
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, CREATION_METHODS, FUNCTIONS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.places import NEW, PlaceMap
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Class, Function, Ref, Reply, Value

_JUMPS = (cst.Raise, cst.Break, cst.Continue, cst.Del, cst.Await)
"""Nodes that act: they leave a block, unbind a name, or let other tasks run."""
_RESULTS = (cst.Return, cst.Yield, cst.Assert)
"""Nodes that act, and whose whole text an edit may replace, so that the map of places may miss them."""
_WRITES = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign)
"""Nodes that act if they set an attribute or an item."""
_ACTING = frozenset((cst.Call, *_JUMPS, *_RESULTS, *_WRITES))


class ProgramEffects:
    """The side effects of one program's nodes."""

    def __init__(self, program: ProgramFacts) -> None:
        self._program = program
        self._called: dict[Site, frozenset[Site]] = {}
        self._acting: dict[Site, bool] = {}

    @cached_property
    def _requests(self) -> frozenset[Site]:
        return frozenset(request.site for request in self._program.facts.requests)

    def acts(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a node itself has a side effect. The nodes inside it don't count."""
        if isinstance(node, _WRITES):
            return self._writes(tree, node.target)
        if not isinstance(node, cst.Call):
            return type(node) in _ACTING
        return self._is_acting_call(tree, node) or any(
            self._function_acts(body) for callee in self.callees(tree, node) for body in self._bodies(callee)
        )

    def acts_inside(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a statement or expression has a side effect. A definition has none."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return False
        return any(self.acts(tree, part) for part in tree.descendants(node))

    def callees(self, tree: Tree, call: cst.Call) -> list[Value]:
        """The functions that a call may be of."""
        values = self._program.values_at(tree.site(call.func))
        return [callee for value in values for callee in alternatives(value)]

    def decodes_reply(self, tree: Tree, call: cst.Call) -> bool:
        """Whether a call of a library turns a reply into another form of it: rules say what replaces it."""
        results = self._program.values_at(tree.site(call))
        if not any(isinstance(result, Reply | Ref) for value in results for result in alternatives(value)):
            return False
        own = any(isinstance(callee, Function | Bound | Class) for callee in self.callees(tree, call))
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
        return not all(
            isinstance(choice, Ref) and isinstance(self._program.facts.heap[choice], DictObject)
            for choice in choices
        )

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

    def _function_acts(self, function: Site) -> bool:
        """Whether running a function has a side effect, other than an error."""
        return any(map(self._acts_itself, self._reached_from(function)))

    def _reached_from(self, function: Site) -> set[Site]:
        """A function of the program, and those that it calls, directly or not."""
        reached, waiting = {function}, [function]
        while waiting:
            called = self._called_by(waiting.pop()) - reached
            reached |= called
            waiting += called
        return reached

    def _called_by(self, function: Site) -> frozenset[Site]:
        if function not in self._called:
            tree = self._program.trees[function.path]
            self._called[function] = frozenset(
                body
                for call in _running_parts(tree, function)
                if isinstance(call, cst.Call)
                for callee in self.callees(tree, call)
                for body in self._bodies(callee)
            )
        return self._called[function]

    def _acts_itself(self, function: Site) -> bool:
        """Whether a function has a side effect apart from those of the program's functions that it calls."""
        if function not in self._acting:
            tree = self._program.trees[function.path]
            self._acting[function] = any(
                not isinstance(part, cst.Call) or self._is_acting_call(tree, part)
                for part in _running_parts(tree, function)
            )
        return self._acting[function]

    def _is_acting_call(self, tree: Tree, call: cst.Call) -> bool:
        """Whether a call sends a request, or calls a function of a library that has a side effect."""
        if tree.site(call) in self._requests:
            return True
        return any(
            not isinstance(callee, Function | Bound | Class) and not is_pure(callee, call)
            for callee in self.callees(tree, call) or (UNKNOWN,)
        )


def _running_parts(tree: Tree, function: Site) -> Iterator[cst.CSTNode]:
    """The calls, yields and awaits in a function, but for the errors that it raises."""
    for node in tree.descendants(tree.node(function)):
        is_error = isinstance(tree.parent(node), cst.Raise)
        if isinstance(node, cst.Call | cst.Yield | cst.Await) and not is_error:
            yield node


class EffectDivergence(NamedTuple):
    """An expression or statement of the original, and how its effect differs in the result."""

    site: Site
    message: str


class Condition(NamedTuple):
    """A branch, loop or function that decides whether, and how often, a part of it is evaluated."""

    node: cst.CSTNode
    kind: str
    """The name of its type. A choice between two parts is named by the part."""


class EffectComparison:
    """Compares the effects of one changed module with those of its original."""

    def __init__(
        self, before: ProgramEffects, after: ProgramEffects, old: Tree, new: Tree, places: PlaceMap
    ) -> None:
        self._before, self._after, self._old, self._new = before, after, old, new
        self._places = places

    def divergences(self) -> Iterator[EffectDivergence]:
        """The effects that the result drops, repeats, reorders, or puts under other conditions."""
        yield from self._dropped_effects()
        yield from self._repeated_effects()
        yield from self._reordered_effects()
        yield from self._under_other_conditions()

    @cached_property
    def _unchanged_nodes(self) -> Collection[int]:
        """The nodes that both trees share, by `id`."""
        return self._old.sites.keys() & self._new.sites.keys()

    @cached_property
    def _old_sequence(self) -> Mapping[Site, cst.CSTNode]:
        """The calls, jumps and unchanged statements of the original, in the order of evaluation."""
        nodes = _evaluation_sequence(self._old.module, self._unchanged_nodes)
        return {self._old.site(node): node for node in nodes}

    @cached_property
    def _new_sequence(self) -> Sequence[tuple[Site, cst.CSTNode]]:
        """The calls, jumps and unchanged statements of the result, each with its site in the original."""
        nodes = _evaluation_sequence(self._new.module, self._unchanged_nodes)
        return [(self._places.origin(self._new.site(node)), node) for node in nodes]

    @cached_property
    def _counterparts(self) -> Mapping[Site, cst.CSTNode]:
        """The nodes of the result by their sites in the original."""
        return {site: node for site, node in self._new_sequence if site in self._old_sequence}

    def _code(self, node: cst.CSTNode) -> str:
        text = " ".join(self._old.code(node).split())
        return f"`{text}`" if len(text) <= _LENGTH else f"`{text[: _LENGTH - 1]}…`"

    def _dropped_effects(self) -> Iterator[EffectDivergence]:
        for site, node in self._old_sequence.items():
            if site in self._counterparts or isinstance(node, _RESULTS):
                continue
            if not self._before.acts(self._old, node) or isinstance(self._old.parent(node), cst.Raise):
                continue
            if not isinstance(node, cst.Call) or not self._before.decodes_reply(self._old, node):
                yield EffectDivergence(site, f"{self._code(node)} is left out")

    def _repeated_effects(self) -> Iterator[EffectDivergence]:
        calls = [(site, node) for site, node in self._new_sequence if isinstance(node, cst.Call)]
        added = [node for site, node in calls if site.path.startswith(NEW)]
        if not added:
            return
        by_code = {
            _words(self._old, node): site
            for site, node in self._old_sequence.items()
            if isinstance(node, cst.Call)
        }
        for node in added:
            site = by_code.get(_words(self._new, node))
            if site is None or site not in self._counterparts or self._after.decodes_reply(self._new, node):
                continue
            if self._after.acts(self._new, node):
                yield EffectDivergence(site, f"{self._code(self._old.node(site))} is evaluated once more")

    def _reordered_effects(self) -> Iterator[EffectDivergence]:
        old = [site for site in self._old_sequence if site in self._counterparts]
        new = [site for site, _ in self._new_sequence if site in self._old_sequence]
        if old == new:
            return
        old = [site for site in old if self._acts_before(site)]
        acting = frozenset(old)
        new = [site for site in new if site in acting]
        for first, second in zip(old, new, strict=True):
            nodes = self._old.node(first), self._old.node(second)
            if first != second and _words(self._old, nodes[0]) != _words(self._old, nodes[1]):
                codes = [self._code(self._old.node(site)) for site in (second, first)]
                yield EffectDivergence(second, f"{codes[0]} is evaluated before {codes[1]}")
                return

    def _under_other_conditions(self) -> Iterator[EffectDivergence]:
        for site, node in self._counterparts.items():
            original = self._old.node(site)
            if node is original and self._old.parent(node) is self._new.parent(node):
                continue
            if not self._acts_before(site):
                continue
            if not self._are_same(_conditions(self._old, original), _conditions(self._new, node)):
                yield EffectDivergence(site, f"{self._code(original)} is evaluated under other conditions")

    def _acts_before(self, site: Site) -> bool:
        node = self._old.node(site)
        if id(node) in self._unchanged_nodes:
            return self._before.acts_inside(self._old, node)
        return self._before.acts(self._old, node)

    def _are_same(self, own: Sequence[Condition], others: Sequence[Condition]) -> bool:
        """Whether conditions correspond. One without a counterpart may be any of its kind."""
        if len(own) != len(others):
            return False
        for left, right in zip(own, others, strict=True):
            origin = self._places.origin(self._new.site(right.node))
            if left.kind != right.kind:
                return False
            if not origin.path.startswith(NEW) and origin != self._old.site(left.node):
                return False
        return True


_LENGTH = 60
"""The limit on code in a message, in characters."""


def _words(tree: Tree, node: cst.CSTNode) -> str:
    """The code of a node without white space."""
    return "".join(tree.slice(tree.place(node)).split())


def _evaluation_sequence(node: cst.CSTNode, whole: Collection[int]) -> list[cst.CSTNode]:
    """The acting nodes in a node in the order of evaluation: operands come before the whole. Nodes in
    `whole`, by `id`, are not entered."""
    sequence: list[cst.CSTNode] = []
    _add_evaluated(node, whole, sequence)
    return sequence


def _add_evaluated(node: cst.CSTNode, whole: Collection[int], sequence: list[cst.CSTNode]) -> None:
    if id(node) in whole:
        sequence.append(node)
        return
    parts = _PARTS.get(type(node), children)
    for part in parts(node):
        _add_evaluated(part, whole, sequence)
    if type(node) in _ACTING:
        sequence.append(node)


def _comprehension_parts(node: Any) -> Sequence[cst.CSTNode]:
    return [node.for_in, *(part for part in children(node) if part is not node.for_in)]


def _clause_parts(node: Any) -> Sequence[cst.CSTNode]:
    own = (node.iter, node.target)
    return [*own, *(part for part in children(node) if part not in own)]


_PARTS: Mapping[type[cst.CSTNode], Callable[[Any], Sequence[cst.CSTNode]]] = {
    cst.Assign: lambda node: [node.value, *node.targets],
    cst.IfExp: lambda node: [node.test, node.body, node.orelse],
    cst.For: lambda node: [node.iter, node.target, node.body, *([node.orelse] if node.orelse else ())],
    cst.CompFor: _clause_parts,
    **dict.fromkeys((cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp), _comprehension_parts),
}
"""By node type: the children in the order of evaluation, where it isn't that of the source."""


_BRANCHES = frozenset(
    (
        *(cst.If, cst.IfExp, cst.BooleanOperation, cst.For, cst.While, cst.Try, cst.TryStar),
        *(cst.ExceptHandler, cst.ExceptStarHandler, cst.With, cst.MatchCase, *FUNCTIONS, *COMPREHENSIONS),
    )
)


def _conditions(tree: Tree, node: cst.CSTNode) -> list[Condition]:
    """The branches, loops and functions that decide whether and how often a node is evaluated."""
    branches: list[Condition] = []
    inner = node
    for above in tree.ancestors(node):
        if type(above) in _BRANCHES and not _is_certain(tree, above, inner, node):
            branches.append(Condition(above, _kind(above, inner)))
        inner = above
    return branches


def _kind(branch: cst.CSTNode, part: cst.CSTNode) -> str:
    """The kind of condition under which a part of a branch is evaluated: `x if a else y`, `a and x`,
    `y if not a else x` and `if a: x` evaluate `x` under the same one."""
    match branch:
        case cst.If(test, body) | cst.IfExp(test, body):
            return str(_is_met(test, result=part is body))
        case cst.BooleanOperation(left, operator):
            return str(_is_met(left, result=isinstance(operator, cst.And)))
    return type(branch).__name__


def _is_met(test: cst.BaseExpression, *, result: bool) -> bool:
    """The result of a test's operand if the test has the result `result`: the opposite for each negation in
    the test. `x is None` counts as a negation of `x`."""
    match test:
        case cst.UnaryOperation(cst.Not(), inner):
            return _is_met(inner, result=not result)
        case cst.Comparison(_, [cst.ComparisonTarget(cst.NotEqual() | cst.NotIn())]):
            return not result
        case cst.Comparison(_, [cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
            return not result
    return result


def _is_certain(tree: Tree, branch: cst.CSTNode, part: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether the part of a branch that contains a node is evaluated once whenever the branch is."""
    match branch:
        case cst.If(test) | cst.IfExp(test):
            return part is test
        case cst.BooleanOperation(left):
            return part is left
        case cst.For(_, iterable):
            return part is iterable
        case cst.With(items):
            return part in items
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp():
            iterable = branch.for_in.iter
            return part is branch.for_in and (node is iterable or iterable in tree.ancestors(node))
        case cst.FunctionDef(body=body) | cst.Lambda(body=body):
            return part is not body
    return False
