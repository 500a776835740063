"""The queries of the requests that a double receives, whose parameters the new URLs lack."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.edits.body.rebuild_points import find_entries, records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import catch_points
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.side_effects import acts
from kognitos_migrate.edits.structural_edits import remove_item, remove_statement
from kognitos_migrate.edits.stubs.asserted_parameters import EQUALITIES, is_item, texts_of
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import URL_TESTS, ReceivedUrls, host_in
from kognitos_migrate.edits.stubs.url_fragments import stubs_at
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.syntax.expected_errors import may_mark_failures
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.shapes import compared_operands, is_method_call
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Reply, Text, Value


def require_not_in_query(expected: ExpectedBodies, use: Use, text: str, how: str) -> None:
    """Raises RefusalError if a test of a received URL for a text, by an operator or a method, may find it in
    the query only, which the new request lacks."""
    if is_in_query(expected, use, text, how):
        raise expected.refusal(use.site, "the test looks for text in the query, which the new request lacks")


def is_in_query(expected: ExpectedBodies, use: Use, text: str, how: str) -> bool:
    """Whether a test of a received URL for a text, by an operator or a method, may find it in the query only,
    which the new request lacks."""
    context, received = expected.context, ReceivedUrls(expected.context, expected.stub)
    is_found, host = URL_TESTS[how], host_in(text)
    for stub in stubs_at(expected, use):
        queries = {
            query for match in _requests_with_query(context, stub) for query in _queries(context, match)
        }
        paths = [host + received.old(stub.operation, value) for value in received.samples(stub)]
        for query in queries if stub.operation.old.path else ():
            for path in paths:
                is_in_whole = is_found(f"{path}?{query}", text) if query is not None else "/" not in text
                if is_in_whole and not is_found(path, text):
                    return True
    return False


def remove_query_assertion(expected: ExpectedBodies, use: Use) -> PendingEdit:
    """The pending edit that removes an assertion on a text of the query in a URL. Raises RefusalError for any
    other test of the query.

    assert "key=docs" in request.url
    """
    edit = _removal_of_assertion(expected.context, use)
    if edit is None:
        raise expected.refusal(use.site, "the test looks for text in the query, which the new request lacks")
    return edit


def _requests_with_query(context: PlanContext, stub: Match) -> list[Match]:
    """The requests that a stub answers, if their operation has parameters in the query."""
    has_query = bool(stub.operation.old.query)
    return answered_requests(stub, context.matches.values(), context.facts) if has_query else []


def _queries(context: PlanContext, match: Match) -> Iterator[str | None]:
    """The old parameters in the queries of a request; None for one that isn't known."""
    names = [member.name for member in match.operation.old.query]
    for url in (path.url for path in match.paths if path.url.query):
        texts = [piece.text for piece in url.query]
        yield None if None in texts else "".join(text or "" for text in texts).removeprefix("?")
    for operand in match.request.value(Role.QUERY):
        entries = [(name, entry) for name in names for entry in find_entries(context, operand.value, name)]
        if not entries and any(choice != NONE for choice in alternatives(operand.value)):
            yield None
        for name, entry in entries:
            for text in texts_of(context, entry.operand.value):
                yield f"{name}={text}" if text is not None else None


