"""Rewrites the stubs of a conversation."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import (
    answered_requests,
    canned_field_names,
    is_unknown_canned_reply,
    outermost_frame,
    status_numbers,
)
from kognitos_migrate.conversations.target_stubs import may_get
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.adapted_replies import AdaptedReplies
from kognitos_migrate.edits.body.headers import BODY_HEADERS, header_names, may_describe_body
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.item_removals import item_span
from kognitos_migrate.edits.literals import literal_in_style
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.structural_edits import insert_argument
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.edits.stubs.canned_statuses import is_status_read, migrate_canned_statuses
from kognitos_migrate.edits.stubs.coinciding_urls import (
    coinciding_stubs,
    limit_to_key,
    require_no_lost_decision,
)
from kognitos_migrate.edits.stubs.echoed_bodies import migrate_echoes
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.expected_rows import ExpectedRow
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls
from kognitos_migrate.edits.stubs.recorded_bodies import compares_recorded_bodies
from kognitos_migrate.edits.stubs.recorded_requests import migrate_recorded_requests
from kognitos_migrate.edits.stubs.replaced_arguments import ReplacedArguments
from kognitos_migrate.edits.stubs.upload_methods import pass_uploads_on
from kognitos_migrate.edits.stubs.written_statuses import migrate_written_status
from kognitos_migrate.edits.table_lookup import TableUses
from kognitos_migrate.edits.url.path import written_span
from kognitos_migrate.interpret.state.canned_replies import CannedReply, Stub
from kognitos_migrate.rulebook.model import Mock, Operation, Role, Stubbing, StubRole
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.shapes import last_name, literal_text
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import NONE, Const, Text


def migrate_stubs(
    context: PlanContext,
    matches: list[Match],
    moved_fields: Mapping[int, MovedFields],
    adapted: AdaptedReplies,
    tables: TableUses,
    helpers: Helpers,
) -> list[PendingEdit]:
    """Pending edits that convert the stubs among `matches` to the new layout. Raises RefusalError if that
    isn't possible.

    `moved_fields` is by request id, `tables` and `helpers` get the tables and functions that the tests need.
    A replacement for a function of the program whose replies are `adapted` stays as it is."""
    edits: list[PendingEdit] = []
    stubs = [match for match in matches if match.request.stub is not None]
    _require_stubs_of_targets(context, matches)
    coinciding = coinciding_stubs(context, matches)
    received: dict[int, ExpectedBodies | None] = {}
    for stub in stubs:
        sent = answered_requests(stub, matches, context.facts)
        if not sent:
            raise RefusalError(
                stub.request.site,
                "stub-alone",
                "no code that calls this stub was found",
                "include the code under test in PATHS",
            )
        own = stub.request.stub is not None and stub.request.stub.function is not None
        if own and not stub.request.operands and adapted.requests & {match.request.id for match in matches}:
            continue
        row = ExpectedRow(context, stub, sent, moved_fields, stubs, tables)
        expected = ExpectedBodies(context, stub, sent, moved_fields, row, stubs)
        arguments = ReplacedArguments(context, stub)
        require_no_lost_decision(expected)
        if stub.request.id in coinciding:
            edits.append(limit_to_key(expected, coinciding[stub.request.id]))
        passed_on = pass_uploads_on(context, stub, sent)
        if passed_on is not None:
            edits.extend(passed_on)
            edits.extend(_rewrite_replies(context, stub))
            continue
        _require_no_body_matcher(context, stub)
        edits.extend(_rewrite_method(context, stub))
        edits.extend(_rewrite_replies(context, stub))
        for operand in stub.request.value(Role.JSON):
            if not arguments.is_body_unchanged(operand.site):
                edits.extend(expected.body(operand))
        for operand in stub.request.value(Role.DATA) if expected.members else ():
            if operand.value != NONE and not arguments.is_body_unchanged(operand.site):
                message = "the expected text of the body isn't made by json.dumps here"
                raise RefusalError(operand.site, "stub", message, "compare the decoded body with a dict")
        edits.extend(_rewrite_query(context, stub))
        edits.extend(migrate_recorded_requests(expected, helpers))
        if arguments.is_body_unchanged(stub.request.site):
            received.setdefault(stub.request.id, None)
        elif expected.whole_body_member is not None or stub.request.id not in received:
            received[stub.request.id] = expected if expected.whole_body_member is not None else None
    for stub in stubs:
        edits.extend(migrate_echoes(context, stub, received))
    edits.extend(migrate_canned_statuses(context, matches))
    return edits


def _require_stubs_of_targets(context: PlanContext, matches: list[Match]) -> None:
    """Raises RefusalError if a test that sends a request to a URL from a reply has a stub with the old method
    of that request, which no request of the test explains."""
    sent = [match for match in matches if match.request.stub is None and match.target]
    changing = [match for match in sent if match.operation.old.method != match.operation.new.method]
    facts = context.facts
    for match in changing:
        old, test = plain_text(match.operation.old.method), outermost_frame(facts, match.request.frame)
        own = [request for request in facts.requests if outermost_frame(facts, request.frame) == test]
        own = [request for request in own if request.id not in context.matches and request.method == old]
        others = [request for request in own if request.stub is None]
        stubs = (request for request in own if request.stub is not None)
        stub = next((stub for stub in stubs if not any(may_get(stub, other) for other in others)), None)
        if stub is not None:
            message = f"the stub may answer the request whose method changes from {old.literal}"
            raise RefusalError(stub.site, "stub", message, "write the URL of the response as a literal here")


def _require_no_body_matcher(context: PlanContext, stub: Match) -> None:
    """Raises RefusalError if a stub compares the body as it is sent, other than as JSON, or headers that
    change because the body becomes a form."""
    assert stub.request.stub is not None
    bodies = stub.request.stub.body_matchers
    for operand in bodies:
        if operand.value != NONE:
            message = "the stub compares the body of the request by a matcher that doesn't migrate"
            raise RefusalError(operand.site, "stub", message, "look for the content in the sent request")
    for operand in stub.request.value(Role.JSON) if stub.operation.new.form is not None else ():
        if operand.value not in (NONE, plain_text("")) and compares_recorded_bodies(
            context, stub.request.stub
        ):
            message = "the expected body is the file's content alone, and the new body is a form"
            raise RefusalError(operand.site, "stub", message, "compare the bodies of other requests only")
    for operand in stub.request.stub.possible_bodies:
        message = "this is expected together with the URL, and may be the body of the request"
        raise RefusalError(operand.site, "stub", message, "compare the body by itself")
    if stub.operation.new.form is not None:
        _require_no_body_headers(context, stub.request.stub)


def _require_no_body_headers(context: PlanContext, stub: Stub) -> None:
    """Raises RefusalError if a stub compares all headers, or some that may describe the body."""
    changing = [
        operand for operand in stub.header_matchers if operand.value not in (NONE, Const(value=False))
    ]
    for operand in stub.required_headers:
        is_named = any(name.lower() in BODY_HEADERS for name in header_names(context, operand))
        if is_named or may_describe_body(context, operand.value):
            changing.append(operand)
    if changing:
        message = "the stub compares the headers of a request whose body becomes a form"
        raise RefusalError(changing[0].site, "stub", message, "migrate this test by hand")


def _rewrite_method(context: PlanContext, stub: Match) -> Iterator[PendingEdit]:
    """Replace the old method by the new one, where it is written."""
    old, new = stub.operation.old.method, stub.operation.new.method
    if old == new:
        return
    methods = [choice for choice in alternatives(stub.request.method) if isinstance(choice, Text)]
    if not stub.request.value(Role.URL) and not methods:
        return  # a double that receives requests of any method
    if not stub.request.value(Role.URL):
        message = f"the test replaces the client's function for {old}, and the new request uses {new}"
        raise RefusalError(stub.request.site, "stub", message, "migrate this test by hand")
    for operand in stub.request.value(Role.METHOD):
        match context.node(operand.site):
            case cst.Attribute(attr=cst.Name(name) as member) if name == old:
                yield PendingEdit(context.tree(operand.site).span(member), (new,))
            case cst.SimpleString() as literal if str(literal_text(literal)).upper() == old:
                word = new if str(literal_text(literal)).isupper() else new.lower()
                yield PendingEdit(context.span(operand.site), (literal_in_style(literal, word),))
            case _ if not any(
                isinstance(choice, Text) and choice.literal == new for choice in alternatives(operand.value)
            ):
                raise RefusalError(operand.site, "stub", f"the method {old} isn't a literal here")
    if stub.request.value(Role.METHOD):
        return
    match context.node(stub.request.site):
        case cst.Call(cst.Attribute(attr=cst.Name(name) as method)) if name.upper() == old:
            yield PendingEdit(context.tree(stub.request.site).span(method), (new.lower(),))
        case cst.Call(cst.Name(name)) if name.upper() == old:
            message = f"the function's name is the method, which becomes {new}"
            raise RefusalError(stub.request.site, "stub", message)


def _rewrite_replies(context: PlanContext, stub: Match) -> Iterator[PendingEdit]:
    assert stub.request.stub is not None
    old, new = stub.operation.old.status, stub.operation.new.status
    own = {
        site: reply
        for site, reply in stub.request.stub.replies.items()
        if stub.request.value(Role.URL) or _is_reply_of_operation(context, stub, reply)
    }
    replies = frozenset(
        choice for reply in own.values() for operand in reply.json for choice in alternatives(operand.value)
    )
    for site, reply in stub.request.stub.replies.items():
        if site not in own:
            if old != new:
                yield from _status_of_double(context, stub, site, reply)
            continue
        canned = CannedReplyRewrite(context, stub.operation, site, replies)
        for operand in (*reply.json, *reply.text):
            yield from canned.body(operand)
        for operand in reply.status if old != new else ():
            yield from _rewrite_status(context, stub.operation, operand)
        if not reply.status and old != new:
            yield from _default_status(context, stub, site, old, new)
    if not stub.request.stub.replies and old != new and stub.request.value(Role.URL):
        yield from _default_status(context, stub, stub.request.site, old, new)


def _status_of_double(
    context: PlanContext, stub: Match, site: Site, reply: CannedReply
) -> Iterator[PendingEdit]:
    """Replace the status of a reply without content, if only requests of the match's operation reach it.
    Raises RefusalError if others do, too, and the program looks at the status."""
    operation, received = stub.operation, ReceivedUrls(context, stub)
    old, new = operation.old.status, operation.new.status
    is_old = any(
        isinstance(choice, Const) and choice.value == old
        for operand in reply.status
        for choice in alternatives(operand.value)
    )
    frames = {operand.frame for operand in reply.status}
    if reply.json or reply.text or not is_old:
        return
    operations = {match.operation.id: match.operation for match in context.matches.values()}
    reaching = {
        candidate.id
        for candidate in operations.values()
        if any(received.reach_place(candidate, site, frame) for frame in frames)
    }
    if reaching == {operation.id}:
        for operand in reply.status:
            yield from _rewrite_status(context, operation, operand)
    elif operation.id in reaching and is_status_read(context, operation):
        message = f"the status {old} may be that of a request for which it becomes {new}"
        raise RefusalError(site, "stub", message, "return each response where the test looks at its URL")


def _is_reply_of_operation(context: PlanContext, stub: Match, reply: CannedReply) -> bool:
    """Whether a reply of a stub without a URL belongs to the match's operation, by its fields, or may belong
    to it because it isn't known."""
    names = {member.name for member in stub.operation.old.reply}
    return bool(names & canned_field_names(context.facts, reply)) or is_unknown_canned_reply(
        context.facts, reply
    )


