"""Adapts replies that escape: converts them back to the old layout where they are decoded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.value_sources import Evaluation
from kognitos_migrate.edits.adapted_replies import AdaptedReplies, edits_of_replies
from kognitos_migrate.edits.adapter_source import can_adapt
from kognitos_migrate.edits.calling_contexts import evaluations
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.multipart import require_allowed_code
from kognitos_migrate.edits.pending_edit import PendingEdit, wrap_in_call
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError, ReplyObjectEscapesError
from kognitos_migrate.edits.replies.decoding_options import require_plain_decoding
from kognitos_migrate.interpret.state.facts import Frame, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.roles import is_context_manager
from kognitos_migrate.syntax.shapes import receiver_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, partial_target
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, MemberRef, Ref, Reply, Unknown, Value

SILENT = (UseKind.LOG, UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH)
"""Uses that don't depend on a reply's shape."""


def adapt_replies(
    context: PlanContext, matches: list[Match], adapted: AdaptedReplies, helpers: Helpers
) -> list[PendingEdit]:
    """Pending edits that convert the replies of the `adapted` requests back to their old shape.

    Raises RefusalError if a reply isn't decoded at a place that can be edited. Raises ReplyEscapesError if
    the same place decodes replies of other requests, which then have to be adapted too."""
    return list(
        dict.fromkeys(
            edits_of_replies(
                matches, adapted, lambda match, adapted: _adapt_reply(context, match, adapted, helpers)
            )
        )
    )


def _adapt_reply(
    context: PlanContext, match: Match, adapted: AdaptedReplies, helpers: Helpers
) -> Iterator[PendingEdit]:
    """Adapt a reply, if it is one of those that are adapted."""
    if match.request.id in adapted.decoded:
        yield from _adapt_decoded_reply(context, match, adapted.decoded, helpers)
    elif match.request.id in adapted.whole:
        yield _adapt_response(context, match, adapted.whole, helpers)


def _adapt_decoded_reply(
    context: PlanContext, match: Match, adapted: frozenset[int], helpers: Helpers
) -> Iterator[PendingEdit]:
    _require_adaptable(context, match)
    require_plain_decoding(context, match)
    views = (View.JSON, View.TEXT) if _has_other_text_uses(context, match) else (View.JSON,)
    places = [(site, view) for view in views for site in _sites_to_wrap(context, match, view, views)]
    if not places:
        raise RefusalError(match.request.site, "not-decoded", "no call that decodes the response was found")
    for site, view in places:
        together = {reply.request for reply in _replies(context, site)}
        if not together <= adapted:
            raise ReplyEscapesError(
                together, site, "reply-escapes", "this call also decodes responses of other requests"
            )
        api = context.api(match.operation)
        name = helpers.add_adapter(site.path, match.operation, api, context.settings.vocabularies, view)
        yield _wrap_in_adapter(context, site, name)


def _adapt_response(
    context: PlanContext, match: Match, adapted: frozenset[int], helpers: Helpers
) -> PendingEdit:
    """Adapt a response object where the request returns it."""
    _require_adaptable(context, match)
    json_replacement = context.client(match.request).json_replacement
    if json_replacement is None or match.operation.old.status != match.operation.new.status:
        raise RefusalError(
            match.request.site, "not-adaptable", "a response object of this client can't be rebuilt"
        )
    require_allowed_code(context, match, json_replacement)
    _require_unread_fields(context, match)
    if not _yields_reply(context, match.request.site, match.request.frame, match, View.SELF):
        raise RefusalError(
            match.request.site, "not-decoded", "the call that sends the request doesn't return the response"
        )
    site = _innermost_exclusive_site(context, match, match.request.site, match.request.frame, View.SELF)
    if is_context_manager(context.tree(site), context.node(site)):
        raise RefusalError(
            site,
            "not-adaptable",
            "the response is bound by `with`, and may not have arrived before its body runs",
        )
    together = {reply.request for reply in _replies(context, site)}
    if not together <= adapted:
        raise ReplyObjectEscapesError(
            together, site, "reply-escapes", "this call also returns responses of other requests"
        )
    api = context.api(match.operation)
    words = context.settings.vocabularies
    name = helpers.add_adapter(site.path, match.operation, api, words, View.SELF, json_replacement)
    return _wrap_in_adapter(context, site, name)


def _require_unread_fields(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if code that can be followed reads a field of a response object: it would read the
    old field of what is still a new response to the analysis."""
    for use in context.uses.get(match.request.id, []):
        is_field = isinstance(use.value, Reply) and use.value.path == (View.JSON,)
        if is_field and use.kind in (UseKind.READ, UseKind.FILL, UseKind.CONTAINS):
            message = (
                "a field is read here of a response object that is passed on to code that can't be followed"
            )
            help_text = "pass on the decoded JSON instead of the response object"
            raise RefusalError(use.site, "not-adaptable", message, help_text)


