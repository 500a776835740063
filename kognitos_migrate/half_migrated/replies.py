"""Half-migrated uses of replies: old field names, old encodings, old status codes."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.adapter_source import entries_dict_start
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse
from kognitos_migrate.half_migrated.requests import dict_keys
from kognitos_migrate.half_migrated.word_checks import word_faults
from kognitos_migrate.interpret.request_outcomes import status_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import MERGED, OF_CLASS
from kognitos_migrate.rulebook.codes import HALF_ENCODING, HALF_FIELD, HALF_STATUS
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, Operation, View
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Const, Reply, Symbol, Text, Unknown, Value


def spread_fields(context: ProgramFacts, use: Use) -> Iterator[str]:
    """The fields that a class takes out of a reply that is spread into its constructor.

    None are returned if the class may rename fields, or if another dict may be spread.
    """
    spread = context.alternatives_at(use.operand)
    if not all(isinstance(choice, Reply) for choice in spread):
        return
    for value in context.values_at(use.site):
        for choice in alternatives(value):
            heap_object = context.facts.heap.get(choice)
            if (
                isinstance(heap_object, Instance)
                and heap_object.cls is not None
                and _is_record_class(context, heap_object.cls)
            ):
                for name, attribute in heap_object.attributes.items():
                    if Unknown(name) in alternatives(attribute):
                        yield name


def _is_record_class(context: ProgramTrees, cls: Class) -> bool:
    """Whether a class is a dataclass or NamedTuple, whose fields are its constructor's parameters."""
    definition, tree = context.node(cls.site), context.tree(cls.site)
    if not isinstance(definition, cst.ClassDef):
        return False
    decorators = [tree.code(decorator.decorator) for decorator in definition.decorators]
    bases = [tree.code(base.value) for base in definition.bases]
    return any(decorator.split("(")[0].rpartition(".")[2] == "dataclass" for decorator in decorators) or any(
        base.rpartition(".")[2] == "NamedTuple" for base in bases
    )


_OBJECT_METHODS = ("items", "keys", "values")


def reply_faults(context: PlanContext, match: Match) -> Iterator[HalfMigratedUse]:
    """The half-migrated uses of the reply to `match`."""
    uses = context.uses.get(match.request.id, [])
    read = _names_read(uses)
    own = _restored_names(context, match, uses, read)
    for use in uses:
        assert isinstance(use.value, Reply)
        path = use.value.path
        if path == (View.JSON,) and use.kind in (UseKind.READ, UseKind.FILL, UseKind.CONTAINS):
            yield from _field_faults(context, match, use, own)
        elif path == (View.JSON,) and use.kind is UseKind.ITERATE:
            yield from _spread_faults(context, match, use)
        elif len(path) == 2 and path[0] is View.JSON:
            member = match.layout.reply_field(str(path[1]))
            if member is not None and _becomes_entry_list(context, match, member):
                yield from _encoding_faults(context, match, member, use)
            # A field of another operation that nobody reads of this reply comes of a dict that both are in.
            foreign = member is None and match.operation.old.reply_field(str(path[1])) is None
            if path[1] not in own and (not foreign or path[1] in read):
                yield from word_faults(context, match, str(path[1]), use)
    yield from _status_faults(context, match, uses)


def _names_read(uses: list[Use]) -> frozenset[str]:
    """The names that are read of a reply."""
    reads = (use for use in uses if use.kind in (UseKind.READ, UseKind.FILL))
    return frozenset(name for use in reads for name in _literals(use))


def _restored_names(
    context: PlanContext, match: Match, uses: list[Use], read: frozenset[str]
) -> frozenset[str]:
    """The old names under which the program may have stored new fields itself.

    If an old name is read from a dict that may be the program's own, and the new field is read as well (or
    the name is another operation's), then the read may be intended.
    """
    names: set[str] = set()
    for use in uses:
        for name in _literals(use) if use.kind in (UseKind.READ, UseKind.FILL, UseKind.CONTAINS) else ():
            new = _replacement(context, match, name)
            foreign = match.operation.old.reply_field(name) is None
            if new is not None and (foreign or new.name in read) and _may_read_own_object(context, use, name):
                names.add(name)
    return frozenset(names)


