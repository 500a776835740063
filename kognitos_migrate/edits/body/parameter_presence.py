"""Slots that the old request sends under a condition, and the same condition in the new body."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.body.key_precedence import Precedence, precedence
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.body.path_conditions import (
    Condition,
    is_same_condition,
    is_same_test,
    unshared_conditions,
)
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import always_has, bodies_of, body_entries, records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import is_evaluated_before
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.rulebook.model import LayoutMember, Role
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Lit, Ref, Text, Value

_DEPTH = 32


class Presence(Struct, frozen=True):
    """The expressions that put the parameter into a request. It is there `always`, or only if one of them is
    evaluated. `query` is the operand that supplies the query; a refusal names its site."""

    name_operands: tuple[Operand, ...]
    always: bool
    query: Operand


def has_parameter(url: Url, member: LayoutMember) -> bool:
    """Whether a URL has the parameter in its query."""
    return any(piece.text is not None and member.name in piece.text for piece in url.query)


def parameter_presence(
    context: PlanContext, match: Match, member: LayoutMember, query: Operand, entries: Sequence[DictEntry]
) -> Presence:
    """The presence of a parameter in the dict of the query. Raises RefusalError if another value of its key
    may win."""
    for entry in entries:
        if precedence(context, [query.value], entry, member.name) is not Precedence.SOLE:
            message = f"another value may replace this one of the parameter {member.name}"
            raise RefusalError(entry.holder, "attachments", message)
    name_operands = tuple(operand for entry in entries for operand in _text_operands(context, entry))
    always = (
        all(entry.is_sure(match.request.regions) for entry in entries)
        and all(isinstance(choice, Ref) and _has_key(context, choice, entries) for choice in _choices(query))
        and not any(_is_text_or_none(entry.operand.value) for entry in entries)
    )
    return Presence(name_operands, always, query)


def _start_of_query(url: Url, bare: Sequence[Url]) -> UrlPiece:
    """The first piece of a query; the question mark, if an encoder wrote the rest, and if no URL without the
    parameter has it."""
    first, mark = url.query[0], url.question_mark
    if first.site is not None or mark is None:
        return first
    marks = [other.question_mark.site for other in bare if other.question_mark is not None]
    return first if mark.site in marks else mark


def url_presence(context: PlanContext, match: Match, member: LayoutMember, urls: Sequence[Url]) -> Presence:
    """The presence of a parameter that only these of a request's URLs have. Raises RefusalError if the
    function that adds it isn't known."""
    place = match.request.value(Role.URL)[0]
    name_operands: list[Operand] = []
    bare = [path.url for path in match.paths if not has_parameter(path.url, member)]
    for url in urls:
        first = _start_of_query(url, bare)
        frames = [*(hole.frame for hole in first.via), *(frame for _, frame in context.calls(match.request))]
        at = first.site
        home = next((number for number in frames if at and _is_in_frame(context, at, number)), None)
        if at is None or home is None:
            raise RefusalError(place.site, "attachments", "only some of the request's URLs name the files")
        name_operands.append(Operand(place.value, at, home))
    return Presence(tuple(name_operands), always=False, query=place)


def _is_in_frame(context: PlanContext, site: Site, frame: int) -> bool:
    """Whether an expression is in the function that runs in a frame."""
    tree, current = context.tree(site), context.read_frame(frame)
    around = tree.enclosing(tree.node(site), cst.FunctionDef, cst.Lambda)
    function = tree.site(around) if around is not None else None
    return current.path == site.path and current.function == function


def _is_text_or_none(value: Value) -> bool:
    choices = alternatives(value)
    return NONE in choices and any(isinstance(choice, Text) for choice in choices)


def _choices(operand: Operand) -> Sequence[Value]:
    return alternatives(operand.value)


def _text_operands(context: PlanContext, entry: DictEntry) -> Iterator[Operand]:
    """The expressions that supply an entry's text: the whole entry, or an operand of a choice whose other
    operand is None."""
    site, frame = entry.operand.site, entry.operand.frame
    tree = context.tree(site)
    if NONE not in alternatives(entry.operand.value):
        yield Operand(entry.operand.value, entry.holder, frame)
        return
    match context.node(site):
        case cst.IfExp(_, body, orelse):
            branches = [body, orelse]
        case cst.BooleanOperation(right=right):
            branches = [right]
        case _:
            yield from _written_literals(context, entry)
            return
    for branch in branches:
        value = context.value(tree.site(branch), frame)
        if value != NONE:
            yield Operand(value, tree.site(branch), frame)


