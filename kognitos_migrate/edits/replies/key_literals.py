"""Literals with a reply field's name, and what else reads them."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.path import written_span
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.syntax.roles import argument_of, call_of, subscript_by
from kognitos_migrate.syntax.shapes import is_method_call, owner_of, receiver_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, HeapObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function, Lit, Ref, Reply, Text, Value
from kognitos_migrate.values.texts import only_part

FORWARDING = (
    *(cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.AssignTarget),
    *(cst.Element, cst.Tuple, cst.Return, cst.Comparison, cst.While, cst.If, cst.UnaryOperation),
    cst.Await,
)
"""Nodes that bind, compare or test an object, and read no item of it."""


def rename_key(context: PlanContext, at: Site, key: Value, name: str) -> PendingEdit:
    """The pending edit that renames a key where it is written. If other code reads that constant, the read
    gets a literal of its own. Raises RefusalError if the key isn't written out or may have other values."""
    part = only_part(key)
    span = written_span(context, UrlPiece(part.text, part, 0, ())) if isinstance(part, Lit) else None
    if span is None:
        raise RefusalError(at, "field-unknown", "the field's name isn't a literal")
    if (
        isinstance(part, Lit)
        and part.site is not None
        and (_has_other_readers(context, part.site) or _is_in_shared_getter(context, part.site, at))
    ):
        key_expression = _key_expression(context, at)
        if key_expression is None or not _is_always_key(context, key_expression, part.text):
            raise RefusalError(
                at, "field-unknown", "the constant with the field's name is also used for other data"
            )
        return PendingEdit(context.outer_span(key_expression), (string_literal(name),))
    return PendingEdit(span, (name,))


def _has_other_readers(context: PlanContext, literal: Site) -> bool:
    """Whether a constant with a field's name has uses other than reading replies."""
    readers = context.constant_readers.get(literal, ())
    return any(not _reads_replies(context, site, frame) for site, frame in readers) or any(
        access.kind in _CONTENT
        for ref in context.memoize(_containers_by_literal).get(literal, ())
        for accesses in context.facts.accesses.get(ref, {}).values()
        for access in accesses
    )


_CONTENT = (AccessKind.ENCODE, AccessKind.SEND, AccessKind.LOG, AccessKind.WHOLE)
"""Accesses to a container by code that may read its elements, not by expressions of their values."""


def _containers_by_literal(context: ProgramFacts) -> dict[Site, list[Ref]]:
    """By literal: the dicts and sequences with an element of its value. The elements of a comprehension are
    expressions that are judged themselves."""
    holders: dict[Site, list[Ref]] = {}
    for number, heap_object in enumerate(context.facts.heap.objects):
        written = heap_object.site.path in context.trees
        if written and isinstance(context.node(heap_object.site), cst.BaseComp):
            continue
        for choice in _elements(heap_object):
            part = only_part(choice)
            if isinstance(part, Lit) and part.site is not None:
                holders.setdefault(part.site, []).append(Ref(number))
    return holders


def _elements(heap_object: HeapObject) -> Iterator[Value]:
    match heap_object:
        case DictObject():
            for key in heap_object.entries:
                yield from alternatives(heap_object.get(key))
            yield from alternatives(heap_object.others)
        case SequenceObject():
            yield from alternatives(heap_object.element())


def _reads_replies(context: PlanContext, site: Site, frame: int) -> bool:
    """Whether an expression of a field's name is passed on, or reads that field of a reply."""
    tree, node = context.tree(site), context.node(site)
    owner: cst.BaseExpression | None = None
    match tree.parent(node):
        case cst.ComparisonTarget() | cst.Attribute():
            return True
        case cst.Subscript(value):
            owner = value
        case cst.Index():
            owner = owner_of(subscript_by(tree, node))
        case cst.Arg():
            argument = argument_of(tree, node)
            if argument is not None and _calls_program_function(
                context, tree.site(argument.call.func), frame
            ):
                return True  # the parameter is a reader of its own
            is_read = argument is not None and is_method_call(argument.call, "get")
            owner = receiver_of(argument.call) if argument is not None and is_read else None
        case parent:
            return isinstance(parent, FORWARDING)
    return owner is not None and _is_reply(context, context.value(tree.site(owner), frame))


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
        return call_of(tree, node) is not None or isinstance(tree.parent(node), FORWARDING)
    callees = context.alternatives_at(tree.site(argument.call.func))
    return bool(callees) and all(isinstance(callee, Function | Bound) for callee in callees)


def _calls_program_function(context: PlanContext, callee: Site, frame: int) -> bool:
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


def _is_always_key(context: PlanContext, key: Site, name: str) -> bool:
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