def _literals(use: Use) -> Iterator[str]:
    for choice in alternatives(use.other) if use.other is not None else ():
        if isinstance(choice, Text) and choice.literal is not None:
            yield choice.literal


def _may_read_own_object(context: PlanContext, use: Use, name: str) -> bool:
    """Whether the object that `name` is read from is unknown, or may be an own dict with that key."""
    node = context.node(use.site)
    site = use.operand
    if use.detail == MERGED and site == use.site:
        return True  # the object is read without an expression of its own
    if isinstance(node, cst.Subscript | cst.Attribute):
        site = context.tree(use.site).site(node.value)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        owner = context.tree(use.site).site(node.func.value)
        site = site if any(isinstance(value, Text) for value in context.values_at(owner)) else owner
    for value in context.values_at(site):
        for choice in alternatives(value):
            heap_object = context.facts.heap.get(choice)
            if isinstance(choice, Unknown):
                return True
            if isinstance(heap_object, Instance) and name in heap_object.attributes:
                return True
            attributes = heap_object.namespace if isinstance(heap_object, Instance) else heap_object
            if isinstance(attributes, DictObject) and name in dict_keys(context, attributes).entries:
                return True
    return False


def _field_faults(
    context: ProgramFacts, match: Match, use: Use, own_fields: frozenset[str]
) -> Iterator[HalfMigratedUse]:
    api = context.api(match.operation)
    for choice in alternatives(use.other) if use.other is not None else ():
        name = choice.literal if isinstance(choice, Text) else None
        if (
            use.detail == OF_CLASS
            or name is None
            or name in own_fields
            or match.layout.reply_field(name) is not None
        ):
            continue
        member = _replacement(context, match, name)
        if member is None or (_is_of_other_operation(match, name) and not _is_required(context, use)):
            continue
        message = f"{name!r} is a {api.old} field; the {api.new} response has {member.name!r}"
        yield HalfMigratedUse(
            HALF_FIELD, match, use.site, message, _replacement_help(context, use, name, member, match)
        )


def _is_of_other_operation(match: Match, name: str) -> bool:
    """Whether a field belongs to another operation: this reply has it in neither version."""
    return match.operation.old.reply_field(name) is None


def _is_required(context: ProgramTrees, use: Use) -> bool:
    """Whether a field is read as one that must be present."""
    return use.kind is UseKind.READ and isinstance(context.node(use.site), cst.Subscript)


def _spread_faults(context: ProgramFacts, match: Match, use: Use) -> Iterator[HalfMigratedUse]:
    """A class with fields of old names that the reply is spread into."""
    renamed = {
        name: new.name
        for name in spread_fields(context, use)
        if (new := _replacement(context, match, name)) is not None
    }
    if renamed:
        api = context.api(match.operation)
        names = ", ".join(f"{old!r} ({new!r})" for old, new in renamed.items())
        message = f"the model has {api.old} field names that differ in {api.new}: {names}"
        yield HalfMigratedUse(
            HALF_FIELD, match, use.site, message, "rename the fields, or pass each one by keyword"
        )


def _replacement(context: ProgramFacts, match: Match, name: str) -> LayoutMember | None:
    """The new member for an old name; None if the name isn't old, or also is the new name of a field."""
    operations = [operation for operation in context.rules.operations if operation.api == match.operation.api]
    if any(operation.new.reply_field(name) is not None for operation in operations):
        return None
    by_preference = sorted(operations, key=lambda operation: operation.id != match.operation.id)
    for operation in by_preference:
        old = operation.old.reply_field(name)
        if old is not None:
            return match.layout.reply_member(old.slot) or operation.new.reply_member(old.slot)
    return None


def _replacement_help(context: ProgramFacts, use: Use, name: str, new: LayoutMember, match: Match) -> str:
    """The help text: a read of the new field, or a dict made of its entries."""
    node = context.node(use.site)
    if not isinstance(node, cst.Subscript | cst.Call):
        return f"use {new.name!r} instead of {name!r}"
    if name not in context.code(use.site):
        return f"read {new.name!r} instead of {name!r}"
    read = context.code(use.site).replace(name, new.name)
    if _becomes_entry_list(context, match, new):
        return f"`{new.name}` is a list of entries: use {_entries(new, read)} without decoding"
    if new.vocabulary is not None:
        return f"use {read}, and compare it with the new words: {_words(context, new)}"
    return f"use {read}"


