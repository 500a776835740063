"""The URLs that a double receives for an operation, and the code of the double that these requests reach."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.conversations.stub_urls import entry_values, known_texts
from kognitos_migrate.conversations.url import urls
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.mocking.recorded_calls import HOST_NAMES
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Operation, PathSegment, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import Decision, decision_on, last_statement, statements_of_block
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.text_search.bounded_regex import MatchExtent, has_match
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Decoding, Lit, Reply, Text, Value

URL_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "in": lambda url, part: part in url,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "==": str.__eq__,
}
"""The tests of a URL for a text, by operator or method."""
EXTENTS: Mapping[str, MatchExtent] = {
    "match": MatchExtent.START,
    "fullmatch": MatchExtent.WHOLE,
    "search": MatchExtent.ANY,
}
"""The part of a URL that a pattern must match, by the function that searches it."""
_EITHER = frozenset((True, False))
_SAMPLES = ("0", "a", "a-0")
"""Values of slots that patterns may match."""


class ReceivedUrls(Struct, frozen=True):
    """The URLs of an operation's requests as the double `stub` receives them: without the part that the
    function puts in front of them in whose place the double is called."""

    context: PlanContext
    stub: Match

    def old(self, operation: Operation, value: str) -> str:
        """The path of the old version, with a value in its slots."""
        return _path_text(operation.old.path[self._added_segment_count(operation.old.path) :], value)

    def new(self, operation: Operation, value: str) -> str:
        """The path of the new version, with a value in its slots."""
        return _path_text(operation.new.path[self._added_segment_count(operation.old.path) :], value)

    def _added_segment_count(self, path: tuple[PathSegment, ...]) -> int:
        """The number of segments of the old path that the replaced function or session adds."""
        for url in (url for base in self._bases for url in urls(base.value)):
            words = [segment.text for segment in url.segments]
            for number in range(len(path), 0, -1):
                if words[-number:] == [part.text for part in path[:number]]:
                    return number
        return 0

    @property
    def _bases(self) -> list[Operand]:
        """The texts that the replaced function puts in front of the URL. A double in place of a session's
        method gets the URL without the session's base, and one that gets a request object the whole URL."""
        request = self.stub.request
        if request.stub is None:
            return []
        mock = next(candidate for candidate in self.context.rules.mocks if candidate.id == request.stub.mock)
        is_whole = mock.object_spelling is None or request.id in self.context.memoize(_requests_passed_whole)
        return request.bases if request.stub.function is not None or not is_whole else []

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
        return self.reach_place(operation, use.site, use.frame)

    def reach_place(self, operation: Operation, site: Site, frame: int) -> bool:
        """Whether requests of an operation may reach an expression of a double in a frame."""
        return all(
            decision.outcome in self.outcomes(operation, tree, decision.test, around)
            for tree, node, around in self.code_around(site, frame)
            for decision in decisions_on(tree, node)
        )

    def is_method(self, operation: Operation, word: str) -> bool:
        """Whether a word is the method of an operation's requests."""
        return operation.old.method == word.upper()

    def code_around(self, site: Site, number: int) -> Iterator[tuple[Tree, cst.CSTNode, int]]:
        """An expression and the calls that lead to it from the call of the double, each with its frame."""
        context = self.context
        yield context.tree(site), context.node(site), number
        for frame in context.facts.stack(number):
            if frame.call is None or frame.caller is None or frame.call.path not in context.facts.tests:
                return
            yield context.tree(frame.call), context.node(frame.call), frame.caller

    def outcomes(
        self, operation: Operation, tree: Tree, test: cst.BaseExpression, frame: int
    ) -> frozenset[bool]:
        """The outcomes that a test may have for requests of an operation."""
        if (matched := self._search_of(tree, test, frame)) is not None:
            return self._outcomes_of_pattern(operation, *matched)
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                return frozenset(not outcome for outcome in self.outcomes(operation, tree, inner, frame))
            case cst.BooleanOperation(left, operator, right):
                decides = isinstance(operator, cst.Or)
                first, second = (self.outcomes(operation, tree, side, frame) for side in (left, right))
                if first == {decides} or second == {decides}:
                    return frozenset((decides,))
                return first | second
            case cst.Comparison(
                left, [cst.ComparisonTarget(cst.Is() | cst.IsNot() as operator, cst.Name("None"))]
            ):
                search = self._search_of(tree, left, frame)
                outcomes = self._outcomes_of_pattern(operation, *search) if search is not None else _EITHER
                return frozenset(outcome is isinstance(operator, cst.IsNot) for outcome in outcomes)
            case cst.Call(cst.Attribute(url, cst.Name(how)), [cst.Arg(text)]) if how in URL_TESTS:
                return self._outcomes_of_search(operation, tree, (url, text), how, frame)
            case cst.Comparison(text, [cst.ComparisonTarget(cst.In(), url)]):
                return self._outcomes_of_search(operation, tree, (url, text), "in", frame)
            case cst.Comparison(part, [cst.ComparisonTarget(cst.Equal(), text)]):
                return self._outcomes_of_equality(operation, tree, (part, text), frame)
        return _EITHER

    def _search_of(self, tree: Tree, test: cst.BaseExpression, frame: int) -> tuple[str, str] | None:
        """The function and the pattern whose match an expression is; None if it isn't always that match."""
        choices = list(alternatives(self.context.value(tree.site(test), frame)))
        match choices:
            case [Reply(number, (View.ADDRESS, Decoding.MATCHED, str(function), str(pattern)))]:
                return (function, pattern) if number == self.stub.request.id else None
        return None

    def _outcomes_of_pattern(self, operation: Operation, function: str, pattern: str) -> frozenset[bool]:
        """The outcomes of a search of the received URL for a pattern."""
        extent, stubs = EXTENTS[function], [*self.context.matches.values()]
        base = search_base(self, stubs, pattern, extent) if operation.old.path else None
        values = self.samples(self.stub) if operation.id == self.stub.operation.id else _SAMPLES
        outcomes = {
            has_match(pattern, base + self.old(operation, value), extent)
            for value in (values if base is not None else ())
            if base is not None
        }
        return frozenset(map(bool, outcomes)) if outcomes and None not in outcomes else _EITHER

    def samples(self, stub: Match) -> tuple[str, ...]:
        """Values of the path's slots: those of the requests that the stub answers, or examples."""
        return tuple(sorted(self.slot_values(stub))) or _SAMPLES

    def _outcomes_of_equality(
        self,
        operation: Operation,
        tree: Tree,
        sides: tuple[cst.BaseExpression, cst.BaseExpression],
        frame: int,
    ) -> frozenset[bool]:
        part, text = sides
        match part, text:
            case cst.Tuple(left), cst.Tuple(right) if len(left) == len(right):
                pairs = [(element.value, other.value) for element, other in zip(left, right, strict=True)]
                outcomes = [self._outcomes_of_equality(operation, tree, pair, frame) for pair in pairs]
                is_false = any(outcome == {False} for outcome in outcomes)
                return frozenset((False,)) if is_false else frozenset().union(*outcomes)
        value, own = (self.context.value(tree.site(side), frame) for side in (text, part))
        if own == Reply(self.stub.request.id, (View.VERB,)):
            return self._outcomes_of_method(operation, value)
        match own:
            case Reply(number, (View.ADDRESS, Decoding.SEGMENTS, str(index))) if (
                number == self.stub.request.id
            ):
                return self._outcomes_of_segment(operation, int(index), value)
        if self._is_host(tree, part, frame):
            return self._outcomes_of_host(operation, value)
        return self._outcomes_of_search(operation, tree, sides, "==", frame)

    def _outcomes_of_method(self, operation: Operation, value: Value) -> frozenset[bool]:
        words = list(known_texts(value))
        is_known = len(words) == len(list(alternatives(value)))
        return frozenset(self.is_method(operation, word) for word in words) if is_known else _EITHER

    def _outcomes_of_segment(self, operation: Operation, index: int, value: Value) -> frozenset[bool]:
        """The outcomes of an equality of a part of the received URL, counted from its end."""
        words = list(known_texts(value))
        if index >= 0 or not operation.old.path or len(words) < len(list(alternatives(value))):
            return _EITHER
        parts = {segment_of(self.old(operation, sample), index) for sample in self.samples(self.stub)}
        return frozenset(part == word for part in parts for word in words)

    def _is_host(self, tree: Tree, node: cst.CSTNode, frame: int) -> bool:
        """Whether an expression is the host of the received URL."""
        address = Reply(self.stub.request.id, (View.ADDRESS,))
        match node:
            case cst.Attribute(owner, cst.Name(name)) if name in HOST_NAMES:
                return address in alternatives(self.context.value(tree.site(owner), frame))
        return False

    def _outcomes_of_host(self, operation: Operation, value: Value) -> frozenset[bool]:
        """The outcomes of an equality of the received URL's host with a text: false if it is no host of the
        operation's requests."""
        hosts = self._hosts(operation)
        texts = list(known_texts(value))
        is_known = bool(hosts) and not any("*" in host for host in hosts) and not hosts & {*texts}
        return frozenset((False,)) if is_known and len(texts) == len(list(alternatives(value))) else _EITHER

    def _hosts(self, operation: Operation) -> set[str]:
        """The hosts of an operation's requests, with `*` for unknown text."""
        sent = answered_requests(self.stub, self.context.matches.values(), self.context.facts)
        own = [match for match in sent if match.operation.id == operation.id] or [
            match
            for match in self.context.matches.values()
            if match.operation.id == operation.id and match.request.stub is None
        ]
        return {path.url.host or "*" for match in own for path in match.paths}

    def bases(self, operation: Operation, text: str) -> tuple[str, ...]:
        """The texts that may be in front of the paths of an operation's requests, if they start with a
        `text`: its scheme and host, if it has one that the requests have, else nothing or any host."""
        stub, base = self.stub.request.stub, host_in(text)
        if self._bases or (stub is not None and stub.served):
            return ("",)
        is_known = bool(base) and self._hosts(operation) == {base.partition("//")[2].lower()}
        return (base,) if is_known else ("", "https://host")

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
        if url != Reply(self.stub.request.id, (View.ADDRESS,)) or None in parts:
            return _EITHER
        if not operation.old.path:
            return self._outcomes_of_target(operation, [str(part) for part in parts], how)
        words = {word for part in parts for word in str(part).split("/")}
        is_own = operation.id == self.stub.operation.id
        values = (self.slot_values(self.stub) if is_own else set()) or {"0", *words}
        return frozenset(
            URL_TESTS[how](host_in(str(part)) + self.old(operation, value), str(part))
            for part in parts
            for value in values
        )

    def _outcomes_of_target(self, operation: Operation, parts: Sequence[str], how: str) -> frozenset[bool]:
        """The outcomes of a search in a URL that the canned replies of the tests contain."""
        targets = [*self._target_urls(operation)]
        return (
            frozenset(
                URL_TESTS[how](
                    url if host_in(part) else url.removeprefix(host_in(url)).partition("?")[0], part
                )
                for part in parts
                for url in targets
            )
            or _EITHER
        )

    def _target_urls(self, operation: Operation) -> Iterator[str]:
        """The URLs of an operation's requests in the canned replies of the tests, with a text in place of
        their unknown parts."""
        target, facts = operation.old.target, self.context.facts
        for match in self.context.matches.values() if target is not None else ():
            if target is None or match.operation.id != target.operation or match.request.stub is None:
                continue
            names = [member.name for member in match.operation.old.reply if member.slot == target.slot]
            for canned in match.request.stub.replies.values():
                for operand in canned.json:
                    for value in (
                        value for name in names for value in entry_values(facts, operand.value, name)
                    ):
                        yield from _sample_texts(value)


