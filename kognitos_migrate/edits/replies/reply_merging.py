"""Filters a reply for its documented fields where it is merged into a dict or into attributes."""

from collections.abc import Iterable, Iterator, Sequence, Set

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import ReplyEscapesError
from kognitos_migrate.edits.rematerialize import CodeTemplate, primary_source
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_OBJECTS
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import MERGED, OF_CLASS
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.roles import argument_of, call_of, is_deleted
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Namespace
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)

_CARRIES = (
    *(cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.AssignTarget, cst.Return, cst.Yield),
    *(cst.Lambda, cst.Await, cst.Element, cst.Tuple, cst.DictElement, cst.StarredDictElement),
    *(cst.IfExp, cst.BooleanOperation, cst.If, cst.While, cst.Expr),
)
"""Nodes that bind a dict to a name, pass it on, merge it or test its truth."""
_METHODS = ("get", "update", "copy")
_KEEPING = ("append", "appendleft", "insert", "put", "put_nowait")
"""Methods that add an element to a list or a queue."""
_DICT_FACTORIES = ("builtins.dict", *PLAIN_OBJECTS)


def migrate_merged_replies(context: PlanContext, match: Match) -> list[PendingEdit]:
    """Pending edits where a reply is merged into a dict or attributes. Raises ReplyEscapesError if these are
    read by more than known keys, or contain other values with the same keys."""
    whole = Reply(match.request.id, (View.JSON,))
    uses = (use for use in context.uses.get(match.request.id, ()) if use.value == whole)
    merged = [use for use in uses if use.detail in (MERGED, OF_CLASS)]
    names = {name for use in merged if use.kind is UseKind.READ for name in _names_read(context, match, use)}
    in_way = not names.isdisjoint({*match.operation.new.reply_more, *context.api(match.operation).new_errors})
    edits: list[PendingEdit] = []
    for ref in context.dicts_with_reply.get(match.request.id, ()) if merged else ():
        record = context.facts.heap[ref]
        assert isinstance(record, DictObject)
        others = _require_no_other_fields(context, match, record, merged[0].site)
        for site in _expressions_of_dict(context, ref, record):
            if not _is_followed(context, match, site):
                raise _escape_error(match, site, "and not all uses of the result are reads of literal keys")
        if in_way or others:
            edits.extend(_fields_only(context, match, record, _error_fields(context, match, names)))
    return edits


def _error_fields(context: PlanContext, match: Match, names: Set[str]) -> list[str]:
    """The names among those that the program reads which error replies of both versions have."""
    api = context.api(match.operation)
    return [name for name in api.errors if name in names and name not in api.new_errors]


def _escape_error(match: Match, site: Site, place_description: str) -> ReplyEscapesError:
    message = f"the whole response is merged into a dict or into attributes, {place_description}"
    return ReplyEscapesError((match.request.id,), site, "reply-escapes", message)


def _require_no_other_fields(context: PlanContext, match: Match, record: DictObject, site: Site) -> bool:
    """Whether a dict contains replies to other operations. Raises ReplyEscapesError if it may contain another
    field with a name from the reply, in the old or new layout."""
    own, others = _fields(match), False
    for part in context.facts.heap.with_merged_dicts(record):
        if part.open or part.has_removals or part.others is not NEVER or part.names is not NEVER:
            raise _escape_error(match, site, "which may have unknown keys")
        of_class = part.of_class if isinstance(part, Namespace) else frozenset()
        if of_class is None:
            raise _escape_error(match, site, "and the class may have further attributes")
        for name in (*part.entries, *of_class):
            if name in own:
                raise _escape_error(match, site, f"which already have {name!r}")
        for choice in (choice for spread in part.spreads for choice in alternatives(spread.value)):
            other = context.matches.get(choice.request) if isinstance(choice, Reply) else None
            is_whole = other is not None and isinstance(choice, Reply) and choice.path == (View.JSON,)
            if not is_whole and not _is_dict(context, choice):
                raise _escape_error(match, site, "together with other data")
            if other is not None and other.operation.id != match.operation.id:
                others = True
                if not own.isdisjoint(_fields(other)):
                    raise _escape_error(
                        match, site, "together with another response that has the same fields"
                    )
    return others


def _fields(match: Match) -> frozenset[str]:
    """The documented fields of a reply, in both layouts."""
    layouts = (match.operation.old, match.operation.new)
    return frozenset(member.name for layout in layouts for member in layout.reply)


def _is_dict(context: PlanContext, value: Value) -> bool:
    return value == NONE or isinstance(context.facts.heap.get(value), DictObject)


def _names_read(context: PlanContext, match: Match, use: Use) -> Iterator[str]:
    """The names in a read. Raises ReplyEscapesError if a field is read by a name that isn't written out, or
    has another meaning in the new layout."""
    for choice in alternatives(use.other or NEVER):
        name = choice.literal if isinstance(choice, Text) else None
        old = match.operation.old.reply_field(name) if name is not None else None
        if name is not None and old is None and match.operation.new.reply_field(name) is not None:
            raise _escape_error(
                match, use.site, f"and {name!r} is read from the result, which the new response also has"
            )
        if old is not None and (
            use.detail == OF_CLASS or not _is_read_by_name(context, match, use, old.slot)
        ):
            raise _escape_error(match, use.site, f"and {name!r} of the result can't be rewritten")
        if name is not None:
            yield name


