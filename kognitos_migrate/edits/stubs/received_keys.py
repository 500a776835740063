"""Keys that a double takes from the URLs that it receives, and that the new version sends in the body.

key = path.rsplit("/", 1)[1]    becomes    key = old_key(json.loads(request.content)["new_id"])
"""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.config_table_keys import table_of
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.blocks import statements_of_block
from kognitos_migrate.syntax.scopes import Scopes, is_parameter
from kognitos_migrate.syntax.shapes import index_of
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply


def restore_key(
    expected: ExpectedBodies, use: Use, key_expression: cst.BaseExpression, helpers: Helpers
) -> PendingEdit | None:
    """The pending edit that replaces a key from a received URL by the key of the same row, looked up by the
    received body. None if the body can't be read there, or has no field of the row alone."""
    context = expected.context
    tree = context.tree(use.site)
    body = _received_body(expected, use, key_expression)
    member = own_field(expected)
    if body is None or member is None:
        return None
    table = table_of(context, expected.stub, member)
    rows = context.settings.tables.get(table.setting, {})
    keys = {row[member.field or ""]: key for key, row in rows.items()}
    reverse = table.unlisted.reverse if table.unlisted is not None else None
    if len(keys) != len(rows) or reverse is None:
        return None
    name = helpers.add_key_function(use.site.path, reverse, member.field or "", keys)
    read = ("[", string_literal(member.name), "])")
    return PendingEdit(tree.outer_span(key_expression), (f"{name}(", tree.outer_span(body), *read))


def own_field(expected: ExpectedBodies) -> LayoutMember | None:
    """The member of the new body that identifies the row of the key that only the old path has."""
    new_slots = {part.slot for part in expected.stub.operation.new.path}
    for member in expected.members:
        table = table_of(expected.context, expected.stub, member) if member.table is not None else None
        if table is not None and table.unlisted is not None and table.unlisted.field == member.field:
            return member if member.slot not in new_slots else None
    return None


def _received_body(
    expected: ExpectedBodies, use: Use, key_expression: cst.BaseExpression
) -> cst.BaseExpression | None:
    """An expression of the received request's decoded body that can be evaluated in place of a key.

    It is a variable, or the decoding of a part of the request object.
    """
    context, tree = expected.context, expected.context.tree(use.site)
    function = tree.enclosing(key_expression, cst.FunctionDef)
    if function is None:
        return None
    decoded = Reply(expected.stub.request.id, (View.JSON,))
    places = [
        node
        for node in tree.descendants(function)
        if isinstance(node, cst.Name | cst.Call | cst.Attribute | cst.Subscript)
        and list(alternatives(context.value(tree.site(node), use.frame))) == [decoded]
    ]
    names = [
        node
        for node in places
        if isinstance(name := _named_part(node), cst.Name) and _is_readable(tree, name, key_expression)
    ]
    calls = [node for node in places if _is_repeatable(expected, use, node, key_expression)]
    return next(iter([*names, *calls]), None)


def _named_part(node: cst.CSTNode) -> cst.CSTNode:
    """The dict whose item an expression is, as `options` of `options["json"]`; any other expression
    itself."""
    match node:
        case cst.Subscript(owner) if isinstance(index_of(node), cst.SimpleString):
            return owner
    return node


def _is_readable(tree: Tree, name: cst.Name, at: cst.CSTNode) -> bool:
    """Whether a variable has the same value at another expression of the function: it is bound once, by a
    parameter or by a statement that surely ran before."""
    scopes = tree.memoize(Scopes)
    variable = scopes.variable(name)
    bindings = scopes.bindings(variable)
    if len(bindings) != 1 or scopes.variable_at(name.value, at) != variable:
        return False
    before = (node for statement in _statements_before(tree, at) for node in tree.descendants(statement))
    return is_parameter(tree, bindings[0]) or any(node is bindings[0] for node in before)


def _statements_before(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The simple statements of the function that surely ran before a node."""
    part = node
    for whole in tree.ancestors(node):
        if isinstance(whole, cst.FunctionDef):
            return
        for statement in statements_of_block(tree, part):
            if statement is part:
                break
            if isinstance(statement, cst.SimpleStatementLine):
                yield statement
        part = whole


def _is_repeatable(expected: ExpectedBodies, use: Use, node: cst.CSTNode, at: cst.CSTNode) -> bool:
    """Whether an expression decodes a part of the received request object, which can be read twice."""
    context = expected.context
    tree, received = context.tree(use.site), Reply(expected.stub.request.id)
    roots = [
        name
        for name in tree.descendants_of_kind(node, cst.Name)
        if list(alternatives(context.value(tree.site(name), use.frame))) == [received]
    ]
    return not isinstance(node, cst.Name) and len(roots) == 1 and _is_readable(tree, roots[0], at)