def _words(context: ProgramFacts, member: LayoutMember) -> str:
    words = context.settings.vocabularies.get(member.vocabulary or "", {})
    return "; ".join(f"{old!r} is {' or '.join(map(repr, new))}" for old, new in words.items())


def _entries(member: LayoutMember, read: str) -> str:
    return f"{entries_dict_start(member.entry_keys, 'entry')}{read} or []}}"


def _becomes_entry_list(context: ProgramFacts, match: Match, member: LayoutMember) -> bool:
    """Whether a field is a list of entries in the new version and was JSON text in the old one."""
    dialect = context.settings.dialect(match.operation.api)
    old = _old_member(match.operation, member) or next(
        (
            old_member
            for operation in context.rules.operations
            if (old_member := _old_member(operation, member)) is not None
        ),
        None,
    )
    return (
        old is not None
        and old.encodings.get(None) is Encoding.JSON_OBJECT
        and (member.encodings.get(dialect) or member.encodings.get(None)) is Encoding.ENTRIES
    )


def _old_member(operation: Operation, member: LayoutMember) -> LayoutMember | None:
    return operation.old.reply_member(member.slot)


def _encoding_faults(
    context: PlanContext, match: Match, member: LayoutMember, use: Use
) -> Iterator[HalfMigratedUse]:
    read = context.code(use.operand) if use.kind is UseKind.DECODE else f"run[{member.name!r}]"
    entries = f"use {_entries(member, read)}"
    if use.kind is UseKind.DECODE:
        message = f"{member.name!r} is a list of entries, but this decodes it as JSON text"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, entries)
    elif (
        use.kind is UseKind.CONTAINS
        or (use.kind is UseKind.READ and use.other is not None and _is_literal_name(use))
    ) and not any(_may_read_own_object(context, use, name) for name in _literals(use)):
        message = f"{member.name!r} is a list of entries, but this reads it as an object"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, f"{entries}, and read that")
    elif use.kind is UseKind.ITERATE and use.detail in _OBJECT_METHODS:
        message = f"{member.name!r} is a list of entries, but this iterates over it as an object"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, f"{entries}, and iterate over that")


def _is_literal_name(use: Use) -> bool:
    choices = list(alternatives(use.other)) if use.other is not None else []
    return bool(choices) and all(
        isinstance(choice, Text) and choice.literal is not None for choice in choices
    )


def _status_faults(context: ProgramFacts, match: Match, uses: list[Use]) -> Iterator[HalfMigratedUse]:
    """Tests for only the old status code, if the new version returns another."""
    old, new = match.operation.old.status, match.layout.status
    tests = [
        use
        for use in uses
        if isinstance(use.value, Reply)
        and use.value.path == (View.STATUS,)
        and use.kind in (UseKind.COMPARE, UseKind.MATCH)
    ]
    if old is None or new is None or old == new:
        return
    if any(new in _compared_statuses(context, use.other) for use in tests):
        return
    for use in tests:
        if use.detail in ("", "Equal", "NotEqual", "In", "NotIn") and old in _compared_statuses(
            context, use.other
        ):
            message = f"the status code is {new}; in {context.api(match.operation).old} it was {old}"
            yield HalfMigratedUse(HALF_STATUS, match, use.site, message, f"check for {new}")


def _compared_statuses(context: ProgramFacts, other: Value | None) -> set[int]:
    """The status codes that a status is compared with."""
    codes: set[int] = set()
    for choice in alternatives(other) if other is not None else ():
        heap_object = context.facts.heap.get(choice)
        for value in (
            alternatives(heap_object.element()) if isinstance(heap_object, SequenceObject) else (choice,)
        ):
            number = status_of(value) if isinstance(value, Symbol) else getattr(value, "value", None)
            if isinstance(value, Const | Symbol) and isinstance(number, int):
                codes.add(number)
    return codes
