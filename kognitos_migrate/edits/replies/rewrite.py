"""Rewrites every use of the replies of a conversation."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.adapted_replies import AdaptedReplies, edits_of_replies
from kognitos_migrate.edits.context import HARMLESS, PlanContext, requests_of
from kognitos_migrate.edits.error_propagation import catch_points
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import (
    RefusalError,
    ReplyEscapesError,
    ReplyObjectEscapesError,
    require_no_escapes,
)
from kognitos_migrate.edits.replies.callers_requests import is_sent_for_caller, may_escape
from kognitos_migrate.edits.replies.decoding_options import require_python_numbers
from kognitos_migrate.edits.replies.error_fields import (
    require_no_error_field,
    require_no_error_layout,
    require_no_error_merge,
)
from kognitos_migrate.edits.replies.field_reads import FieldRewrite, FieldRewrites, SlotReads, slot_of
from kognitos_migrate.edits.replies.json_to_entries import JsonTextReads
from kognitos_migrate.edits.replies.key_literals import rename_key
from kognitos_migrate.edits.replies.key_presence import (
    presence_as_null_test,
    reads_with_observed_error,
    require_null_unobserved,
    require_own_errors_unread,
)
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill, UnpackedCalls
from kognitos_migrate.edits.replies.null_equivalence import (
    is_null_test,
    require_field_in_other_replies,
    require_no_field_of_other_operation,
    require_no_new_field,
)
from kognitos_migrate.edits.replies.opaque_values import (
    require_headers_unobserved,
    require_opaque,
    require_still_opaque,
)
from kognitos_migrate.edits.replies.reply_headers import require_same_headers
from kognitos_migrate.edits.replies.reply_merging import migrate_merged_replies
from kognitos_migrate.edits.replies.reply_types import reply_type_edits
from kognitos_migrate.edits.replies.request_addresses import require_address_unused
from kognitos_migrate.edits.replies.shared_readers import require_replies_alone
from kognitos_migrate.edits.replies.status_codes import migrate_status
from kognitos_migrate.edits.replies.vocabulary import WordReads
from kognitos_migrate.edits.replies.whole_reply_uses import escape_of_whole_reply
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.edits.url.expected_errors import edits_for_error_urls
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import FIELDS, MERGED, OF_CLASS, ORDERED, POPPED
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.blocks import is_statement
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Reply, Text, Unknown

_TEXTS = (Encoding.WORD, Encoding.JSON_OBJECT)
"""Encodings with characters as elements."""
_MISSED = "a field is removed from the response, and may be read again"


def migrate_replies(
    context: PlanContext, matches: list[Match], helpers: Helpers, widened: set[str], adapted: AdaptedReplies
) -> list[PendingEdit]:
    """Pending edits for all uses of the replies of a conversation. Raises RefusalError, or ReplyEscapesError
    if adapting a reply would help.

    `widened` are slots whose reads the upload rewrites. `adapted` are the requests whose replies are adapted,
    so that their fields are read as before."""
    readings = FieldRewrites(context, widened)
    edits = edits_of_replies(
        matches, adapted, lambda match, adapted: _reply_edits(readings, match, helpers, adapted)
    )
    fills = UnpackedCalls(context)
    for reading in readings.rewrites.values():
        require_no_escapes(_reads_beside_pop(context, reading))
        edits.extend(_rewrite_field(context, reading, helpers, fills))
        require_replies_alone(context, reading)
    types = reply_type_edits(
        context, [match for match in matches if match.request.id not in adapted.requests]
    )
    return [*edits, *fills.edits(), *types]


def _reply_edits(
    readings: FieldRewrites, match: Match, helpers: Helpers, adapted: AdaptedReplies
) -> list[PendingEdit]:
    """Pending edits for the uses of one reply. Reads of its fields are added to `readings`."""
    context, edits = readings.context, list[PendingEdit]()
    is_adapted = match.request.id in adapted.requests
    if not is_adapted:
        edits.extend(migrate_merged_replies(context, match))
    for use in context.uses.get(match.request.id, []):
        assert isinstance(use.value, Reply)
        _require_field_set_unused(match, use)
        require_python_numbers(match, use)
        require_no_error_layout(context, use)
        if is_adapted:
            require_null_unobserved(context, match, use, helpers)
            require_no_error_merge(context, use)
        if match.request.id in adapted.whole and not use.value.path:
            continue
        if is_adapted and use.value.path[:1] in ((View.JSON,), (View.TEXT,)):
            edits.extend(require_still_opaque(context, match, use, use.value))
        else:
            edits.extend(_rewrite_use(readings, match, use, use.value))
    if not is_adapted:
        _add_public_results(readings, match)
    return edits


def _add_public_results(readings: FieldRewrites, match: Match) -> None:
    """Add the texts that public functions return to the uses of their slots: callers out of sight read the
    old ones. Ids may change."""
    for use in readings.context.facts.public_results:
        if (
            isinstance(use.value, Reply)
            and use.value.request == match.request.id
            and len(use.value.path) == 2
        ):
            slot = slot_of(match, str(use.value.path[1])) if use.value.path[0] is View.JSON else None
            if slot is not None and slot.old.encodings[None] in _TEXTS:
                readings.of(slot).uses.append(use)


def _require_field_set_unused(match: Match, use: Use) -> None:
    """Raises RefusalError if the program depends on the set of fields in a reply: the old version had null
    fields and missing ones."""
    if use.detail == FIELDS:
        for member in match.operation.old.reply:
            if member.present:
                message = (
                    f"{member.name!r} may be null or missing, and the code depends on which fields are set"
                )
                raise RefusalError(use.site, "absence", message)


def _rewrite_use(readings: FieldRewrites, match: Match, use: Use, reply: Reply) -> list[PendingEdit]:
    context, path = readings.context, reply.path
    require_no_error_field(context, match, use)
    _require_same_key_error(readings, match, use)
    require_same_headers(context, match, use)
    if use.detail == ORDERED and len(path) < 2:
        return []  # sorted tuples: replies have no order, so an earlier element has decided
    if not path:
        return _require_object_unused(context, match, use)
    if path[0] is View.STATUS:
        return migrate_status(context, match, use)
    if path[0] in (View.OK, View.FAILED, View.REQUEST, View.HEADERS):
        return []
    if path[0] is View.VERB:
        return _require_method_unused(match, use)
    if path[0] is View.ADDRESS:
        require_address_unused(context, match, use)
        return [*edits_for_error_urls(context, match, use)]
    if path[0] is View.TEXT or path == (View.JSON,):
        return _rewrite_payload_use(readings, match, use, reply)
    if len(path) == 1:
        message = "the code uses the response in a way that can't be followed"
        raise ReplyEscapesError((match.request.id,), use.site, "reply-escapes", message)
    step = path[1]
    if step in (Decoding.ANY, Decoding.NAMES):
        if use.kind in HARMLESS or use.kind is UseKind.ITERATE:
            return []
        raise ReplyEscapesError(
            (match.request.id,),
            use.site,
            "reply-walked",
            "the code iterates over the response's fields",
        )
    slot = slot_of(match, str(step))
    if slot is not None and path[2:] == (Decoding.CASED,):
        return require_opaque(context, match, use, slot)
    if slot is not None and path[2:3] == (Decoding.ANY,) and slot.old.encodings[None] in _TEXTS:
        use, path = replace(use, kind=UseKind.ITERATE, value=Reply(reply.request, path[:2])), path[:2]
    require_headers_unobserved(context, match, use, slot)
    if slot is None or len(path) != 2:
        return []
    edits = require_opaque(context, match, use, slot)
    if slot.old.slot not in readings.widened:
        readings.of(slot).uses.append(use)
    return edits


def _require_same_key_error(readings: FieldRewrites, match: Match, use: Use) -> None:
    """Note the reads whose error must go on naming the old key. Raises RefusalError if one of them can't."""
    assert isinstance(use.value, Reply)
    reads = reads_with_observed_error(readings.context, match, use, readings.widened)
    slot = slot_of(match, str(use.value.path[-1])) if reads else None
    if slot is not None:
        readings.of(slot).raising.update(read.site for read in reads)


