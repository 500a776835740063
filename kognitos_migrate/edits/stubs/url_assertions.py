"""Rewrites the assertions of tests on the URL of a request."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_queries import is_in_query, remove_query_assertion
from kognitos_migrate.edits.stubs.received_urls import EXTENTS, URL_TESTS, ReceivedUrls, host_in
from kognitos_migrate.edits.stubs.searched_keys import migrate_key_search
from kognitos_migrate.edits.stubs.url_fragments import fragment, new_fragment, note_dropped_key, stubs_at
from kognitos_migrate.edits.stubs.url_parts import PARTING, migrate_url_part, migrate_url_segment
from kognitos_migrate.edits.stubs.url_patterns import migrate_matched_group, migrate_url_search
from kognitos_migrate.edits.stubs.written_texts import written_text
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.structs import Struct
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Decoding, Reply


class _SearchedText(Struct, frozen=True):
    """A text that a test looks for in a URL: the operator or method, the text, and its new version. None if
    the old path doesn't contain the text."""

    how: str
    old: str
    new: str | None


def migrate_url_assertion(expected: ExpectedBodies, use: Use, helpers: Helpers) -> Iterator[PendingEdit]:
    """Pending edits for one assertion on a URL. Raises RefusalError if the text isn't written out, or the new
    text would match other URLs."""
    context = expected.context
    tree, node = context.tree(use.site), context.node(use.site)
    if isinstance(use.value, Reply) and Decoding.MATCHED in use.value.path:
        yield from migrate_matched_group(expected, use, helpers)
        return
    if isinstance(use.value, Reply) and Decoding.SEGMENTS in use.value.path:
        yield from migrate_url_segment(expected, use, helpers)
        return
    if use.kind is UseKind.METHOD and use.detail in EXTENTS:
        yield from migrate_url_search(expected, use)
        return
    if use.kind is UseKind.METHOD and use.detail in PARTING:
        yield from migrate_url_part(expected, use, helpers)
        return
    is_part = isinstance(use.value, Reply) and Decoding.HALVES in use.value.path
    text_node, method = _url_search(node, use)
    if text_node is None or is_part:
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    stubs = stubs_at(expected, use)
    choices = list(alternatives(context.value(tree.site(text_node), use.frame)))
    for choice in choices:
        text = written_text(context, tree, Operand(choice, tree.site(text_node), use.frame))
        if text is None:
            raise expected.refusal(use.site, "the expected part of the URL isn't a literal here")
        if is_in_query(expected, use, text.text, method):
            yield remove_query_assertion(expected, use)
            return
        pattern = new_fragment(expected, text.pattern)
        part = _SearchedText(method, text.text, text.fill(pattern) if pattern is not None else None)
        checks = migrate_key_search(expected, use, method, part.old, stubs) if not choices[1:] else []
        if checks:
            yield from checks
            continue
        if part.new is None and not _has_equal_outcome(expected, part, part.old, method, stubs):
            if any(fragment(expected, stub.operation, text.pattern) is not None for stub in stubs):
                continue  # a text of another operation's path, edited with that match
            raise expected.refusal(use.site, "the test looks for text in the URL that changes")
        if pattern is None or part.new is None or pattern == text.pattern:
            continue
        yield PendingEdit(text.span, (text.source(pattern),))
        is_any = any(f"\0{number}\0" not in pattern for number in range(len(text.holes)))
        note_dropped_key(expected, use, (part.old, part.new), is_any=is_any)
        if _has_equal_outcome(expected, part, part.new, method, stubs):
            continue
        if choices[1:] or not _has_equal_outcome(expected, part, part.new, "endswith", stubs):
            raise expected.refusal(use.site, "the test looks for text in the URL that other URLs contain now")
        yield from _search_at_end(expected, node, use)


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
        case cst.Comparison(part, [cst.ComparisonTarget(cst.In() | cst.NotIn() as operator, url)]):
            negation = "not " if isinstance(operator, cst.NotIn) else ""
            parts = (negation, tree.outer_span(url), ".endswith(", tree.outer_span(part), ")")
            yield PendingEdit(tree.span(node), parts)
        case _:
            raise expected.refusal(use.site, "the test parses the URL of the sent request here")


def _has_equal_outcome(
    expected: ExpectedBodies, part: _SearchedText, new_text: str, method: str, stubs: list[Match]
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
