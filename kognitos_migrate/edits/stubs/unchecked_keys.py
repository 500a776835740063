"""The checks of keys in tests that the new version loses, because the key leaves the URL.

assert url == f"https://host/old/start/{key}"        "…/new/things" whatever the key is

Only the new body tells the key. A test that compares the whole body checks it there. Where the arguments of a
mock's call are in sight, a check of the body is added behind that of the URL.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import answered_requests, outermost_frame
from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.config_table_keys import row_of, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.answers_in_turn import is_of_test
from kognitos_migrate.edits.stubs.asserted_parameters import EQUALITIES
from kognitos_migrate.edits.stubs.received_urls import URL_TESTS
from kognitos_migrate.rulebook.model import LayoutMember, Operation, Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.shapes import index_of, is_method_call
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Reply

_SCOPES = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.Lambda)


class UncheckedKey(Struct, frozen=True):
    """The place of a check of a key that the new URL lacks, the key, and the field of the new body that tells
    it. `stub` is the double that received the request, and the key is None if it isn't known."""

    site: Site
    stub: Match
    member: LayoutMember
    key: str | None

    def body_check(self, context: PlanContext) -> PendingEdit | None:
        """The pending edit that adds a check of the body behind the statement. None if the statement doesn't
        show the arguments of a mock's call, or if the body isn't a keyword argument with known fields."""
        tree, node = context.tree(self.site), context.node(self.site)
        line = tree.enclosing(node, cst.SimpleStatementLine)
        rows = context.settings.tables.get(table_of(context, self.stub, self.member).setting, {})
        if line is None or len(line.body) != 1 or self.key not in rows or self.key is None:
            return None
        if not _asserts_url(line.body[0], self._last_call(context)):
            return None
        call = _call_in(context, tree, line, self._last_call(context) if self._is_of_client else {})
        keyword = keyword_of_body(context, self.stub)
        if call is None or keyword is None:
            return None
        value = row_of(context, table_of(context, self.stub, self.member), self.key)[self.member.field or ""]
        body = f"{call}.kwargs[{string_literal(keyword)}][{string_literal(self.member.name)}]"
        start = tree.span(line.body[0]).start
        end = tree.utf8_text.find(b"\n", tree.span(line.body[0]).end)
        end = len(tree.utf8_text) if end < 0 else end - tree.utf8_text[:end].endswith(b"\r")
        text = _equality(tree, line.body[0], body, string_literal(value), self._last_call(context))
        return PendingEdit(Span(tree.path, end, end), (newline(tree), indentation(tree, start), text), rank=1)

    @property
    def _is_of_client(self) -> bool:
        """Whether the double is one of a client's function, and of none of the program."""
        stub = self.stub.request.stub
        return stub is not None and stub.replaces_client and stub.function is None

    def _last_call(self, context: PlanContext) -> Mapping[str, str]:
        """The attribute with the arguments of a mock's last call, by method that asserts it."""
        stub = self.stub.request.stub
        mocks = (mock for mock in context.rules.mocks if stub is not None and mock.id == stub.mock)
        spelling = next((mock.object_spelling for mock in mocks), None)
        return spelling.last_call if spelling is not None else {}


def unchecked_keys(context: PlanContext, matches: Iterable[Match]) -> Iterator[UncheckedKey]:
    """The lost checks in the tests of a planned conversation. If its program sends a single key, one test
    that compares a whole body checks it for all."""
    matches = list(matches)
    for operation in {match.operation.id: match.operation for match in matches}.values():
        same = [match for match in matches if match.operation.id == operation.id]
        member = _member_of_key(context, operation)
        sent = [match for match in same if match.request.stub is None]
        keys = {key for match in sent for key in match.keys(member.slot)} if member is not None else set()
        is_single = len(keys) < 2 and None not in keys
        if member is None or (is_single and context.state.compared_rows):
            continue
        checks = [check for match in same for check in _checks(context, match, member)]
        checked: dict[Site, set[str | None]] = {}
        for check in checks:
            checked.setdefault(_statement_of(context, check), set()).add(check.key)
        lost = {
            check.site: check
            if len(checked[_statement_of(context, check)]) == 1
            else replace(check, key=None)
            for check in checks
            if not _compares_bodies(context, check)
        }
        yield from (lost[site] for site in sorted(lost))


def _statement_of(context: PlanContext, check: UncheckedKey) -> Site:
    """The statement around a check, which may check several keys: in several calls of a function of tests, or
    in a list."""
    tree, node = context.tree(check.site), context.node(check.site)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    return tree.site(line) if line is not None else check.site


def _member_of_key(context: PlanContext, operation: Operation) -> LayoutMember | None:
    """The field of the new body that comes from a table whose key only the old path has."""
    kept = {part.slot for part in operation.new.path}
    moved = {part.slot for part in operation.old.path} - kept
    dialect = context.dialect(operation)
    members = (member for member in operation.new.members if member.when in (None, dialect))
    return next((member for member in members if member.table is not None and member.slot in moved), None)