def _rewrite_status(context: PlanContext, operation: Operation, operand: Operand) -> Iterator[PendingEdit]:
    """Replace the old status of a stub by the new one. Raises RefusalError if the stub may have the new one
    already and the program tells it from the old one, as it tells that of a failure."""
    old, new = operation.old.status, operation.new.status
    numbers, is_read = status_numbers(operand), is_status_read(context, operation)
    choices = [choice for choice in alternatives(operand.value) if choice != NONE]
    if is_read and (new in numbers or len(numbers) < len(choices)):
        verb = "answers" if new in numbers else "may answer"
        message = f"a test {verb} with the status {new}, which the program tells from {old}"
        raise RefusalError(operand.site, "stub", message, "let the test answer with another status there")
    is_edited = is_read or any(isinstance(choice, Const) for choice in choices)
    if old is not None and new is not None and old in numbers and is_edited:
        yield migrate_written_status(context, operand, old, new)


def _default_status(
    context: PlanContext, stub: Match, site: Site, old: int | None, new: int | None
) -> Iterator[PendingEdit]:
    """Add the new status if none is given and the library's default is the old one."""
    assert stub.request.stub is not None
    mock = next(candidate for candidate in context.rules.mocks if candidate.id == stub.request.stub.mock)
    call = context.call(site)
    if mock.status != old or call is None:
        return
    stubbing = _stubbing(mock, call)
    positional = [argument for argument in call.args if argument.keyword is None]
    if StubRole.REPLY in stubbing.arguments[: len(positional)]:  # a function gives the status
        if is_status_read(context, stub.operation):
            message = f"the status code changes from {old} to {new}, and it isn't a literal here"
            raise RefusalError(site, "stub", message)
        return
    if (keyword := _status_keyword(stubbing)) is not None:
        yield insert_argument(context, site, (f"{keyword}={new}",))
        return
    for name, route in mock.route.items():
        if (keyword := _status_keyword(route)) is not None:
            span = context.tree(site).outer_span(call)
            yield PendingEdit(span, (span, f".{name}({keyword}={new})"))
            return


