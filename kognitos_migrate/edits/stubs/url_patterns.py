r"""Rewrites the regular expressions that tests search in the URL of a request, and the groups that they take.

re.fullmatch(r"/old/thing/(\w+)", path)[1]    becomes    re.fullmatch(r"/new/things/(\w+)", path)[1]
"""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.stub_urls import pattern_parts, plain_word
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_keys import restore_key
from kognitos_migrate.edits.stubs.received_urls import EXTENTS, ReceivedUrls, search_base
from kognitos_migrate.edits.stubs.url_fragments import note_dropped_key, stubs_at
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation, PathSegment
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.shapes import container_of
from kognitos_migrate.text_search.bounded_regex import has_match
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Lit, Reply, Text
from kognitos_migrate.values.texts import only_part

_GROUPS = ("group", "groups", "groupdict")
"""The methods of a match whose results are groups."""


class _NewPattern(Struct, frozen=True):
    """A pattern for the new path, with groups of the old one, by number and by name."""

    text: str
    removed: frozenset[int | str]
    """The groups that it lacks: those of slots that only the old path has."""
    changed: frozenset[int | str]
    """The groups that contain fixed words of the path."""


def migrate_url_search(expected: ExpectedBodies, use: Use) -> Iterator[PendingEdit]:
    """Pending edits of the pattern of a search. Raises RefusalError if it isn't written out, or if the new
    pattern matches other URLs."""
    context, stubs = expected.context, stubs_at(expected, use)
    for choice in alternatives(use.other) if use.other is not None else ():
        lit = only_part(choice)
        node = context.node(lit.site) if isinstance(lit, Lit) and lit.site is not None else None
        if not isinstance(lit, Lit) or not isinstance(node, cst.SimpleString) or node.raw_value != lit.text:
            raise expected.refusal(use.site, "the pattern that the test searches isn't a raw string here")
        old, new = lit.text, _new_pattern(expected, expected.stub.operation, lit.text)
        if new is None and any(_new_pattern(expected, stub.operation, old) is not None for stub in stubs):
            continue  # a pattern of another operation's path, edited with that match
        text = new.text if new is not None else old
        equal = next((way for way in (text, f"{text}$") if _has_equal_results(expected, old, way, use)), None)
        if equal is None:
            raise expected.refusal(use.site, "the pattern that the test searches matches other URLs now")
        if equal != old and lit.site is not None:
            yield PendingEdit(context.span(lit.site), (f"{node.prefix}{node.quote}{equal}{node.quote}",))
            note_dropped_key(expected, use, (old, equal))


def migrate_matched_group(expected: ExpectedBodies, use: Use, helpers: Helpers) -> Iterator[PendingEdit]:
    """The pending edit of a group that the new pattern lacks: the key is taken from the body. Raises
    RefusalError if the use of a match isn't known to see the same in the new URL."""
    assert isinstance(use.value, Reply)
    pattern, node = str(use.value.path[-1]), expected.context.node(use.site)
    groups = _groups_of_use(expected, use, pattern)
    new = _new_pattern(expected, expected.stub.operation, pattern)
    if groups is None or 0 in groups or (new is not None and groups & new.changed):
        raise expected.refusal(use.site, "the test uses what a pattern matches in the URL, which changes")
    if new is None or not groups & new.removed:
        return
    stubs = stubs_at(expected, use)
    is_own = all(stub.operation.id == expected.stub.operation.id for stub in stubs) and len(groups) == 1
    taken = node if isinstance(node, cst.BaseExpression) and is_own else None
    restored = restore_key(expected, use, taken, helpers) if taken is not None else None
    if restored is None:
        raise expected.refusal(use.site, "the test takes a part of the URL that changes")
    assert taken is not None
    yield _edit_after_search(expected, use, taken, restored)


def _edit_after_search(
    expected: ExpectedBodies, use: Use, taken: cst.BaseExpression, restored: PendingEdit
) -> PendingEdit:
    """The edit of a group, which keeps the search itself if it is a part of the expression: the test fails
    as before if the pattern isn't found.

    re.search(r"/old/(.+)", path)[1]    becomes    re.search(r"/new", path) and old_key(body["new_id"])
    """
    tree = expected.context.tree(use.site)
    matched = container_of(taken)
    if not isinstance(matched, cst.Call):
        return restored
    parts = (tree.outer_span(matched), " and ", *restored.parts)
    is_whole = isinstance(tree.parent(taken), cst.Arg | cst.Assign | cst.Return | cst.Element)
    return replace(restored, parts=parts if is_whole else ("(", *parts, ")"))


