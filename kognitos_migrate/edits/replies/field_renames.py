"""Renames reply fields where they are read, and in dicts that substitute for a reply."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.json_text import is_empty_json_text
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.replies.dry_run_replies import (
    changes_text_to_entries,
    encoded_values,
    entries_of_text,
    fields_of_replies,
    is_only_read_as_field,
)
from kognitos_migrate.edits.replies.key_literals import FORWARDING, rename_key
from kognitos_migrate.edits.stubs.canned_responses import CannedReplyRewrite
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.roles import attribute_of, call_of
from kognitos_migrate.syntax.shapes import (
    container_of,
    written_subscript_key,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, HeapObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Lit,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import only_part


def rename_reads(
    context: PlanContext, old: LayoutMember, new: LayoutMember, reads: list[Use], every: list[Use]
) -> list[PendingEdit]:
    """Pending edits that read the new field instead of the old one, and that rename it in the dicts which any
    of `every` may read instead. Raises RefusalError if a name isn't written out."""
    if old.name == new.name:
        return []
    edits = [
        rename_key(context, read.site, choice, new.name)
        for read in reads
        if read.other is not None
        for choice in alternatives(read.other)
        if isinstance(choice, Text) and choice.literal == old.name
    ]
    return [*edits, *substitute_dicts(context, old, new, every)]


def substitute_dicts(
    context: PlanContext, old: LayoutMember, new: LayoutMember, read: list[Use]
) -> list[PendingEdit]:
    """Pending edits that rename the key of the program's dicts that are read instead of the reply, such as
    `run = {"state": "new"}` before a loop. Such dicts in tests are canned replies.

    Raises ReplyEscapesError if such a dict has other uses. The reply can be adapted to it."""
    edits: list[PendingEdit] = []
    reads = {use.site for use in read}
    for ref in dict.fromkeys(ref for use in read for ref in _containers(context, use.site)):
        record = context.facts.heap[ref]
        if not isinstance(record, DictObject):
            continue
        if any(True for _ in _canned_entries(context, record, old.name)):
            made_up = Operand(ref, record.site, record.frame)
            for operation in {
                match.operation.id: match.operation for match in _matches_of_reads(context, read)
            }.values():
                edits.extend(CannedReplyRewrite(context, operation, record.site).body(made_up))
        if old.name not in record.entries or record.site.path in context.facts.tests:
            continue
        for site in context.aliases_of(ref):
            if not _only_forwards_dict(context, site, old.name, reads):
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
            edits.append(PendingEdit(context.span(entry.key), (string_literal(new.name, node.quote),)))
            if changes_text_to_entries(old, new):
                edits.extend(_dry_run_edits(context, (old, new), entry, requests_of(read)))
    return list(dict.fromkeys(edits))


def _dry_run_edits(
    context: PlanContext, slot: tuple[LayoutMember, LayoutMember], entry: DictEntry, requests: frozenset[int]
) -> list[PendingEdit]:
    """Pending edits that make lists of entries of JSON texts in a dict that substitutes for the replies of
    `requests`."""
    old, new = slot
    edits = entries_of_text(context, new.entry_keys, entry, fields_of_replies(requests, old.name))
    if edits is None:
        message = f"this {old.name!r} replaces the response's, and would have to be a list of entries"
        raise ReplyEscapesError(requests, entry.holder, "stand-in", message)
    return edits


def substituted_texts(
    context: PlanContext, old: LayoutMember, new: LayoutMember, read: list[Use]
) -> frozenset[Value]:
    """The JSON texts of a field in dicts of the program that are read instead of the reply, which become
    lists of entries."""
    entries = _dry_run_entries(context, old, read) if changes_text_to_entries(old, new) else ()
    return frozenset(encoded_values(list(entries)))


def empty_substitutes(context: PlanContext, old: LayoutMember, read: list[Use]) -> Iterator[Site]:
    """The places of texts without entries in dicts of the program that are read instead of the reply."""
    for entry in _dry_run_entries(context, old, read):
        if any(is_empty_json_text(choice) for choice in alternatives(entry.operand.value)):
            yield entry.holder


