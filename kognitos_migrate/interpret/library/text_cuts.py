"""Models of methods that cut a text in two: `partition`, `rpartition`, and `split` or `rsplit` with one cut.

vendor, path = "crm:/accounts/{id}".split(":", 1)
"""

from collections.abc import Sequence
from functools import partial

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.str_methods import call_other_method, split
from kognitos_migrate.interpret.strings import cut_literal
from kognitos_migrate.values.join import plain_text
from kognitos_migrate.values.lattice import Const, Hole, Lit, MemberRef, Part, Text, Value
from kognitos_migrate.values.texts import known_text


def cut_text(text: Text, mark: str, *, at_end: bool) -> tuple[Text, Text, Text] | None:
    """The text before the first or last occurrence of a mark, the mark, and the text after it. None if an
    unknown part may contain that occurrence, or if the text has none."""
    parts = _parts_around(text, mark)
    places = list(enumerate(parts))
    for number, part in reversed(places) if at_end else places:
        if isinstance(part, Hole):
            if not _is_known_without(part.value, mark):
                return None
            continue
        start = part.text.rfind(mark) if at_end else part.text.find(mark)
        if start >= 0:
            end = start + len(mark)
            before = (*parts[:number], cut_literal(part, 0, start))
            after = (cut_literal(part, end, len(part.text)), *parts[number + 1 :])
            return (
                Text(_without_empty_literals(before)),
                Text((cut_literal(part, start, end),)),
                Text(_without_empty_literals(after)),
            )
    return None


def _parts_around(text: Text, mark: str) -> list[Part]:
    """The parts of a text, and in place of a hole whose known text has the mark, the parts of that."""
    parts: list[Part] = []
    for part in text.parts:
        inner = part.value if isinstance(part, Hole) else None
        has_mark = isinstance(inner, Text) and mark in (inner.literal or "")
        parts += _parts_around(inner, mark) if has_mark and isinstance(inner, Text) else [part]
    return parts


def _is_known_without(value: Value, mark: str) -> bool:
    """Whether a value is a known text without the mark."""
    word = known_text(value)
    return word is not None and mark not in word


def _without_empty_literals(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if not isinstance(part, Lit) or part.text)


def _partition(call: CallPoint, member: MemberRef) -> Value:
    """The result of `text.partition(mark)` and `text.rpartition(mark)`."""
    at_end = member.name == "rpartition"
    parts: Sequence[Value] | None = _cut_at(call, member, at_end=at_end)
    if parts is None:
        result = call_other_method(call, member)  # what the text lacks now, a changed one may contain
        mark, empty = call.arguments.first("sep"), plain_text("")
        word = known_text(mark.value) if mark is not None else None
        if word is None or not _is_known_without(member.receiver, word):
            return result
        parts = (empty, empty, member.receiver) if at_end else (member.receiver, empty, empty)
    return call.interpreter.allocate_sequence(call.act, call.node, map(call.operand, parts))


def _split_once(call: CallPoint, member: MemberRef, *, at_end: bool) -> Value:
    """The result of `text.split(mark, 1)` and `text.rsplit(mark, 1)`."""
    most = call.arguments.first("maxsplit", place=1)
    cut = _cut_at(call, member, at_end=at_end) if most is not None and most.value == Const(value=1) else None
    if cut is None:
        return call_other_method(call, member) if at_end else split(call, member)
    before, _, after = cut
    return call.interpreter.allocate_sequence(call.act, call.node, map(call.operand, (before, after)))


def _cut_at(call: CallPoint, member: MemberRef, *, at_end: bool) -> tuple[Text, Text, Text] | None:
    """The cut of a text at the first argument. None if it isn't known."""
    text, argument = member.receiver, call.arguments.first("sep")
    mark = known_text(argument.value) if argument is not None else None
    if not mark or mark == _DOT or not isinstance(text, Text):
        return None
    return cut_text(text, mark, at_end=at_end)


_DOT = "."
"""The mark in the dotted name of an object. A setting may name another one, so such a name stays unknown."""


SYMBOLS: dict[str, Model] = {}

METHODS: dict[str, Method] = {
    **{f"str.{name}": _partition for name in ("partition", "rpartition")},
    "str.split": partial(_split_once, at_end=False),
    "str.rsplit": partial(_split_once, at_end=True),
}
"""`str.split` without this cut is that of `str_methods`."""