def _status_keyword(stubbing: Stubbing) -> str | None:
    return next((name for name, part in stubbing.keywords.items() if part is StubRole.STATUS), None)


def _stubbing(mock: Mock, call: cst.Call) -> Stubbing:
    name = last_name(call.func) or ""
    stubbings = {**mock.functions, **mock.replies, **mock.methods, **mock.route}
    return next(
        (
            stubbing
            for qualified_name, stubbing in stubbings.items()
            if qualified_name.rpartition(".")[2] == name
        ),
        Stubbing(None, (), {}),
    )


def _without_query(context: PlanContext, stub: Match, query: list[UrlPiece], names: set[str]) -> PendingEdit:
    """Remove the query from a URL. Raises RefusalError if it has other parameters."""
    text = "".join(piece.text if piece.text is not None else "" for piece in query)
    first, last = written_span(context, query[0]), written_span(context, query[-1])
    alone = text.partition("=")[0] in names and "&" not in text
    if first is None or last is None or not alone or any(piece.lit != query[0].lit for piece in query):
        raise RefusalError(
            stub.request.site, "stub", "the new request has no query, and the stub's URL has one"
        )
    return PendingEdit(Span(first.path, first.start - 1, last.end), ("",))


def _rewrite_query(context: PlanContext, stub: Match) -> Iterator[PendingEdit]:
    """Remove the query that a stub expects."""
    names = {member.name for member in stub.operation.old.query}
    for url in (path.url for path in stub.paths):
        if any(piece.text and any(name in piece.text for name in names) for piece in url.query):
            yield _without_query(context, stub, url.query, names)
    for operand in stub.request.value(Role.QUERY):
        entries = [entry for name in names for entry in find_entries(context, operand.value, name)]
        if not entries:
            continue
        tree = context.tree(operand.site)
        match innermost_ancestors(tree, tree.node(operand.site), 4):
            case [cst.Arg(), cst.Call(), cst.Element() as item, cst.List(items)]:
                yield PendingEdit(item_span(tree, item, items), ("",))
            case [cst.Arg() as item, cst.Call(args=items) as call, *_] if call is context.node(
                stub.request.site
            ):
                yield PendingEdit(item_span(tree, item, items), ("",))
            case _:
                message = "the new request has no query, and the stub expects one"
                raise RefusalError(operand.site, "stub", message)