def _wrap_in_adapter(context: PlanContext, site: Site, name: str) -> PendingEdit:
    return wrap_in_call(context.tree(site), context.expression(site), name)


def _require_adaptable(context: PlanContext, match: Match) -> None:
    if not can_adapt(match.operation, context.rules.operations):
        raise RefusalError(
            match.request.site,
            "not-adaptable",
            "a response of this kind can't be converted back to v1 shape",
        )


def _has_other_text_uses(context: PlanContext, match: Match) -> bool:
    """Whether the reply's undecoded text is used for more than decoding."""
    return any(
        isinstance(use.value, Reply)
        and use.value.path == (View.TEXT,)
        and use.kind not in (*SILENT, UseKind.DECODE)
        for use in context.uses.get(match.request.id, [])
    )


def _sites_to_wrap(context: PlanContext, match: Match, view: View, views: tuple[View, ...]) -> Iterator[Site]:
    """The expressions to wrap: the start of a view of the reply, or the call around it that evaluates to
    replies of this operation only."""
    for site, frame in context.memoize(_evaluations_by_reply).get(_position(match, view), ()):
        if _is_start_of_decoding(context, site, frame, match, views):
            yield _innermost_exclusive_site(context, match, site, frame, view)


def _yields_reply(context: PlanContext, site: Site, frame: int, match: Match, view: View) -> bool:
    return _position(match, view) in alternatives(context.value(site, frame))


def _position(match: Match, view: View) -> Reply:
    return Reply(match.request.id, () if view is View.SELF else (view,))


def _evaluations_by_reply(context: PlanContext) -> Mapping[Reply, Sequence[Evaluation]]:
    """The expressions that may yield a position in a reply, each with its frame."""
    by_reply: defaultdict[Reply, list[Evaluation]] = defaultdict(list)
    for evaluation, value in context.facts.values.items():
        for reply in dict.fromkeys(choice for choice in alternatives(value) if isinstance(choice, Reply)):
            by_reply[reply].append(evaluation)
    return by_reply


def _is_start_of_decoding(
    context: PlanContext, site: Site, frame: int, match: Match, views: tuple[View, ...]
) -> bool:
    """Whether the response object (or its text, unless the text is adapted itself) is decoded here."""
    sources = {(), *(((View.TEXT,),) if View.TEXT not in views else ())}
    inputs = (
        choice.receiver if isinstance(choice, MemberRef) else choice
        for choice in _inputs(context, site, frame)
    )
    return any(
        isinstance(reply, Reply) and reply.request == match.request.id and reply.path in sources
        for reply in inputs
    )


def _inputs(context: PlanContext, site: Site, frame: int) -> Iterator[Value]:
    """The owner of an attribute, or the function, receiver and arguments of a call that runs no code of the
    program."""
    node, tree = context.node(site), context.tree(site)
    inputs: list[cst.CSTNode] = []
    match node:
        case cst.Attribute(owner):
            inputs = [owner]
        case cst.Call(func, arguments) if not _runs_program_code(context, tree.site(func), frame):
            receiver = receiver_of(node)
            inputs = [func, *(arg.value for arg in arguments), *([receiver] if receiver is not None else [])]
    for expression in inputs:
        yield from alternatives(context.value(tree.site(expression), frame))


