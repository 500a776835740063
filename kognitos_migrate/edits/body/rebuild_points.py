"""Insertion points of a body: the expressions and calls where it can be rebuilt in its new layout."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.body_flow import (
    callee_inspects,
    inspection_of,
    is_read_by_name,
    is_read_from_container,
)
from kognitos_migrate.edits.body.body_observers import observation_behind
from kognitos_migrate.edits.body.presence_tests import (
    PresenceTest,
    body_may_be_missing,
    body_operands,
    may_be_skipped,
    presence_test,
)
from kognitos_migrate.edits.call_chains import CallChains, json_text_of
from kognitos_migrate.edits.calling_contexts import builds_only_for, sends_only_for
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.observers import EntryChange, observations_at
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import decision_on
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.shapes import is_method_call, receiver_of, string_value, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, RegionKey
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Hole, Json, Value


class RebuildPoint(Struct, frozen=True):
    """A place to rebuild a body: an expression, or a call without a body."""

    site: Site
    frames: dict[int, int]
    operand: Operand | None
    keyword: str | None = None
    text: bool = False
    """The expression is JSON text, which the new code decodes and encodes again."""
    test: PresenceTest | None = None
    """The test of a function that passes the body on."""
    spread: str | None = None
    """The expression is a dict of keyword arguments, passed as `**`: the body is its entry with this name."""
    chosen: Site | None = None
    """The conditional expression passed as `**`: one operand is a dict of the body only, the other one is
    empty."""


def _is_unencoded_data(operand: Operand, role: Role) -> bool:
    """Whether the body is data that no single expression of the program encodes."""
    return role is Role.DATA and json_text_of(operand.value) is None


def rebuild_points(context: PlanContext, match: Match) -> list[RebuildPoint]:
    """The places where the body can be rebuilt in its new layout, from the inside out."""
    points: list[RebuildPoint] = list(_points_chosen_by_tests(context, match))
    absent, is_default_observed = True, False
    if points:
        return points
    if body_may_be_missing(context, match):
        return list(spread_calls(context, match))
    for operand in body_operands(match):
        text = _is_unencoded_data(
            operand, Role.DATA if operand in match.request.value(Role.DATA) else Role.JSON
        )
        absent = _is_omitted_default(context, operand)
        inner: Operand | None = None
        levels: list[Operand] = []
        for level in context.argument_chain(operand, Role.JSON):
            if inner is not None and inspection_of(context, match, inner) is not None:
                break
            if callee_inspects(context, level) or observation_behind(context, match, level) is not None:
                break
            if is_read_by_name(context, level):
                break
            inner = level
            levels.append(level)
            users = context.requests.by_argument.get(level.site, set())
            if _is_chosen_by_test(context, level) or may_be_skipped(context, level):
                continue
            if is_read_from_container(context, levels):
                continue
            if observations_at(context, match, level.site, EntryChange.REPLACED):
                continue
            if builds_only_for(context, match, level.site) and not _changed_later(context, level):
                frames = _frames(context, users, level.site)
                test = presence_test(context, levels[:-1])
                points.append(RebuildPoint(level.site, frames, level, text=text, test=test))
        is_default_observed = absent and inspection_of(context, match, operand) is not None
        break
    points.sort(key=lambda place: _serves_others(context, match, place))
    if not absent:
        return [*points, *spread_calls(context, match)]
    if is_default_observed:
        return points
    return sorted([*points, *_calls(context, match)], key=lambda place: _serves_others(context, match, place))


def _is_chosen_by_test(context: ProgramFacts, operand: Operand) -> bool:
    """Whether a body is an operand of a choice, and another body, or none, is sent if the test has the other
    outcome: `json.dumps(facts) if facts else None`."""
    tree = context.tree(operand.site)
    child: cst.CSTNode = tree.node(operand.site)
    for ancestor in tree.ancestors(child):
        if isinstance(
            ancestor, cst.BaseSmallStatement | cst.BaseCompoundStatement | cst.Lambda | cst.CompFor
        ):
            return False
        if decision_on(ancestor, child) is not None:
            return _gives_text(context, tree.site(ancestor))
        child = ancestor
    return False


def _gives_text(context: ProgramFacts, site: Site) -> bool:
    return any(isinstance(choice, Json) for choice in context.alternatives_at(site))


def _is_omitted_default(context: CallChains, operand: Operand) -> bool:
    """Whether a body is the default of a parameter that the call omits."""
    name = variable_name(context.node(operand.site))
    return operand.value == NONE and name is not None and context.caller_argument(operand) is None


def _serves_others(context: PlanContext, match: Match, point: RebuildPoint) -> bool:
    """Whether the function around a place serves any operation: its call sends others too, or its caller
    chooses the operation. Such places come last."""
    frames = set(point.frames.values())
    return _gets_path_word(context, match, frames) or any(
        frame in frames and not sends_only_for(context, match, site)
        for site, frame in context.calls(match.request)
    )


def _gets_path_word(context: CallChains, match: Match, frames: set[int]) -> bool:
    """Whether a word of the path is a parameter of a function that runs in one of the frames, or is in a call
    that leads there."""
    version = context.api(match.operation).old
    holes = [
        hole
        for path in match.paths
        for part, segment in zip(match.operation.old.path, path.segments, strict=True)
        if part.text not in (None, version)
        for piece in segment.pieces
        for hole in piece.via
    ]
    calls_by_caller = context.calls_into(frozenset(frames)) if holes else {}
    for hole in holes:
        if hole.frame in frames and variable_name(context.node(hole.site)) in context.parameters(
            context.read_frame(hole.frame)
        ):
            return True
        if hole.frame in calls_by_caller and _is_in_call(context, hole, calls_by_caller[hole.frame]):
            return True
    return any(
        level.frame in frames and context.caller_argument(level) is not None
        for operand in match.request.value(Role.URL)
        for level in context.argument_chain(operand, Role.URL)
    )


def _is_in_call(context: CallChains, hole: Hole, calls: Collection[Site]) -> bool:
    """Whether an expression is inside one of the calls."""
    tree = context.tree(hole.site)
    return any(tree.site(above) in calls for above in tree.ancestors(tree.node(hole.site)))


def _changed_later(context: ProgramFacts, operand: Operand) -> bool:
    """Whether a dict is stored where it is written, and filled from there. A named dict may be stored in
    another dict and filled through that one."""
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    match node, tree.parent(node):
        case cst.Name() | cst.Attribute(), cst.DictElement():
            return any(
                _is_filled_elsewhere(context, site, tree.code(node))
                for site in _entry_holders(context, operand.value)
            )
        case _, cst.Arg():
            return False
        case cst.Dict() | cst.DictComp() | cst.Call(), _:
            pass
        case _:
            return False
    span = tree.span(node)
    return any(
        site.path != span.path or not (span.start <= context.span(site).start < span.end)
        for site in _entry_holders(context, operand.value)
    )


def _entry_holders(context: ProgramFacts, value: Value) -> list[Site]:
    """The expressions that add entries to the dicts of a value, and those merged into them."""
    records = records_of(context, value)
    entries = [
        entry for record in records for key_entries in record.entries.values() for entry in key_entries
    ]
    return [
        *(entry.holder for entry in entries),
        *(spread.site for record in records for spread in record.spreads),
    ]


def _is_filled_elsewhere(context: ProgramTrees, site: Site, code: str) -> bool:
    """Whether a dict is filled at a site through another expression than `code`."""
    tree, node = context.tree(site), context.node(site)
    call = tree.enclosing(node, cst.Call)
    owner = receiver_of(call) if is_method_call(call, "update", "setdefault") else None
    if isinstance(node, cst.Subscript):
        owner = node.value
    return owner is not None and tree.code(owner) != code


def spread_calls(context: PlanContext, match: Match) -> Iterator[RebuildPoint]:
    """The calls leading to the request that pass the body in a dict of keyword arguments, from the inside
    out."""
    role = context.client(match.request).body()
    keyword = context.client(match.request).keyword(role)
    bodies = match.request.value(role)
    for site, frame in context.calls(match.request) if bodies else ():
        call, tree = context.call(site), context.tree(site)
        users = context.requests.by_call.get(site, set())
        if call is None or not sends_only_for(context, match, site):
            continue
        for arg in call.args:
            if arg.star != "**" or not isinstance(arg.value, cst.Name):
                continue
            dict_site = tree.site(arg.value)
            entry_sites = {
                entry.operand.site
                for entry in find_entries(context, context.value(dict_site, frame), keyword)
            }
            if any(body.site in entry_sites for body in bodies):
                frames = {user: _frame_of(context, user, site) for user in users}
                yield RebuildPoint(dict_site, frames, bodies[0], spread=keyword)


def _points_chosen_by_tests(context: PlanContext, match: Match) -> Iterator[RebuildPoint]:
    """The calls leading to the request that pass the body depending on a test: `**({"json": facts} if facts
    else {})`."""
    role = context.client(match.request).body()
    keyword = context.client(match.request).keyword(role)
    for site, frame in context.calls(match.request) if role is Role.JSON else ():
        call, tree, users = context.call(site), context.tree(site), context.requests.by_call.get(site, set())
        for arg in call.args if call is not None and sends_only_for(context, match, site) else ():
            body = _chosen_body(arg.value, keyword) if arg.star == "**" else None
            if body is not None:
                at = tree.site(body)
                operand = Operand(context.value(at, frame), at, frame)
                frames = {user: _frame_of(context, user, site) for user in users}
                yield RebuildPoint(at, frames, operand, keyword=keyword, chosen=tree.site(arg.value))


def _chosen_body(expression: cst.BaseExpression, keyword: str) -> cst.BaseExpression | None:
    """The body in `{keyword: body} if test else {}`, or with the operands swapped."""
    match expression:
        case cst.IfExp(_, cst.Dict([cst.DictElement(key, body)]), cst.Dict([])) | cst.IfExp(
            _, cst.Dict([]), cst.Dict([cst.DictElement(key, body)])
        ):
            return body if string_value(key) == keyword else None
    return None


def _frame_of(context: CallChains, request: int, site: Site) -> int:
    """The frame that evaluates the call at `site` for a request."""
    return next(frame for call, frame in context.calls(context.facts.requests[request]) if call == site)


def _frames(context: PlanContext, users: set[int], site: Site) -> dict[int, int]:
    """By request: the frame in which an expression evaluates to its body."""
    if site not in context.state.bodies:
        frames = context.state.bodies[site] = {}
        for number in users:
            request = context.facts.requests[number]
            for operand in (*request.value(Role.JSON), *request.value(Role.DATA), *request.value(Role.URL)):
                for level in context.argument_chain(operand, Role.JSON):
                    if level.site == site:
                        frames[number] = level.frame
    return context.state.bodies[site]


def _calls(context: PlanContext, match: Match) -> list[RebuildPoint]:
    """The calls that can get a body argument: the request's own, then those of the functions around it."""
    points: list[RebuildPoint] = []
    client = context.client(match.request)
    role = client.body()
    keyword: str | None = client.keyword(role)
    for operand in match.request.value(role):
        keyword = variable_name(context.node(operand.site)) or keyword
    for number, (site, _) in enumerate(context.calls(match.request)):
        users = context.requests.by_call.get(site, set())
        node = context.node(site)
        if (
            isinstance(node, cst.Call)
            and sends_only_for(context, match, site)
            and (
                number
                or not (match.request.value(role) or _may_add_keywords(context, context.tree(site), node))
            )
            and (not number or role is Role.JSON)
        ):
            frames = {}
            for user in users:
                for other, frame in context.calls(context.facts.requests[user]):
                    if other == site:
                        frames[user] = frame
            if number == 0 or _accepts_keyword(context, match, number, keyword):
                points.append(RebuildPoint(site, frames, None, keyword))
    return points


