"""Rewrites the assertions of tests on recorded requests."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.stub_matching import reads_address, reads_unknown_data
from kognitos_migrate.edits.body.rebuild_points import records_of
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.asserted_parameters import EQUALITIES, is_item, other_operand
from kognitos_migrate.edits.stubs.compared_bodies import stubs_of_body, uses_at_place
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_body_keys import is_sent_elsewhere, may_have_keys, mentioned_keys
from kognitos_migrate.edits.stubs.received_files import is_stored_file_content, take_file_from_form
from kognitos_migrate.edits.stubs.received_methods import migrate_method_test
from kognitos_migrate.edits.stubs.received_queries import (
    is_omitted_argument,
    migrate_query_assertions,
)
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls
from kognitos_migrate.edits.stubs.replaced_arguments import ReplacedArguments
from kognitos_migrate.edits.stubs.url_assertions import migrate_url_assertion
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import IN_ERROR, MERGED, STUB_RESPONSE
from kognitos_migrate.rulebook.model import Operation, View
from kognitos_migrate.syntax.shapes import receiver_of
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Json, Lit, Ref, Reply, Text, Value
from kognitos_migrate.values.texts import literals_in

_OF_ROUTES = ((View.ADDRESS,), (View.VERB,))
_SHOWN = (*HARMLESS, UseKind.FORMAT, UseKind.KEY, UseKind.REQUEST)


def migrate_recorded_requests(expected: ExpectedBodies, helpers: Helpers) -> Iterator[PendingEdit]:
    """Pending edits for all uses of the requests that a stub recorded. Raises RefusalError if a use isn't
    supported."""
    received = ReceivedUrls(expected.context, expected.stub)
    arguments = ReplacedArguments(expected.context, expected.stub)
    for use in expected.context.uses.get(expected.stub.request.id, []):
        assert isinstance(use.value, Reply)
        path = use.value.path
        if _is_unaffected(expected, use) or arguments.is_unchanged(use.value, use.site):
            continue
        if not (
            _is_stored_by_double(expected, received, use) or received.reach(expected.stub.operation, use)
        ):
            continue
        if reads_unknown_data(expected.context.facts, use):
            raise expected.refusal(use.site, "it isn't known which part of the sent request this is")
        if not path:
            if reads_address(use):
                yield from migrate_url_assertion(expected, use, helpers)
            elif use.kind in (UseKind.ESCAPE, UseKind.METHOD):
                raise expected.refusal(use.site, f"a request received by a stub is passed on ({use.detail})")
        elif path[0] is View.NOTHING:
            yield from migrate_query_assertions(expected, use)
        elif path[0] is View.ADDRESS:
            yield from migrate_url_assertion(expected, use, helpers)
        elif path[0] is View.VERB:
            yield from migrate_method_test(expected, use)
        elif path == (View.TEXT,) and is_stored_file_content(expected, use):
            if expected.stub.operation.new.form is not None:
                yield from take_file_from_form(expected, helpers)
        elif path == (View.TEXT,) and use.kind is UseKind.CONTAINS:
            _require_unmoved_key(expected, use)
        elif len(path) == 1 and _is_of_this_stub(expected, use):
            yield from _body_assertions(expected, use, text=path[0] is View.TEXT)


def _is_stored_by_double(expected: ExpectedBodies, received: ReceivedUrls, use: Use) -> bool:
    """Whether a double reads a received request, or its body, from an object in which it has stored it.

    The double may then read it while it answers another request, which has no body."""
    context, tree = expected.context, expected.context.tree(use.operand)
    node = context.expression(use.operand)
    values = (
        choice
        for part in (node, *tree.descendants(node))
        for choice in alternatives(context.value(tree.site(part), use.frame))
    )
    if any(isinstance(value, Ref) for value in values):
        return True
    assert isinstance(use.value, Reply)
    answered = [stub.operation for stub in expected.stubs if received.reach(stub.operation, use)]
    is_body = use.value.path[:1] in ((View.JSON,), (View.TEXT,))
    return is_body and bool(answered) and not any(map(_has_body, answered))


def _is_unaffected(expected: ExpectedBodies, use: Use) -> bool:
    """Whether a use of a received request has the same result for the new one: it only shows the request, or
    reads an unchanged part."""
    assert isinstance(use.value, Reply)
    operation, part = expected.stub.operation, use.value.path[:1]
    if Decoding.SEGMENTS in use.value.path:
        return use.value.path[-1] is not Decoding.SEGMENTS  # one part is migrated where it is read
    if use.detail == IN_ERROR and use.site.path in expected.context.facts.tests:
        return True  # shown if the test fails
    if part == (View.ADDRESS,) and (not operation.old.path or use.detail == STUB_RESPONSE):
        return True  # a URL from a reply, or as in `Response(404, text=f"no {path}")`
    if is_omitted_argument(expected, use):
        return False
    return use.kind in _SHOWN and (use.kind is not UseKind.KEY or part not in _OF_ROUTES)


def _require_unmoved_key(expected: ExpectedBodies, use: Use) -> None:
    """Raises RefusalError if the sent text, or body, is searched for a key that moves. It contains everything
    else as before."""
    assert isinstance(use.value, Reply)
    is_text = use.value.path == (View.TEXT,)
    for choice in (
        alternatives(use.other) if use.other is not None and (is_text or expected.moved_keys) else ()
    ):
        text = choice.literal if isinstance(choice, Text) else None
        if text is None:
            raise expected.refusal(
                use.site, "the text that is searched in the sent request can't be determined"
            )
        if any(key in text if is_text else key == text for key in expected.moved_keys):
            raise expected.refusal(use.site, "the test searches the sent request for text that moves")


def _is_of_this_stub(expected: ExpectedBodies, use: Use) -> bool:
    """Whether a use is of this operation's request: several stubs may have recorded the used value."""
    operation, context = expected.stub.operation, expected.context
    users = {
        other_use.value.request
        for other_use in uses_at_place(context, use)
        if isinstance(other_use.value, Reply)
    }
    stubs = [stub for stub in expected.stubs if stub.request.id in users]
    sending = {stub.operation.id: stub.operation for stub in stubs if _has_body(stub.operation)}
    keys = mentioned_keys(context, use)
    if operation.id not in sending or len(sending) == 1:
        is_here = keys is None or may_have_keys(context, use, operation, keys)
        is_elsewhere = keys is not None and _is_of_client(expected) and is_sent_elsewhere(context, use, keys)
        if operation.id in sending and is_here and is_elsewhere:
            raise expected.refusal(use.site, "the test sends such a body to another service, too")
        return operation.id in sending and (is_here or (use.kind is not UseKind.READ and not is_elsewhere))
    fitting = [
        candidate
        for candidate in sending.values()
        if keys is not None and may_have_keys(context, use, candidate, keys)
    ]
    if keys is None and _is_compared_with_text(use):
        fitting = [candidate for candidate in sending.values() if candidate.new.form is not None]
    if len(fitting) != 1:
        raise expected.refusal(use.site, "the stub that received the request can't be determined")
    return fitting[0].id == operation.id


