"""Searches of tests for a key in a received URL, which the new version sends in the body.

assert "key-1" in request.url    becomes    assert json.loads(request.body)["new_id"] == "id-1"
"""

from collections.abc import Iterable

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.json_text import require_json_name
from kognitos_migrate.edits.config_table_keys import table_of
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_keys import own_field
from kognitos_migrate.edits.stubs.received_urls import URL_TESTS, ReceivedUrls
from kognitos_migrate.edits.stubs.unchecked_keys import (
    is_call_of_client,
    is_first,
    is_one_call,
    keyword_of_body,
)
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply

_EQUALITIES = {"assertIn": "assertEqual", "assertNotIn": "assertNotEqual"}
"""The assertion of an equality, by that of a search."""


def migrate_key_search(
    expected: ExpectedBodies, use: Use, how: str, key: str, stubs: Iterable[Match]
) -> list[PendingEdit]:
    """The pending edits that compare the field of the received body that tells the key, in place of a search
    for the key in the URL by the operator or method `how`. Empty if the search isn't one for a key alone, or
    if the test doesn't show the received request."""
    tree, node = expected.context.tree(use.site), expected.context.node(use.site)
    url = _searched_url(node)
    value = _new_value(expected, how, key, stubs)
    field = _field_of_body(expected, use, tree, url) if value is not None and url is not None else None
    if value is None or field is None:
        return []
    expected.context.state.compared_rows.add(use.frame)
    match node:
        case cst.Comparison(_, [cst.ComparisonTarget(cst.In() | cst.NotIn() as operator, _)]):
            equality = " != " if isinstance(operator, cst.NotIn) else " == "
            return [PendingEdit(tree.span(node), (*field, equality, value))]
        case cst.Call(cst.Attribute(attr=cst.Name(name) as method), [cst.Arg(text), cst.Arg(), *_]) if (
            name in _EQUALITIES and url is not None
        ):
            return [
                PendingEdit(tree.span(method), (_EQUALITIES[name],)),
                PendingEdit(tree.outer_span(text), field),
                PendingEdit(tree.outer_span(url), (value,)),
            ]
        case cst.Call(cst.Attribute(attr=cst.Name("endswith")), [_]):
            return [PendingEdit(tree.span(node), (*field, " == ", value))]
    return []


def _searched_url(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The expression of the URL that is searched; None for any other test."""
    match node:
        case cst.Comparison(_, [cst.ComparisonTarget(_, url)]):
            return url
        case cst.Call(cst.Attribute(attr=cst.Name(name)), [_, cst.Arg(url), *_]) if name in _EQUALITIES:
            return url
        case cst.Call(cst.Attribute(url, cst.Name("endswith")), [_]):
            return url
    return None


def _new_value(expected: ExpectedBodies, how: str, key: str, stubs: Iterable[Match]) -> str | None:
    """The literal of the new field that tells a key. None if no field tells it alone, or if the search finds
    more than the key."""
    context, member = expected.context, own_field(expected)
    if member is None or any(stub.operation.id != expected.stub.operation.id for stub in stubs):
        return None
    rows = context.settings.tables.get(table_of(context, expected.stub, member).setting, {})
    values = [row[member.field or ""] for row in rows.values()]
    received = ReceivedUrls(context, expected.stub)
    sent = {value for stub in stubs for value in received.slot_values(stub)}
    is_key = bool(sent) and all(
        URL_TESTS[how](received.old(expected.stub.operation, value), key) is (value == key) for value in sent
    )
    if not is_key or key not in rows or len({*values}) < len(values):
        return None
    return string_literal(rows[key][member.field or ""])


def _field_of_body(
    expected: ExpectedBodies, use: Use, tree: Tree, url: cst.BaseExpression
) -> CodeTemplate | None:
    """The field of the received body that tells the key, read from the request or call of a mock whose URL an
    expression is. None if the expression doesn't show that."""
    context, member = expected.context, own_field(expected)
    if member is None:
        return None
    item = f"[{string_literal(member.name)}]"
    match url:
        case cst.Call(cst.Name("str"), [cst.Arg(cst.Attribute() as attribute)]) | (
            cst.Attribute() as attribute
        ):
            body = _body_of_request(expected, use, tree, attribute)
        case cst.Subscript(cst.Attribute(call, cst.Name("args")) | cst.Subscript(call) as arguments):
            is_one = isinstance(arguments, cst.Attribute) or (
                is_first(arguments) and is_one_call(context, tree.site(call))
            )
            keyword = keyword_of_body(context, expected.stub)
            if not (is_first(url) and is_one and keyword and is_call_of_client(context, tree.site(call))):
                return None
            body = (tree.outer_span(call), f".kwargs[{string_literal(keyword)}]")
        case _:
            return None
    return (*body, item) if body is not None else None


def _body_of_request(
    expected: ExpectedBodies, use: Use, tree: Tree, attribute: cst.Attribute
) -> CodeTemplate | None:
    """The decoded body of the received request whose URL is an attribute. None if the owner of the attribute
    isn't a received request."""
    context = expected.context
    received = list(alternatives(context.value(tree.site(attribute.value), use.frame)))
    stub = expected.stub.request.stub
    if (
        stub is None
        or not received
        or not all(isinstance(choice, Reply) and not choice.path for choice in received)
    ):
        return None
    sent = next(mock.sent for mock in context.rules.mocks if mock.id == stub.mock)
    owner = tree.outer_span(attribute.value)
    decoded = [name for name, view in sent.items() if view is View.JSON and name.endswith("()")]
    texts = [name for name, view in sent.items() if view is View.TEXT and not name.endswith("()")]
    if decoded:
        return (owner, f".{decoded[0]}")
    if not texts:
        return None
    module = require_json_name(context, use.site, context.state.imports)
    return (f"{module}.loads(", owner, f".{texts[0]})")
