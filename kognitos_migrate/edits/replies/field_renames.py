"""Renames reply fields where they are read, and in dicts that substitute for a reply."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.stubs.canned_responses import CannedResponse
from kognitos_migrate.edits.url.path import written_span
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.roles import argument_of, attribute_of, call_of, subscript_by
from kognitos_migrate.syntax.shapes import (
    container_of,
    is_method_call,
    owner_of,
    receiver_of,
    variable_name,
    written_subscript_key,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, HeapObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Function,
    Lit,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)


def rename_reads(
    context: PlanContext, old: LayoutMember, new: LayoutMember, reads: list[Use], every: list[Use]
) -> list[PendingEdit]:
    """Pending edits that read the new field instead of the old one, and that rename it in the dicts which any
    of `every` may read instead. Raises RefusalError if a name isn't written out."""
    if old.name == new.name:
        return []
    drafts = [
        key_draft(context, read.site, choice, new.name)
        for read in reads
        if read.other is not None
        for choice in alternatives(read.other)
        if isinstance(choice, Text) and choice.literal == old.name
    ]
    return [*drafts, *substitute_dicts(context, old, new, every)]


def substitute_dicts(
    context: PlanContext, old: LayoutMember, new: LayoutMember, read: list[Use]
) -> list[PendingEdit]:
    """Pending edits that rename the key of the program's dicts that are read instead of the reply, such as
    `run = {"state": "new"}` before a loop. Such dicts in tests are canned replies.

    Raises ReplyEscapesError if such a dict has other uses. The reply can be adapted to it."""
    drafts: list[PendingEdit] = []
    reads = {use.site for use in read}
    for ref in dict.fromkeys(ref for use in read for ref in _containers(context, use.site)):
        record = context.facts.heap[ref]
        if not isinstance(record, DictObject) or old.name not in record.entries:
            continue
        if record.site.path in context.facts.tests:
            made_up = Operand(ref, record.site, record.frame)
            for operation in {
                match.operation.id: match.operation for match in _matches(context, read)
            }.values():
                drafts.extend(CannedResponse(context, operation, record.site).body(made_up))
            continue
        for site in context.aliases_of(ref):
            if not _only_read(context, site, old.name, reads):
                raise ReplyEscapesError(
                    requests_of(read),
                    site,
                    "stand-in",
                    f"{old.name!r} of a dict that may replace the response is also used here",
                )
        for entry in record.entries[old.name]:
            node = context.node(entry.key) if entry.key is not None else None
            if entry.key is None or not isinstance(node, cst.SimpleString):
                raise RefusalError(entry.holder, "stand-in", f"the key {old.name!r} isn't a literal here")
            drafts.append(PendingEdit(context.span(entry.key), (string_literal(new.name, node.quote),)))
    return drafts


def is_initially_missing(context: PlanContext, site: Site, name: str) -> bool:
    """Whether the unknown value of a subscript comes only from a dict of the program that substitutes for the
    reply at first and lacks the field (`run = {}` before a loop)."""
    match context.node(site):
        case cst.Subscript(owner):
            values = context.values_at(context.tree(site).site(owner))
        case _:
            values = []
    choices = [choice for value in values for choice in alternatives(value)]
    refs = [ref for ref in choices if isinstance(ref, Ref)]
    return (
        bool(refs)
        and all(isinstance(choice, Ref | Reply) or choice == NONE for choice in choices)
        and all(_lacks(context.facts.heap[ref], name) for ref in refs)
        and all(
            _only_read(context, at, name, {site}) or _is_receiver_of_get(context, at)
            for ref in refs
            for at in context.aliases_of(ref)
        )
    )


def _is_receiver_of_get(context: PlanContext, site: Site) -> bool:
    """Whether an expression is the receiver of `get`."""
    attribute = attribute_of(context.tree(site), context.node(site))
    return attribute is not None and attribute.attr.value == "get"


def _lacks(heap_object: HeapObject, name: str) -> bool:
    if (
        not isinstance(heap_object, DictObject)
        or heap_object.open
        or heap_object.spreads
        or heap_object.others is not NEVER
    ):
        return False
    return name not in heap_object.entries


def fabricated_fields(context: PlanContext, old: LayoutMember, read: list[Use]) -> frozenset[Value]:
    """The values of a field in the canned replies of tests that are read instead of the reply."""
    records = (
        context.facts.heap[ref] for site in {use.site for use in read} for ref in _containers(context, site)
    )
    return frozenset(
        choice
        for record in records
        if isinstance(record, DictObject) and record.site.path in context.facts.tests
        for entry in record.entries.get(old.name, ())
        for choice in alternatives(entry.operand.value)
    )