def _is_of_client(expected: ExpectedBodies) -> bool:
    """Whether the stub is a mock of a client's function, which also gets the requests to other services."""
    stub = expected.stub.request.stub
    return stub is not None and stub.sender is not None


def _is_compared_with_text(use: Use) -> bool:
    """Whether the sent body is compared with a text, which no JSON body is equal to."""
    return use.other is not None and all(isinstance(choice, Text) for choice in alternatives(use.other))


def _has_body(operation: Operation) -> bool:
    return bool(operation.new.members or operation.new.form)


def _body_assertions(expected: ExpectedBodies, use: Use, *, text: bool) -> Iterator[PendingEdit]:
    if use.kind is UseKind.COMPARE and use.detail in ("Equal", "NotEqual") and use.other is not None:
        if expected.stub.operation.new.form is not None:
            yield from _content_assertion(expected, use)
            return
        _require_body(expected, use)
        is_whole = expected.whole_body_member is not None and not is_item(expected.context, use)
        whole = Operand(use.other, other_operand(expected.context, use), use.frame)
        stubs = stubs_of_body(expected.context, expected.stubs, expected.stub.operation, use, use.other)
        if expected.stub not in stubs:
            return
        if is_whole and not (expected.is_row_known(whole) and expected.have_one_row(stubs)):
            yield expected.facts_at(expected.context.expression(use.operand), use.operand, use.frame)
        else:
            yield from expected.body(whole)
    elif use.kind is UseKind.READ and not text:
        is_merged = use.detail == MERGED and not expected.moved_keys  # the facts are taken where it is merged
        edit = _key_read(expected, use) if not is_merged else None
        yield from [edit] if edit is not None else []
    elif use.kind is UseKind.CONTAINS and not text:
        _require_unmoved_key(expected, use)
        body = expected.context.node(use.operand)
        if expected.whole_body_member is not None and isinstance(body, cst.BaseExpression):
            yield expected.facts_at(body, use.operand, use.frame)
    elif (
        use.kind is UseKind.ITERATE
        and not text
        and not expected.moved_keys
        and expected.whole_body_member is not None
    ):
        iterated = _iterated_body(expected.context, use)
        tree = expected.context.tree(use.operand)
        if iterated is not None:
            yield expected.facts_at(iterated, tree.site(iterated), use.frame)
    else:
        raise expected.refusal(use.site, "the sent request is used in an unsupported way")


