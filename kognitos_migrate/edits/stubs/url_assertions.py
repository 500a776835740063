"""Rewrites the assertions of tests on the URL of a request."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import URL_TESTS, ReceivedUrls, host_in
from kognitos_migrate.edits.url.path import segment_changes
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation, PathSegment
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import index_of, literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Text, Value

_PARTING: dict[str, Callable[..., Sequence[str]]] = {
    "split": str.split,
    "rsplit": str.rsplit,
    "partition": str.partition,
    "rpartition": str.rpartition,
}


class _PathPart(Struct, frozen=True):
    """A text that a test looks for in a URL: the operator or method, the text, and its new version. None if
    the old path doesn't contain the text."""

    how: str
    old: str
    new: str | None


def migrate_url_assertion(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """Pending edits for one assertion on a URL. Raises RefusalError if the text isn't written out, or the new
    text would match other URLs."""
    context = expected.context
    tree, node = context.tree(use.site), context.node(use.site)
    if use.kind is UseKind.METHOD and use.detail in _PARTING:
        yield from _migrate_separator(expected, use)
        return
    text_node, method = _url_search(node, use)
    if text_node is None:
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    stubs = _stubs_at(expected, use)
    for choice in alternatives(context.value(tree.site(text_node), use.frame)):
        text = _written_text(context, tree, Operand(choice, tree.site(text_node), use.frame))
        if text is None:
            raise expected.refusal(use.site, "the expected part of the URL isn't a literal here")
        pattern = _new_fragment(expected, text.pattern)
        part = _PathPart(method, text.fill(text.pattern), text.fill(pattern) if pattern is not None else None)
        if part.new is None and not _has_equal_outcome(expected, part, part.old, method, stubs):
            if any(_fragment(expected, stub.operation, text.pattern) is not None for stub in stubs):
                continue  # a text of another operation's path, edited with that match
            raise expected.refusal(use.site, "the test looks for text in the URL that changes")
        if pattern is None or part.new is None or pattern == text.pattern:
            continue
        yield PendingEdit(text.span, (text.source(pattern),))
        if _has_equal_outcome(expected, part, part.new, method, stubs):
            continue
        if not _has_equal_outcome(expected, part, part.new, "endswith", stubs):
            raise expected.refusal(use.site, "the test looks for text in the URL that other URLs contain now")
        yield from _search_at_end(expected, node, use)


class _WrittenText(Struct, frozen=True):
    """A text as it is written: a literal, or an f-string. `pattern` has the number of an expression, between
    NULs, in its place; `holes` are the source of each expression and its value."""

    span: Span
    opening: str
    quote: str
    pattern: str
    holes: tuple[tuple[str, str], ...] = ()

    def fill(self, pattern: str) -> str:
        """A pattern with the values of the expressions."""
        for number, (_, value) in enumerate(self.holes):
            pattern = pattern.replace(f"\0{number}\0", value)
        return pattern

    def source(self, pattern: str) -> str:
        """A pattern as Python source."""
        opening = self.opening if "\0" in pattern else re.sub("[fF]", "", self.opening)
        for number, (source, _) in enumerate(self.holes):
            pattern = pattern.replace(f"\0{number}\0", source)
        return f"{opening}{self.quote}{pattern}{self.quote}"


def _written_text(context: PlanContext, tree: Tree, operand: Operand) -> _WrittenText | None:
    """The text of a literal, or of an f-string with plain literal parts; None for any other text."""
    choice, node = operand.value, tree.node(operand.site)
    lit = _only_literal(choice)
    literal = context.node(lit.site) if lit is not None and lit.site is not None else None
    if lit is not None and lit.site is not None and isinstance(literal, cst.SimpleString):
        return _WrittenText(context.span(lit.site), literal.prefix, literal.quote, lit.text)
    if not isinstance(node, cst.FormattedString) or not isinstance(choice, Text):
        return None
    pattern, holes = "", list[tuple[str, str]]()
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            pattern += part.value
            continue
        assert isinstance(part, cst.FormattedStringExpression)
        value = context.value(tree.site(part.expression), operand.frame)
        literal_value = value.literal if isinstance(value, Text) else None
        pattern += f"\0{len(holes)}\0"
        holes.append((tree.code(part), literal_value or "0"))
    if "{" in pattern or "\\" in pattern:
        return None
    return _WrittenText(tree.span(node), node.start.rstrip("'\""), node.end, pattern, tuple(holes))


def _migrate_separator(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """The pending edit of the separator at which a test parts a URL, as in `url.split("/things/")[1]`. Raises
    RefusalError if the part that it takes is another one in the new URL."""
    context, received = expected.context, ReceivedUrls(expected.context, expected.stub)
    tree, node = context.tree(use.site), context.node(use.site)
    place = _constant(index_of(tree.parent(node)))
    literal, *limits = [argument.value for argument in node.args] if isinstance(node, cst.Call) else [None]
    limit = [number for argument in limits if (number := _constant(argument)) is not None]
    if place is None or not isinstance(literal, cst.SimpleString) or len(limit) != len(limits):
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    old = str(literal_text(literal))
    new = _new_fragment(expected, old)
    stubs = _stubs_at(expected, use)
    if new is None and any(_fragment(expected, stub.operation, old) is not None for stub in stubs):
        return  # a text of another operation's path, edited with that match
    part = partial(_part, method=use.detail, place=place, limit=limit)
    for stub in stubs:
        for value in (*received.slot_values(stub), "0") if stub.operation.old.path else ():
            for base in ("", "https://host"):
                before = part(base + received.old(stub.operation, value), separator=old)
                if before != part(base + received.new(stub.operation, value), separator=new or old):
                    raise expected.refusal(use.site, "the test takes a part of the URL that changes")
    if new is not None and new != old:
        yield PendingEdit(tree.span(literal), (f"{literal.prefix}{literal.quote}{new}{literal.quote}",))


def _constant(index: cst.BaseExpression | None) -> int | None:
    """The value of an index that is written as a number."""
    match index:
        case cst.Integer(value):
            return int(value, 0)
        case cst.UnaryOperation(cst.Minus(), cst.Integer(value)):
            return -int(value, 0)
    return None


def _part(url: str, *, method: str, separator: str, place: int, limit: Sequence[int]) -> str | None:
    """The part of a URL at a place; None if there is no such part."""
    parts = _PARTING[method](url, separator, *limit)
    return parts[place] if -len(parts) <= place < len(parts) else None


def _url_search(node: cst.CSTNode, use: Use) -> tuple[cst.BaseExpression | None, str]:
    """The expression that a URL is searched for, and the operator or method. None for any other use."""
    match use.kind, node:
        case UseKind.CONTAINS, cst.Comparison(text, [_]) | cst.Call(args=[cst.Arg(text), *_]):
            return text, "in"
        case UseKind.METHOD, cst.Call(args=[cst.Arg(text), *_]) if use.detail in URL_TESTS:
            return text, use.detail
    return None, ""


def _search_at_end(expected: ExpectedBodies, node: cst.CSTNode, use: Use) -> Iterator[PendingEdit]:
    """Replace a search anywhere in the URL by one at its end."""
    tree = expected.context.tree(use.site)
    match node:
        case cst.Call(cst.Attribute(attr=method)) if use.kind is UseKind.METHOD:
            yield PendingEdit(tree.span(method), ("endswith",))
        case cst.Comparison(part, [cst.ComparisonTarget(cst.In(), url), *_]):
            parts = (tree.outer_span(url), ".endswith(", tree.outer_span(part), ")")
            yield PendingEdit(tree.span(node), parts)
        case _:
            raise expected.refusal(use.site, "the test parses the URL of the sent request here")


def _only_literal(choice: Value) -> Lit | None:
    part = choice.parts[0] if isinstance(choice, Text) and len(choice.parts) == 1 else None
    return part if isinstance(part, Lit) else None


def _new_fragment(expected: ExpectedBodies, text: str) -> str | None:
    return _fragment(expected, expected.stub.operation, text)


def _fragment(expected: ExpectedBodies, operation: Operation, text: str) -> str | None:
    """A text of the operation's old path, as in the new path; None if the old path doesn't contain it."""
    match = next(stub for stub in expected.stubs if stub.operation.id == operation.id)
    base = host_in(text)
    text = text.removeprefix(base)
    words = [word for word in text.split("/") if word]
    old = operation.old.path
    becomes = {change.index: change.text for change in segment_changes(match)} if old else {}
    for start in range(len(old) - len(words) + 1 if words else 0):
        here = old[start : start + len(words)]
        if not any(part.text for part in here) or not all(map(_fits, here, words)):
            continue
        new = [becomes.get(start + place, word) for place, word in enumerate(words)]
        after = start + len(words)
        ends = text.endswith("/") and (after >= len(old) or becomes.get(after, "") is not None)
        path_text = "/".join(word for word in new if word is not None)
        return f"{base}{'/' if text.startswith('/') else ''}{path_text}{'/' if ends else ''}"
    return None


def _fits(part: PathSegment, word: str) -> bool:
    return part.text in (None, word)


def _stubs_at(expected: ExpectedBodies, use: Use) -> list[Match]:
    """The stubs whose received requests reach this use in some test."""
    received = ReceivedUrls(expected.context, expected.stub)
    requests = expected.context.memoize(_requests_by_use).get((use.site, use.kind), frozenset())
    own = expected.stub.request.id
    stubs = [stub for stub in expected.stubs if stub.request.id in requests or stub.request.id == own]
    return [stub for stub in stubs if received.reach(stub.operation, use)]


def _requests_by_use(context: ProgramFacts) -> Mapping[tuple[Site, UseKind], frozenset[int]]:
    """The ids of the stubs whose received requests are used, by place and kind of the use."""
    requests: dict[tuple[Site, UseKind], set[int]] = {}
    for number, uses in context.uses.items():
        if context.facts.requests[number].stub is not None:
            for use in uses:
                requests.setdefault((use.site, use.kind), set()).add(number)
    return {place: frozenset(numbers) for place, numbers in requests.items()}


def _has_equal_outcome(
    expected: ExpectedBodies, part: _PathPart, new_text: str, method: str, stubs: list[Match]
) -> bool:
    """Whether the test has the same result for the new URLs of the stubs' requests as for their old ones."""
    received, host = ReceivedUrls(expected.context, expected.stub), host_in(part.old)
    words = {word for word in part.old.split("/") if word} | {"0"}
    return all(
        URL_TESTS[part.how](host + received.old(stub.operation, value), part.old)
        == URL_TESTS[method](host + received.new(stub.operation, value), new_text)
        for stub in stubs
        if stub.operation.old.path
        for value in received.slot_values(stub) or words
    )