def _checks(context: PlanContext, match: Match, member: LayoutMember) -> Iterator[UncheckedKey]:
    """The checks of the key in the URL that a stub or an assertion expects, and in those that it received."""
    request = match.request
    if request.stub is None:
        return
    for (site, _), key in context.state.dropped_keys.get(request.id, {}).items():
        yield UncheckedKey(site, match, member, key)
    segments = (zip(match.layout.path, path.segments, strict=True) for path in match.paths)
    pieces = [segment.pieces for pairs in segments for part, segment in pairs if part.slot == member.slot]
    if any(pieces) and not request.value(Role.JSON):
        keys = match.keys(member.slot)
        yield UncheckedKey(request.site, match, member, keys[0] if len(keys) == 1 else None)


def _compares_bodies(context: PlanContext, check: UncheckedKey) -> bool:
    """Whether the test of a check compares a whole body. For a fixture, whether a test of its module does."""
    facts = context.facts
    dropped = context.state.dropped_keys.get(check.stub.request.id, {})
    frame = next((frame for site, frame in dropped if site == check.site), check.stub.request.frame)
    test = outermost_frame(facts, frame)
    frames = {outermost_frame(facts, number) for number in context.state.compared_rows}
    paths = {facts.frames[number].path for number in frames}
    return test in frames or (not is_of_test(context, test) and facts.frames[test].path in paths)


def _asserts_url(statement: cst.BaseSmallStatement, of_mocks: Collection[str]) -> bool:
    """Whether a statement asserts that a text is the URL, or a part of it, perhaps by a method `of_mocks`."""
    match statement:
        case cst.Assert(test):
            return _is_test_of_text(test)
        case cst.Expr(cst.Call(args=[cst.Arg(test), *_]) as call):
            is_true = is_method_call(call, "assertTrue") and _is_test_of_text(test)
            return is_true or is_method_call(call, *EQUALITIES, "assertIn", *of_mocks)
    return False


def _is_test_of_text(test: cst.BaseExpression) -> bool:
    match test:
        case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Equal() | cst.In())]):
            return True
        case cst.Call(cst.Attribute(attr=cst.Name(how))):
            return how in URL_TESTS
    return False


def _call_in(
    context: PlanContext, tree: Tree, line: cst.SimpleStatementLine, last_call: Mapping[str, str]
) -> str | None:
    """The source of the call of a client's mock whose first argument a statement reads, or that it asserts.
    None if there is none, or several."""
    calls: set[str] = set()
    for node in tree.descendants(line):
        if tree.enclosing(node, *_SCOPES) is not None:
            continue  # it may read a variable of a comprehension
        match node:
            case cst.Subscript(cst.Attribute(call, cst.Name("args")) | cst.Subscript(call) as arguments) if (
                is_first(node) and (isinstance(arguments, cst.Attribute) or is_first(arguments))
            ):
                is_one = isinstance(arguments, cst.Attribute) or is_one_call(context, tree.site(call))
                if is_one and is_call_of_client(context, tree.site(call)):
                    calls.add(tree.code(call))
                    if next(iter(tree.descendants_of_kind(call, cst.Call)), None) is not None:
                        return None  # it may give another one next time
            case cst.Call(cst.Attribute(mock, cst.Name(name))) if name in last_call:
                calls.add(f"{tree.code(mock)}.{last_call[name]}")
    return next(iter(calls)) if len(calls) == 1 else None


def is_first(item: cst.Subscript) -> bool:
    """Whether an item is that at the index 0."""
    return isinstance(index := index_of(item), cst.Integer) and index.value == "0"


def is_call_of_client(context: PlanContext, site: Site) -> bool:
    """Whether an expression is a call that a double of a client's function received."""
    requests = [choice for choice in context.alternatives_at(site) if isinstance(choice, Reply)]
    stubs = [context.facts.requests[reply.request].stub for reply in requests if not reply.path]
    return bool(stubs) and all(
        stub is not None and stub.replaces_client and not stub.function for stub in stubs
    )


def is_one_call(context: PlanContext, site: Site) -> bool:
    """Whether an expression is one call, and no list of calls."""
    requests = [choice for choice in context.alternatives_at(site) if isinstance(choice, Reply)]
    stubs = [context.facts.requests[reply.request].stub for reply in requests]
    return all(stub is not None and stub.is_single_call for stub in stubs)


def keyword_of_body(context: PlanContext, stub: Match) -> str | None:
    """The keyword with which the requests that a stub answers pass their JSON; None if some don't."""
    keywords: set[str | None] = set()
    for match in answered_requests(stub, context.matches.values(), context.facts):
        holders = match.request.holders.get(Role.JSON, ())
        arguments = [context.node(holder) for holder in holders]
        names = {
            argument.keyword.value if isinstance(argument, cst.Arg) and argument.keyword is not None else None
            for argument in arguments
        }
        keywords |= names or {None}
    return next(iter(keywords)) if len(keywords) == 1 else None


def _equality(
    tree: Tree, statement: cst.BaseSmallStatement, left: str, right: str, of_mocks: Collection[str]
) -> str:
    """An assertion of an equality, as a method of a test case if the statement calls one, and none
    `of_mocks`."""
    match statement:
        case cst.Expr(cst.Call(cst.Attribute(owner, cst.Name(name)))) if name not in of_mocks:
            return f"{tree.code(owner)}.assertEqual({left}, {right})"
    return f"assert {left} == {right}"
