"""Checks of one layout of an operation: its references, and keys that exclude or need each other."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.api_schema import ApiFile, LayoutShape, MemberShape, OperationFile, TargetShape
from kognitos_migrate.rulebook.document import Document, Key, join_with_or, suggestion
from kognitos_migrate.rulebook.model import Encoding
from kognitos_migrate.rulebook.read import YamlSource
from kognitos_migrate.structs import Struct

Version = Literal["old", "new"]

MAX_SEGMENTS = 50
"""Limit on the segments of a path, since its pattern nests as deep."""


class _LayoutContext(Struct, frozen=True):
    """A layout, and the API and operations that it may refer to."""

    document: Document
    version: Version
    layout: LayoutShape
    api: ApiFile
    operations: Mapping[str, OperationFile]


def layout_faults(
    source: YamlSource[OperationFile], version: Version, api: ApiFile, operations: Mapping[str, OperationFile]
) -> Iterator[Fault]:
    """The faults of one layout of an operation. `operations` are those of its `api`, by id."""
    context = _LayoutContext(source.document, version, getattr(source.file, version), api, operations)
    yield from _address_faults(context)
    yield from _body_faults(context)
    for key, member in layout_members(context.layout, version):
        yield from _member_faults(context, key, member)
    for key, target in targets_of(context.layout, version):
        yield from _target_faults(context, key, target)


def layout_members(layout: LayoutShape, version: Version) -> Iterator[tuple[Key, MemberShape]]:
    """The members of a layout's request and reply, with their keys in the document."""
    yield from request_members(layout, version)
    for name, member in layout.reply.items():
        yield (version, "reply", name), member


def request_members(layout: LayoutShape, version: Version) -> Iterator[tuple[Key, MemberShape]]:
    """The members of a layout's request, with their keys in the document."""
    for name, member in layout.query.items():
        yield (version, "query", name), member
    if layout.body is not None:
        if layout.body.whole is not None:
            yield (version, "body", "whole"), layout.body.whole
        for name, member in layout.body.members.items():
            yield (version, "body", "members", name), member


def targets_of(layout: LayoutShape, version: Version) -> Iterator[tuple[Key, TargetShape]]:
    """The references of a layout to slots of other operations' replies, with their keys in the document."""
    if layout.target is not None:
        yield (version, "target"), layout.target
    if layout.form is not None:
        yield (version, "form", "fields"), layout.form.fields


def _address_faults(context: _LayoutContext) -> Iterator[Fault]:
    """A request must have either a path or a target. Only a target can give the method and headers."""
    layout = context.layout
    if layout.path is None and layout.target is None:
        yield context.document.fault((context.version, "path"), "is missing", "expected a path, or a target")
    if layout.path is not None:
        yield from _path_faults(context, layout.path)
    if layout.path is not None and layout.target is not None:
        yield context.document.fault(
            (context.version, "target"), "can't be combined with a path", "expected one of them"
        )
    for name in ("method_slot", "headers_slot"):
        slot = getattr(layout, name)
        if slot is None:
            continue
        if layout.target is None:
            wrong = "has no target"
            yield context.document.fault((context.version, name), wrong, "expected a target, too")
        else:
            target = TargetShape(layout.target.operation, slot)
            yield from _reply_slot_faults(context, (context.version, name), target)


def _path_faults(context: _LayoutContext, path: str) -> Iterator[Fault]:
    """A path has at most MAX_SEGMENTS segments, and that of the old version each slot once."""
    key = (context.version, "path")
    count = path.strip("/").count("/") + 1
    if count > MAX_SEGMENTS:
        yield context.document.fault(key, f"has {count} segments", f"expected at most {MAX_SEGMENTS}")
    slots = re.findall(r"\{(\w+)\}", path)
    for slot in sorted({slot for slot in slots if slots.count(slot) > 1 and context.version == "old"}):
        yield context.document.fault(key, f"has the slot {slot} twice", "expected it once")


def _body_faults(context: _LayoutContext) -> Iterator[Fault]:
    """A request must have one body at most, and a body either `whole` or `members`."""
    bodies = [name for name in ("body", "raw", "form") if getattr(context.layout, name) is not None]
    for name in bodies[1:]:
        wrong = f"can't be combined with {bodies[0]}"
        yield context.document.fault((context.version, name), wrong, "expected one of body, raw and form")
    body = context.layout.body
    if body is not None and (body.whole is None) == (not body.members):
        wrong = "has neither whole nor members" if body.whole is None else "has both whole and members"
        yield context.document.fault((context.version, "body"), wrong, "expected one of them")