def _runs_program_code(context: PlanContext, callee: Site, frame: int) -> bool:
    """Whether a call runs code of the program and returns its result."""
    return any(
        isinstance(choice, Function | Bound | Class)
        or (isinstance(choice, Ref) and _is_program_callable(context, choice))
        for choice in alternatives(context.value(callee, frame))
    )


def _is_program_callable(context: PlanContext, ref: Ref) -> bool:
    """Whether an object that is called is an instance of the program's class, or a `partial`."""
    heap_object = context.facts.heap[ref]
    is_of_class = isinstance(heap_object, Instance) and heap_object.cls is not None
    return is_of_class or partial_target(heap_object) is not None


def _innermost_exclusive_site(context: PlanContext, match: Match, site: Site, frame: int, view: View) -> Site:
    """The innermost expression, from here outwards, that evaluates to replies of this operation only."""
    wrapped = _await_around(context, site)
    if _is_reply_of_operation(context, match, wrapped):
        return wrapped
    inner = context.read_frame(frame)
    if (
        inner.call is None
        or inner.caller is None
        or not _yields_reply(context, inner.call, inner.caller, match, view)
    ):
        raise RefusalError(
            site,
            "shared-decoding",
            "several kinds of responses are decoded here, and can't be separated by caller",
        )
    if _used_within(context, match, inner.id):
        raise RefusalError(
            site,
            "shared-decoding",
            "several kinds of responses are decoded here, and the same function reads their fields",
        )
    if not _returns_at_once(context, inner, inner.call, inner.caller):
        raise RefusalError(
            site,
            "shared-decoding",
            "several kinds of responses are decoded here, and the function doesn't return them directly",
        )
    return _innermost_exclusive_site(context, match, inner.call, inner.caller, view)


def _returns_at_once(context: PlanContext, inner: Frame, call: Site, caller: int) -> bool:
    """Whether a call returns the result of the activation, and no task or coroutine."""
    node = context.call(call)
    if node is None:
        return False
    if _await_around(context, call) != call:
        return True
    if not _runs_program_code(context, context.tree(call).site(node.func), caller):
        return False
    function = context.node(inner.function) if inner.function is not None else None
    return not (isinstance(function, cst.FunctionDef) and function.asynchronous is not None)


def _await_around(context: PlanContext, site: Site) -> Site:
    """The `await` around an expression, or the expression itself."""
    tree = context.tree(site)
    parent = tree.parent(tree.node(site))
    return tree.site(parent) if isinstance(parent, cst.Await) else site


def _is_reply_of_operation(context: PlanContext, match: Match, site: Site) -> bool:
    """Whether an expression evaluates only to replies of the match's operation, in every context."""
    if _decodes_others(context, site):
        return False
    for value in context.values_at(site):
        for choice in alternatives(value):
            if isinstance(choice, Reply):
                other = context.matches.get(choice.request)
                if other is None or other.operation is not match.operation:
                    return False
            elif _may_be_foreign(choice):
                return False
    return True


def _decodes_others(context: PlanContext, site: Site) -> bool:
    """Whether a value that comes from code outside of the program is decoded here in some context."""
    return any(
        not any(isinstance(choice, Reply) for choice in alternatives(context.value(site, frame)))
        and any(
            isinstance(input_value, Unknown) and input_value.source
            for input_value in _inputs(context, site, frame)
        )
        for frame in context.memoize(evaluations).get(site, ())
    )


def _may_be_foreign(value: Value) -> bool:
    """Whether a value may be the reply of an unknown service."""
    return isinstance(value, Unknown) and bool(value.source)


def _used_within(context: PlanContext, match: Match, frame: int) -> bool:
    """Whether the decoded reply is read in an activation, or in one that it called."""
    return any(
        isinstance(use.value, Reply)
        and use.value.path[:1] in ((View.JSON,), (View.TEXT,))
        and use.kind not in (*SILENT, UseKind.DECODE)
        and context.is_within(use.frame, frame)
        for use in context.uses.get(match.request.id, [])
    )


def _replies(context: PlanContext, site: Site) -> Iterator[Reply]:
    for value in context.values_at(site):
        yield from (choice for choice in alternatives(value) if isinstance(choice, Reply))
