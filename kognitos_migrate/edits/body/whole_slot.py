"""The slot that was the whole old body, as one entry of the new body."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.edits.body.dict_aliasing import require_no_write_before_send
from kognitos_migrate.edits.body.entry_extraction import remaining_dict
from kognitos_migrate.edits.body.json_text import decoding_call, is_empty_json_object, require_json_name
from kognitos_migrate.edits.body.key_precedence import may_have
from kognitos_migrate.edits.body.list_values import (
    dict_without_keys,
    entry_comprehension,
    entry_list,
    require_object,
)
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.body.presence_tests import PresenceTest, body_may_be_missing, body_operands
from kognitos_migrate.edits.body.rebuild_points import (
    RebuildPoint,
    bodies_of,
)
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate, primary_source
from kognitos_migrate.edits.table_lookup import TableUses
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.library.json_ import DECODERS
from kognitos_migrate.interpret.library_effects import reads_data
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Iterated, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    DECODED_JSON,
    NONE,
    Const,
    Decoding,
    Json,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
    is_nullable,
    is_result,
    is_row,
)
from kognitos_migrate.values.origins import OriginKind


def whole_slot(
    context: PlanContext,
    point: RebuildPoint,
    member: LayoutMember,
    dialect: str,
    moved_fields: Mapping[int, MovedFields],
    tables: TableUses,
) -> CodeTemplate:
    """The old body, as the value of one member of the new body."""
    is_list = member.encoding(dialect) is Encoding.ENTRIES
    if point.operand is None:
        return ("[]",) if is_list else ("{}",)
    maybe_none = (
        any(body_may_be_missing(context, context.matches[number]) for number in point.frames)
        or any(choice == NONE for choice in context.alternatives_at(point.site))
        or (_may_be_null(context, point) and not _has_certain_entry(point, moved_fields))
    )
    if point.spread is not None:
        code = context.code(point.site)
        expression: CodeTemplate = (
            (f"{code}[{string_literal(point.spread)}]",)
            if not maybe_none
            else (f"{code}.get({string_literal(point.spread)})", " or {}")
        )
    elif point.chosen is not None:
        expression = chosen_by_test(context, point.site, point.chosen)
    elif point.text and is_empty_json_object(context, point.site):
        return ("[]",) if is_list else ("{}",)
    elif point.text:
        expression = (decoding_call(context, point.site, tables.imports), context.outer_span(point.site), ")")
    elif (rest := remaining_dict(context, point, moved_fields)) is not None:
        expression = with_operator(context, rest, "")
    else:
        expression = _object_or_none(context, point) if maybe_none else with_operator(context, point.site, "")
    removed = value_if_absent(context, point, moved_fields)
    _require_no_fact(context, point, set(removed), moved_fields)
    if removed or is_list:
        require_no_write_before_send(context, point)
    if not is_list:
        return dict_without_keys(expression, removed)
    is_whole = not removed and point.spread is None and point.chosen is None
    if not point.text:
        require_object(context, point.site, point.operand.value)
        values = [point.operand.value, *(context.values_at(point.site) if point.spread is None else ())]
        if any(may_have_other_keys(context, value) for value in values):
            _require_plain_values(context, point)
            module = require_json_name(context, point.site, tables.imports)
            expression = (f"{module}.loads({module}.dumps(", *expression, "))")
            is_whole = False
    moved = {
        key for number in point.frames if number in moved_fields for key in moved_fields[number].moved_keys
    }
    written = entry_list(member.entry_keys, context, point.site, moved) if is_whole else None
    return written or entry_comprehension(member.entry_keys, context, point.site, expression, removed)


def _may_be_null(context: PlanContext, point: RebuildPoint) -> bool:
    """Whether the facts may be null at run time, by the place that they are read from, and a request without
    a body is sent then: a client encodes them, or the program tests for them."""
    matches = [context.matches[number] for number in point.frames]
    may_send_none = point.test is not None or any(match.request.value(Role.JSON) for match in matches)
    return may_send_none and any(map(is_nullable, _fact_alternatives(context, point)))


def _has_certain_entry(point: RebuildPoint, moved_fields: Mapping[int, MovedFields]) -> bool:
    """Whether the new body reads an entry of the facts without a test, which fails if they are null."""
    reads = (
        expression.entry_read
        for number in point.frames
        if number in moved_fields
        for expression in moved_fields[number].expressions.values()
    )
    return any(read is not None and read.certain and not read.maybe_none for read in reads)


def _fact_alternatives(context: PlanContext, point: RebuildPoint) -> Iterator[Value]:
    """The alternatives of the facts at a place."""
    for value in context.values_at(point.site):
        yield from alternatives(value)
    if point.operand is not None:
        yield from alternatives(point.operand.value)


def _object_or_none(context: PlanContext, point: RebuildPoint) -> CodeTemplate:
    """The facts, or an empty dict if they are None. Other false values stay: the API refuses them."""
    choices = list(_fact_alternatives(context, point))
    is_read = _is_repeatable(context.node(point.site))
    has_unknown = _may_be_null(context, point) and is_read
    if point.test is PresenceTest.TRUTH:
        return with_operator(context, point.site, " or {}")
    if not has_unknown and not any(_is_false_non_object(context, choice) for choice in choices):
        return with_operator(context, point.site, " or {}")
    if not is_read:
        raise RefusalError(point.site, "body", "the body may be None, or another value that isn't a dict")
    span = context.outer_span(point.site)
    return (span, " if ", span, " is not None else {}")


def _is_repeatable(node: cst.CSTNode) -> bool:
    """Whether an expression only reads a name, or its attributes and items by literal keys, so that it may be
    evaluated twice."""
    match node:
        case cst.Name():
            return True
        case cst.Attribute(value):
            return _is_repeatable(value)
        case cst.Subscript(value, [cst.SubscriptElement(cst.Index(cst.SimpleString() | cst.Integer()))]):
            return _is_repeatable(value)
        case cst.Call(cst.Attribute(value, cst.Name("get")), [cst.Arg(cst.SimpleString())]):
            return _is_repeatable(value)
        case _:
            return False


def _is_false_non_object(context: PlanContext, value: Value) -> bool:
    """Whether a value is false and neither None nor an object."""
    if isinstance(value, Ref):
        return isinstance(context.facts.heap[value], SequenceObject)
    return value != NONE and isinstance(value, Text | Const) and truth(value) is not True


def _require_plain_values(context: PlanContext, point: RebuildPoint) -> None:
    """Raises RefusalError if the text of the facts is encoded with an option for values that JSON has no form
    for."""
    texts = (
        choice
        for number in point.frames
        for operand in context.matches[number].request.value(Role.DATA)
        for choice in alternatives(operand.value)
    )
    option = next((text.encoder for text in texts if isinstance(text, Json) and text.encoder), None)
    if option is not None:
        message = "the body may have keys that aren't strings, and this option converts their values"
        raise RefusalError(option, "body", message, "convert the keys: str(key)")


def value_if_absent(
    context: PlanContext, point: RebuildPoint, moved_fields: Mapping[int, MovedFields]
) -> dict[str, CodeTemplate]:
    """The keys to filter out of the facts at a place, each with the test that keeps it (empty: none). Raises
    RefusalError if requests that share the place differ."""
    tests_by_key: dict[str, CodeTemplate] = {}
    for number, frame in point.frames.items():
        own_fields = moved_fields.get(number, MovedFields())
        for key in sorted(own_fields.absent_keys):
            test_field = own_fields.tests.get(key)
            test = test_field.absence_test(context, point.site, frame) if test_field is not None else ()
            if test is None or tests_by_key.setdefault(key, test) != test:
                message = f"other calls omit the body's {key!r} under a different condition"
                raise RefusalError(point.site, "attachments", message)
    return tests_by_key


def chosen_by_test(context: PlanContext, body: Site, chosen: Site) -> CodeTemplate:
    """The body as chosen by its test, with an empty dict as the alternative."""
    node, span = cst.ensure_type(context.node(chosen), cst.IfExp), context.outer_span(body)
    tree = context.tree(chosen)
    test = tree.outer_span(node.test)
    if tree.number(context.node(body)) > tree.number(node.orelse):
        return ("{} if ", test, " else ", span)
    if context.code(body) == context.tree(chosen).code(node.test):
        return with_operator(context, body, " or {}")
    return (span, " if ", test, " else {}")


def _require_no_fact(
    context: PlanContext, point: RebuildPoint, removed: set[str], moved_fields: Mapping[int, MovedFields]
) -> None:
    """Raises RefusalError if a key to filter out is a fact in another context."""
    for number in point.frames:
        own_fields = moved_fields.get(number, MovedFields())
        for key in removed - own_fields.absent_keys - own_fields.moved_keys:
            bodies = (
                body
                for operand in body_operands(context.matches[number])
                for body in bodies_of(operand.value)
            )
            if any(may_have(context, body, key) for body in bodies):
                raise RefusalError(
                    point.site, "attachments", f"in another call, the body's {key!r} isn't the list of files"
                )


def with_operator(context: PlanContext, site: Site, tail: str) -> CodeTemplate:
    """The source of an expression with an operator and its right operand behind it."""
    return (*primary_source(context, site), tail) if tail else (context.outer_span(site),)


def may_have_other_keys(context: PlanContext, facts: Value) -> bool:
    """Whether the facts may have a key that isn't a text. JSON turns such a key into text, but not the name
    of an entry. Facts from outside the program, as in a parameter, are assumed to have text keys."""
    for choice in alternatives(facts):
        record = context.facts.heap.get(choice)
        parts = context.facts.heap.with_merged_dicts(record) if isinstance(record, DictObject) else []
        values = [choice, *(spread.value for part in parts for spread in part.spreads)]
        if any(_may_have_any_key(context, value) for value in values):
            return True
        if any(not _is_text(name) for part in parts for name in alternatives(part.names)):
            return True
    return False


def _may_have_any_key(context: PlanContext, value: Value) -> bool:
    """Whether a mapping out of sight, or pairs in a list or iterator, may have keys of any type: the result
    of a library other than JSON, or data in what a decoder such as YAML returns."""
    pairs = context.facts.heap.get(value)
    if isinstance(pairs, SequenceObject | Iterated):
        element = pairs.element() if isinstance(pairs, SequenceObject) else pairs.element
        return not all(_is_pair_of_text(context, pair) for pair in alternatives(element))
    if is_row(value) or (is_result(value) and value != DECODED_JSON):
        return True
    origin = value.origin if isinstance(value, Unknown) else None
    if origin is None or origin.kind is not OriginKind.RESULT:
        return False
    function = origin.names[0]
    return reads_data(function) and function not in DECODERS


def _is_pair_of_text(context: PlanContext, pair: Value) -> bool:
    """Whether a pair surely begins with a text."""
    items = context.facts.heap.get(pair)
    return isinstance(items, SequenceObject) and all(
        _is_text(choice) for item in items.items[:1] for choice in alternatives(item.value)
    )


def _is_text(value: Value) -> bool:
    """Whether a key is surely a text."""
    if isinstance(value, Reply):
        return bool(value.path) and value.path[-1] is Decoding.NAMES
    return isinstance(value, Text | Json)