def _written_literals(context: PlanContext, entry: DictEntry) -> Iterator[Operand]:
    """The literals of a variable's value, if the function itself contains them; if not, the variable."""
    literals = [
        Operand(choice, part.site, entry.operand.frame)
        for choice in alternatives(entry.operand.value)
        for part in (choice.parts[:1] if isinstance(choice, Text) else ())
        if isinstance(part, Lit)
        and part.site is not None
        and _is_in_frame(context, part.site, entry.operand.frame)
    ]
    yield from literals or [Operand(entry.operand.value, entry.operand.site, entry.operand.frame)]


def require_same_presence(
    context: PlanContext, match: Match, presence: Presence, moved_fields: MovedFields
) -> None:
    """Raises RefusalError if the new slot may be present without the old parameter or the reverse, or if a
    key to filter out is a fact in another case."""
    site = presence.query.site
    for addition in () if presence.always else moved_fields.expressions.values():
        if addition.test is not None:
            _require_same_test(context, match, presence, addition.test, negated=addition.negated)
        elif not addition.always and not moved_fields.removed_keys:
            raise RefusalError(
                site, "attachments", "a statement adds the files under a condition that can't be moved"
            )
    for key in moved_fields.removed_keys | moved_fields.moved_keys:
        bodies = [entry for operand in body_operands(match) for entry in body_entries(context, operand, key)]
        is_read_last = presence.always and key not in moved_fields.moved_keys
        many = len({entry.holder for entry in bodies}) > 1 and not is_read_last
        if many or any(may_lose_key(context, operand.value, key) for operand in body_operands(match)):
            message = f"the body's {key!r} is set more than once, or removed after it is set"
            raise RefusalError(site, "attachments", message)
        if (
            presence.always
            and key in moved_fields.replaced_keys
            and not all(
                always_has(context, body, key, match.request.regions)
                for operand in body_operands(match)
                for body in bodies_of(operand.value)
            )
        ):
            message = f"the body's {key!r} is replaced by the files in some calls only"
            raise RefusalError(site, "attachments", message)
        if not presence.always:
            _require_same_entry(context, match, presence, bodies, key)
            _keep_fact_without_parameter(context, match, presence, moved_fields, key)


def require_entry(context: PlanContext, match: Match, site: Site, moved_fields: MovedFields) -> None:
    """Require the body's entry that a parameter names, if the parameter is always there. A request without
    the entry is another request.

    Raises RefusalError if a dict of the program may lack it. For facts that aren't known, the new code raises
    KeyError."""
    for key in moved_fields.removed_keys | moved_fields.moved_keys:
        for operand in body_operands(match):
            for body in bodies_of(operand.value):
                is_dict = isinstance(body, Ref) and not is_opaque(context, body)
                if is_dict and not (
                    (
                        always_has(context, body, key, match.request.regions)
                        and _is_set_before(context, operand, body, key)
                    )
                    or _is_set_on_the_way(context, match, body, key)
                ):
                    message = f"the URL names {key!r} as the list of files, and the body may lack it"
                    raise RefusalError(site, "attachments", message)
    for slot, addition in moved_fields.expressions.items():
        entry_read = addition.entry_read
        if (
            entry_read is not None
            and not entry_read.certain
            and entry_read.key in moved_fields.removed_keys | moved_fields.moved_keys
        ):
            entry_read = replace(entry_read, certain=True)
            moved_fields.expressions[slot] = replace(addition, entry_read=entry_read)


def _is_set_on_the_way(context: PlanContext, match: Match, body: Value, key: str) -> bool:
    """Whether an entry is set before each request that the body is sent in, in the function that sends it and
    under no other conditions than the request's."""
    request = Operand(NONE, match.request.site, match.request.frame)
    records = records_of(context, body)
    return bool(records) and all(
        not record.may_lose(key)
        and any(
            entry.operand.frame == request.frame
            and _is_stored_in(context, entry, record)
            and is_evaluated_before(context, entry.holder, entry.operand.frame, request.site, request.frame)
            and not unshared_conditions(context, Operand(NONE, entry.holder, entry.operand.frame), request)
            for entry in record.entries.get(key, ())
        )
        for record in records
    )


def _is_stored_in(context: PlanContext, entry: DictEntry, record: DictObject) -> bool:
    """Whether an entry is stored by an assignment to an item of this dict and no other."""
    target = context.node(entry.holder)
    if not isinstance(target, cst.Subscript):
        return False
    owner = context.value(context.tree(entry.holder).site(target.value), entry.operand.frame)
    return isinstance(owner, Ref) and context.facts.heap[owner] is record