def _is_empty_dict(context: PlanContext, value: Value) -> bool:
    """Whether a value is a dict that stays empty."""
    record = context.facts.heap.get(value)
    return isinstance(record, DictObject) and not (record.entries or record.spreads or record.open)


def _fields_only(
    context: PlanContext, match: Match, record: DictObject, error_fields: Sequence[str]
) -> Iterator[PendingEdit]:
    """Filter the new reply, where it is merged, for its documented fields and some fields of an error
    reply."""
    fields = (*(member.name for member in match.operation.new.reply), *error_fields)
    names = [string_literal(name) for name in dict.fromkeys(fields)]
    test = f"in ({', '.join(names)})" if len(names) > 1 else f"== {names[0]}"
    for part in context.facts.heap.with_merged_dicts(record):
        for spread in part.spreads:
            if not isinstance(spread.value, Reply) or spread.value.request != match.request.id:
                continue
            choices = context.alternatives_at(spread.site)
            requests = [
                choice.request
                for choice in choices
                if isinstance(choice, Reply) and choice.path == (View.JSON,)
            ]
            others = sum(not _is_empty_dict(context, choice) for choice in choices)
            if len(requests) < others or not context.requests.are_calls_of(requests, match):
                raise _escape_error(match, spread.site, "where other data may be merged")
            span = context.outer_span(spread.site)
            is_parenthesized = span != context.span(spread.site)
            reply = (span,) if is_parenthesized else primary_source(context, spread.site)
            filtered_reply: CodeTemplate = (
                "{name: value for name, value in ",
                *reply,
                f".items() if name {test}}}",
            )
            yield PendingEdit(span, filtered_reply)


def _is_read_by_name(context: PlanContext, match: Match, use: Use, slot: str) -> bool:
    """Whether a field is read with its name in the source: as an item, an attribute, or by `get`."""
    tree = context.tree(use.site)
    node = tree.node(use.site)
    new = match.operation.new.reply_member(slot)
    match tree.parent(node):
        case cst.AugAssign() | cst.AssignTarget() | cst.Del():
            return False
    match node:
        case cst.Attribute():
            return new is None or new.name.isidentifier()
        case cst.Subscript():
            return True
    return is_method_call(node, "get")


def _expressions_of_dict(context: PlanContext, ref: Ref, record: DictObject) -> Iterator[Site]:
    """The expressions of a dict, or of the object whose attributes it contains."""
    yield from context.aliases_of(ref)
    if isinstance(record, Namespace) and record.owner is not None:
        yield from context.aliases_of(context.facts.heap.new(record.owner))


def _is_followed(context: PlanContext, match: Match, site: Site) -> bool:
    """Whether an expression only passes a dict (or an object) on, reads it by a key, or logs it."""
    tree = context.tree(site)
    node = tree.node(site)
    match tree.parent(node):
        case parent if isinstance(parent, _CARRIES):
            return True
        case (
            cst.UnaryOperation(cst.Not())
            | cst.BinaryOperation(operator=cst.BitOr())
            | cst.AugAssign(operator=cst.BitOrAssign())
        ):
            return True
        case cst.Comparison(comparisons=targets):
            return all(isinstance(target.operator, cst.Is | cst.IsNot) for target in targets)
        case (
            cst.For(target=part)
            | cst.CompFor(target=part)
            | cst.ListComp(elt=part)
            | cst.GeneratorExp(elt=part)
            | cst.DictComp(value=part)
        ):
            return part is node
        case cst.Subscript(owner) as item:
            return owner is node and not is_deleted(tree, item)
        case cst.Attribute() as attribute:
            refs = _refs(context.values_at(site))
            if any(isinstance(context.facts.heap[ref], DictObject) for ref in refs):
                return attribute.attr.value in _METHODS and call_of(tree, attribute) is not None
            return not is_deleted(tree, attribute)
        case cst.Arg() as arg if (argument := argument_of(tree, node)) is not None:
            called = context.values_at(tree.site(argument.call.func))
            is_harmless = any(
                use.operand == site and use.kind in HARMLESS for use in context.uses.get(match.request.id, ())
            )
            return is_harmless or all(
                _accepts_dict(context, choice, arg) for value in called for choice in alternatives(value)
            )
    return False


def _refs(values: Iterable[Value]) -> Iterator[Ref]:
    return (choice for value in values for choice in alternatives(value) if isinstance(choice, Ref))


def _accepts_dict(context: PlanContext, callee: Value, arg: cst.Arg) -> bool:
    """Whether a callee is the program's, creates another dict, or adds its argument to a list."""
    if isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref):
        receiver = context.facts.heap[callee.receiver]
        if isinstance(receiver, DictObject):
            return callee.name == "update"
        return callee.name in _KEEPING and not isinstance(receiver, Instance)
    if isinstance(callee, Function | Bound | Class):
        return not arg.star
    return isinstance(callee, Symbol) and callee.name in _DICT_FACTORIES