def substituted_words(context: PlanContext, old: LayoutMember, read: list[Use]) -> dict[Text, Lit]:
    """The literal words of a field in dicts of the program that are read instead of the reply, each with its
    literal. Code gets them only where it may get the reply's word."""
    replies = fields_of_replies(requests_of(read), old.name)
    words: dict[Text, Lit] = {}
    for entry in _dry_run_entries(context, old, read):
        for choice in alternatives(entry.operand.value):
            part = only_part(choice)
            if isinstance(choice, Text) and isinstance(part, Lit) and part.site is not None:
                is_literal = isinstance(context.node(part.site), cst.SimpleString)
                if is_literal and is_only_read_as_field(
                    context, choice, {entry.operand.site, part.site}, replies
                ):
                    words[choice] = part
    return words


def _dry_run_entries(context: PlanContext, old: LayoutMember, read: list[Use]) -> Iterator[DictEntry]:
    """The entries of a field in dicts of the program, except tests, that are read instead of the reply."""
    for site in dict.fromkeys(use.site for use in read):
        for ref in _containers(context, site):
            record = context.facts.heap[ref]
            if isinstance(record, DictObject) and record.site.path not in context.facts.tests:
                yield from record.entries.get(old.name, ())


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
        and all(_surely_lacks_field(context.facts.heap[ref], name) for ref in refs)
        and all(
            _only_forwards_dict(context, at, name, {site}) or _is_receiver_of_get(context, at)
            for ref in refs
            for at in context.aliases_of(ref)
        )
    )


def _is_receiver_of_get(context: PlanContext, site: Site) -> bool:
    attribute = attribute_of(context.tree(site), context.node(site))
    return attribute is not None and attribute.attr.value == "get"


def _surely_lacks_field(heap_object: HeapObject, name: str) -> bool:
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
        if isinstance(record, DictObject)
        for entry in _canned_entries(context, record, old.name)
        for choice in alternatives(entry.operand.value)
    )


def _canned_entries(context: PlanContext, record: DictObject, name: str) -> Iterator[DictEntry]:
    """The entries of a field in a canned reply of a test, and in dicts of tests that are merged into it."""
    tests = context.facts.tests
    for part in context.facts.heap.with_merged_dicts(record) if record.site.path in tests else ():
        yield from part.entries.get(name, ()) if part.site.path in tests else ()


def _matches_of_reads(context: PlanContext, read: list[Use]) -> Iterator[Match]:
    """The requests whose replies are read."""
    for use in read:
        if isinstance(use.value, Reply) and use.value.request in context.matches:
            yield context.matches[use.value.request]


def _containers(context: PlanContext, site: Site) -> Iterator[Ref]:
    owner = container_of(context.node(site))
    if owner is not None:
        for value in context.values_at(context.tree(site).site(owner)):
            yield from (choice for choice in alternatives(value) if isinstance(choice, Ref))


def _only_forwards_dict(context: PlanContext, site: Site, name: str, reads: set[Site]) -> bool:
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
            return isinstance(parent, FORWARDING)


def exclusive_reads(
    context: PlanContext, match: Match, old: LayoutMember, reads: list[Use], reason: str
) -> Iterator[Site]:
    """The sites at which a field is read. Raises ReplyEscapesError if other values are read at one of
    them."""
    for site in dict.fromkeys(read.site for read in reads):
        if not _is_read_alone(context, match, old, site):
            message = f"this also reads {old.name!r} of objects other than the response"
            if _is_inside(context, site, reads):
                message = f"{old.name!r} is read here as a part of another value"
            raise ReplyEscapesError(requests_of(reads), site, reason, message)
        yield site


def _is_inside(context: PlanContext, site: Site, reads: list[Use]) -> bool:
    """Whether an expression isn't the read of a field itself, but a text or tuple with the field in it."""
    container = container_of(context.node(site))
    own = context.tree(site).site(container) if container is not None else None
    return all(read.operand != own for read in reads if read.site == site)


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
        and not match.operation.new.has_reply_field(name)
    )


def _is_documented(context: PlanContext, reply: Reply) -> bool:
    """Whether a position is a field that the old version of its operation documents."""
    match = context.matches.get(reply.request)
    return (
        match is None
        or len(reply.path) < 2
        or match.operation.old.reply_field(str(reply.path[1])) is not None
    )