def _is_set_before(context: PlanContext, role: Operand, body: Value, key: str, depth: int = 0) -> bool:
    """Whether an entry is part of the body from its creation, or is set before the body is sent."""
    for record in records_of(context, body):

        def is_before(change: Site, frame: int, record: DictObject = record) -> bool:
            return context.is_inside(change, record.site) or is_evaluated_before(
                context, change, frame, role.site, role.frame
            )

        if any(is_before(entry.holder, entry.operand.frame) for entry in record.entries.get(key, ())):
            return True
        if depth < _DEPTH and any(
            is_before(spread.site, spread.frame)
            and _is_set_before(context, role, spread.value, key, depth + 1)
            for spread in record.spreads
        ):
            return True
    return False


def _require_same_test(
    context: PlanContext, match: Match, presence: Presence, test: Operand, *, negated: bool
) -> None:
    """Raises RefusalError unless the test of the slot is the test that decides on the parameter."""
    slot_condition = Condition(test.site, test.frame, not negated, is_test=True)
    for name_operand in presence.name_operands:
        besides = unshared_conditions(
            context, name_operand, Operand(NONE, match.request.site, match.request.frame)
        )
        if not besides and test.site == name_operand.site:
            continue  # a parameter that is None isn't sent
        if len(besides) != 1 or not is_same_test(context, match, slot_condition, besides[0]):
            raise RefusalError(
                name_operand.site,
                "attachments",
                "the files are set under a different condition than this parameter",
            )


def _require_same_entry(
    context: PlanContext, match: Match, presence: Presence, bodies: Sequence[DictEntry], key: str
) -> None:
    """Raises RefusalError unless the body's entry is set exactly if the parameter is."""
    entry_operands = [Operand(entry.operand.value, entry.holder, entry.operand.frame) for entry in bodies]
    both = (
        *((operand, presence.name_operands) for operand in entry_operands),
        *((operand, entry_operands) for operand in presence.name_operands),
    )
    if not entry_operands or not all(
        any(is_same_condition(context, match, operand, other) for other in others) for operand, others in both
    ):
        message = f"the body's {key!r} is the list of files only in some calls"
        raise RefusalError(presence.query.site, "attachments", message)


def _keep_fact_without_parameter(
    context: PlanContext, match: Match, presence: Presence, moved_fields: MovedFields, key: str
) -> None:
    """Keep a fact with the key to filter out if the parameter is absent. The key is then filtered out by the
    parameter's own test.

    Raises RefusalError if there may be such a fact, and the parameter doesn't depend on a single test."""
    if key not in moved_fields.absent_keys:
        return
    operands = body_operands(match)
    values = [body for operand in operands for body in bodies_of(operand.value)]
    entries = [entry for operand in operands for entry in body_entries(context, operand, key)]
    if all(precedence(context, values, entry, key) is Precedence.SOLE for entry in entries):
        return
    request = Operand(NONE, match.request.site, match.request.frame)
    tests = [
        condition
        for name_operand in presence.name_operands
        for condition in unshared_conditions(context, name_operand, request)
    ]
    if len(tests) != 1 or not tests[0].is_test:
        message = f"the body may have a {key!r} of its own in calls without files"
        raise RefusalError(presence.query.site, "attachments", message)
    test = Operand(context.value(tests[0].site, tests[0].frame), tests[0].site, tests[0].frame)
    negated = not tests[0].outcome
    moved_fields.tests[key] = MovedField(test=test, negated=negated)
    for slot, addition in moved_fields.expressions.items():
        if addition.entry_read is not None and addition.entry_read.key == key:
            entry_read = replace(addition.entry_read, certain=True)
            moved_fields.expressions[slot] = replace(
                addition, entry_read=entry_read, test=test, negated=negated
            )


def may_lose_key(context: PlanContext, value: Value, key: str) -> bool:
    """Whether an entry of `key` may be deleted from a dict again."""
    return any(record.may_lose(key) for record in records_of(context, value))


def _has_key(context: PlanContext, ref: Ref, entries: Sequence[DictEntry]) -> bool:
    record = context.facts.heap[ref]
    return isinstance(record, DictObject) and any(
        entry in own_entries for entry in entries for own_entries in record.entries.values()
    )


def is_opaque(context: PlanContext, value: Value) -> bool:
    """Whether a dict may have keys that aren't known."""
    for choice in alternatives(value):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject):
            if record.open or any(is_opaque(context, spread.value) for spread in record.spreads):
                return True
        elif choice != NONE:
            return True
    return False