def _iterated_body(context: PlanContext, use: Use) -> cst.BaseExpression | None:
    """The expression that is iterated over: the body in `body.items()`. None if it only contains the body."""
    tree, node = context.tree(use.operand), context.expression(use.operand)
    for expression in (node, receiver_of(node)):
        if expression is not None and use.value in alternatives(
            context.value(tree.site(expression), use.frame)
        ):
            return expression
    return None


def _require_body(expected: ExpectedBodies, use: Use) -> None:
    """Raises RefusalError unless the body itself is compared with a dict (or with its JSON text)."""
    context = expected.context
    others = [
        choice.value if isinstance(choice, Json) else choice for choice in alternatives(use.other or NEVER)
    ]
    whole = all(records_of(context, other) for other in others) and bool(others)
    is_body = is_item(context, use) or use.value in alternatives(context.value(use.operand, use.frame))
    if not whole or not is_body:
        raise expected.refusal(use.site, "the sent request is compared as a part of other data")


def _content_assertion(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """Replace the equality of the sent content by `in`: the content is now a component of the form."""
    context, tree = expected.context, expected.context.tree(use.site)
    other = other_operand(context, use)
    if isinstance(context.node(use.operand), cst.Subscript):
        message = "the content is an argument of the call here, and the new call has a form"
        raise expected.refusal(use.operand, message)
    are_bytes = all(_is_bytes(context, choice) for choice in alternatives(use.other or NEVER))
    match tree.node(use.site):
        case cst.Comparison(left=left, comparisons=[target]) if use.detail == "Equal" and are_bytes:
            yield PendingEdit(tree.span(target.operator), ("in",))
        case cst.Call(cst.Attribute(attr=name), [cst.Arg(left, keyword=None), cst.Arg(keyword=None), *_]) if (
            name.value in EQUALITIES and are_bytes
        ):
            yield PendingEdit(tree.span(name), ("assertIn",))
        case _:
            message = "the sent body is compared with the file's content alone, and the new body is a form"
            raise expected.refusal(use.site, message)
    if tree.site(left) == use.operand:
        sent, content = tree.outer_span(left), context.outer_span(other)
        yield PendingEdit(sent, (content,))
        yield PendingEdit(content, (sent,))


def _is_bytes(context: PlanContext, value: Value) -> bool:
    sites = [part.site for part in value.parts if isinstance(part, Lit)] if isinstance(value, Text) else []
    nodes = [context.node(site) for site in sites if site is not None]
    match nodes:
        case [cst.SimpleString() as literal]:
            return "b" in literal.prefix.lower()
    return False


def _key_read(expected: ExpectedBodies, use: Use) -> PendingEdit | None:
    tree = expected.context.tree(use.site)
    node = tree.node(use.site)
    names = set(literals_in(use.other or NEVER))
    name = next(iter(names)) if len(names) == 1 else None
    match node:
        case cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key)), *_]) | cst.Call(
            cst.Attribute(owner), [cst.Arg(key), *_]
        ) if name is not None:
            return expected.key_read(owner, key, name, use)
    raise expected.refusal(use.site, "the part of the sent request that is read can't be determined")
