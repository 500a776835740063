"""Values of a slot as a list: comma-joined texts, conditional values, and lists of entries."""

from collections.abc import Collection, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.imports import means_builtin
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.template_variables import is_primary
from kognitos_migrate.rulebook.model import EntryKeys, LayoutMember
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.blocks import child_containing, decision_on
from kognitos_migrate.syntax.roles import assignment_to
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.shapes import (
    is_method_call,
    is_none,
    is_primary_expression,
    literal_text,
    string_value,
)
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NONE,
    NUMBER,
    Const,
    Hole,
    Lit,
    Ref,
    Reply,
    Text,
    Value,
)


def append_to_list(
    context: PlanContext, match: Match, member: LayoutMember, value: Operand, moved_fields: MovedFields
) -> list[PendingEdit] | None:
    """Turn `url += "?name=" + upload()` into an assignment of a list, which is empty before the enclosing
    statement. None if the statement isn't of this kind."""
    tree, node = context.tree(value.site), context.node(value.site)
    new = match.operation.new.request_member(member.slot)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    function = context.read_frame(value.frame).function
    scope = tree.node(function) if function else tree.module
    joined_site = joined_list(context, value.site)
    if new is None or not holds_slot(context, member, value.value):
        return None
    if joined_site is None and _may_have_parts(value.value):
        return None
    match line:
        case cst.SimpleStatementLine([cst.AugAssign(cst.Name(variable)) as grown]):
            pass
        case _:
            return None
    if _literal_before(grown.value, node) != f"?{member.name}=":
        return None
    if occurrences(tree, scope, new.name):
        return None
    bindings = [
        node
        for node in tree.memoize(Variables).bindings(scope, variable)
        if not isinstance(assignment_to(tree, node), cst.AugAssign)
    ]
    if len(bindings) > 1:
        return None
    block: cst.CSTNode | None = scope.body if isinstance(scope, cst.FunctionDef) else scope
    for creation in bindings:
        block = tree.enclosing(creation, cst.IndentedBlock, cst.Module, cst.SimpleStatementSuite) or block
    empty = initialize_list(tree, block, grown, new.name)
    if empty is None:
        return None
    moved_fields.expressions[member.slot] = MovedField((new.name,), frame=value.frame, always=True)
    filling: CodeTemplate = ("[", tree.outer_span(node), "]")
    if joined_site is not None:
        if not means_builtin(tree, "list", node):
            return None
        filling = ("list(", context.outer_span(joined_site), ")")
    return [empty, PendingEdit(tree.span(grown), (f"{new.name} = ", *filling))]


def initialize_list(
    tree: Tree, block: cst.CSTNode | None, filling: cst.CSTNode, name: str
) -> PendingEdit | None:
    """The pending edit that binds `name` to an empty list before the statement of `block` that contains
    `filling`. None if no statement of the block does."""
    outer = child_containing(tree, block, filling) if block is not None else None
    if outer is None:
        return None
    start = tree.span(outer).start
    return PendingEdit(
        Span(tree.path, start, start), (f"{name} = []{newline(tree)}{indentation(tree, start)}",)
    )


def _literal_before(text: cst.BaseExpression, node: cst.CSTNode) -> str | None:
    """The literal before `node`, if a text consists of these two only."""
    match text:
        case cst.BinaryOperation(cst.SimpleString() as literal, right=right) if right is node:
            return str(literal_text(literal))
        case cst.FormattedString([cst.FormattedStringText(literal), cst.FormattedStringExpression(right)]):
            return str(literal) if right is node else None
    return None


def holds_slot(context: PlanContext, member: LayoutMember, value: Value) -> bool:
    """Whether a value consists of positions of replies that contain the slot, and of no text of the program:
    that would be the name of an entry."""
    if any(isinstance(choice, Text) and choice.literal for choice in alternatives(value)):
        return False
    positions = list(_positions(context, value))
    return bool(positions) and all(
        position.request in context.matches
        and len(position.path) == 2
        and (
            slot_member := context.matches[position.request].operation.old.reply_field(str(position.path[1]))
        )
        is not None
        and slot_member.slot == member.slot
        for position in positions
    )


def _positions(context: PlanContext, value: Value) -> list[Reply]:
    positions = list(replies_in(value))
    for choice in alternatives(value):
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, SequenceObject):
            positions.extend(replies_in(heap_object.element()))
    return positions


def _may_have_parts(value: Value) -> bool:
    """Whether a value may be a text of several parts."""
    return any(
        len(choice.parts) > 1
        or any(isinstance(part, Hole) and _may_have_parts(part.value) for part in choice.parts)
        for choice in alternatives(value)
        if isinstance(choice, Text)
    )


