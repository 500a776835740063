"""Functions and containers that a body passes through, and whether they read or change it."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.value_sources import stored_operands
from kognitos_migrate.edits.body.body_observers import (
    ENCODERS,
    is_measured,
    is_read,
    may_be_false,
    may_be_none,
    other_reads_of_name,
)
from kognitos_migrate.edits.body.presence_tests import (
    decides_method,
    decides_only_body,
    tests_for_none,
)
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.log_calls import callee_values, is_logged, is_logging
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.facts import Access, AccessKind, Use, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.functions import positional_parameters
from kognitos_migrate.syntax.roles import Argument, argument_of
from kognitos_migrate.syntax.scopes import function_around
from kognitos_migrate.syntax.shapes import container_of, owner_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    Bound,
    Class,
    Function,
    Json,
    MemberRef,
    Ref,
    Symbol,
    Unknown,
    Value,
)

_TYPE_TESTS = (Symbol("builtins.isinstance"), Symbol("builtins.type"))
"""Functions that read nothing of a body but its type, which is new for a body that was None."""
_LOOKING = ("get", "items", "keys", "values", "pop", "popitem", "setdefault", "update", "copy", "clear")


def _is_skipped(context: PlanContext, site: Site, operand: Operand) -> bool:
    """Whether the run of a function that evaluates `operand` never evaluates another expression of it."""
    tree, values = context.tree(site), context.facts.values
    functions = [function_around(tree, context.node(place)) for place in (site, operand.site)]
    is_run = (operand.site, operand.frame) in values
    return functions[0] is functions[1] and is_run and (site, operand.frame) not in values


def inspection_of(context: PlanContext, match: Match, operand: Operand) -> Site | None:
    """The place where the function passing a body on at `operand` does more than that; None if there is none.
    It would see the new layout of a body built further out."""
    tree = context.tree(operand.site)
    sites = [tree.site(other) for other in other_reads_of_name(tree, tree.node(operand.site))]
    place = next(
        (
            site
            for site in sites
            if _reads_body(context, site, operand.value) and not _is_skipped(context, site, operand)
        ),
        None,
    )
    is_request = place is None and decides_method(context, match, operand)
    return match.request.site if is_request else place


def callee_inspects(context: PlanContext, operand: Operand) -> bool:
    """Whether the call that gets a body at `operand` may also run a function that sends nothing and reads the
    body, such as a replacement for a client. Functions in tests don't count: their expectations are
    rewritten."""
    tree = context.tree(operand.site)
    argument = argument_of(tree, tree.node(operand.site))
    if argument is None:
        return False
    call, arg = argument
    for callee in callee_values(context, tree, call):
        function = _function(context, callee)
        if function is None or function in context.requests.senders or function.path in context.facts.tests:
            continue
        callee_tree, definition = context.tree(function), context.node(function)
        name = _parameter(definition, call, arg, bound=isinstance(callee, Bound | Class))
        if name is not None and any(
            other.value == name
            and is_read(callee_tree, other)
            and _reads_body(context, callee_tree.site(other), operand.value, (function,))
            for other in callee_tree.descendants_of_kind(definition, cst.Name)
        ):
            return True
    return False


def _reads_body(context: PlanContext, site: Site, body: Value, call_chain: tuple[Site, ...] = ()) -> bool:
    """Whether code reads the body at an expression. `call_chain` are the functions whose calls were followed
    to it. Sending and logging don't count, nor tests that come out as before."""
    tree = context.tree(site)
    node, parent = tree.node(site), tree.parent(tree.node(site))
    match parent:
        case cst.Comparison() | cst.ComparisonTarget():
            is_target = isinstance(parent, cst.ComparisonTarget)
            comparison = tree.enclosing(parent, cst.Comparison) if is_target else parent
            return not tests_for_none(comparison) or (
                may_be_none(body) and not decides_only_body(context, site)
            )
        case cst.IfExp(test) | cst.BooleanOperation(left=test):
            is_tested = node is test
            if tree.site(parent) in context.requests.by_argument:
                return False
            is_operand = isinstance(parent, cst.BooleanOperation) or not is_tested
            return (is_tested and may_be_false(context, body) and not decides_only_body(context, site)) or (
                is_operand and _reads_body(context, tree.site(parent), body, call_chain)
            )
        case cst.UnaryOperation() | cst.If() | cst.While() | cst.Assert():
            return may_be_false(context, body) and not decides_only_body(context, site)
        case cst.DictElement() | cst.StarredDictElement():
            return False
        case cst.FormattedStringExpression() | cst.BinaryOperation():
            return not is_logged(context, site)
        case cst.Attribute():
            return parent.attr.value in _LOOKING
        case cst.Expr():
            return False
        case cst.Arg():
            argument = argument_of(tree, node)
            if argument is None:
                return False
            if parent.star:
                return not _sends(context, tree, argument.call)
            return not _passes_body_on(context, tree, argument.call, body) or _callee_reads(
                context, tree, argument, body, call_chain
            )
        case _:
            return True


