"""Compares the side effects of an original and its result: none is dropped, repeated, reordered or put under
another condition."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import libcst as cst

from kognitos_migrate.syntax.node_positions import children
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.places import NEW, PlaceMap
from kognitos_migrate.validate.program_effects import ACTING, RESULTS, ProgramEffects


class EffectDivergence(NamedTuple):
    """An expression or statement of the original, and how its effect differs in the result."""

    site: Site
    message: str


class ControllingNode(NamedTuple):
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
        self._same_conditions: dict[tuple[int, int], bool] = {}
        """By the numbers of two nodes: whether they are evaluated under the same conditions."""

    def divergences(self) -> Iterator[EffectDivergence]:
        """The effects that the result drops, repeats, reorders, or puts under other conditions."""
        yield from self._dropped_effects()
        yield from self._repeated_effects()
        yield from self._reordered_effects()
        yield from self._effects_under_other_conditions()

    @cached_property
    def _unchanged_nodes(self) -> Collection[int]:
        """The top-level statements that both trees share, by `id`."""
        return set(map(id, self._old.module.body)) & set(map(id, self._new.module.body))

    @cached_property
    def _old_sequence(self) -> Mapping[Site, cst.CSTNode]:
        """The nodes of the original that may act, and unchanged statements, in the order of evaluation."""
        nodes = _evaluation_sequence(self._old.module, self._unchanged_nodes)
        return {self._old.site(node): node for node in nodes}

    @cached_property
    def _new_sequence(self) -> Sequence[tuple[Site, cst.CSTNode]]:
        """As `_old_sequence`, of the result, each with its site in the original."""
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
            if site in self._counterparts or isinstance(node, RESULTS):
                continue
            if not self._before.acts_itself(self._old, node) or isinstance(self._old.parent(node), cst.Raise):
                continue
            if not isinstance(node, cst.Call) or not self._before.decodes_reply(self._old, node):
                yield EffectDivergence(site, f"{self._code(node)} is left out")

    def _repeated_effects(self) -> Iterator[EffectDivergence]:
        running = [(site, node) for site, node in self._new_sequence if isinstance(node, _RUNNING)]
        added = [node for site, node in running if site.path.startswith(NEW)]
        if not added:
            return
        by_code = {
            _code_without_space(self._old, node): site
            for site, node in self._old_sequence.items()
            if isinstance(node, _RUNNING)
        }
        for node in added:
            site = by_code.get(_code_without_space(self._new, node))
            if site is None or site not in self._counterparts:
                continue
            is_decoding = isinstance(node, cst.Call) and self._after.decodes_reply(self._new, node)
            if not is_decoding and self._after.acts_itself(self._new, node):
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
            if first != second and _code_without_space(self._old, nodes[0]) != _code_without_space(
                self._old, nodes[1]
            ):
                codes = [self._code(self._old.node(site)) for site in (second, first)]
                yield EffectDivergence(second, f"{codes[0]} is evaluated before {codes[1]}")
                return

    def _effects_under_other_conditions(self) -> Iterator[EffectDivergence]:
        for site, node in self._counterparts.items():
            original = self._old.node(site)
            if node is original and self._old.parent(node) is self._new.parent(node):
                continue
            if not self._acts_before(site):
                continue
            if not self._have_same_conditions(original, node):
                yield EffectDivergence(site, f"{self._code(original)} is evaluated under other conditions")

    def _acts_before(self, site: Site) -> bool:
        node = self._old.node(site)
        if id(node) in self._unchanged_nodes:
            return self._before.acts(self._old, node)
        return self._before.acts_itself(self._old, node)

    def _have_same_conditions(self, original: cst.CSTNode, node: cst.CSTNode) -> bool:
        """Whether the conditions of two nodes correspond, from the inside out."""
        pairs: list[tuple[int, int]] = []
        is_same: bool | None = None
        while is_same is None:
            pair = self._old.number(original), self._new.number(node)
            pairs.append(pair)
            left, right = _controlling_node(self._old, original), _controlling_node(self._new, node)
            if pair in self._same_conditions:
                is_same = self._same_conditions[pair]
            elif left is None or right is None:
                is_same = left is right
            elif not self._correspond(left, right):
                is_same = False
            else:
                original, node = left.node, right.node
        self._same_conditions.update(dict.fromkeys(pairs, is_same))
        return is_same

    def _correspond(self, left: ControllingNode, right: ControllingNode) -> bool:
        """Whether two conditions correspond. One without a counterpart may be any of its kind."""
        origin = self._places.origin(self._new.site(right.node))
        return left.kind == right.kind and (
            origin.path.startswith(NEW) or origin == self._old.site(left.node)
        )


_RUNNING = (cst.Call, cst.Attribute)
"""Nodes that may run a function: as a call, or as the read of a property."""
_LENGTH = 60
"""The limit on code in a message, in characters."""


def _code_without_space(tree: Tree, node: cst.CSTNode) -> str:
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
    if type(node) in ACTING:
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


def _controlling_node(tree: Tree, node: cst.CSTNode) -> ControllingNode | None:
    """The innermost branch, loop or function that decides whether and how often a node is evaluated. The
    others are those of this one."""
    inner = node
    for above in tree.ancestors(node):
        if type(above) in _BRANCHES and not _is_evaluated_once(tree, above, inner, node):
            return ControllingNode(above, _kind(above, inner))
        inner = above
    return None


def _kind(branch: cst.CSTNode, part: cst.CSTNode) -> str:
    """The kind of condition under which a part of a branch is evaluated: `x if a else y`, `a and x`,
    `y if not a else x` and `if a: x` evaluate `x` under the same one."""
    match branch:
        case cst.If(test, body) | cst.IfExp(test, body):
            return str(_operand_outcome(test, result=part is body))
        case cst.BooleanOperation(left, operator):
            return str(_operand_outcome(left, result=isinstance(operator, cst.And)))
    return type(branch).__name__


def _operand_outcome(test: cst.BaseExpression, *, result: bool) -> bool:
    """The result of a test's operand if the test has the result `result`: the opposite for each negation in
    the test. `x is None` counts as a negation of `x`."""
    match test:
        case cst.UnaryOperation(cst.Not(), inner):
            return _operand_outcome(inner, result=not result)
        case cst.Comparison(_, [cst.ComparisonTarget(cst.NotEqual() | cst.NotIn())]):
            return not result
        case cst.Comparison(_, [cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
            return not result
    return result


def _is_evaluated_once(tree: Tree, branch: cst.CSTNode, part: cst.CSTNode, node: cst.CSTNode) -> bool:
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
