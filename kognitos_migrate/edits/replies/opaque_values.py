"""Opaque reply values, such as ids, which code must not inspect."""

from collections.abc import Iterable

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import ReplySlot, slot_of
from kognitos_migrate.edits.replies.http_methods import MethodTest, replied_method
from kognitos_migrate.interpret.library_effects import parses_text, searches_text
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import (
    CLASS_PATTERN,
    COUNTED,
    FILE_NAME,
    HASHED,
    IN_TEXTS,
    ITEM_SET,
    LENGTH,
    NUMBER_OF,
    ORDERED,
    PARTS,
    PRINT,
    SEARCHED,
    SLICED,
    TYPE,
    TYPE_TEST,
)
from kognitos_migrate.rulebook.model import Encoding, Role
from kognitos_migrate.syntax.functions import returned_expressions
from kognitos_migrate.syntax.roles import is_compared
from kognitos_migrate.syntax.shapes import string_value
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Json, Reply, Text, Value

_LOOKS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY, UseKind.CONTAINS, UseKind.METHOD)
_OF_ANY_TEXT = (ORDERED, TYPE, TYPE_TEST, CLASS_PATTERN)
"""The details of METHOD uses with the same result in both versions: values are of the same types."""
_OBSERVATIONS = {
    HASHED: "uses the hash of",
    ITEM_SET: "sets an item of",
    LENGTH: "takes the length of",
    NUMBER_OF: "makes a number of",
    SEARCHED: "searches",
    SLICED: "takes a part of",
}
_STRIPS = ("strip", "lstrip", "rstrip")


def require_still_opaque(context: PlanContext, match: Match, use: Use, reply: Reply) -> list[PendingEdit]:
    """Like `require_opaque`, for a field of a reply that is adapted."""
    slot = slot_of(match, str(reply.path[1])) if len(reply.path) == 2 else None
    return require_opaque(context, match, use, slot) if slot is not None else []


def require_opaque(context: PlanContext, match: Match, use: Use, slot: ReplySlot) -> list[PendingEdit]:
    """Pending edits of the tests of an opaque value that changes. Raises RefusalError if code depends on the
    value's content, or if a request sent to it isn't known."""
    if slot.old.encodings[None] is not Encoding.OPAQUE:
        return []
    takers = [
        operation
        for operation in context.rules.operations
        if operation.old.target and operation.old.target.operation == match.operation.id
    ]
    if any(
        operation.old.target is not None and operation.old.target.slot == slot.old.slot
        for operation in takers
    ):
        users = {
            request.id
            for request in context.facts.requests
            if (request.site, request.frame) == (use.site, use.frame)
        }
        sent = use.kind is UseKind.REQUEST and all(
            number in context.matches and context.matches[number].operation in takers for number in users
        )
        shaped = use.kind is UseKind.METHOD and use.detail in (
            "startswith",
            "endswith",
            "strip",
            "lstrip",
            "rstrip",
        )
        if sent or shaped or use.detail == PARTS:
            return []
        if use.kind not in (*HARMLESS, UseKind.KEY, UseKind.COMPARE):
            raise RefusalError(
                use.site, "not-followed", f"the request that is sent to {slot.old.name!r} wasn't found"
            )
    taker = replied_method(takers, slot.old.slot)
    is_printed = use.kind is UseKind.ESCAPE and use.detail == PRINT
    if taker is not None and (use.kind in _LOOKS or is_printed):
        return MethodTest(context, slot.old.name, taker.old.method, taker.new.method).edits(use)
    if any(operation.old.headers_slot == slot.old.slot for operation in takers):
        is_counted = use.kind is UseKind.ITERATE and use.detail == COUNTED
        if use.kind is UseKind.READ or is_counted or _depends_on_content(context, use):
            raise _headers_error(use, slot)
    elif _depends_on_content(context, use) or (
        slot.old.form != slot.new.form and _takes_slice_or_length(context, use)
    ):
        message = f"the code {_observation(use)} {slot.old.name!r}, and the new one has another form"
        raise RefusalError(use.site, "looked-into", message)
    return []


def require_headers_unobserved(context: PlanContext, match: Match, use: Use, slot: ReplySlot | None) -> None:
    """Raises RefusalError if a use of a part of a slot looks into a name or a value of the headers that a
    reply gives for another request."""
    if slot is None or not isinstance(use.value, Reply) or len(use.value.path) < 3:
        return
    operations = context.rules.operations
    is_given = any(
        operation.old.target is not None
        and operation.old.target.operation == match.operation.id
        and operation.old.headers_slot == slot.old.slot
        for operation in operations
    )
    looks = use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.CONTAINS, UseKind.METHOD)
    if is_given and looks and use.detail not in _OF_ANY_TEXT:
        raise _headers_error(use, slot)


def _headers_error(use: Use, slot: ReplySlot) -> RefusalError:
    message = f"the code {_observation(use)} {slot.old.name!r}, and the new headers are other ones"
    help_text = "send them unchanged; a Content-Type set by the program breaks the new form"
    return RefusalError(use.site, "looked-into", message, help_text)