def _sends(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call sends a request, itself or further down."""
    return tree.site(call) in context.requests.by_call or tree.site(call) in context.memoize(_request_sites)


def _passes_body_on(context: PlanContext, tree: Tree, call: cst.Call, body: Value) -> bool:
    """Whether a call logs, encodes or sends the body, or only runs functions of the program."""
    site = tree.site(call)
    if site in context.memoize(_request_sites):
        return True
    functions = callee_values(context, tree, call)
    if any(callee in ENCODERS for callee in functions) and is_measured(context, site):
        return False
    return not any(
        _may_read(context, callee, site)
        and not is_logging(context, tree, call, callee)
        and callee not in ENCODERS
        and not (callee in _TYPE_TESTS and not may_be_none(body))
        for callee in functions
    )


def _request_sites(context: PlanContext) -> frozenset[Site]:
    return frozenset(request.site for request in context.facts.requests)


def _may_read(context: PlanContext, callee: Value, call: Site) -> bool:
    """Whether a callee is a builtin or a method of an object, which keep or read their arguments, or a
    function that isn't analysed."""
    if not isinstance(callee, Symbol):
        return isinstance(callee, MemberRef | Unknown)
    outside = any(mutation.function == callee.name for mutation in context.facts.mutations.get(call, ()))
    return outside or callee.name.startswith("builtins.")


def _callee_reads(
    context: PlanContext,
    tree: Tree,
    argument: Argument,
    body: Value,
    call_chain: tuple[Site, ...],
) -> bool:
    """Whether a function of the program that sends nothing reads this argument."""
    call, arg = argument
    if tree.site(call) in context.requests.by_call:
        return False
    for callee in callee_values(context, tree, call):
        function = _function(context, callee)
        if function is None or function in call_chain:
            continue
        callee_tree, definition = context.tree(function), context.node(function)
        name = _parameter(definition, call, arg, bound=isinstance(callee, Bound | Class))
        for other in callee_tree.descendants_of_kind(definition, cst.Name) if name else ():
            reads_parameter = other.value == name and is_read(callee_tree, other)
            if reads_parameter and _reads_body(
                context, callee_tree.site(other), body, (*call_chain, function)
            ):
                return True
    return False


def _function(context: PlanContext, callee: Value) -> Site | None:
    """The function of the program that a callee runs; `__init__` for a class."""
    if isinstance(callee, Bound):
        return _function(context, callee.function)
    if isinstance(callee, Class):
        tree = context.tree(callee.site)
        methods = tree.descendants_of_kind(tree.node(callee.site), cst.FunctionDef)
        return next((tree.site(method) for method in methods if method.name.value == "__init__"), None)
    return callee.site if isinstance(callee, Function) else None


def _parameter(definition: cst.CSTNode, call: cst.Call, arg: cst.Arg, *, bound: bool) -> str | None:
    """The parameter that gets an argument; None if that isn't known."""
    if not isinstance(definition, cst.FunctionDef) or arg.star:
        return None
    if arg.keyword is not None:
        return arg.keyword.value
    ordered = positional_parameters(definition)
    place = call.args.index(arg) + bound
    return ordered[place].name.value if place < len(ordered) else None


_OBSERVING = (
    UseKind.ESCAPE,
    UseKind.KEY,
    UseKind.COMPARE,
    UseKind.ITERATE,
    UseKind.METHOD,
    UseKind.DECODE,
)


def require_unobserved(context: PlanContext, match: Match, lengths: list[Site]) -> None:
    """Raises RefusalError if the JSON text of the body is used for more than the request, because it changes.
    Uses inside `lengths`, the expressions of the content length, are allowed."""
    for operand in match.request.value(Role.DATA):
        for choice in alternatives(operand.value):
            for use in _uses(context, choice) if isinstance(choice, Json) else ():
                if not any(context.is_inside(use.site, length) for length in lengths):
                    message = "the JSON text of the body is used here, and the new body has other text"
                    raise RefusalError(use.site, "body", message)


def _uses(context: PlanContext, text: Json) -> Iterator[Use]:
    yield from context.memoize(_uses_by_text).get((text.site, text.frame), ())


def _uses_by_text(context: PlanContext) -> dict[tuple[Site, int], list[Use]]:
    uses_by_text: dict[tuple[Site, int], list[Use]] = {}
    for use in context.facts.uses:
        if isinstance(use.value, Json) and use.kind in _OBSERVING:
            uses_by_text.setdefault((use.value.site, use.value.frame), []).append(use)
    return uses_by_text


def is_read_by_name(context: PlanContext, operand: Operand) -> bool:
    """Whether a function that gets the body in its `**` parameter reads the body there."""
    for choice in alternatives(operand.value):
        for site in context.aliases_of(choice) if isinstance(choice, Ref) else ():
            if _is_read_of_arguments(context, site, operand) and _reads_body(context, site, operand.value):
                return True
    return False


def _is_read_of_arguments(context: PlanContext, site: Site, operand: Operand) -> bool:
    """Whether an expression reads the body at `operand` out of a `**` parameter."""
    tree, owner = context.tree(site), container_of(context.node(site))
    heap_objects = [
        context.facts.heap[choice]
        for value in (context.values_at(tree.site(owner)) if owner is not None else ())
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    ]
    return any(
        isinstance(heap_object, DictObject)
        and isinstance(context.node(heap_object.site), cst.Param)
        and any(entry.operand.site == operand.site for entry in heap_object.all_entries)
        for heap_object in heap_objects
    )


def is_read_from_container(context: PlanContext, levels: list[Operand]) -> bool:
    """Whether a body is read or changed through a container that it was put into. It is built at the last of
    these levels and passes through the others."""
    by_site = context.memoize(_containers_by_site)
    containers = {ref for level in levels for ref in by_site.get(level.site, ())}
    if not containers:
        return False
    sites = {level.site for level in levels}
    bodies = [choice for choice in alternatives(levels[-1].value) if isinstance(choice, Ref)]
    read = [site for body in bodies for site in context.aliases_of(body)]
    if len(bodies) < len(alternatives(levels[-1].value)):
        read += [access.place for ref in containers for access in _accesses(context, ref)]
    return any(
        site not in sites
        and _is_read_of(context, site, containers)
        and _reads_body(context, site, levels[-1].value)
        for site in read
    )


def _accesses(context: PlanContext, container: Ref) -> Iterator[Access]:
    """The reads of a container's entries or attributes, except in tests, whose expectations are rewritten."""
    kinds = (AccessKind.READ, AccessKind.FLOW, AccessKind.WHOLE)
    for noted in context.facts.accesses.get(container, {}).values():
        for access in noted:
            if access.kind in kinds and access.place.path not in context.facts.tests:
                yield access


def _containers_by_site(context: PlanContext) -> dict[Site, set[Ref]]:
    """By expression: the containers that its value was put into."""
    containers_by_site: dict[Site, set[Ref]] = {}
    for number, heap_object in enumerate(context.facts.heap.objects):
        for operand in stored_operands(heap_object):
            containers_by_site.setdefault(operand.site, set()).add(Ref(number))
    return containers_by_site


def _is_read_of(context: PlanContext, site: Site, containers: set[Ref]) -> bool:
    """Whether an expression reads an entry, element or attribute of one of the containers."""
    tree = context.tree(site)
    owner = owner_of(tree.node(site))
    return owner is not None and any(
        choice in containers
        for choice in context.alternatives_at(tree.site(owner))
        if isinstance(choice, Ref)
    )
