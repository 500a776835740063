"""Equalities that tests assert, and the values that they compare with parameters of a received query."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import compared_operands, is_method_call
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Reply, Text, Value

EQUALITIES = ("assertEqual", "assertEquals")
"""The methods of a test case that assert an equality."""


def is_asserted_equality(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node asserts an equality, by a statement or a method of a test case. Code around it may
    expect the assertion to fail."""
    match node, tree.parent(node):
        case cst.Call(), cst.Expr():
            return is_method_call(node, *EQUALITIES)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Equal())]), cst.Assert(test):
            return test is node
    return False


def asserted_parameters(
    context: PlanContext, request: int, frame: int, names: Collection[str]
) -> Iterator[Operand]:
    """The values that an activation compares with the parameters `names` in the query that a stub received.

    assert route.last_request.qs == {"key": ["a"]}
    assert route.last_request.qs["key"] == ["a"]
    """
    for use in context.uses.get(request, []):
        path = use.value.path if isinstance(use.value, Reply) else ()
        is_equality = use.kind is UseKind.COMPARE and use.detail == "Equal" and use.other is not None
        if use.frame != frame or path[:1] != (View.NOTHING,) or not is_equality:
            continue
        if len(path) == 1:
            for name in names:
                yield from (entry.operand for entry in find_entries(context, use.other or NEVER, name))
        elif path[1] in names and use.other is not None:
            yield Operand(use.other, other_operand(context, use), frame)


def texts_of(context: PlanContext, value: Value) -> Iterator[str | None]:
    """The texts that a value is, or is a list of; None for any other value."""
    for choice in alternatives(value):
        sequence = context.facts.heap.get(choice)
        if isinstance(sequence, SequenceObject):
            for element in alternatives(sequence.element()):
                yield element.literal if isinstance(element, Text) else None
        else:
            yield choice.literal if isinstance(choice, Text) else None


def is_item(context: PlanContext, use: Use) -> bool:
    """Whether the body is compared as an item of a list. The use's site is then the other list's item."""
    return context.value(use.site, use.frame) == use.other


def other_operand(context: PlanContext, use: Use) -> Site:
    """The other operand of a comparison, in an operator or in the call of an assertion."""
    if is_item(context, use):
        return use.site
    tree = context.tree(use.site)
    match context.node(use.site):
        case cst.Call(args=[cst.Arg(first), cst.Arg(second), *_]):
            compared = [first, second]
        case node:
            compared = compared_operands(node)
    place = next(
        (number for number, operand_node in enumerate(compared) if tree.site(operand_node) == use.operand), 0
    )
    return tree.site(compared[place + 1 if place + 1 < len(compared) else place - 1])
