"""Half-migrated uses of replies: old field names, old encodings, old status codes."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import entries_dict_start
from kognitos_migrate.edits.replies.status_codes import status_of
from kognitos_migrate.half_migrated.api_calls import HalfMigratedUse
from kognitos_migrate.half_migrated.requests import dict_keys
from kognitos_migrate.half_migrated.vocabulary import word_faults
from kognitos_migrate.interpret.state.facts import MERGED, OF_CLASS, Use, UseKind
from kognitos_migrate.rulebook.codes import HALF_ENCODING, HALF_FIELD, HALF_STATUS
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, Operation, View
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Const, Ref, Reply, Symbol, Text, Unknown, Value


def spread_fields(scene: PlanContext, use: Use) -> Iterator[str]:
    """The fields that a model takes out of the spread reply, by the names that they have in the class; none
    for a class that may give them other names, or where it may be a dict of the program that is spread."""
    spread = [choice for value in scene.everywhere(use.operand) for choice in alternatives(value)]
    if not all(isinstance(choice, Reply) for choice in spread):
        return
    for value in scene.everywhere(use.site):
        for choice in alternatives(value):
            thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, Instance) and thing.cls is not None and _is_plain(scene, thing.cls):
                for name, held in thing.attributes.items():
                    if Unknown(name) in alternatives(held):
                        yield name


def _is_plain(scene: PlanContext, cls: Class) -> bool:
    """Whether a class is one of the standard library's, whose fields are its constructor's parameters."""
    definition, tree = scene.node(cls.site), scene.tree(cls.site)
    if not isinstance(definition, cst.ClassDef):
        return False
    said = [tree.code(decorator.decorator) for decorator in definition.decorators]
    bases = [tree.code(base.value) for base in definition.bases]
    return any(one.split("(")[0].rpartition(".")[2] == "dataclass" for one in said) or any(
        one.rpartition(".")[2] == "NamedTuple" for one in bases
    )


_OBJECT_METHODS = ("items", "keys", "values")


def reply_faults(scene: PlanContext, match: Match) -> Iterator[HalfMigratedUse]:
    """All that is half-migrated in how the reply of `match` is read."""
    uses = scene.uses.get(match.request.id, [])
    read = _read(uses)
    own = _put_back(scene, match, uses, read)
    for use in uses:
        assert isinstance(use.value, Reply)
        path = use.value.path
        if path == (View.JSON,) and use.kind in (UseKind.READ, UseKind.FILL, UseKind.CONTAINS):
            yield from _names(scene, match, use, own)
        elif path == (View.JSON,) and use.kind is UseKind.ITERATE:
            yield from _model(scene, match, use)
        elif len(path) == 2 and path[0] is View.JSON:
            member = match.layout.reply_slot(str(path[1]))
            if member is not None and _is_list_now(scene, match, member):
                yield from _encoding(scene, match, member, use)
            # A field of another operation that nobody reads of this reply comes of a dict that both are in.
            foreign = member is None and match.operation.old.reply_slot(str(path[1])) is None
            if path[1] not in own and (not foreign or path[1] in read):
                yield from word_faults(scene, match, str(path[1]), use)
    yield from _statuses(scene, match, uses)


def _read(uses: list[Use]) -> frozenset[str]:
    """The names that are read of a reply."""
    reads = (use for use in uses if use.kind in (UseKind.READ, UseKind.FILL))
    return frozenset(name for use in reads for name in _literals(use))


def _put_back(scene: PlanContext, match: Match, uses: list[Use], read: frozenset[str]) -> frozenset[str]:
    """Old names under which the program has put new fields itself: where the old name is read, there may be a
    dict of its own that has it, and it reads the new field too (or the name is another operation's)."""
    found: set[str] = set()
    for use in uses:
        for name in _literals(use) if use.kind in (UseKind.READ, UseKind.FILL, UseKind.CONTAINS) else ():
            new = _replacement(scene, match, name)
            foreign = match.operation.old.reply_slot(name) is None
            if new is not None and (foreign or new.name in read) and _may_be_own(scene, use, name):
                found.add(name)
    return frozenset(found)


def _literals(use: Use) -> Iterator[str]:
    for choice in alternatives(use.other) if use.other is not None else ():
        if isinstance(choice, Text) and choice.literal is not None:
            yield choice.literal


def _may_be_own(scene: PlanContext, use: Use, name: str) -> bool:
    """Whether what is read may be a dict of the program that has the key `name`, or anything at all."""
    node = scene.node(use.site)
    site = use.operand
    if use.detail == MERGED and site == use.site:
        return True  # it is read by something else than its name
    if isinstance(node, cst.Subscript | cst.Attribute):
        site = scene.tree(use.site).site(node.value)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        owner = scene.tree(use.site).site(node.func.value)
        site = site if any(isinstance(value, Text) for value in scene.everywhere(owner)) else owner
    for value in scene.everywhere(site):
        for choice in alternatives(value):
            thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(choice, Unknown):
                return True
            if isinstance(thing, Instance) and name in thing.attributes:
                return True
            held = thing.namespace if isinstance(thing, Instance) else thing
            if isinstance(held, DictObject) and name in dict_keys(scene, held).entries:
                return True
    return False


def _names(scene: PlanContext, match: Match, use: Use, own: frozenset[str]) -> Iterator[HalfMigratedUse]:
    api = scene.api(match.operation)
    for choice in alternatives(use.other) if use.other is not None else ():
        name = choice.literal if isinstance(choice, Text) else None
        if use.detail == OF_CLASS or name is None or name in own or match.layout.reply_slot(name) is not None:
            continue
        found = _replacement(scene, match, name)
        if found is None or (_never_there(match, name) and not _is_required(scene, use)):
            continue
        message = f"{name!r} is a name of {api.old}: the reply of {api.new} has {found.name!r}"
        yield HalfMigratedUse(HALF_FIELD, match, use.site, message, _written(scene, use, name, found, match))


def _never_there(match: Match, name: str) -> bool:
    """Whether a field is one of another operation: this reply has it in neither version."""
    return match.operation.old.reply_slot(name) is None


def _is_required(scene: PlanContext, use: Use) -> bool:
    """Whether a field is read as one that is there."""
    return use.kind is UseKind.READ and isinstance(scene.node(use.site), cst.Subscript)


def _model(scene: PlanContext, match: Match, use: Use) -> Iterator[HalfMigratedUse]:
    """A model that the whole reply is spread into, and that has fields of old names."""
    renamed = {
        name: new.name
        for name in spread_fields(scene, use)
        if (new := _replacement(scene, match, name)) is not None
    }
    if renamed:
        api = scene.api(match.operation)
        names = ", ".join(f"{old!r} ({new!r})" for old, new in renamed.items())
        message = f"the model has names of {api.old}, and the reply of {api.new} others: {names}"
        yield HalfMigratedUse(
            HALF_FIELD, match, use.site, message, f"name the fields as {api.new} does, or give each"
        )


def _replacement(scene: PlanContext, match: Match, name: str) -> LayoutMember | None:
    """What the new reply has for an old name; None for a name that isn't old, or is new somewhere too."""
    operations = [one for one in scene.rules.operations if one.api == match.operation.api]
    if any(one.new.reply_slot(name) is not None for one in operations):
        return None
    ordered = sorted(operations, key=lambda one: one.id != match.operation.id)
    for operation in ordered:
        old = operation.old.reply_slot(name)
        if old is not None:
            return match.layout.reply_member(old.slot) or operation.new.reply_member(old.slot)
    return None


def _written(scene: PlanContext, use: Use, name: str, new: LayoutMember, match: Match) -> str:
    """What to write: the same read of the new field, or a dict made of its entries."""
    node = scene.node(use.site)
    if not isinstance(node, cst.Subscript | cst.Call):
        return f"write {new.name!r} in the place of {name!r}"
    if name not in scene.code(use.site):
        return f"read {new.name!r} in the place of {name!r}"
    read = scene.code(use.site).replace(name, new.name)
    if _is_list_now(scene, match, new):
        return f"`{new.name}` is a list of entries: write {_entries(new, read)}, and don't decode it"
    if new.vocabulary is not None:
        return f"write {read}, and compare it with the new words: {_words(scene, new)}"
    return f"write {read}"


def _words(scene: PlanContext, member: LayoutMember) -> str:
    words = scene.settings.vocabularies.get(member.vocabulary or "", {})
    return "; ".join(f"{old!r} is {' or '.join(map(repr, new))}" for old, new in words.items())


def _entries(member: LayoutMember, read: str) -> str:
    return f"{entries_dict_start(member.entry_keys, 'entry')}{read} or []}}"


def _is_list_now(scene: PlanContext, match: Match, member: LayoutMember) -> bool:
    """Whether a field is a list of entries that was an object's text."""
    dialect = scene.settings.dialect(match.operation.api)
    old = _old_member(match.operation, member) or next(
        (one for each in scene.rules.operations if (one := _old_member(each, member)) is not None), None
    )
    return (
        old is not None
        and old.encodings.get(None) is Encoding.JSON_OBJECT
        and (member.encodings.get(dialect) or member.encodings.get(None)) is Encoding.ENTRIES
    )


def _old_member(operation: Operation, member: LayoutMember) -> LayoutMember | None:
    return operation.old.reply_member(member.slot)


def _encoding(scene: PlanContext, match: Match, member: LayoutMember, use: Use) -> Iterator[HalfMigratedUse]:
    read = scene.code(use.operand) if use.kind is UseKind.DECODE else f"run[{member.name!r}]"
    entries = f"write {_entries(member, read)}"
    if use.kind is UseKind.DECODE:
        message = f"{member.name!r} is a list of entries, and it is decoded here as text"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, entries)
    elif (
        use.kind is UseKind.CONTAINS or (use.kind is UseKind.READ and use.other is not None and _is_name(use))
    ) and not any(_may_be_own(scene, use, name) for name in _literals(use)):
        message = f"{member.name!r} is a list of entries, and it is read here as an object"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, f"{entries}, and read that")
    elif use.kind is UseKind.ITERATE and use.detail in _OBJECT_METHODS:
        message = f"{member.name!r} is a list of entries, and it is walked over here as an object"
        yield HalfMigratedUse(HALF_ENCODING, match, use.site, message, f"{entries}, and walk over that")


def _is_name(use: Use) -> bool:
    choices = list(alternatives(use.other)) if use.other is not None else []
    return bool(choices) and all(
        isinstance(choice, Text) and choice.literal is not None for choice in choices
    )


def _statuses(scene: PlanContext, match: Match, uses: list[Use]) -> Iterator[HalfMigratedUse]:
    """Checks for the old status alone, where the new version answers with another."""
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
    if any(new in _numbers(scene, use.other) for use in tests):
        return
    for use in tests:
        if use.detail in ("", "Equal", "NotEqual", "In", "NotIn") and old in _numbers(scene, use.other):
            message = f"the answer is {new} where {scene.api(match.operation).old}'s was {old}"
            yield HalfMigratedUse(HALF_STATUS, match, use.site, message, f"check for {new}")


def _numbers(scene: PlanContext, other: Value | None) -> set[int]:
    """The status codes that a status is compared with."""
    found: set[int] = set()
    for choice in alternatives(other) if other is not None else ():
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        for value in alternatives(thing.element()) if isinstance(thing, SequenceObject) else (choice,):
            number = status_of(value) if isinstance(value, Symbol) else getattr(value, "value", None)
            if isinstance(value, Const | Symbol) and isinstance(number, int):
                found.add(number)
    return found