def _requests_passed_whole(program: ProgramFacts) -> frozenset[int]:
    """The ids of the stubs whose received requests are arguments of the tests' functions, as objects."""
    facts = program.facts
    arguments = (
        argument.value
        for frame in facts.frames
        if frame.path in facts.tests
        for argument in frame.arguments.values()
    )
    return frozenset(value.request for value in arguments if isinstance(value, Reply) and not value.path)


def search_base(
    received: ReceivedUrls, stubs: Iterable[Match], pattern: str, extent: MatchExtent
) -> str | None:
    """The text in front of the paths in which a pattern is searched: nothing, or a scheme and host. None if
    it matches no old URL."""
    host = host_in(re.sub(r"\\(\W)", r"\1", pattern.removeprefix("^")))
    for base in ("", host, "https://host"):
        for stub in stubs:
            values = received.samples(stub) if stub.operation.old.path else ()
            if any(
                has_match(pattern, base + received.old(stub.operation, value), extent) for value in values
            ):
                return base
    return None


def _sample_texts(value: Value) -> Iterator[str]:
    """The texts among some values, with a text in place of their unknown parts."""
    for choice in alternatives(value):
        if isinstance(choice, Text):
            parts = (
                part.text if isinstance(part, Lit) else [*_sample_texts(part.value), "0"][0]
                for part in choice.parts
            )
            yield "".join(parts)