def _condition_faults(context: _LayoutContext, key: Key, member: MemberShape) -> Iterator[Fault]:
    """The fields that `present` and `missing` name must have a vocabulary."""
    words = {name: other.vocabulary for name, other in context.layout.reply.items() if other.vocabulary}
    for field, names in (("present", member.present), ("missing", member.missing)):
        for name in names:
            if name not in words:
                wrong = f"the reply has no field {name} with a vocabulary"
                yield context.document.fault((*key, field, name), wrong, suggestion(name, words))


def _member_faults(context: _LayoutContext, key: Key, member: MemberShape) -> Iterator[Fault]:
    """A member's dialects, table, entry keys and vocabulary must fit the API and its encoding."""
    yield from _dialect_faults(context, key, member)
    yield from _condition_faults(context, key, member)
    yield from _table_faults(context, key, member)
    encodings = member.encoding.values() if isinstance(member.encoding, dict) else (member.encoding,)
    if (Encoding.ENTRIES in encodings) is (member.entry is None):
        wrong = "is missing for as: entries" if member.entry is None else "needs as: entries"
        yield context.document.fault((*key, "entry"), wrong, "expected the keys of a list of entries")
    if member.vocabulary is None:
        if Encoding.WORD in encodings:
            hint = f"expected {join_with_or(context.api.vocabularies)}" if context.api.vocabularies else None
            yield context.document.fault((*key, "vocabulary"), "is missing for as: word", hint)
        return
    if member.vocabulary not in context.api.vocabularies:
        wrong = f"{context.api.id} has no vocabulary {member.vocabulary}"
        hint = suggestion(member.vocabulary, context.api.vocabularies)
        yield context.document.fault((*key, "vocabulary"), wrong, hint)
    if any(encoding is not Encoding.WORD for encoding in encodings):
        yield context.document.fault((*key, "vocabulary"), "needs as: word", "expected as: word")


def _dialect_faults(context: _LayoutContext, key: Key, member: MemberShape) -> Iterator[Fault]:
    """The dialects of a member must be the API's, and an encoding by dialect must have all of them."""
    choices = context.api.dialects.choices if context.api.dialects is not None else {}
    if member.when is not None and member.when not in choices:
        wrong = f"{context.api.id} has no dialect {member.when}"
        yield context.document.fault((*key, "when"), wrong, suggestion(member.when, choices))
    if not isinstance(member.encoding, dict):
        return
    for dialect in member.encoding:
        if dialect not in choices:
            wrong = f"{context.api.id} has no dialect {dialect}"
            yield context.document.fault((*key, "as", dialect), wrong, suggestion(dialect, choices))
    for dialect in choices:
        if dialect not in member.encoding:
            yield context.document.fault((*key, "as", dialect), "is missing", "expected each dialect")


def _table_faults(context: _LayoutContext, key: Key, member: MemberShape) -> Iterator[Fault]:
    """A lookup must name a table of the API and one of its fields, and occur in a new request."""
    for name in ("table", "field", "setting"):
        if getattr(member, name) is not None and (context.version == "old" or key[1] == "reply"):
            wrong = f"isn't allowed in {'the old layout' if context.version == 'old' else 'a reply'}"
            yield context.document.fault((*key, name), wrong, "expected it in the new layout's request only")
    if (member.table is None) != (member.field is None):
        name = "table" if member.table is None else "field"
        yield context.document.fault((*key, name), "is missing", "expected a table and its field")
    if member.table is None:
        return
    table = context.api.tables.get(member.table)
    if table is None:
        wrong = f"{context.api.id} has no table {member.table}"
        yield context.document.fault((*key, "table"), wrong, suggestion(member.table, context.api.tables))
    elif member.field is not None and member.field not in table.fields:
        wrong = f"the table {member.table} has no field {member.field}"
        yield context.document.fault((*key, "field"), wrong, suggestion(member.field, table.fields))


def _target_faults(context: _LayoutContext, key: Key, target: TargetShape) -> Iterator[Fault]:
    """A target must be a slot of the reply that another operation has in the same version."""
    if target.operation not in context.operations:
        wrong = f"{context.api.id} has no operation {target.operation}"
        hint = suggestion(target.operation, context.operations)
        yield context.document.fault((*key, "operation"), wrong, hint)
    else:
        yield from _reply_slot_faults(context, (*key, "slot"), target)


def _reply_slot_faults(context: _LayoutContext, key: Key, target: TargetShape) -> Iterator[Fault]:
    operation = context.operations.get(target.operation)
    if operation is None:
        return
    reply: LayoutShape = getattr(operation, context.version)
    slots = {member.slot for member in reply.reply.values()}
    if target.slot not in slots:
        wrong = f"the {context.version} reply of {operation.id} has no slot {target.slot}"
        yield context.document.fault(key, wrong, suggestion(target.slot, sorted(slots)))
