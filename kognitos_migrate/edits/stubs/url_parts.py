"""Rewrites the parts that tests take from the URL of a request, as in `url.split("/things/")[1]`, also if
the list of the parts has a name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import literal_in_style
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_keys import restore_key
from kognitos_migrate.edits.stubs.received_queries import require_not_in_query
from kognitos_migrate.edits.stubs.received_urls import (
    ReceivedUrls,
    decisions_on,
    host_in,
    segment_of,
)
from kognitos_migrate.edits.stubs.url_fragments import fragment, new_fragment, stubs_at
from kognitos_migrate.edits.stubs.written_texts import WrittenText, written_text
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import CUT_OFF
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import index_of, length_cut_off, literal_text, written_integer
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Decoding, Reply, Text

PARTING: Mapping[str, Callable[..., Sequence[str]]] = MappingProxyType(
    {
        "split": str.split,
        "rsplit": str.rsplit,
        "partition": str.partition,
        "rpartition": str.rpartition,
        "removeprefix": lambda url, prefix: (url.removeprefix(prefix),),
        CUT_OFF: lambda url, prefix: (url[len(prefix) :],),
    }
)
"""The parts of a URL at a text in it, by the method or slice that takes one of them."""
_WHOLE = ("removeprefix", CUT_OFF)
"""The methods that return the part itself, instead of a list of parts."""


class _Part(Struct, frozen=True):
    """The part of a URL that an expression takes: the method, the place among the parts, and the limits."""

    taken: cst.BaseExpression
    separator: WrittenText
    method: str
    place: int
    limits: tuple[int, ...] = ()

    def of(self, url: str, separator: str) -> str | None:
        """The part of a URL at a separator; None if there is no such part."""
        parts = PARTING[self.method](url, separator, *self.limits)
        return parts[self.place] if -len(parts) <= self.place < len(parts) else None


def migrate_url_part(expected: ExpectedBodies, use: Use, helpers: Helpers) -> Iterator[PendingEdit]:
    """The pending edit of the text at which a test parts a URL, or of the key that it takes. Raises
    RefusalError if the part that it takes is another one in the new URL."""
    if _is_list_of_segments(expected, use):
        return  # what the test reads of the list is migrated there
    part = _part_at(expected, use)
    old = part.separator.text
    if old == "?" and part.place == 0 and not part.limits and part.method in ("split", "partition"):
        return  # what the test does with the URL without its query is migrated there
    require_not_in_query(expected, use, old, "in")
    new = new_fragment(expected, old)
    stubs = stubs_at(expected, use)
    if new is None and any(fragment(expected, stub.operation, old) is not None for stub in stubs):
        return  # a text of another operation's path, edited with that match
    if not all(_has_equal_part(expected, part, use, stub, new or old) for stub in stubs):
        is_key = all(stub.operation.id == expected.stub.operation.id for stub in stubs)
        is_key = is_key and _is_removed_key(expected, part)
        restored = restore_key(expected, use, part.taken, helpers) if is_key else None
        if restored is None:
            raise expected.refusal(use.site, "the test takes a part of the URL that changes")
        yield restored
    elif new is not None and new != old:
        yield PendingEdit(part.separator.span, (part.separator.source(new),))


def _is_list_of_segments(expected: ExpectedBodies, use: Use) -> bool:
    """Whether a URL is split into a list that isn't subscripted at once."""
    context, tree = expected.context, expected.context.tree(use.site)
    segments = Reply(expected.stub.request.id, (View.ADDRESS, Decoding.SEGMENTS))
    is_list = segments in alternatives(context.value(use.site, use.frame))
    return is_list and not isinstance(tree.parent(tree.node(use.site)), cst.Subscript)