def _groups_of_use(expected: ExpectedBodies, use: Use, pattern: str) -> frozenset[int | str] | None:
    """The groups of a match that a use reads, 0 for the whole match. None if it isn't known."""
    context, tree = expected.context, expected.context.tree(use.site)
    node = tree.node(use.site)
    if use.kind is UseKind.METHOD and use.detail in _GROUPS and isinstance(node, cst.Call):
        if use.detail != "group":
            compiled = re.compile(pattern)
            return frozenset((*range(1, compiled.groups + 1), *compiled.groupindex))
        values = [context.value(tree.site(argument.value), use.frame) for argument in node.args]
        if any(argument.keyword is not None or argument.star for argument in node.args):
            return None
        values = values or [Const(0)]
    elif use.kind is UseKind.READ and use.other is not None:
        values = [use.other]
    else:
        return None
    groups: set[int | str] = set()
    for choice in (choice for value in values for choice in alternatives(value)):
        key = choice.literal if isinstance(choice, Text) else getattr(choice, "value", None)
        if not isinstance(key, int | str):
            return None
        groups.add(key)
    return frozenset(groups)


def _new_pattern(expected: ExpectedBodies, operation: Operation, pattern: str) -> _NewPattern | None:
    """A pattern for the operation's old path, as for the new one. None if it has no word of the old path, or
    isn't written like it."""
    try:
        re.compile(pattern)
        parts = pattern_parts(pattern)
        groups = [re.compile(part) for part in parts]
    except (re.error, RecursionError, OverflowError):
        return None
    body = "/".join(parts)
    opening, whole, ending = pattern.partition(body)
    positions = [*_path_positions(parts, operation.old.path)] if whole else []
    if len(positions) != 1 or any(map(_has_alternatives, parts)):
        return None
    at, start = positions[0]
    match = next(stub for stub in expected.stubs if stub.operation.id == operation.id)
    becomes = {change.index: change.text for change in segment_changes(match)}
    new, removed = list(parts[:at]), set[int | str]()
    count = sum(compiled.groups for compiled in groups[:at])
    names = [name for compiled in groups[:at] for name in compiled.groupindex]
    for number in range(at, len(parts)):
        index, own = start + number - at, groups[number]
        word = becomes.get(index, parts[number])
        if word is not None:
            new.append(word)
            if removed and own.groups:
                return None  # its number changes
        else:
            removed.update(range(count + 1, count + own.groups + 1), own.groupindex)
        count += own.groups
    changed = frozenset((*range(1, sum(compiled.groups for compiled in groups[:at]) + 1), *names))
    text = f"{opening}{'/'.join(new)}{ending}"
    return _NewPattern(text, frozenset(removed), changed if start else frozenset())


def _has_alternatives(part: str) -> bool:
    """Whether a part of a pattern contains `|` outside of groups."""
    part, groups = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", part), 1
    while groups:
        part, groups = re.subn(r"\([^()]*\)", "", part)
    return "|" in part


def _path_positions(parts: Sequence[str], path: Sequence[PathSegment]) -> Iterator[tuple[int, int]]:
    """The places where a pattern continues like a path up to its end, with that of the path. A slash may
    follow at the end."""
    for at in range(len(parts)):
        for start, segment in enumerate(path):
            rest, own = parts[at:], path[start:]
            if segment.text is None or plain_word(parts[at]) != segment.text:
                continue
            is_first = not (at and start and path[start - 1].text in (None, plain_word(parts[at - 1])))
            is_end = len(rest) <= len(own) or (len(rest) == len(own) + 1 and rest[-1] == "")
            if is_first and is_end and all(map(_matches_segment, own, rest)):
                yield at, start


def _matches_segment(segment: PathSegment, part: str) -> bool:
    return segment.text is None or plain_word(part) == segment.text


def _has_equal_results(expected: ExpectedBodies, old: str, new: str, use: Use) -> bool:
    """Whether a search has the same result for the new URLs of the operations that reach it as for their old
    ones, and some URL is found."""
    received, extent = ReceivedUrls(expected.context, expected.stub), EXTENTS[use.detail]
    base = search_base(received, expected.stubs, old, extent)
    stubs = [stub for stub in stubs_at(expected, use) if stub.operation.old.path]
    return base is not None and all(
        has_match(old, base + received.old(stub.operation, value), extent)
        is has_match(new, base + received.new(stub.operation, value), extent)
        is not None
        for stub in stubs
        for value in received.samples(stub)
    )
