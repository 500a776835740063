"""The stubs whose requests a test compares with a body, where several recorded them.

first = recorded[0]
assert first.url == "https://host/old/start/a"
assert first.json() == {"size": 1}                   the body of a request for "a"
"""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.final_variables import is_final
from kognitos_migrate.edits.stubs.asserted_parameters import is_asserted_equality
from kognitos_migrate.edits.stubs.received_body_keys import may_send
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.syntax.blocks import statements_of_block
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.shapes import compared_operands
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Value


def uses_at_place(context: PlanContext, use: Use) -> list[Use]:
    """The uses of received requests, recorded by any stub, at the place of one of them."""
    return [
        other
        for uses in context.uses.values()
        for other in uses
        if (other.site, other.kind, other.frame) == (use.site, use.kind, use.frame)
    ]


def stubs_of_body(
    context: PlanContext, stubs: Sequence[Match], operation: Operation, use: Use, body: Value
) -> list[Match]:
    """The stubs of an operation, among `stubs`, whose request a test compares with a body.

    These have the key in the URL that the test asserts of the same request. If it asserts none, their
    requests may have the body, or else they have just recorded it.
    """
    received = [other.value for other in uses_at_place(context, use)]
    recorded = {value.request for value in received if isinstance(value, Reply)}
    same = [stub for stub in stubs if stub.operation.id == operation.id]
    recording = [stub for stub in same if stub.request.id in recorded]
    expected = {_keys_of(stub) for stub in same if _expects_url_of(context, stub, use)}
    matches = context.matches.values()
    fitting = [
        stub
        for stub in recording
        if any(may_send(context, match, body) for match in answered_requests(stub, matches, context.facts))
    ]
    return [stub for stub in recording if {_keys_of(stub)} == expected] or fitting or recording


def _keys_of(stub: Match) -> frozenset[str | None]:
    """The keys that the old path of a stub's URL may have."""
    return frozenset(key for part in stub.layout.path if part.slot for key in stub.keys(part.slot))


def _expects_url_of(context: PlanContext, stub: Match, use: Use) -> bool:
    """Whether a stub stands for an assertion on the URL of the received request that a use reads."""
    request = stub.request
    if request.stub is None or request.stub.replies or request.frame != use.frame:
        return False
    tree, node = context.tree(request.site), context.node(request.site)
    if not is_asserted_equality(tree, node):
        return False
    return any(_is_same_request(context, use, tree.site(operand)) for operand in compared_operands(node))


def _is_same_request(context: PlanContext, use: Use, asserted: Site) -> bool:
    """Whether a use and an expression in its activation read the same received request: through a variable
    that is bound once, or as the same element of a list in the next statement."""
    own, other = (_request_read(context, site, use.frame) for site in (use.operand, asserted))
    tree = context.tree(asserted)
    if own is None or other is None or tree.code(own) != tree.code(other):
        return False
    owner = own
    while isinstance(owner, cst.Attribute | cst.Subscript):
        owner = owner.value
    if not isinstance(owner, cst.Name) or not is_final(context, tree.memoize(Scopes).variable(owner)):
        return False
    return owner is own or _are_neighbours(tree, own, other)


def _request_read(context: PlanContext, site: Site, frame: int) -> cst.BaseExpression | None:
    """The expression within another one that is the received request itself; None if there is none."""
    tree, node = context.tree(site), context.node(site)
    for part in (node, *tree.descendants(node)):
        if isinstance(part, cst.BaseExpression) and _is_request(context, tree.site(part), frame):
            return part
    return None


def _is_request(context: PlanContext, site: Site, frame: int) -> bool:
    values = [*alternatives(context.value(site, frame))]
    return bool(values) and all(isinstance(value, Reply) and not value.path for value in values)


def _are_neighbours(tree: Tree, node: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether two expressions are in the same simple statement of a block, or in one and the next."""
    first, second = (tree.enclosing(each, cst.SimpleStatementLine) for each in (node, other))
    block = [*statements_of_block(tree, first)] if first is not None else []
    if first not in block or second not in block:
        return False
    places = sorted((block.index(first), block.index(second)))
    return places[1] - places[0] <= 1
