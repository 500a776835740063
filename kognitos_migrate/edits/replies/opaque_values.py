"""Opaque reply values, such as ids and methods, which code must not inspect."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import ReplySlot, slot_of
from kognitos_migrate.edits.replies.vocabulary import compared_values
from kognitos_migrate.interpret.effects import parses_text, searches_text
from kognitos_migrate.interpret.state.facts import ORDERED, PARTS, PRINT, SLICED, TYPE, Use, UseKind
from kognitos_migrate.rulebook.model import Encoding, Operation, Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import is_compared
from kognitos_migrate.syntax.shapes import string_value
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Hole, Lit, MemberRef, Ref, Reply, Symbol, Text, Value

_ASKED = ("Equal", "NotEqual", "In", "NotIn")


class MethodTest(Struct, frozen=True):
    """A test for a method of the old version, and the method that replaces it."""

    context: PlanContext
    field: str
    old: str
    new: str

    def drafts(self, use: Use) -> list[PendingEdit]:
        """Pending edits of the tests for the method. Raises RefusalError for any other use that depends on
        it."""
        if use.kind is UseKind.METHOD and use.detail in ("upper", "lower"):
            return []
        if use.kind is UseKind.KEY and list(_senders(self.context, use, self.new)):
            return []
        if use.kind is UseKind.MATCH or (use.kind is UseKind.COMPARE and use.detail in _ASKED):
            literals = [self._literal(use, value) for value in compared_values(self.context, use.other)]
            words = {lit.text.upper() for lit in literals}
            if self.new not in words:
                return [
                    self._rename_method_name(use, lit) for lit in literals if lit.text.upper() == self.old
                ]
            if self.old in words or self._is_behind(use):
                return []
        raise self._method_refusal(use.site)

    def _method_refusal(self, site: Site) -> RefusalError:
        return RefusalError(site, "method", f"{self.field!r} is used here, and its value changes")

    def _literal(self, use: Use, value: object) -> Lit:
        part = value.parts[0] if isinstance(value, Text) and len(value.parts) == 1 else None
        if not isinstance(part, Lit):
            raise self._method_refusal(use.site)
        return part

    def _rename_method_name(self, use: Use, literal: Lit) -> PendingEdit:
        site = literal.site
        node = self.context.node(site) if site is not None else None
        others = self.context.literal_uses.get(site, ()) if site is not None else ()
        if site is None or not isinstance(node, cst.SimpleString) or not self._is_own(others):
            raise self._method_refusal(use.site)
        word = self.new if literal.text.isupper() else self.new.lower()
        return PendingEdit(self.context.span(site), (string_literal(word, node.quote),))

    def _is_own(self, uses: Iterable[Use]) -> bool:
        """Whether a literal is only compared or logged."""
        return all(use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.LOG) for use in uses)

    def _is_behind(self, use: Use) -> bool:
        """Whether a test for the new method is reached only if a test for the old one has failed."""
        tree = self.context.tree(use.site)
        number = use.value.request if isinstance(use.value, Reply) else -1
        return any(
            self._is_for_old(other_use) and _is_else(tree, tree.node(other_use.site), tree.node(use.site))
            for other_use in self.context.uses.get(number, ())
            if other_use.value == use.value
            and other_use.site.path == use.site.path
            and other_use.site != use.site
        )

    def _is_for_old(self, use: Use) -> bool:
        if use.kind is not UseKind.MATCH and use.detail != "Equal":
            return False
        return {
            self._literal(use, value).text.upper() for value in compared_values(self.context, use.other)
        } == {self.old}


def _is_else(tree: Tree, first: cst.CSTNode, then: cst.CSTNode) -> bool:
    """Whether a test is evaluated only if another test of the same `if` or `match` has failed."""
    match tree.enclosing(first, cst.If, cst.Match):
        case cst.If(test, orelse=other):
            return test is first and any(ancestor is other for ancestor in tree.ancestors(then))
        case cst.Match() as choice:
            return choice is tree.enclosing(then, cst.Match) and tree.number(first) < tree.number(then)
    return False


def is_chosen_by_reply(context: PlanContext, match: Match, method: str) -> bool:
    """Whether the function that sends a request comes from a dict, by the method that a reply contains, and
    the dict's entry for `method` sends with that method."""
    call = context.call(match.request.site)
    if call is None:
        return False
    called = context.value(context.tree(match.request.site).site(call.func), match.request.frame)
    return any(
        _is_method_field(context, match, use)
        and set(_senders(context, use, method)) & set(alternatives(called))
        for number in match.target
        for use in context.uses.get(number, ())
        if use.kind is UseKind.KEY
    )