def _may_add_keywords(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    """Whether a call passes unknown keyword arguments."""
    values = [
        choice
        for arg in call.args
        if arg.star == "**"
        for choice in context.alternatives_at(tree.site(arg.value))
    ]
    records = [context.facts.heap.get(choice) for choice in values]
    return any(not isinstance(record, DictObject) or record.open for record in records)


def _accepts_keyword(context: CallChains, match: Match, depth: int, keyword: str | None) -> bool:
    """Whether the function that the call at this depth runs accepts `keyword`."""
    frame = context.read_frame(match.request.frame)
    for _ in range(depth - 1):
        if frame.caller is None:
            return False
        frame = context.read_frame(frame.caller)
    definition = context.node(frame.function) if frame.function else None
    if not isinstance(definition, cst.FunctionDef):
        return False
    return keyword in context.parameters(frame) or definition.params.star_kwarg is not None


def bodies_of(value: Value) -> list[Value]:
    """The values of a body before it is encoded as JSON text."""
    inner = [choice.value for choice in alternatives(value) if isinstance(choice, Json)]
    return [choice for body in inner or [value] for choice in alternatives(body)]


def records_of(context: ProgramFacts, value: Value) -> list[DictObject]:
    """The dicts that a value may be."""
    heap_objects = context.facts.heap.objects_of(value)
    return [heap_object for heap_object in heap_objects if isinstance(heap_object, DictObject)]


def find_entries(context: ProgramFacts, value: Value, key: str, depth: int = 0) -> list[DictEntry]:
    """The entries at `key` of a dict, or of the dicts merged into it."""
    entries: list[DictEntry] = []
    for record in records_of(context, value):
        entries.extend(record.entries.get(key, ()))
        for spread in record.spreads:
            if depth < 8:
                entries.extend(find_entries(context, spread.value, key, depth + 1))
    return entries


def always_has(
    context: ProgramFacts, value: Value, key: str, regions: Collection[RegionKey] = (), depth: int = 0
) -> bool:
    """Whether each of a value's alternatives is a dict with an entry at `key`, its own or a merged one, for
    code in these regions."""
    records = records_of(context, value)
    if len(records) < len(list(alternatives(value))) or depth > 8:
        return False
    return bool(records) and all(_surely_has(context, record, key, regions, depth) for record in records)


def _surely_has(
    context: ProgramFacts, record: DictObject, key: str, regions: Collection[RegionKey], depth: int
) -> bool:
    if record.has_surely(key, regions) or record.has_removals:
        return record.has_surely(key, regions)
    merged: dict[tuple[Site, int], list[Value]] = {}
    for spread in record.spreads:  # one per alternative of the expression
        merged.setdefault((spread.site, spread.frame), []).append(spread.value)
    return any(
        all(always_has(context, choice, key, regions, depth + 1) for choice in choices)
        for choices in merged.values()
    )


def body_entries(context: ProgramFacts, role: Operand, key: str) -> list[DictEntry]:
    """The body's entries at `key`, also if the body is JSON text."""
    return [entry for value in bodies_of(role.value) for entry in find_entries(context, value, key)]