def _path_text(path: tuple[PathSegment, ...], value: str) -> str:
    return "".join(f"/{part.text if part.text is not None else value}" for part in path)


def host_in(text: str) -> str:
    """The scheme and host before a path."""
    match = re.match(r"https?://[^/]+", text)
    return match.group() if match is not None else ""


def segment_of(path: str, index: int) -> str | None:
    """The part of a URL with this path at an index that counts from the end; None if the path has none
    there."""
    parts = path.split("/")[1:]
    return parts[index] if -len(parts) <= index else None


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
        for statement in statements_of_block(tree, part):
            if statement is part:
                break
            yield from _decisions_after(statement)
        part = whole


def _decisions_after(statement: cst.CSTNode) -> Iterator[Decision]:
    """The tests of an `if` that are false for all code behind it, because their branches leave."""
    choice: cst.CSTNode | None = statement
    while isinstance(choice, cst.If) and _ends_by_leaving(choice.body):
        yield Decision(choice.test, outcome=False)
        choice = choice.orelse


def _ends_by_leaving(block: cst.BaseSuite) -> bool:
    """Whether the code behind a block isn't reached from its end."""
    match last_statement(block):
        case cst.Return() | cst.Raise() | cst.Continue() | cst.Break():
            return True
        case cst.If(body=body, orelse=cst.Else(other)):
            return _ends_by_leaving(body) and _ends_by_leaving(other)
    return False
