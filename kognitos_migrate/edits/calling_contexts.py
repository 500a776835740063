"""The contexts in which an expression is evaluated, and the requests that it leads to in each of them. An
edit of the expression affects all contexts."""

from collections.abc import Callable, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Bound, Function

_Question = tuple[str, str, Site]
"""The role of an expression (`argument` or `call`), an operation, and the expression's site."""


def builds_only_for(context: PlanContext, match: Match, site: Site) -> bool:
    """Whether an expression supplies an argument of requests of the match's operation in every context in
    which it is evaluated, and nothing else, such as text for a file or the body of another service."""
    return _cached_answer(
        context,
        ("argument", match.operation.id, site),
        lambda: _serves_only(context, match, site, context.requests.by_argument_frame),
    )


def sends_only_for(context: PlanContext, match: Match, site: Site) -> bool:
    """Whether a call leads to requests of the match's operation in every context in which it is evaluated,
    and to no others."""
    return _cached_answer(
        context,
        ("call", match.operation.id, site),
        lambda: _serves_only(context, match, site, context.requests.by_call_frame),
    )


def _cached_answer(context: ProgramTrees, question: _Question, answer: Callable[[], bool]) -> bool:
    """The cached answer to a question about the whole program, which many requests ask."""
    answers = context.memoize(_answers)
    if question not in answers:
        answers[question] = answer()
    return answers[question]


def _answers(_context: ProgramTrees) -> dict[_Question, bool]:
    return {}


def _serves_only(
    context: PlanContext, match: Match, site: Site, users: Mapping[Site, Mapping[int, set[int]]]
) -> bool:
    requests = users.get(site, {})
    if not all(context.requests.are_calls_of(numbers, match) for numbers in requests.values()):
        return False
    rest = context.memoize(evaluations).get(site, set()) - requests.keys()
    rest = {
        frame
        for frame in rest
        if not (_is_called_for_stub(context, site, frame) or _fails_before_request(context, match, frame))
    }
    return not rest or rest <= context.memoize(_frames).get(match.operation.id, set())


def _is_called_for_stub(context: ProgramFacts, site: Site, frame: int) -> bool:
    """Whether an expression is a call of a test's own function in this frame, or an argument of one. The
    function replaces a client, and its expectations are rewritten."""
    tree = context.tree(site)
    argument = argument_of(tree, tree.node(site))
    call = context.call(site) or (argument.call if argument is not None else None)
    if site.path in context.facts.tests or call is None:
        return False
    callees = [
        callee.function if isinstance(callee, Bound) else callee
        for callee in alternatives(context.value(tree.site(call.func), frame))
    ]
    return bool(callees) and all(
        isinstance(callee, Function) and callee.site.path in context.facts.tests for callee in callees
    )


def _fails_before_request(context: ProgramFacts, match: Match, frame: int) -> bool:
    """Whether an activation of the function that sends a request fails where it looks up the client's
    function, as in a test that has no session because its double never needs one."""
    call, sending = context.call(match.request.site), context.read_frame(match.request.frame)
    if call is None or sending.function is None or context.read_frame(frame).function != sending.function:
        return False
    func = context.tree(match.request.site).site(call.func)
    return context.facts.values.get((func, frame)) == NEVER


def _frames(context: PlanContext) -> dict[str, set[int]]:
    """By operation: the activations that supply arguments of its requests, also by another expression if a
    test decides which one is sent."""
    frames_by_operation: dict[str, set[int]] = {}
    for frames in context.requests.by_argument_frame.values():
        for frame, numbers in frames.items():
            for match in (context.matches[number] for number in numbers if number in context.matches):
                if context.facts.frames[frame].function is not None:
                    frames_by_operation.setdefault(match.operation.id, set()).add(frame)
    return frames_by_operation


def evaluations(context: ProgramFacts) -> dict[Site, set[int]]:
    """By expression: the frames in which it has a value."""
    frames: dict[Site, set[int]] = {}
    for (site, frame), value in context.facts.values.items():
        if value != NEVER:
            frames.setdefault(site, set()).add(frame)
    return frames
