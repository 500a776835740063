"""URLs as keys of dicts: whether a dict may have the same key from another text than the URL's."""

from collections.abc import Iterator

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, UNKNOWN, Const, Lit, Ref, Text, Value, may_be_key


def is_absent_key(context: PlanContext, use: Use) -> bool:
    """Whether a use reads, stores or looks for a text as the key of a dict in which no other text of the
    program can be an equal key. Such a dict has the new text as a key wherever it had the old one."""
    is_membership = use.kind is UseKind.COMPARE and use.detail in ("In", "NotIn")
    if use.kind is UseKind.KEY and use.other is None:
        return True  # an entry is stored
    if use.kind is not UseKind.KEY and not is_membership:
        return False
    dicts = [_dict_of(context, choice) for choice in alternatives(use.other or UNKNOWN)]
    return all(record is not None and not _may_have_key(context, record, use.value) for record in dicts)


def _dict_of(context: PlanContext, value: Value) -> DictObject | None:
    heap_object = context.facts.heap[value] if isinstance(value, Ref) else None
    return heap_object if isinstance(heap_object, DictObject) else None


def _may_have_key(context: PlanContext, record: DictObject, text: Value) -> bool:
    """Whether a dict may have a key that is equal to a text, or contains a part of it, and isn't made of
    literals of URLs."""
    if not isinstance(text, Text):
        return True
    fragments = [part.text for part in text.parts if isinstance(part, Lit)]
    return any(
        any(fragment in key for fragment in fragments for key in part.entries)
        or any(_may_be_other_text(context, name, text) for name in _unknown_keys(context, part))
        for part in context.facts.heap.parts(record)
    )


def _unknown_keys(context: PlanContext, record: DictObject) -> Iterator[Value]:
    """The keys of a dict that aren't known texts, those in a merged mapping that is no dict included."""
    yield from alternatives(record.names)
    if record.others is not NEVER and record.names is NEVER:
        yield UNKNOWN
    for choice in (choice for spread in record.spreads for choice in alternatives(spread.value)):
        if _dict_of(context, choice) is None and choice != NONE:
            yield UNKNOWN


def _may_be_other_text(context: PlanContext, name: Value, text: Text) -> bool:
    """Whether a key may be equal to a text without being made of the same literals, or of literals of other
    URLs, which change as well."""
    if isinstance(name, Text):
        own = {part.site for part in text.parts if isinstance(part, Lit)}
        sites = {part.site for part in name.parts if isinstance(part, Lit)}
        if sites and all(site in own or site in context.requests.by_url_part for site in sites):
            return False
    literal = text.literal
    return may_be_key(name, literal) if literal is not None else not isinstance(name, Const)