def migrate_url_segment(expected: ExpectedBodies, use: Use, helpers: Helpers) -> Iterator[PendingEdit]:
    """Pending edits of a read from the list of the parts of a URL. Raises RefusalError if the part is another
    one in the new URL, and is neither compared with a word of a path nor a key.

    parts[-2] == "thing"    becomes    parts[-1] == "things"
    """
    tree, node = expected.context.tree(use.site), expected.context.node(use.site)
    index = written_integer(index_of(node)) if isinstance(node, cst.Subscript) else None
    if use.kind is not UseKind.READ or index is None or index >= 0 or not isinstance(node, cst.Subscript):
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    if isinstance(node.value, cst.Call):
        return  # the call is migrated with the part
    stubs = [stub for stub in stubs_at(expected, use) if stub.operation.old.path]
    segments = _Segments(expected)
    if all(segments.old(stub, index) == segments.new(stub, index) for stub in stubs):
        return
    literal = _compared_word(tree, node)
    if literal is not None:
        yield from _compared_segment(segments, use, (node, literal), stubs)
        return
    is_key = all(stub.operation.id == expected.stub.operation.id for stub in stubs)
    is_key = is_key and segments.old(expected.stub, index) == _VALUES
    restored = restore_key(expected, use, node, helpers) if is_key else None
    if restored is None:
        raise expected.refusal(use.site, "the test takes a part of the URL that changes")
    yield restored


_VALUES = ("0", "a-0")
"""Values of slots in paths, to tell slots from fixed words."""


class _Segments(Struct, frozen=True):
    """The parts of old and new URLs at an index that counts from the end, for each value of a slot."""

    expected: ExpectedBodies

    @property
    def _received_urls(self) -> ReceivedUrls:
        return ReceivedUrls(self.expected.context, self.expected.stub)

    def old(self, stub: Match, index: int) -> tuple[str | None, ...]:
        """The parts of the old URLs of a stub's requests."""
        return tuple(segment_of(self._received_urls.old(stub.operation, value), index) for value in _VALUES)

    def new(self, stub: Match, index: int) -> tuple[str | None, ...]:
        """The parts of the new URLs of a stub's requests."""
        return tuple(segment_of(self._received_urls.new(stub.operation, value), index) for value in _VALUES)

    def are_equal(self, stubs: Sequence[Match], old: tuple[int, str], new: tuple[int, str]) -> bool:
        """Whether comparisons of a part with a word, old and new, have the same outcomes."""
        return all(
            [part == old[1] for part in self.old(stub, old[0])]
            == [part == new[1] for part in self.new(stub, new[0])]
            for stub in stubs
        )


def _compared_word(tree: Tree, node: cst.Subscript) -> cst.SimpleString | None:
    """The literal that an expression is compared with; None if there is none."""
    match tree.parent(node):
        case cst.Comparison(
            left, [cst.ComparisonTarget(cst.Equal() | cst.NotEqual(), cst.SimpleString() as word)]
        ):
            return word if left is node else None
    return None


def _compared_segment(
    segments: _Segments, use: Use, compared: tuple[cst.Subscript, cst.SimpleString], stubs: Sequence[Match]
) -> Iterator[PendingEdit]:
    """Pending edits of the index and the word with which a test compares a part of a URL."""
    expected, (node, literal) = segments.expected, compared
    word, index = str(literal_text(literal)), written_integer(index_of(node))
    assert index is not None
    own = [stub for stub in stubs if segments.old(stub, index) == (word,) * len(_VALUES)]
    if segments.are_equal(stubs, (index, word), (index, word)):
        return
    if own and all(stub.operation.id != expected.stub.operation.id for stub in own):
        return  # a word of another operation's path, edited with that match
    path = expected.stub.operation.new.path
    places = [(place - len(path), part.text) for place, part in enumerate(path) if part.text is not None]
    replacement = next(
        (new for new in reversed(places) if segments.are_equal(stubs, (index, word), new)), None
    )
    if not own or replacement is None:
        raise expected.refusal(use.site, "the test compares a part of the URL that changes")
    tree, key = expected.context.tree(use.site), index_of(node)
    assert key is not None
    yield PendingEdit(tree.span(literal), (literal_in_style(literal, replacement[1]),))
    if replacement[0] != index:
        yield PendingEdit(tree.outer_span(key), (str(replacement[0]),))