def _observation(use: Use) -> str:
    """The verb of a message that says how a use depends on a value."""
    match use.kind, use.detail:
        case UseKind.METHOD, detail if detail.isidentifier() and detail not in _OBSERVATIONS:
            return f"calls `{detail}` on"
        case UseKind.METHOD, detail:
            return _OBSERVATIONS.get(detail, "looks into")
        case UseKind.REQUEST, _:
            return "sends a request to"
        case UseKind.COMPARE, _:
            return "compares the order of"
        case UseKind.READ, _:
            return "reads an item of"
        case UseKind.CONTAINS, _:
            return "searches"
        case UseKind.ITERATE, detail if detail == COUNTED:
            return "counts"
        case UseKind.ITERATE, _:
            return "takes the characters of"
        case UseKind.ESCAPE, detail if detail == FILE_NAME:
            return "makes a file name of"
        case UseKind.ESCAPE, detail if detail == IN_TEXTS:
            return "makes another text or bytes of"
    return "parses"


def _depends_on_content(context: PlanContext, use: Use) -> bool:
    """Whether a use depends on the content of a value. Showing a slice of an id doesn't."""
    match use.kind:
        case UseKind.METHOD:
            if use.detail == SLICED:
                return _is_compared(context, use)
            if use.detail == HASHED and _is_instance_hash(context, use.site, use.frame):
                return False
            return use.detail not in _OF_ANY_TEXT and not _strips_nothing(context, use)
        case UseKind.COMPARE:
            return use.detail.startswith(("Less", "Greater")) and _is_literal(use.other)
        case UseKind.ESCAPE:
            return _is_parsed(use, alternatives(context.value(use.operand, use.frame)))
        case UseKind.REQUEST:
            return _is_address(context, use)
        case _:
            return use.kind is UseKind.CONTAINS


def _takes_slice_or_length(context: PlanContext, use: Use) -> bool:
    """Whether a use takes a part or the length of a value, or makes a path or bytes of nothing but it, as
    programs do with an address. The length of JSON that contains the value is that of a body."""
    texts = [*alternatives(context.value(use.operand, use.frame))]
    if use.detail in (FILE_NAME, IN_TEXTS):
        return any(_is_text_of(text, use.value) for text in texts)
    is_part = use.kind in (UseKind.ITERATE, UseKind.READ) or use.detail == SLICED
    return is_part and not all(isinstance(text, Json) for text in texts)


def _is_instance_hash(context: PlanContext, site: Site, frame_number: int) -> bool:
    """Whether an expression is the result of an instance's `__hash__`, and no call in the program shows
    it. Sets and dicts compare it."""
    frame = context.read_frame(frame_number)
    definition = context.node(frame.function) if frame.function is not None else None
    if not isinstance(definition, cst.FunctionDef) or definition.name.value != HASHED:
        return False
    result = context.node(site)
    if not any(result is returned for returned in returned_expressions(context.tree(site), definition)):
        return False
    if frame.call is None or frame.caller is None:
        return True
    return _is_instance_hash(context, frame.call, frame.caller)


def _is_parsed(use: Use, texts: Iterable[Value]) -> bool:
    """Whether a function parses a value, or a text made of it. A pattern may match the value anywhere in a
    text; a file name or URL with more in it is taken apart around the value."""
    if searches_text(use.function):
        return any(_contains(text, use.value) for text in texts)
    takes_apart = use.detail == PARTS or parses_text(use.function)
    return takes_apart and any(_is_text_of(text, use.value) for text in texts)


def _is_text_of(text: Value, value: Value) -> bool:
    """Whether a text is a value, or nothing but it: `str(value)`."""
    match text:
        case Text((Hole(inner),)):
            return any(_is_text_of(choice, value) for choice in alternatives(inner))
    return text == value


def _contains(text: Value, value: Value) -> bool:
    """Whether a text is a value, or contains it."""
    holes = [part for part in text.parts if isinstance(part, Hole)] if isinstance(text, Text) else []
    return text == value or any(
        _contains(choice, value) for hole in holes for choice in alternatives(hole.value)
    )


def _strips_nothing(context: PlanContext, use: Use) -> bool:
    """Whether only spaces or slashes are stripped, which a URL or id doesn't have at its ends."""
    call = context.call(use.site)
    texts = [string_value(arg.value) for arg in call.args] if call is not None else []
    return use.detail in _STRIPS and all(text is not None and not text.strip(" /") for text in texts)


def _is_compared(context: PlanContext, use: Use) -> bool:
    return is_compared(context.tree(use.site), context.node(use.site))


def _is_literal(other: Value | None) -> bool:
    return other is not None and any(
        isinstance(choice, Text) and choice.literal is not None for choice in alternatives(other)
    )


def _is_address(context: PlanContext, use: Use) -> bool:
    """Whether a request is sent to the value itself, as a URL."""
    return any(
        _starts_with(choice, use.value)
        for request in context.facts.requests
        if (request.site, request.frame) == (use.site, use.frame)
        for operand in request.value(Role.URL)
        for choice in alternatives(operand.value)
    )


def _starts_with(text: Value, value: Value) -> bool:
    """Whether a text is a value, or begins with it."""
    if not isinstance(text, Text):
        return text == value
    first = text.parts[0] if text.parts else None
    return isinstance(first, Hole) and any(
        _starts_with(choice, value) for choice in alternatives(first.value)
    )