def _matches(context: PlanContext, read: list[Use]) -> Iterator[Match]:
    """The requests whose replies are read."""
    for use in read:
        if isinstance(use.value, Reply) and use.value.request in context.matches:
            yield context.matches[use.value.request]


def _containers(context: PlanContext, site: Site) -> Iterator[Ref]:
    owner = container_of(context.node(site))
    if owner is not None:
        for value in context.values_at(context.tree(site).site(owner)):
            yield from (choice for choice in alternatives(value) if isinstance(choice, Ref))


_FORWARDING = (
    *(cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.AssignTarget),
    *(cst.Element, cst.Tuple, cst.Return, cst.Comparison, cst.While, cst.If, cst.UnaryOperation),
)
"""Nodes that bind, compare or test an object, and read no item of it."""


def _only_read(context: PlanContext, site: Site, name: str, reads: set[Site]) -> bool:
    """Whether an expression of the dict only binds it to a name, compares or tests it, reads another field,
    or reads the field where the reply is read."""
    tree = context.tree(site)
    node = tree.node(site)
    match tree.parent(node):
        case cst.Subscript() as item:
            return tree.site(item) in reads or written_subscript_key(item) not in (None, name)
        case cst.Attribute() as attribute:
            call = call_of(tree, attribute)
            return call is not None and tree.site(call) in reads
        case parent:
            return isinstance(parent, _FORWARDING)


def key_draft(context: PlanContext, at: Site, key: Value, name: str) -> PendingEdit:
    """The pending edit that renames a key where it is written. If other code reads that constant, the read
    gets a literal of its own. Raises RefusalError if the key isn't written out or may have other values."""
    part = key.parts[0] if isinstance(key, Text) and len(key.parts) == 1 else None
    span = written_span(context, UrlPiece(part.text, part, 0, ())) if isinstance(part, Lit) else None
    if span is None:
        raise RefusalError(at, "field-unknown", "the field's name isn't a literal")
    if (
        isinstance(part, Lit)
        and part.site is not None
        and (_is_shared(context, part.site) or _is_in_shared_getter(context, part.site, at))
    ):
        key_expression = _key_expression(context, at)
        if key_expression is None or not _is_all_that_is_read(context, key_expression, part.text):
            raise RefusalError(
                at, "field-unknown", "the constant with the field's name is also used for other data"
            )
        return PendingEdit(context.outer_span(key_expression), (string_literal(name),))
    return PendingEdit(span, (name,))


def _is_shared(context: PlanContext, literal: Site) -> bool:
    """Whether a constant with a field's name has uses other than reading replies."""
    for site, frame in context.constant_readers.get(literal, ()):
        tree, node = context.tree(site), context.node(site)
        owner: cst.BaseExpression | None = None
        match tree.parent(node):
            case cst.ComparisonTarget() | cst.Comparison() | cst.AssignTarget() | cst.Attribute():
                continue
            case cst.Subscript(value):
                owner = value
            case cst.Index():
                owner = owner_of(subscript_by(tree, node))
            case cst.Arg():
                argument = argument_of(tree, node)
                if argument is not None and _is_own(context, tree.site(argument.call.func), frame):
                    continue  # the parameter is a reader of its own
                is_read = argument is not None and is_method_call(argument.call, "get")
                owner = receiver_of(argument.call) if argument is not None and is_read else None
            case (cst.ListComp() | cst.SetComp() | cst.GeneratorExp()) as comprehension:
                owner = _tested_reply(comprehension, node)
        if owner is None or not _is_reply(context, context.value(tree.site(owner), frame)):
            return True
    return False


def _is_in_shared_getter(context: PlanContext, literal: Site, at: Site) -> bool:
    """Whether a constant is an argument of another call than the read, and its result goes where not all of
    its reads are in sight, as in `sorted(jobs, key=itemgetter("id"))`."""
    tree = context.tree(literal)
    argument = argument_of(tree, tree.node(literal))
    if argument is None or tree.site(argument.call) == at:
        return False
    getters = [
        choice for choice in context.alternatives_at(tree.site(argument.call)) if isinstance(choice, Ref)
    ]
    return any(not _is_called_or_bound(context, site) for ref in getters for site in context.aliases_of(ref))