def joined_list(context: PlanContext, site: Site) -> Site | None:
    """The list in `",".join(list)`."""
    node = context.node(site)
    return context.tree(site).site(node.args[0].value) if is_method_call(node, "join") else None


_WHOLE = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Lambda, cst.CompFor)
"""Nodes that end the search for a test around an expression."""


def slot_as_list(context: PlanContext, match: Match, value: Operand) -> MovedField:
    """The value as a list. For a text joined from a list, that is the list. Raises RefusalError for a text
    that is composed in another way."""
    joined_site = joined_list(context, value.site)
    if joined_site is None and _may_have_parts(value.value):
        message = "the addresses of several files are in one text, which was built elsewhere"
        raise RefusalError(value.site, "attachments", message, "join the list of them in the request's call")
    test, negated = _test_around(context, match, value)
    if joined_site is not None:
        list_operand = Operand(context.value(joined_site, value.frame), joined_site, value.frame)
        if test is not None and not negated and _is_list(context, list_operand, test):
            return MovedField(operand=list_operand, always=True)
        return MovedField(operand=list_operand, test=test, negated=negated)
    whole = any(isinstance(choice, Ref) for choice in alternatives(value.value))
    before, after = ("", "") if whole else ("[", "]")
    if _is_in_request_call(context, match, value):
        chosen = _chosen_operand(context.node(value.site)) if test is None else None
        if chosen is not None:
            node, test_node, negated = chosen
            tree = context.tree(value.site)
            test = Operand(
                context.value(tree.site(test_node), value.frame), tree.site(test_node), value.frame
            )
            parts: CodeTemplate = (before, tree.outer_span(node), after)
        elif NONE not in alternatives(value.value) or is_method_call(context.node(value.site), "get"):
            # The result of `get` isn't None, because each reply has the field.
            parts = (before, context.outer_span(value.site), after)
        else:
            parts = (
                ("(", context.outer_span(value.site), ") or []")
                if whole
                else _list_if_true(context, value.site)
            )
        return MovedField(parts, frame=value.frame, test=test, negated=negated)
    if test is None and any(choice == NONE for choice in alternatives(value.value)):
        test = value
    return MovedField(operand=value, before=before, after=after, test=test, negated=negated)


def _chosen_operand(node: cst.CSTNode) -> tuple[cst.BaseExpression, cst.BaseExpression, bool] | None:
    """The operand that a test chooses, with the test, and whether the test has to be false. None if the
    alternative isn't empty."""
    match node:
        case cst.IfExp(test, body, orelse) if _is_nothing(orelse):
            return body, test, False
        case cst.IfExp(test, body, orelse) if _is_nothing(body):
            return orelse, test, True
        case cst.BooleanOperation(left, cst.And(), right):
            return right, left, False
        case _:
            return None


def _is_nothing(node: cst.CSTNode) -> bool:
    return is_none(node) or string_value(node) == ""


def _list_if_true(context: PlanContext, site: Site) -> CodeTemplate:
    """A list of a value if that is true, else an empty one."""
    return ("[value for value in (", context.outer_span(site), ",) if value]")


def _test_around(context: PlanContext, match: Match, value: Operand) -> tuple[Operand | None, bool]:
    """The test on which an expression depends within its statement or the request's own call, and whether the
    test has to be false. None if there is no test. Raises RefusalError if there are several."""
    tree = context.tree(value.site)
    child: cst.CSTNode = tree.node(value.site)
    tests: list[tuple[cst.BaseExpression, bool]] = []
    for ancestor in tree.ancestors(child):
        if isinstance(ancestor, _WHOLE) or tree.site(ancestor) == match.request.site:
            break
        if (decision := decision_on(ancestor, child)) is not None:
            tests.append((decision.test, not decision.outcome))
        child = ancestor
    if len(tests) > 1:
        raise RefusalError(
            value.site, "attachments", "more than one condition decides whether the files are sent"
        )
    if not tests:
        return None, False
    node, negated = tests[0]
    site = tree.site(node)
    return Operand(context.value(site, value.frame), site, value.frame), negated


def _is_list(context: PlanContext, list_operand: Operand, test: Operand) -> bool:
    """Whether the test is the list itself. Such a list is empty if there is no value."""
    refs = [ref for ref in alternatives(list_operand.value) if isinstance(ref, Ref)]
    is_known = len(refs) == len(list(alternatives(list_operand.value))) > 0
    return is_known and context.code(list_operand.site) == context.code(test.site)


def _is_in_request_call(context: PlanContext, match: Match, value: Operand) -> bool:
    """Whether an expression is in the request's own call, so that it moves and isn't repeated."""
    tree = context.tree(value.site)
    if value.site.path != match.request.site.path:
        return False
    call, span = context.span(match.request.site), context.span(value.site)
    simple = isinstance(tree.node(value.site), cst.Name | cst.Attribute)
    return not simple and call.contains(span)