def _require_method_unused(match: Match, use: Use) -> list[PendingEdit]:
    """Raises RefusalError if a use depends on the HTTP method and the method changes."""
    changed = {match.operation.old.method, match.operation.new.method}
    literals = [getattr(choice, "literal", None) for choice in alternatives(use.other or NEVER)]
    is_other = (
        use.kind is UseKind.COMPARE and bool(literals) and all(word not in changed for word in literals)
    )
    if len(changed) == 1 or use.kind in (*HARMLESS, UseKind.FORMAT) or (is_other and None not in literals):
        return []
    old_method, new_method = match.operation.old.method, match.operation.new.method
    message = f"the code depends on the request's method, which changes from {old_method} to {new_method}"
    raise RefusalError(use.site, "address", message)


def _require_object_unused(context: PlanContext, match: Match, use: Use) -> list[PendingEdit]:
    if use.kind in (*HARMLESS, UseKind.COMPARE) or is_sent_for_caller(context, match, use):
        return []
    what = use.detail or "code that can't be followed"
    if (
        use.kind is not UseKind.ESCAPE
        or use.site == match.request.site
        or _is_unknown_part(context, match, use)
    ):
        # The use is of a member without a view, or of a hook that runs before the call returns.
        raise RefusalError(use.site, "reply-escapes", f"the response is passed to {what}")
    raise ReplyObjectEscapesError(
        (match.request.id,), use.site, "reply-escapes", f"the response is passed to {what}"
    )


