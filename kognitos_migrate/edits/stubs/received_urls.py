"""The URLs that a double receives for an operation, and the code of the double that these requests reach."""

import re
from collections.abc import Callable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.conversations.url import urls
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Operation, PathSegment, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import Decision, decision_on, last_statement, statements_beside
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Text

URL_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "in": lambda url, part: part in url,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "==": str.__eq__,
}
"""The tests of a URL for a text, by operator or method."""
_EITHER = frozenset((True, False))


class ReceivedUrls(Struct, frozen=True):
    """The URLs of an operation's requests as the double `stub` receives them: without the part that the
    function puts in front of them in whose place the double is called."""

    context: PlanContext
    stub: Match

    def old(self, operation: Operation, value: str) -> str:
        """The path of the old version, with a value in its slots."""
        return _path_text(operation.old.path[self._cut(operation.old.path) :], value)

    def new(self, operation: Operation, value: str) -> str:
        """The path of the new version, with a value in its slots."""
        return _path_text(operation.new.path[self._cut(operation.old.path) :], value)

    def _cut(self, path: tuple[PathSegment, ...]) -> int:
        """The number of segments of the old path that the replaced function adds."""
        request = self.stub.request
        if request.stub is None or request.stub.function is None:
            return 0
        for url in (url for base in request.bases for url in urls(base.value)):
            words = [segment.text for segment in url.segments]
            for number in range(len(path), 0, -1):
                if words[-number:] == [part.text for part in path[:number]]:
                    return number
        return 0

    def slot_values(self, stub: Match) -> set[str]:
        """The values of the path segments that only the old path has, if they are known for all requests that
        the stub answers; else empty."""
        new_slots = {part.slot for part in stub.operation.new.path}
        slots = [part.slot for part in stub.operation.old.path if part.slot and part.slot not in new_slots]
        sent = answered_requests(stub, self.context.matches.values(), self.context.facts)
        keys = [key for match in sent for slot in slots for key in match.keys(slot)]
        return {key for key in keys if key is not None} if None not in keys else set()

    def reach(self, operation: Operation, use: Use) -> bool:
        """Whether requests of an operation may reach the code that uses the received request."""
        return all(
            decision.outcome in self._outcomes(operation, tree, decision.test, frame)
            for tree, node, frame in self._code_around(use)
            for decision in decisions_on(tree, node)
        )

    def _code_around(self, use: Use) -> Iterator[tuple[Tree, cst.CSTNode, int]]:
        """The use and the calls that lead to it from the call of the double, each with its frame."""
        context = self.context
        yield context.tree(use.site), context.node(use.site), use.frame
        for frame in context.facts.stack(use.frame):
            if frame.call is None or frame.caller is None or frame.call.path not in context.facts.tests:
                return
            yield context.tree(frame.call), context.node(frame.call), frame.caller

    def _outcomes(
        self, operation: Operation, tree: Tree, test: cst.BaseExpression, frame: int
    ) -> frozenset[bool]:
        """The outcomes that a test may have for requests of an operation."""
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                return frozenset(not outcome for outcome in self._outcomes(operation, tree, inner, frame))
            case cst.BooleanOperation(left, operator, right):
                decides = isinstance(operator, cst.Or)
                first, second = (self._outcomes(operation, tree, side, frame) for side in (left, right))
                if first == {decides} or second == {decides}:
                    return frozenset((decides,))
                return first | second
            case cst.Call(cst.Attribute(url, cst.Name(how)), [cst.Arg(text)]) if how in URL_TESTS:
                return self._outcomes_of_search(operation, tree, (url, text), how, frame)
            case cst.Comparison(text, [cst.ComparisonTarget(cst.In(), url)]):
                return self._outcomes_of_search(operation, tree, (url, text), "in", frame)
            case cst.Comparison(url, [cst.ComparisonTarget(cst.Equal(), text)]):
                return self._outcomes_of_search(operation, tree, (url, text), "==", frame)
        return _EITHER

    def _outcomes_of_search(
        self,
        operation: Operation,
        tree: Tree,
        sides: tuple[cst.BaseExpression, cst.BaseExpression],
        how: str,
        frame: int,
    ) -> frozenset[bool]:
        url, text = (self.context.value(tree.site(side), frame) for side in sides)
        parts = [choice.literal if isinstance(choice, Text) else None for choice in alternatives(text)]
        if url != Reply(self.stub.request.id, (View.ADDRESS,)) or None in parts or not operation.old.path:
            return _EITHER
        words = {word for part in parts for word in str(part).split("/")}
        is_own = operation.id == self.stub.operation.id
        values = (self.slot_values(self.stub) if is_own else set()) or {"0", *words}
        return frozenset(
            URL_TESTS[how](host_in(str(part)) + self.old(operation, value), str(part))
            for part in parts
            for value in values
        )


def _path_text(path: tuple[PathSegment, ...], value: str) -> str:
    return "".join(f"/{part.text if part.text is not None else value}" for part in path)


def host_in(text: str) -> str:
    """The scheme and host before a path."""
    match = re.match(r"https?://[^/]+", text)
    return match.group() if match is not None else ""


def decisions_on(tree: Tree, node: cst.CSTNode) -> Iterator[Decision]:
    """The tests that decide whether a function evaluates a node: those around it, and those before it whose
    other branch leaves."""
    part = node
    for whole in tree.ancestors(node):
        if isinstance(whole, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            return
        decision = decision_on(whole, part)
        if decision is not None:
            yield decision
        for statement in statements_beside(tree, part):
            if statement is part:
                break
            yield from _decisions_after(statement)
        part = whole


def _decisions_after(statement: cst.CSTNode) -> Iterator[Decision]:
    """The tests of an `if` that are false for all code behind it, because their branches leave."""
    choice: cst.CSTNode | None = statement
    while isinstance(choice, cst.If) and _leaves(choice.body):
        yield Decision(choice.test, outcome=False)
        choice = choice.orelse


def _leaves(block: cst.BaseSuite) -> bool:
    """Whether the code behind a block isn't reached from its end."""
    match last_statement(block):
        case cst.Return() | cst.Raise() | cst.Continue() | cst.Break():
            return True
        case cst.If(body=body, orelse=cst.Else(other)):
            return _leaves(body) and _leaves(other)
    return False