def migrate_query_assertions(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """Pending edits for assertions on the query, whose old parameters are gone. Raises RefusalError if an
    assertion can't be removed."""
    assert isinstance(use.value, Reply)
    context, path = expected.context, use.value.path
    names = {member.name for member in expected.stub.operation.old.query}
    others = [choice for choice in alternatives(use.other or NEVER) if isinstance(choice, Text)]
    if not names or (
        use.kind is UseKind.READ and others and all(text.literal not in names for text in others)
    ):
        return
    if use.other == NONE and is_item(context, use) and _values_without_query(expected) == {str(NONE.value)}:
        return  # recorded for a request without a query, as before
    records = records_of(context, use.other) if use.other is not None else []
    is_compared = use.kind is UseKind.COMPARE and bool(records)
    is_empty = all(record.entries.keys() <= names and not record.spreads for record in records)
    omissions = _values_without_query(expected) if is_compared and is_empty else set()
    if omissions and is_item(context, use):
        edit = _remove_expected_query(context, use.site, omissions)
        if edit is None:
            raise expected.refusal(use.site, "the double records another value in place of a query")
        yield edit
        return
    if is_compared and not (is_empty and (omissions or _is_kwargs_item(context.node(use.site)))):
        for name in names:
            for entry in find_entries(context, use.other or NEVER, name):
                edit = remove_item(context, entry.holder)
                if edit is None:
                    raise expected.refusal(use.site, "the new request has no query")
                yield edit
        return
    if use.kind is UseKind.COMPARE and len(path) > 1:
        return  # removed together with the read from the query
    edit = _removal_of_assertion(context, use)
    if not (use.kind in (UseKind.READ, UseKind.NONE) or is_compared) or edit is None:
        raise expected.refusal(use.site, "the new request has no query")
    yield edit


def _is_kwargs_item(node: cst.CSTNode) -> bool:
    """Whether a comparison is with a keyword argument of the call. The call omits the argument if it is
    empty."""
    return any(isinstance(operand, cst.Subscript) for operand in compared_operands(node))


def _removal_of_assertion(context: PlanContext, use: Use) -> PendingEdit | None:
    """The pending edit that removes an assertion of what the query contains. None for any other statement, an
    assertion that does more than compare, and one whose failure the test expects."""
    site = use.site
    tree, node = context.tree(site), context.node(site)
    match [node, *innermost_ancestors(tree, node, 3)]:
        case [cst.Comparison() as test, cst.Assert(), *_]:
            operands: list[cst.BaseExpression] = [test]
        case [cst.Comparison(), *_]:
            return None
        case [_, cst.Comparison() as test, cst.Assert(), *_] | [
            _,
            cst.ComparisonTarget(),
            cst.Comparison() as test,
            cst.Assert(),
        ]:
            operands = [test]
        case [cst.Call(args=arguments) as call, cst.Expr(), *_] | [
            _,
            cst.Arg(),
            cst.Call(args=arguments) as call,
            *_,
        ] if is_method_call(call, *_ASSERTIONS):
            operands = [argument.value for argument in arguments]
        case _:
            return None
    if any(_is_negative(operand) or acts(context, tree, operand) for operand in operands):
        return None
    return remove_statement(context, site) if not _is_failure_expected(context, use) else None


def _is_negative(test: cst.BaseExpression) -> bool:
    """Whether a comparison holds where something is absent, as it is from the new request."""
    return isinstance(test, cst.Comparison) and any(
        isinstance(target.operator, cst.NotIn | cst.NotEqual) for target in test.comparisons
    )


def _is_failure_expected(context: PlanContext, use: Use) -> bool:
    """Whether code may catch an error of an assertion, or a mark in a module of the test may expect it."""
    modules = {frame.path: frame.function for frame in context.facts.stack(use.frame) if frame.function}
    return any(may_mark_failures(context.tree(function)) for function in modules.values()) or any(
        point.catches is not False
        for error in _ERRORS_OF_ASSERTIONS
        for point in catch_points(context, use.site, use.frame, error)
    )


def is_omitted_argument(expected: ExpectedBodies, use: Use) -> bool:
    """Whether an assertion that a request has no query reads the keyword argument, which the new call omits
    in all cases: `kwargs["params"] is None`."""
    context, names = expected.context, {member.name for member in expected.stub.operation.old.query}
    if use.value != Reply(expected.stub.request.id, (View.NOTHING,)) or use.kind is not UseKind.NONE:
        return False
    match context.node(use.operand):
        case cst.Subscript(owner):
            arguments = context.alternatives_at(context.tree(use.operand).site(owner))
        case _:
            return False
    queries = [operand for match in expected.sent for operand in match.request.value(Role.QUERY)]
    return all(_is_received(context, choice) for choice in arguments) and all(
        choice == NONE or _has_only_keys(context, choice, names)
        for operand in queries
        for choice in alternatives(operand.value)
    )


def _is_received(context: PlanContext, value: Value) -> bool:
    """Whether a value is the keyword arguments that a double received."""
    record = context.facts.heap.get(value)
    return isinstance(value, Reply) or (
        isinstance(record, DictObject) and isinstance(context.node(record.site), cst.Param)
    )


def _has_only_keys(context: PlanContext, value: Value, names: set[str]) -> bool:
    record = context.facts.heap.get(value)
    return isinstance(record, DictObject) and record.is_closed and record.entries.keys() <= names


_ERRORS_OF_ASSERTIONS = (AssertionError, KeyError, IndexError, TypeError)
"""The errors of an assertion that fails, or that reads what isn't there."""
_ASSERTIONS = (*EQUALITIES, "assertIsNone", "assertIn")
"""The methods of a test case that assert a comparison."""
_REMOVED = ""
"""Stands for the entry that a dict of keyword arguments lacks."""


def _remove_expected_query(
    context: PlanContext, site: Site, omissions: Collection[str | None]
) -> PendingEdit | None:
    """The pending edit of the expected query at a site, alone in a record of a request. None if what a double
    keeps of a request without a query isn't known."""
    tree, node = context.tree(site), context.node(site)
    omission = next(iter(omissions)) if len(omissions) == 1 else None
    if omission != _REMOVED:
        return PendingEdit(context.outer_span(site), (omission,)) if omission is not None else None
    element = tree.parent(node)
    return remove_item(context, tree.site(element)) if isinstance(element, cst.DictElement) else None


def _values_without_query(expected: ExpectedBodies) -> set[str | None]:
    """The values that the functions of a double keep of a request without a query: the default of the
    parameter that receives it, or no value if they take keyword arguments. None for a default that isn't
    `None` or `{}`, and for a required parameter."""
    context, omissions = expected.context, set[str | None]()
    received = Reply(expected.stub.request.id, (View.NOTHING,))
    for frame in context.facts.frames:
        definition = context.node(frame.function) if frame.function is not None else None
        if not isinstance(definition, cst.FunctionDef | cst.Lambda) or frame.path not in context.facts.tests:
            continue
        tree = context.trees[frame.path]
        for parameter in parameters_of(definition):
            argument = frame.arguments.get(parameter.name.value)
            if argument is not None and argument.value == received:
                code = tree.code(parameter.default) if parameter.default is not None else None
                omissions.add(code if code in ("None", "{}") else None)
    for record in context.facts.heap.objects:
        if isinstance(record, DictObject) and isinstance(context.node(record.site), cst.Param):
            if any(entry.operand.value == received for entry in record.all_entries):
                omissions.add(_REMOVED)
    return omissions
