"""Functions and containers that a body passes through, and whether they read or change it."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.effects import only_shows
from kognitos_migrate.interpret.state.facts import Access, AccessKind, Use, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, HeapObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NONE,
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

_ENCODERS = frozenset(
    Symbol(name)
    for name in (
        "builtins.id",
        *(f"{library}.dumps" for library in ("json", "orjson", "rapidjson", "simplejson", "ujson")),
    )
)
"""Functions that read nothing of a body, or encode all of it."""
_DIGESTS = ("hashlib.", "hmac.", "zlib.", "binascii.")
_TYPE_TESTS = (Symbol("builtins.isinstance"), Symbol("builtins.type"))
"""Functions that read nothing of a body but its type, which is new for a body that was None."""
_LOOKING = ("get", "items", "keys", "values", "pop", "popitem", "setdefault", "update", "copy", "clear")


def is_inspected(context: PlanContext, level: Operand) -> bool:
    """Whether the function that passes a body on at `level` does more than that. It would see the new layout
    of a body built further out."""
    tree = context.tree(level.site)
    node = tree.node(level.site)
    return any(_reads_body(context, tree, other) for other in _named_alike(tree, node))


def callee_inspects(context: PlanContext, level: Operand) -> bool:
    """Whether the call that gets a body at `level` may also run a function that sends nothing and reads the
    body, such as a replacement for a client. Functions in tests don't count: their expectations are
    rewritten."""
    tree = context.tree(level.site)
    arg = tree.parent(tree.node(level.site))
    call = tree.parent(arg) if arg is not None else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call):
        return False
    for callee in _callees(context, tree, call):
        function = _function(context, callee)
        if function is None or function in context.requests.senders or function.path in context.facts.tests:
            continue
        callee_tree, definition = context.tree(function), context.node(function)
        name = _parameter(definition, call, arg, bound=isinstance(callee, Bound | Class))
        if name is not None and any(
            other.value == name
            and _is_read(callee_tree, other)
            and _reads_body(context, callee_tree, other, (function,))
            for other in callee_tree.within(definition, cst.Name)
        ):
            return True
    return False


def inspects_body(context: PlanContext, site: Site) -> bool:
    """Whether a body is read, changed, or bound to another name at an expression."""
    tree = context.tree(site)
    return _reads_body(context, tree, tree.node(site))


def _named_alike(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The other reads of a variable in its function, or of an attribute of `self` in its class."""
    if isinstance(node, cst.Name):
        function = tree.enclosing(node, cst.FunctionDef)
        for other in tree.within(function, cst.Name) if function is not None else ():
            if other is not node and other.value == node.value and _is_read(tree, other):
                yield other
    elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        owner = tree.enclosing(node, cst.ClassDef)
        for attribute in tree.within(owner, cst.Attribute) if owner is not None else ():
            if (
                attribute is not node
                and attribute.attr.value == node.attr.value
                and attribute.value.deep_equals(node.value)
            ):
                yield attribute


