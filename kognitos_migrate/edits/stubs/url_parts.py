"""Rewrites the parts that tests take from the URL of a request, as in `url.split("/things/")[1]`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_keys import restore_key
from kognitos_migrate.edits.stubs.received_queries import require_not_in_query
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls, host_in
from kognitos_migrate.edits.stubs.url_fragments import fragment, new_fragment, stubs_at
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import index_of, literal_text

PARTING: Mapping[str, Callable[..., Sequence[str]]] = MappingProxyType(
    {
        "split": str.split,
        "rsplit": str.rsplit,
        "partition": str.partition,
        "rpartition": str.rpartition,
        "removeprefix": lambda url, prefix: (url.removeprefix(prefix),),
    }
)
"""The parts of a URL at a text in it, by the method that takes one of them."""
_WHOLE = ("removeprefix",)
"""The methods that return the part itself, instead of a list of parts."""


class _Part(Struct, frozen=True):
    """The part of a URL that an expression takes: the method, the place among the parts, and the limits."""

    taken: cst.BaseExpression
    separator: cst.SimpleString
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
    part = _part_at(expected, use)
    old = str(literal_text(part.separator))
    require_not_in_query(expected, use, old, "in")
    new = new_fragment(expected, old)
    stubs = stubs_at(expected, use)
    if new is None and any(fragment(expected, stub.operation, old) is not None for stub in stubs):
        return  # a text of another operation's path, edited with that match
    if not all(_has_equal_part(expected, part, stub, new or old) for stub in stubs):
        is_key = all(stub.operation.id == expected.stub.operation.id for stub in stubs)
        is_key = is_key and _is_removed_key(expected, part)
        restored = restore_key(expected, use, part.taken, helpers) if is_key else None
        if restored is None:
            raise expected.refusal(use.site, "the test takes a part of the URL that changes")
        yield restored
    elif new is not None and new != old:
        quote = part.separator.quote
        span = expected.context.tree(use.site).span(part.separator)
        yield PendingEdit(span, (f"{part.separator.prefix}{quote}{new}{quote}",))


def _part_at(expected: ExpectedBodies, use: Use) -> _Part:
    """The part that a use of a URL takes. Raises RefusalError if that isn't known."""
    tree, node = expected.context.tree(use.site), expected.context.node(use.site)
    literal, *limits = [argument.value for argument in node.args] if isinstance(node, cst.Call) else [None]
    limit = [number for argument in limits if (number := _constant(argument)) is not None]
    taken = node if use.detail in _WHOLE else tree.parent(node)
    place = 0 if use.detail in _WHOLE else _constant(index_of(taken))
    if (
        place is None
        or not isinstance(literal, cst.SimpleString)
        or len(limit) != len(limits)
        or not isinstance(taken, cst.BaseExpression)
    ):
        raise expected.refusal(use.site, "the test parses the URL of the sent request here")
    return _Part(taken, literal, str(use.detail), place, tuple(limit))


def _has_equal_part(expected: ExpectedBodies, part: _Part, stub: Match, new: str) -> bool:
    """Whether the part of a stub's new URLs, at the separator `new`, is that of the old ones."""
    received, old = ReceivedUrls(expected.context, expected.stub), str(literal_text(part.separator))
    return all(
        part.of(base + received.old(stub.operation, value), old)
        == part.of(base + received.new(stub.operation, value), new)
        for value in ((*received.slot_values(stub), "0") if stub.operation.old.path else ())
        for base in ((host_in(old),) if part.method in _WHOLE else ("", "https://host"))
    )


def _is_removed_key(expected: ExpectedBodies, part: _Part) -> bool:
    """Whether the part of the own old URLs is the value of a slot that the new path lacks."""
    operation, received = expected.stub.operation, ReceivedUrls(expected.context, expected.stub)
    new_slots = {segment.slot for segment in operation.new.path}
    removed = [segment for segment in operation.old.path if segment.slot and segment.slot not in new_slots]
    old = str(literal_text(part.separator))
    is_part = all(part.of(received.old(operation, value), old) == value for value in ("0", "1"))
    return len(removed) == 1 and is_part


def _constant(index: cst.BaseExpression | None) -> int | None:
    """The value of an index that is written as a number."""
    match index:
        case cst.Integer(value):
            return int(value, 0)
        case cst.UnaryOperation(cst.Minus(), cst.Integer(value)):
            return -int(value, 0)
    return None