def _part_at(expected: ExpectedBodies, use: Use) -> _Part:
    """The part that a use of a URL takes. Raises RefusalError if that isn't known."""
    context, tree, node = expected.context, expected.context.tree(use.site), expected.context.node(use.site)
    call = length_cut_off(node) if use.detail == CUT_OFF else node
    mark, *limits = [argument.value for argument in call.args] if isinstance(call, cst.Call) else [None]
    limit = [number for argument in limits if (number := written_integer(argument)) is not None]
    taken = node if use.detail in _WHOLE else tree.parent(node)
    place = 0 if use.detail in _WHOLE else written_integer(index_of(taken))
    choices = list(alternatives(context.value(tree.site(mark), use.frame))) if mark is not None else []
    marks = [Operand(choice, tree.site(mark), use.frame) for choice in choices if mark is not None]
    texts = [written_text(context, tree, operand) for operand in marks]
    separator = texts[0] if len(texts) == 1 else None
    if (
        place is None
        or separator is None
        or separator.holes
        or len(limit) != len(limits)
        or not isinstance(taken, cst.BaseExpression)
    ):
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    return _Part(taken, separator, str(use.detail), place, tuple(limit))


def _has_equal_part(expected: ExpectedBodies, part: _Part, use: Use, stub: Match, new: str) -> bool:
    """Whether the part of a stub's new URLs, at the separator `new`, is that of the old ones that reach a
    use."""
    received, old = ReceivedUrls(expected.context, expected.stub), part.separator.text
    bases: tuple[str, ...] = ("", "https://host")
    if part.method in _WHOLE:
        bases = received.bases(stub.operation, old) if part.method == CUT_OFF else (host_in(old),)
    values = (*received.slot_values(stub), "0", "0" * len(old)) if stub.operation.old.path else ()
    if part.method in _WHOLE and _surely_start_with(received, old, use):
        ends = (old.rpartition("/")[2] + value for value in values)
        urls = {value: f"{bases[0]}{received.old(stub.operation, value)}" for value in (*values, *ends)}
        values = tuple(value for value, url in urls.items() if url.startswith(old))
        if not values and stub.operation.old.path:
            return False
    return all(
        part.of(base + received.old(stub.operation, value), old)
        == part.of(base + received.new(stub.operation, value), new)
        for value in values
        for base in bases
    )


def _surely_start_with(received: ReceivedUrls, text: str, use: Use) -> bool:
    """Whether only requests whose URL starts with a text reach the code that uses the received request:

    if url.startswith("/old/things/"):
        return answers[url.removeprefix("/old/things/")]
    """
    return any(
        _implies_start(received, (tree, around), decision.test, text, outcome=decision.outcome)
        for tree, node, around in received.code_around(use.site, use.frame)
        for decision in decisions_on(tree, node)
    )


def _implies_start(
    received: ReceivedUrls, place: tuple[Tree, int], test: cst.BaseExpression, text: str, *, outcome: bool
) -> bool:
    """Whether a test in a file and a frame has this outcome only for URLs that start with a text."""
    match test:
        case cst.UnaryOperation(cst.Not(), inner):
            return _implies_start(received, place, inner, text, outcome=not outcome)
        case cst.BooleanOperation(left, operator, right):
            sides = [_implies_start(received, place, side, text, outcome=outcome) for side in (left, right)]
            return any(sides) if isinstance(operator, cst.And) is outcome else all(sides)
        case cst.Call(cst.Attribute(url, cst.Name("startswith")), [cst.Arg(start)]) if outcome:
            tree, frame = place
            own, value = (received.context.value(tree.site(side), frame) for side in (url, start))
            texts = [choice.literal if isinstance(choice, Text) else None for choice in alternatives(value)]
            is_start = bool(texts) and all(
                literal is not None and literal.startswith(text) for literal in texts
            )
            return is_start and own == Reply(received.stub.request.id, (View.ADDRESS,))
    return False


def _is_removed_key(expected: ExpectedBodies, part: _Part) -> bool:
    """Whether the part of the own old URLs is the value of a slot that the new path lacks."""
    operation, received = expected.stub.operation, ReceivedUrls(expected.context, expected.stub)
    new_slots = {segment.slot for segment in operation.new.path}
    removed = [segment for segment in operation.old.path if segment.slot and segment.slot not in new_slots]
    old = part.separator.text
    is_part = all(part.of(received.old(operation, value), old) == value for value in ("0", "1"))
    return len(removed) == 1 and is_part