def _is_read(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name reads its variable: it is no parameter, keyword or attribute."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Param | cst.AssignTarget | cst.AnnAssign):
        return False
    if isinstance(parent, cst.Arg):
        return parent.value is node
    return not (isinstance(parent, cst.Attribute) and parent.attr is node)


def _reads_body(
    context: PlanContext, tree: Tree, node: cst.CSTNode, call_chain: tuple[Site, ...] = ()
) -> bool:
    """Whether the body is read at a node. `call_chain` are the functions whose calls were followed to it."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Subscript):
        return parent.value is node
    if isinstance(parent, cst.Attribute):
        return parent.attr.value in _LOOKING
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, cst.In | cst.NotIn)
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.iter is node
    if isinstance(parent, cst.Assign | cst.AnnAssign) and parent.value is node:
        return True  # an alias, which may be read elsewhere
    if isinstance(parent, cst.Return | cst.Yield | cst.Del | cst.Element | cst.StarredElement):
        return True
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(parent, cst.Arg):
        return False
    return not _passes_body_on(context, tree, call) or _callee_reads(context, tree, call, parent, call_chain)


def _passes_body_on(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call logs, encodes or sends the body, or only runs functions of the program."""
    site = tree.site(call)
    if site in context.cached(_request_sites):
        return True
    callees = _callees(context, tree, call)
    if any(callee in _ENCODERS for callee in callees) and _is_measured(context, tree, call):
        return False
    return not any(
        _may_read(context, callee, site)
        and not only_shows(callee, call)
        and callee not in _ENCODERS
        and not (callee in _TYPE_TESTS and not _may_be_none(context, tree, call.args[0].value))
        for callee in callees
    )


def _is_measured(
    context: PlanContext, tree: Tree, text: cst.CSTNode, visited: frozenset[Site] = frozenset()
) -> bool:
    """Whether the program reads the text of a body, such as its length or digest, at an expression or through
    the variable that it is assigned to."""
    parent = tree.parent(text)
    if tree.site(text) in visited:
        return False
    visited |= {tree.site(text)}
    if isinstance(parent, cst.Attribute):
        call = tree.parent(parent)
        is_encoded = parent.attr.value == "encode" and isinstance(call, cst.Call)
        return _is_measured(context, tree, call, visited) if is_encoded and call is not None else True
    if isinstance(parent, cst.AssignTarget):
        return False
    if isinstance(parent, cst.Assign):
        names = [target.target for target in parent.targets if isinstance(target.target, cst.Name)]
        return any(
            _is_measured(context, tree, other, visited)
            for name in names
            for other in _named_alike(tree, name)
        )
    if isinstance(parent, cst.Subscript | cst.ComparisonTarget | cst.Comparison):
        return True
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and any(
        isinstance(callee, Symbol)
        and callee not in _ENCODERS
        and not only_shows(callee, call)
        and callee.name.startswith(("builtins.", *_DIGESTS))
        for callee in _callees(context, tree, call)
    )


def _may_be_none(context: PlanContext, tree: Tree, body: cst.BaseExpression) -> bool:
    """Whether an expression may evaluate to None, in any frame. A parameter that isn't known counts as an
    object."""
    return any(
        choice == NONE or (isinstance(choice, Unknown) and choice.is_nullable)
        for value in context.everywhere(tree.site(body))
        for choice in alternatives(value)
    )


def _request_sites(context: PlanContext) -> frozenset[Site]:
    return frozenset(request.site for request in context.facts.requests)


def _callees(context: PlanContext, tree: Tree, call: cst.Call) -> list[Value]:
    """The callees of a call, in any frame."""
    callees_by_site, site = context.cached(_known_callees), tree.site(call.func)
    if site not in callees_by_site:
        values = context.everywhere(site)
        callees_by_site[site] = [*dict.fromkeys(choice for value in values for choice in alternatives(value))]
    return callees_by_site[site]


def _known_callees(_context: PlanContext) -> dict[Site, list[Value]]:
    return {}


def _may_read(context: PlanContext, callee: Value, call: Site) -> bool:
    """Whether a callee is a builtin or a method of an object, which keep or read their arguments, or a
    function that isn't analysed."""
    if not isinstance(callee, Symbol):
        return isinstance(callee, MemberRef | Unknown)
    outside = any(mutation.function == callee.name for mutation in context.facts.mutations.get(call, ()))
    return outside or callee.name.startswith("builtins.")


def _callee_reads(
    context: PlanContext, tree: Tree, call: cst.Call, arg: cst.Arg, call_chain: tuple[Site, ...]
) -> bool:
    """Whether a function of the program that sends nothing reads this argument."""
    if tree.site(call) in context.requests.by_call:
        return False
    for callee in _callees(context, tree, call):
        function = _function(context, callee)
        if function is None or function in call_chain:
            continue
        callee_tree, definition = context.tree(function), context.node(function)
        name = _parameter(definition, call, arg, bound=isinstance(callee, Bound | Class))
        for other in callee_tree.within(definition, cst.Name) if name else ():
            reads_parameter = other.value == name and _is_read(callee_tree, other)
            if reads_parameter and _reads_body(context, callee_tree, other, (*call_chain, function)):
                return True
    return False


def _function(context: PlanContext, callee: Value) -> Site | None:
    """The function of the program that a callee runs; `__init__` for a class."""
    if isinstance(callee, Bound):
        return _function(context, callee.function)
    if isinstance(callee, Class):
        tree = context.tree(callee.site)
        methods = tree.within(tree.node(callee.site), cst.FunctionDef)
        return next((tree.site(method) for method in methods if method.name.value == "__init__"), None)
    return callee.site if isinstance(callee, Function) else None


def _parameter(definition: cst.CSTNode, call: cst.Call, arg: cst.Arg, *, bound: bool) -> str | None:
    """The parameter that gets an argument; None if that isn't known."""
    if not isinstance(definition, cst.FunctionDef) or arg.star:
        return None
    if arg.keyword is not None:
        return arg.keyword.value
    ordered = [*definition.params.posonly_params, *definition.params.params]
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
    yield from context.cached(_by_text).get((text.site, text.frame), ())


def _by_text(context: PlanContext) -> dict[tuple[Site, int], list[Use]]:
    uses_by_text: dict[tuple[Site, int], list[Use]] = {}
    for use in context.facts.uses:
        if isinstance(use.value, Json) and use.kind in _OBSERVING:
            uses_by_text.setdefault((use.value.site, use.value.frame), []).append(use)
    return uses_by_text


def is_read_by_name(context: PlanContext, level: Operand) -> bool:
    """Whether a function that gets the body in its `**` parameter reads the body there."""
    for choice in alternatives(level.value):
        for site in context.holding(choice) if isinstance(choice, Ref) else ():
            if _is_read_of_arguments(context, site, level) and inspects_body(context, site):
                return True
    return False


def _is_read_of_arguments(context: PlanContext, site: Site, level: Operand) -> bool:
    """Whether an expression reads the body at `level` out of a `**` parameter."""
    node, tree = context.node(site), context.tree(site)
    owner = node.value if isinstance(node, cst.Subscript) else None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        owner = node.func.value
    heap_objects = [
        context.facts.heap[choice]
        for value in (context.everywhere(tree.site(owner)) if owner is not None else ())
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    ]
    return any(
        isinstance(heap_object, DictObject)
        and isinstance(context.node(heap_object.site), cst.Param)
        and any(
            entry.given.site == level.site for entries in heap_object.entries.values() for entry in entries
        )
        for heap_object in heap_objects
    )


def is_read_back(context: PlanContext, levels: list[Operand]) -> bool:
    """Whether a body is read or changed through a container that it was put into. It is built at the last of
    these levels and passes through the others."""
    by_site = context.cached(_by_site)
    containers = {ref for level in levels for ref in by_site.get(level.site, ())}
    if not containers:
        return False
    sites = {level.site for level in levels}
    bodies = [choice for choice in alternatives(levels[-1].value) if isinstance(choice, Ref)]
    read = [site for body in bodies for site in context.holding(body)]
    if len(bodies) < len(alternatives(levels[-1].value)):
        read += [access.place for ref in containers for access in _accesses(context, ref)]
    return any(
        site not in sites and _is_read_of(context, site, containers) and inspects_body(context, site)
        for site in read
    )


def _accesses(context: PlanContext, container: Ref) -> Iterator[Access]:
    """The reads of a container's entries or attributes, except in tests, whose expectations are rewritten."""
    kinds = (AccessKind.READ, AccessKind.FLOW, AccessKind.WHOLE)
    for noted in context.facts.accesses.get(container, {}).values():
        for access in noted:
            if access.kind in kinds and access.place.path not in context.facts.tests:
                yield access


def _by_site(context: PlanContext) -> dict[Site, set[Ref]]:
    """By expression: the containers that its value was put into."""
    containers_by_site: dict[Site, set[Ref]] = {}
    for number, heap_object in enumerate(context.facts.heap.things):
        for operand in _contents(heap_object):
            containers_by_site.setdefault(operand.site, set()).add(Ref(number))
    return containers_by_site


def _contents(heap_object: HeapObject) -> list[Operand]:
    if isinstance(heap_object, DictObject):
        return [entry.given for entries in heap_object.entries.values() for entry in entries]
    if isinstance(heap_object, Instance):
        return [operand for origins in heap_object.origins.values() for operand in origins]
    return heap_object.items if isinstance(heap_object, SequenceObject) else []


def _is_read_of(context: PlanContext, site: Site, containers: set[Ref]) -> bool:
    """Whether an expression reads an entry, element or attribute of one of the containers."""
    tree = context.tree(site)
    owner = _owner(tree, site)
    return owner is not None and any(
        choice in containers
        for value in context.everywhere(tree.site(owner))
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    )


def _owner(tree: Tree, site: Site) -> cst.BaseExpression | None:
    node = tree.node(site)
    if isinstance(node, cst.Call):
        return node.func.value if isinstance(node.func, cst.Attribute) else None
    return node.value if isinstance(node, cst.Subscript | cst.Attribute) else None