def _is_called_or_bound(context: PlanContext, site: Site) -> bool:
    """Whether an expression of a function is only called, bound to a name or passed to the program's code."""
    tree, node = context.tree(site), context.node(site)
    argument = argument_of(tree, node)
    if argument is None:
        return call_of(tree, node) is not None or isinstance(tree.parent(node), _FORWARDING)
    callees = context.alternatives_at(tree.site(argument.call.func))
    return bool(callees) and all(isinstance(callee, Function | Bound) for callee in callees)


def _tested_reply(comprehension: cst.BaseSimpleComp, name: cst.CSTNode) -> cst.BaseExpression | None:
    """The reply in `[name for name in names if name not in reply]`, which lists the names that the reply
    lacks."""
    for condition in comprehension.for_in.ifs:
        match condition.test:
            case cst.Comparison(cst.Name(tested), [cst.ComparisonTarget(cst.NotIn(), reply), *_]):
                if tested == variable_name(name):
                    return reply
    return None


def _is_own(context: PlanContext, callee: Site, frame: int) -> bool:
    """Whether a callee can only be a function of the program."""
    return all(isinstance(choice, Function | Bound) for choice in alternatives(context.value(callee, frame)))


def _is_reply(context: PlanContext, value: Value) -> bool:
    """Whether a value is a reply, or a dict that one was merged into."""
    choices = list(alternatives(value))
    return bool(choices) and all(
        not context.matches.keys().isdisjoint(context.replies_merged_into(choice))
        if isinstance(choice, Ref)
        else isinstance(choice, Reply) and choice.request in context.matches
        for choice in choices
    )


def _is_all_that_is_read(context: PlanContext, key: Site, name: str) -> bool:
    """Whether an expression always evaluates to this key."""
    choices = (choice for choice in context.alternatives_at(key))
    return all(isinstance(choice, Text) and choice.literal == name for choice in choices)


def _key_expression(context: PlanContext, at: Site) -> Site | None:
    """The key's expression in a subscript or a call of `get` or `pop`."""
    tree = context.tree(at)
    match tree.node(at):
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(key)), *_]):
            return tree.site(key)
        case cst.Call(cst.Attribute(attr=cst.Name("get" | "pop")), [cst.Arg(key), *_]):
            return tree.site(key)
    return None


def exclusive_reads(
    context: PlanContext, match: Match, old: LayoutMember, reads: list[Use], reason: str
) -> Iterator[Site]:
    """The sites at which a field is read. Raises ReplyEscapesError if other values are read at one of
    them."""
    for site in dict.fromkeys(read.site for read in reads):
        if not _is_read_alone(context, match, old, site):
            message = f"this also reads {old.name!r} of objects other than the response"
            raise ReplyEscapesError(requests_of(reads), site, reason, message)
        yield site


def _is_read_alone(context: PlanContext, match: Match, old: LayoutMember, site: Site) -> bool:
    """Whether a site reads only this field of this operation, a default or an undocumented field, in every
    context."""
    for value in context.values_at(site):
        for choice in alternatives(value):
            if isinstance(choice, Ref) or (isinstance(choice, Unknown) and choice.source):
                return False
            if isinstance(choice, Text) and choice.literal is None:
                return False
            if (
                isinstance(choice, Reply)
                and not is_field(context, match, old, choice)
                and _is_documented(context, choice)
            ):
                return False
    return True


def is_field(context: PlanContext, match: Match, old: LayoutMember, reply: Reply) -> bool:
    """Whether a position is this field of a reply to the match's operation."""
    other = context.matches.get(reply.request)
    is_alike = other is not None and other.operation.id == match.operation.id
    return is_alike and reply.path == (View.JSON, old.name)


def is_always_empty(context: PlanContext, reply: Reply) -> bool:
    """Whether neither the old nor the new version documents the field at a position."""
    match = context.matches.get(reply.request)
    name = str(reply.path[1]) if len(reply.path) == 2 else ""
    return (
        match is not None
        and bool(name)
        and not _is_documented(context, reply)
        and not match.operation.new.replies(name)
    )


def _is_documented(context: PlanContext, reply: Reply) -> bool:
    """Whether a position is a field that the old version of its operation documents."""
    match = context.matches.get(reply.request)
    return (
        match is None or len(reply.path) < 2 or match.operation.old.reply_slot(str(reply.path[1])) is not None
    )
