"""Observers of a body, which would see its new layout: behind the call that gets it, or by its text."""

from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.calling_contexts import evaluations
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.log_calls import callee_values, is_logged, is_logging
from kognitos_migrate.edits.observers import observations_of_containers
from kognitos_migrate.interpret.library import json_
from kognitos_migrate.interpret.state.facts import Access, AccessKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.roles import argument_of, call_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Const, Json, Ref, Symbol, Value, is_nullable

ENCODERS = frozenset(map(Symbol, ("builtins.id", *json_.ENCODERS)))
"""Functions that read nothing of a body, or encode all of it."""


def other_reads_of_name(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The other reads of a variable in its function, or of an attribute of `self` in its class."""
    match node:
        case cst.Name(name):
            function = tree.enclosing(node, cst.FunctionDef)
            for other in tree.descendants_of_kind(function, cst.Name) if function is not None else ():
                if other is not node and other.value == name and is_read(tree, other):
                    yield other
        case cst.Attribute(cst.Name() as owner, cst.Name(name)):
            definition = tree.enclosing(node, cst.ClassDef)
            for attribute in tree.descendants_of_kind(definition, cst.Attribute) if definition else ():
                is_same = attribute.attr.value == name and attribute.value.deep_equals(owner)
                if attribute is not node and is_same:
                    yield attribute


def is_read(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name reads its variable: it is no parameter, keyword or attribute."""
    match tree.parent(node):
        case cst.Param() | cst.AssignTarget() | cst.AnnAssign():
            return False
        case cst.Arg(part) | cst.Attribute(part):
            return part is node
    return True


def is_measured(context: PlanContext, text: Site, visited: frozenset[Site] = frozenset()) -> bool:
    """Whether the program reads the text of a body, at an expression or through the variable that it is
    assigned to, other than to send or to log it."""
    if text in visited or text in context.requests.by_argument or is_logged(context, text):
        return False
    tree, visited = context.tree(text), visited | {text}
    parent = tree.parent(tree.node(text))
    match parent:
        case cst.AssignTarget() | cst.Expr() | cst.Return() | cst.If() | cst.UnaryOperation():
            return False  # the text of JSON is never empty
        case cst.Attribute(attr=cst.Name("encode")):
            call = call_of(tree, parent)
            return call is None or is_measured(context, tree.site(call), visited)
        case cst.Assign(targets=targets):
            reads = [read for target in targets for read in other_reads_of_name(tree, target.target)]
            return any(is_measured(context, tree.site(read), visited) for read in reads)
        case cst.IfExp() | cst.BooleanOperation() | cst.Await():
            return is_measured(context, tree.site(parent), visited)
        case cst.Arg():
            argument = argument_of(tree, tree.node(text))
            return argument is None or not _logs_or_forwards(context, tree, argument.call)
        case _:
            return True


def _logs_or_forwards(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call with the text of a body logs it, or passes it on to a request."""
    if tree.site(call) in context.requests.by_call:
        return True
    return all(is_logging(context, tree, call, callee) for callee in callee_values(context, tree, call))


_PASSING = frozenset((AccessKind.FLOW, AccessKind.SEND, AccessKind.LOG))
"""Accesses that don't read the body for the program."""
_NO_FRAMES = frozenset[int]()


def observation_behind(context: PlanContext, match: Match, operand: Operand) -> Site | None:
    """A place that observes a body behind the call that gets it at `operand`, not by sending or logging
    it; None if there is none. Functions in tests don't count: their expectations are rewritten."""
    frames = _frames_behind(context, operand)
    places = (
        place
        for ref in (alternatives(operand.value) if frames else ())
        if isinstance(ref, Ref)
        for place in _observations(context, match, ref, operand.value, frames)
    )
    return next((place for place in places if place.path not in context.facts.tests), None)


def _observations(
    context: PlanContext, match: Match, ref: Ref, body: Value, frames: Collection[int]
) -> Iterator[Site]:
    """The places in these frames that observe an object, or a container that they put it into."""
    encoded = {
        choice.site
        for operand in match.request.value(Role.DATA)
        for choice in alternatives(operand.value)
        if isinstance(choice, Json)
    }  # `require_unobserved` checks the text that is sent
    accesses, evaluating = context.facts.accesses.get(ref, {}), context.memoize(evaluations)
    for site in context.aliases_of(ref):
        if site not in accesses and not evaluating[site].isdisjoint(frames) and not is_logged(context, site):
            yield site
    for site, recorded in accesses.items():
        is_inside = not evaluating.get(site, _NO_FRAMES).isdisjoint(frames)
        for access in recorded if site not in encoded else ():
            if is_inside or not evaluating.get(access.place, _NO_FRAMES).isdisjoint(frames):
                if _observes(context, body, site, access):
                    yield access.place
    for observation in observations_of_containers(context, match, ref, frames):
        if observation.kind not in _PASSING:
            yield observation.site


def _observes(context: PlanContext, body: Value, site: Site, access: Access) -> bool:
    """Whether an access to a body at an expression sees its layout."""
    match access.kind:
        case AccessKind.FLOW | AccessKind.SEND | AccessKind.LOG:
            return False
        case AccessKind.ENCODE:
            return is_measured(context, access.place)
        case AccessKind.TRUTH:
            return may_be_false(context, body) and not _chooses_argument(context, site)
        case AccessKind.WHOLE:
            return not is_logged(context, site)
        case _:
            return True


def _chooses_argument(context: PlanContext, test: Site) -> bool:
    """Whether a test only decides which argument a request gets: `json.dumps(body) if body else None`."""
    tree = context.tree(test)
    choice = tree.parent(tree.node(test))
    return choice is not None and tree.site(choice) in context.requests.by_argument


def may_be_false(context: ProgramFacts, body: Value) -> bool:
    """Whether a body may be None or empty. The new one never is."""
    return any(_may_be_empty(context, choice) for choice in alternatives(body))


def _may_be_empty(context: ProgramFacts, body: Value) -> bool:
    if isinstance(body, Const):
        return not body.value
    record = context.facts.heap.get(body)
    return not isinstance(record, DictObject) or not any(map(record.has_surely, record.entries))


def may_be_none(body: Value) -> bool:
    """Whether a body may be None. A parameter that isn't known counts as an object."""
    return any(choice == NONE or is_nullable(choice) for choice in alternatives(body))


def _frames_behind(context: ProgramFacts, operand: Operand) -> frozenset[int]:
    """The frames that the call around an argument leads to."""
    tree = context.tree(operand.site)
    call = tree.enclosing(tree.node(operand.site), cst.Call)
    if call is None:
        return frozenset()
    callees, called_at = context.memoize(_callees_by_frame), tree.site(call)
    pending = [frame for call_site, frame in callees.get(operand.frame, ()) if call_site == called_at]
    frames: set[int] = set()
    while pending:
        frame = pending.pop()
        if frame not in frames:
            frames.add(frame)
            pending += [callee for _, callee in callees.get(frame, ())]
    return frozenset(frames)


def _callees_by_frame(context: ProgramFacts) -> Mapping[int, list[tuple[Site, int]]]:
    """By frame: its calls of functions of the program, each with the frame that the call leads to."""
    callees: dict[int, list[tuple[Site, int]]] = {}
    for frame in context.facts.frames:
        if frame.call is not None and frame.caller is not None:
            callees.setdefault(frame.caller, []).append((frame.call, frame.id))
    return callees