def entry_as_list(context: PlanContext, operand: Operand) -> MovedField:
    """The value of an entry that moves out of its dict display, as a list."""
    span = context.outer_span(operand.site)
    simple = isinstance(context.node(operand.site), cst.Name | cst.Attribute)
    guard = (context.code(operand.site),) if simple else None
    if all(isinstance(choice, Reply | Text | Lit) for choice in alternatives(operand.value)):
        return MovedField(("[", span, "]"), frame=operand.frame, guard=guard)
    return MovedField((span,), frame=operand.frame, guard=guard)


def entry_list(
    entry: EntryKeys, context: PlanContext, site: Site, moved: Collection[str] = ()
) -> CodeTemplate | None:
    """The dict display at `site` as a list of entries, without the keys `moved` out of it. None if it isn't a
    display, or if two of its keys may be equal: a dict keeps only one of these."""
    tree, node = context.tree(site), context.node(site)
    if not isinstance(node, cst.Dict):
        return None
    pairs = [element for element in node.elements if isinstance(element, cst.DictElement)]
    keys = [written_key(context, tree.site(pair.key)) for pair in pairs]
    if len(pairs) < len(node.elements) or len(set(keys)) < len(keys) or (None in keys and len(keys) > 1):
        return None
    parts: list[str | Span] = ["["]
    for pair in (pair for pair, key in zip(pairs, keys, strict=True) if key not in moved):
        parts.append(", " if len(parts) > 1 else "")
        parts += (f"{{{string_literal(entry.name)}: ", tree.outer_span(pair.key), ", ")
        parts += (f"{string_literal(entry.value)}: ", tree.outer_span(pair.value), "}")
    return (*parts, "]")


def written_key(context: PlanContext, site: Site) -> str | None:
    """The text of a dict display's key, if it is the same in every context, else None."""
    texts = {choice.literal if isinstance(choice, Text) else None for choice in context.alternatives_at(site)}
    return texts.pop() if len(texts) == 1 else None


def entry_comprehension(
    entry: EntryKeys,
    context: PlanContext,
    site: Site,
    expression: CodeTemplate,
    absent: Mapping[str, CodeTemplate],
) -> CodeTemplate:
    """A comprehension over the dict `expression` that makes a list of entries, without the keys in `absent`,
    each with its test if it has one. `site` is the source of the expression. Raises RefusalError if Python
    doesn't allow the expression in a comprehension."""
    node, tree = context.node(site), context.tree(site)
    bound = next(iter(tree.descendants_of_kind(node, cst.NamedExpr)), None)
    if bound is not None:
        message = (
            "an assignment expression binds a name inside the body, which isn't allowed in a comprehension"
        )
        raise RefusalError(tree.site(bound), "body", message, "assign it in a statement before the request")
    bare = is_primary_expression(node)
    is_whole = (bare and len(expression) == 1) or is_primary(context, expression)
    owner = expression if is_whole else ("(", *expression, ")")
    entry_display = f"{{{string_literal(entry.name)}: name, {string_literal(entry.value)}: value}}"
    tests = (part for key, test in absent.items() for part in key_filter("name", key, test))
    return (f"[{entry_display} for name, value in ", *owner, ".items()", *tests, "]")


def dict_without_keys(expression: CodeTemplate, absent: Mapping[str, CodeTemplate]) -> CodeTemplate:
    """The dict `expression` without the keys in `absent`, each with its test if it has one."""
    if absent and len(expression) > 1:
        expression = ("(", *expression, ")")
    for key, unless in absent.items():
        tests = key_filter("key", key, unless)
        expression = ("{key: value for key, value in ", *expression, ".items()", *tests, "}")
    return expression


def key_filter(variable: str, key: str, unless: CodeTemplate) -> CodeTemplate:
    """The condition of a comprehension that filters out a key, always or unless a test is true."""
    unequal = f" if {variable} != {string_literal(key)}"
    return (unequal, " or ", *unless) if unless else (unequal,)


def require_object(context: PlanContext, site: Site, facts: Value) -> None:
    """Raises RefusalError if the facts aren't an object."""
    choices = alternatives(facts)
    scalars = all(isinstance(choice, Text) or _is_no_text(choice, NONE) for choice in choices)
    for choice in choices:
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, SequenceObject) or scalars:
            raise RefusalError(site, "body", "the body may be a value other than a dict", "pass a dict")


def _is_no_text(value: Value, *others: Value) -> bool:
    return value == NUMBER or (isinstance(value, Const) and value not in others)
