"""Stubs of a library with equal URLs that answer one request each, in the order of their calls.

api.add_response(url=".../start/a", ...)      the URLs become equal: the first stub answers the first request
api.add_response(url=".../start/b", ...)
assert run("a") + run("b") == ...

They answer the same requests as before if the test sends these in the order of the stubs, each once, and
skips none.
"""

from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import places_around
from kognitos_migrate.edits.evaluation_order import choices_around, is_evaluated_before, stack_of
from kognitos_migrate.edits.value_identity import is_deferred
from kognitos_migrate.interpret.library.testing import is_test
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.scopes import FUNCTIONS, function_around
from kognitos_migrate.syntax.shapes import last_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Symbol

_PLAIN_DECORATORS = frozenset(
    map(
        Symbol,
        (
            "abc.abstractmethod",
            "builtins.classmethod",
            "builtins.property",
            "builtins.staticmethod",
            "typing.override",
            "typing_extensions.override",
        ),
    )
)
"""Decorators that call their function once for each call."""


def are_answered_in_turn(context: PlanContext, group: Sequence[Match], of_operation: Sequence[Match]) -> bool:
    """Whether stubs answer the requests of their test one by one, in the order in which both are evaluated.

    `group` are the stubs and requests of the test. Of all `of_operation`, no other may be in a fixture, which
    the test may use."""
    in_turn = [match for match in group if match.request.stub is not None and _is_in_turn(context, match)]
    if any(_is_plain_stub(match) and match not in in_turn for match in group):
        return False
    if any(match.request.mounts or match.request.settings for match in group):
        return False  # an adapter of the session may send a request again
    own = [match.request.frame for match in of_operation if _is_in_tests(context, match)]
    if not all(is_of_test(context, outermost_frame(context.facts, frame)) for frame in own):
        return False
    registered = _in_order(context, in_turn)
    requested = _in_order(context, [match for match in group if match.request.stub is None])
    if not registered or not requested or len(requested) > len(registered):
        return False
    keys = [_path_texts(match) for match in registered]
    return None not in keys and keys[: len(requested)] == [_path_texts(match) for match in requested]


def _is_in_tests(context: PlanContext, match: Match) -> bool:
    """Whether a function or a module of tests leads to a request or a stub."""
    facts = context.facts
    return facts.frames[outermost_frame(facts, match.request.frame)].path in facts.tests


def is_of_test(context: PlanContext, frame: int) -> bool:
    """Whether a frame is that of a test, and not of a fixture, a set-up method or a module."""
    function = context.facts.frames[frame].function
    return function is not None and is_test(context.node(function))


def _is_plain_stub(match: Match) -> bool:
    """Whether a match is a stub that expects no body, so that its URL alone tells it apart."""
    return match.request.stub is not None and not match.request.value(Role.JSON)


def _is_in_turn(context: PlanContext, stub: Match) -> bool:
    """Whether a library uses a stub once, in the order of its calls."""
    call, own = context.call(stub.request.site), stub.request.stub
    mock = next((mock for mock in context.rules.mocks if own is not None and mock.id == own.mock), None)
    if call is None or mock is None or last_name(call.func) not in mock.in_turn:
        return False
    keywords = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    return keywords <= mock.keywords and not any(argument.star for argument in call.args)


def _path_texts(match: Match) -> tuple[str, ...] | None:
    """The texts of the slots in the path of a request; None if one isn't known."""
    texts = [match.keys(part.slot) for part in match.operation.old.path if part.slot]
    known = [text for choices in texts for text in choices if len(choices) == 1 and text is not None]
    return tuple(known) if len(known) == len(texts) else None


def _in_order(context: PlanContext, matches: Sequence[Match]) -> list[Match] | None:
    """Requests or stubs in the order in which they are evaluated. None if one may be evaluated twice, or
    later than its call, or skipped before the next one."""
    places = {
        match.request.id: stack_of(context, match.request.site, match.request.frame) for match in matches
    }
    if not all(_is_evaluated_once(context, stack) for stack in places.values()):
        return None

    def rank(match: Match) -> int:
        own = match.request
        return sum(
            is_evaluated_before(context, other.request.site, other.request.frame, own.site, own.frame)
            for other in matches
        )

    ordered = sorted(matches, key=rank)
    for first, second in pairwise(ordered):
        mine, theirs = first.request, second.request
        if (
            not is_evaluated_before(context, mine.site, mine.frame, theirs.site, theirs.frame)
            or is_deferred(context, mine.frame, theirs.frame)
            or _may_be_skipped(context, places[mine.id], places[theirs.id])
        ):
            return None
    return ordered


def _is_evaluated_once(context: PlanContext, stack: dict[int, Site]) -> bool:
    """Whether no loop, recursion or decorator of the calls that lead to an expression repeats it."""
    functions = [context.read_frame(number).function for number in stack]
    return (
        len({*functions}) == len(functions)
        and not any(number in context.facts.merged for number in stack)
        and not any(loops_around(context.tree(site), context.node(site)) for site in stack.values())
        and not any(_is_wrapped(context, function) for function in functions[:-1])
    )


def _is_wrapped(context: PlanContext, function: Site | None) -> bool:
    """Whether a function has a decorator that may call it several times."""
    definition = context.node(function) if function is not None else None
    if function is None or not isinstance(definition, cst.FunctionDef):
        return function in context.facts.retriers
    tree = context.tree(function)
    values = [context.alternatives_at(tree.site(each.decorator)) for each in definition.decorators]
    is_plain = all(choices and _PLAIN_DECORATORS.issuperset(choices) for choices in values)
    return function in context.facts.retriers or not is_plain


def _may_be_skipped(context: PlanContext, first: dict[int, Site], second: dict[int, Site]) -> bool:
    """Whether the first of two expressions may not have been evaluated when the second one is. Both are given
    by the calls that lead to them."""
    for number, site in first.items():
        conditions = _conditions(context, number, site)
        if number in second:
            return not conditions <= _conditions(context, number, second[number])
        if conditions or _may_return_before(context.tree(site), context.node(site)):
            return True
    return True


def _conditions(context: PlanContext, frame: int, site: Site) -> Set[Site]:
    """The places in its function that decide whether an expression is evaluated, or continue behind an error
    of it."""
    tree, node = context.tree(site), context.node(site)
    choices = {tree.site(choice) for choice in choices_around(tree, node)}
    caught = {place.site for place in places_around(context, site, frame) if place.catches is not False}
    return choices | caught | {tree.site(block) for block in _blocks_of_tests(context, tree, node)}


def _blocks_of_tests(context: PlanContext, tree: Tree, node: cst.CSTNode) -> Iterator[cst.With]:
    """The `with` statements of a test whose blocks contain a node: they may expect an error."""
    inner = node
    for above in tree.ancestors(node) if tree.path in context.facts.tests else ():
        if isinstance(above, FUNCTIONS):
            return
        if isinstance(above, cst.With) and inner is above.body:
            yield above
        inner = above


def _may_return_before(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a function may return before it evaluates a node."""
    function, number = function_around(tree, node), tree.number(node)
    return any(
        tree.number(leaving) < number and node not in tree.descendants(leaving)
        for leaving in tree.descendants_of_kind(function, cst.Return)
        if function_around(tree, leaving) is function
    )