def _is_unknown_part(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether a use passes on a member of the response object that its client's rule doesn't describe."""
    match context.node(use.operand):
        case cst.Attribute(owner, cst.Name(name)):
            owners = context.alternatives_at(context.tree(use.operand).site(owner))
            members = context.client(match.request).reply
            return Reply(match.request.id) in owners and not {name, f"{name}()"} & members.keys()
    return False


def _rewrite_payload_use(readings: FieldRewrites, match: Match, use: Use, reply: Reply) -> list[PendingEdit]:
    context = readings.context
    if use.kind in HARMLESS:
        return []
    if use.kind in (UseKind.FILL, UseKind.CONTAINS) and _is_popped(context, match):
        raise ReplyEscapesError((match.request.id,), use.site, "reply-escapes", _MISSED)
    if use.kind in (UseKind.READ, UseKind.FILL) and use.other is not None and reply.path[0] is View.JSON:
        return _collect_field_reads(readings, match, use)
    if use.kind is UseKind.CONTAINS and use.other is not None and reply.path == (View.JSON,):
        return _rename_key_test(context, match, use)
    if use.kind is UseKind.ITERATE and use.detail in (MERGED, FIELDS):
        return []
    if use.kind is UseKind.ITERATE and is_statement(context.tree(use.site), context.node(use.site)):
        return []  # such as `reply.keys()` in the exported cell of a notebook
    if use.kind is UseKind.COMPARE and use.detail in ("In", "NotIn") and _is_searched_operand(context, use):
        return []
    if use.kind is UseKind.ESCAPE and may_escape(context, match, use):
        return []
    if use.kind is UseKind.COMPARE and use.other is not None and _is_compared_with_own_dict(context, use):
        return list(
            CannedReplyRewrite(context, match.operation, use.site).body(
                Operand(use.other, use.site, use.frame)
            )
        )
    if use.kind is UseKind.COMPARE:
        what = "the text of the response" if reply.path[0] is View.TEXT else "the whole response"
        raise RefusalError(use.site, "reply-compared", f"{what} is compared")
    raise escape_of_whole_reply(context, match, use)


def _is_popped(context: PlanContext, match: Match) -> bool:
    """Whether a field is popped from the reply."""
    return any(use.detail == POPPED for use in context.uses[match.request.id])


def _is_compared_with_own_dict(context: PlanContext, use: Use) -> bool:
    """Whether a test compares the whole reply with dicts of its own."""
    heap_objects = [context.facts.heap.get(choice) for choice in alternatives(use.other or NEVER)]
    return (
        use.site.path in context.facts.tests
        and use.detail in ("Equal", "NotEqual")
        and bool(heap_objects)
        and all(
            isinstance(heap_object, DictObject) and heap_object.site.path in context.facts.tests
            for heap_object in heap_objects
        )
    )


def _is_searched_operand(context: PlanContext, use: Use) -> bool:
    node = context.node(use.site)
    return isinstance(node, cst.Comparison) and context.tree(use.site).site(node.left) != use.operand


def _collect_field_reads(readings: FieldRewrites, match: Match, use: Use) -> list[PendingEdit]:
    context, widened = readings.context, readings.widened
    assert use.other is not None
    for choice in alternatives(use.other):
        name = choice.literal if isinstance(choice, Text) else None
        if name is None:
            raise ReplyEscapesError(
                (match.request.id,),
                use.site,
                "field-unknown",
                "a field of the response is read by a name that isn't a literal",
            )
        slot = slot_of(match, name)
        merged = use.detail in (MERGED, OF_CLASS)
        if slot is None and not merged and context.call(use.site) is not None:
            require_no_field_of_other_operation(context, match, use, name)
            require_no_new_field(context, match, use, name)
        elif slot is None and not merged and catch_points(context, use.site, use.frame, KeyError):
            require_no_field_of_other_operation(context, match, use, name)
        if slot is not None and slot.old.slot in widened and use.kind is UseKind.FILL:
            raise RefusalError(
                use.site, "transfer", "a model takes the upload's URL, but not the fields of the form"
            )
        if slot is not None and slot.old.slot not in widened:
            if context.call(use.site) is not None:
                require_field_in_other_replies(context, match, use, slot)
            reading = readings.of(slot)
            (reading.fills if use.kind is UseKind.FILL else reading.reads).append(use)
    return []


def _reads_beside_pop(context: PlanContext, reading: FieldRewrite) -> Iterator[ReplyEscapesError]:
    """The fields that are popped from a reply and also read from it by `get` or `pop` elsewhere."""
    for request in sorted(requests_of(read for read in reading.reads if read.detail == POPPED)):
        reads = [read for read in reading.reads if request in requests_of([read])]
        others = reads if len({read.site for read in reads}) > 1 else ()
        calls = (read for read in others if context.call(read.site) is not None)
        if (read := next(calls, None)) is not None:
            yield ReplyEscapesError((request,), read.site, "reply-escapes", _MISSED)


def _rename_key_test(context: PlanContext, match: Match, use: Use) -> list[PendingEdit]:
    edits: list[PendingEdit] = []
    for choice in alternatives(use.other) if use.other is not None else ():
        name = choice.literal if isinstance(choice, Text) else None
        if name is None and not (isinstance(choice, Unknown) and choice.error):
            message = "the code tests whether the response has a field whose name isn't a literal"
            raise ReplyEscapesError((match.request.id,), use.site, "field-unknown", message)
        slot = slot_of(match, name) if name else None
        if slot is None and name:
            require_no_field_of_other_operation(context, match, use, name)
            require_no_new_field(context, match, use, name)
        if slot is None:
            continue
        require_field_in_other_replies(context, match, use, slot)
        by_entries = slot.new.encodings.get(None) is Encoding.ENTRIES
        if by_entries and (test := presence_as_null_test(context, use, slot)) is not None:
            edits.append(test)
            continue
        if by_entries and not is_null_test(context, match, use, slot.old.name):
            raise RefusalError(
                use.site,
                "field-asked",
                f"the code tests for {name!r}, which the new response always has",
            )
        edits.append(rename_key(context, use.site, choice, slot.new.name))
    return edits


def _rewrite_field(
    context: PlanContext, reading: FieldRewrite, helpers: Helpers, fills: UnpackedCalls
) -> list[PendingEdit]:
    slot = reading.slot
    filled = FieldFill(fills, reading.fills)
    old, new = slot.old.encodings[None], slot.new.encodings[None]
    whole = (context, slot.match, slot.old, slot.new, reading.reads, reading.uses, helpers, filled)
    raising = frozenset(reading.raising)
    if old is Encoding.WORD:
        return WordReads(*whole, raising).edits()
    if old is Encoding.JSON_OBJECT and new is Encoding.ENTRIES:
        require_own_errors_unread(context, slot, reading.reads)
        return JsonTextReads(*whole).edits()
    if old is new:
        filled.fill_each(slot.match, slot.new.name)
        return SlotReads(*whole, raising).renames()
    raise RefusalError(
        slot.match.request.site,
        "encoding",
        f"{slot.new.name!r} can't be converted to the encoding of {slot.old.name!r}",
    )