def _is_method_field(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether a use is of the field with a request's method, in the reply that also contains the request's
    URL."""
    path = use.value.path if isinstance(use.value, Reply) else ()
    target, old = match.operation.old.target, match.operation.old
    if target is None or len(path) < 2:
        return False
    source = context.rules.operation(target.operation)
    members = (layout.reply_slot(str(path[1])) for layout in (source.old, source.new))
    return any(member is not None and member.slot == old.method_slot for member in members)


def _senders(context: PlanContext, use: Use, method: str) -> Iterator[Value]:
    """The functions that send by `method` in a dict that is read by a method as key."""
    for choice in alternatives(use.other or NEVER):
        record = context.facts.heap[choice] if isinstance(choice, Ref) else None
        for key in record.entries if isinstance(record, DictObject) else ():
            if isinstance(record, DictObject) and key.upper() == method and record.has_surely(key):
                yield from (
                    function
                    for function in alternatives(record.get(key))
                    if _sends_by(context, function) == method
                )


def _sends_by(context: PlanContext, function: Value) -> str | None:
    """The method with which a function of a client, or a method of its sessions, sends."""
    if isinstance(function, Symbol):
        verbs = (client.functions.get(function.name) for client in context.rules.clients)
        return next((verb.method for verb in verbs if verb is not None), None)
    if not isinstance(function, MemberRef) or not isinstance(function.receiver, Ref):
        return None
    session = context.facts.heap[function.receiver]
    client_id = session.client if isinstance(session, Instance) else None
    client = next((candidate for candidate in context.rules.clients if candidate.id == client_id), None)
    verb = client.session_methods.get(function.name) if client is not None else None
    return verb.method if verb is not None else None


def replied_method(operations: Iterable[Operation], slot: str) -> Operation | None:
    """The operation whose method another one's reply contains in a slot, if the method changes."""
    return next(
        (
            operation
            for operation in operations
            if operation.old.method_slot == slot and operation.old.method != operation.new.method
        ),
        None,
    )


_LOOKS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY, UseKind.CONTAINS, UseKind.METHOD)
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
        return MethodTest(context, slot.old.name, taker.old.method, taker.new.method).drafts(use)
    headers = use.kind is UseKind.READ and any(
        operation.old.headers_slot == slot.old.slot for operation in takers
    )
    if headers or _depends_on_content(context, use):
        raise RefusalError(
            use.site,
            "looked-into",
            f"the code parses {slot.old.name!r} here; in the new response it is an opaque id",
        )
    return []


def _depends_on_content(context: PlanContext, use: Use) -> bool:
    """Whether a use depends on the content of a value. Showing a slice of it doesn't."""
    match use.kind:
        case UseKind.METHOD:
            if use.detail == SLICED:
                return _is_compared(context, use)
            return use.detail not in (ORDERED, TYPE) and not _strips_nothing(context, use)
        case UseKind.COMPARE:
            return use.detail.startswith(("Less", "Greater")) and _is_written_out(use.other)
        case UseKind.ESCAPE:
            return _is_parsed(use, alternatives(context.value(use.operand, use.frame)))
        case UseKind.REQUEST:
            return _is_address(context, use)
        case _:
            return use.kind is UseKind.CONTAINS


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


def _is_written_out(other: Value | None) -> bool:
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
