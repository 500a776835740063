"""The join of values, and concatenation of texts."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import (
    MANY,
    NEVER,
    UNKNOWN,
    Const,
    Hole,
    Join,
    Lit,
    Never,
    Part,
    Reply,
    Text,
    Unknown,
    Value,
)

WIDTH = 12
"""The maximum number of alternatives of a value before it is widened to MANY."""


def join(*values: Value) -> Value:
    """The least upper bound of `values`; Never if there are none.

    A value with more than WIDTH alternatives is widened to MANY, and stays so. Positions in replies and the
    prefixes of URLs survive widening. Growing values therefore reach a fixpoint.
    """
    if len(values) == 1:
        return values[0]
    if len(values) == 2:
        first, second = values
        if first is second or type(second) is Never:
            return first
        kind = type(first)
        if kind is Never:
            return second
        if kind is not Join and kind is not Unknown and first == second:
            return first
    distinct: list[Value] = []
    for value in alternatives(*values):
        kind = type(value)
        for first in distinct:
            # Values of different types are never equal; comparing them would cost two calls.
            if first is value or (type(first) is kind and first == value):
                break
        else:
            distinct.append(value)
            # One of them may be dropped below.
            if len(distinct) > WIDTH + 1 and len(distinct := _widest(distinct)) > WIDTH + 1:
                return _widen(values)
    return _join_distinct(distinct)


def _join_distinct(distinct: list[Value]) -> Value:
    """The join of different values, without those that say less than another one."""
    unknown = [value for value in distinct if type(value) is Unknown]
    if len(unknown) > 1 and UNKNOWN in unknown and any(value.source for value in unknown):
        distinct.remove(UNKNOWN)
    texts = [value for value in distinct if type(value) is Text]
    if len(texts) > 1:
        distinct = [
            value for value in distinct if not any(_names_more_sources(text, value) for text in texts)
        ]
    if not distinct:
        return NEVER
    if len(distinct) == 1:
        return distinct[0]
    if len(distinct) > WIDTH:
        distinct = _widest(distinct)
    if len(distinct) > WIDTH or MANY in distinct:
        return _widen(distinct)
    return Join(tuple(distinct))


def _names_more_sources(text: Text, value: Value) -> bool:
    """Whether two texts are the same, but for holes with UNKNOWN in `value` whose source `text` names."""
    if type(value) is not Text or value is text or len(value.parts) != len(text.parts):
        return False
    if not any(type(part) is Hole and part.value == UNKNOWN for part in value.parts):
        return False
    pairs = [pair for pair in zip(text.parts, value.parts, strict=True) if pair[0] != pair[1]]
    return bool(pairs) and all(
        isinstance(other, Hole)
        and isinstance(part, Hole)
        and part.value == UNKNOWN
        and any(isinstance(choice, Unknown) and choice.source for choice in alternatives(other.value))
        and replace(part, value=other.value) == other
        for other, part in pairs
    )


def _widest(values: Sequence[Value]) -> list[Value]:
    """The values without the texts that another one includes: those of earlier rounds, whose holes had fewer
    values."""
    kept: list[Value] = []
    for value in values:
        if type(value) is not Text:
            kept.append(value)
        elif not any(type(other) is Text and _includes(other, value) for other in kept):
            kept = [other for other in kept if type(other) is not Text or not _includes(value, other)]
            kept.append(value)
    return kept


def _includes(text: Text, other: Text) -> bool:
    """Whether two texts are the same, but for holes of the same expressions that have more values in
    `text`, or that were evaluated in another frame to the same literals. These literals record where they
    are written, so that only the calls that led there are lost with `other`."""
    return (len(text.parts), text.member_of) == (len(other.parts), other.member_of) and all(
        part == narrow
        or (isinstance(part, Hole) and isinstance(narrow, Hole) and _includes_hole(part, narrow))
        for part, narrow in zip(text.parts, other.parts, strict=True)
    )


def _includes_hole(hole: Hole, other: Hole) -> bool:
    if replace(hole, value=other.value) == other:
        return all(_has_choice(hole.value, choice) for choice in alternatives(other.value))
    return _is_literal(hole.value) and replace(hole, frame=other.frame) == other


def _is_literal(value: Value) -> bool:
    """Whether all parts of a text are literals of the source."""
    return type(value) is Text and all(type(part) is Lit and part.site is not None for part in value.parts)


def _has_choice(value: Value, choice: Value) -> bool:
    """Whether a value may be another one, or a text that includes it."""
    return any(
        own == choice or (isinstance(own, Text) and isinstance(choice, Text) and _includes(own, choice))
        for own in alternatives(value)
    )


def _widen(values: Sequence[Value]) -> Value:
    """MANY, joined with the positions in replies and the prefixes of URLs among `values`."""
    replies: dict[Value, None] = {}
    prefixes: dict[Value, None] = {}
    for value in alternatives(*values):
        if type(value) is Reply:
            replies[value] = None
        elif type(value) is Text and (prefix := _url_prefix(value)) is not None:
            prefixes[prefix] = None
    survivors = [*list(replies)[:WIDTH], *list(prefixes)[:WIDTH]]
    return Join((MANY, *survivors)) if survivors else MANY


def _url_prefix(text: Text) -> Text | None:
    """The first part of a concatenated text and a hole with MANY; None if the text can't be a URL.

    The result is equal for all texts that extend this one.
    """
    inner: Hole | None = None
    while text.parts and isinstance(hole := text.parts[0], Hole) and isinstance(hole.value, Text):
        inner, text = hole, hole.value
    first = text.parts[0] if text.parts else None
    if not isinstance(first, Lit) or not ("://" in first.text or first.text.startswith("/")):
        return None
    prefix: Part = inner or first
    rest = inner or next((part for part in text.parts if isinstance(part, Hole)), None)
    return Text((prefix, Hole(MANY, rest.site, rest.frame))) if rest is not None else None


def alternatives(*values: Value) -> Sequence[Value]:
    """The single values: those of a join one by one, without Never."""
    if len(values) == 1:
        (value,) = values
        if type(value) is Join:
            return value.values
        return () if type(value) is Never else values
    return [
        choice
        for value in values
        if type(value) is not Never
        for choice in (value.values if type(value) is Join else (value,))
    ]


TEXT_WIDTH = 12
"""The maximum number of texts that a concatenation with several choices yields."""
TEXT_SIZE = 500_000
"""The maximum size of a text that is put together, in characters. Lines that join a text with itself fill the
memory."""
PART_SIZE = 50
"""The characters that each literal or hole adds to this size."""


def plain_text(text: str) -> Text:
    """A text without a place in the source."""
    return Text((Lit(text),)) if text else Text(())


def without_membership(text: Text) -> Text:
    """The text as a plain value. The text of a member of an Enum stands for the member, and becomes the value
    of the member."""
    return text if text.member_of is None else Text(text.parts)


def format_pieces(value: Value, site: Site, frame: int) -> list[Text]:
    """The texts that formatting `value` may yield: itself if it is text, or else a hole at `site`."""
    if isinstance(value, Text):
        return [without_membership(value)]
    if isinstance(value, Const) and not isinstance(value.value, bytes):
        return [Text((Hole(value, site, frame),))]
    if isinstance(value, Join) and any(isinstance(choice, Text) for choice in value.values):
        return [text for choice in value.values for text in format_pieces(choice, site, frame)]
    return [Text((Hole(value, site, frame),))]


def concat(choices: Sequence[Iterable[Text]]) -> Value:
    """The join of all concatenations of one choice at each place.

    If there are more than TEXT_WIDTH combinations, those with several settings in place of known texts are
    left out. If there are still more, the result includes MANY, and also if a text is larger than TEXT_SIZE:
    its first parts are kept.
    """
    combinations = iter(most_known([list(texts) for texts in choices]))
    whole = [_join_parts(combination) for combination in itertools.islice(combinations, TEXT_WIDTH)]
    texts = [text for text, _ in whole]
    is_whole = next(combinations, None) is None and all(is_complete for _, is_complete in whole)
    return join(*texts) if is_whole else join(*texts, MANY)


def _join_parts(texts: Iterable[Text]) -> tuple[Text, bool]:
    """The concatenation of texts, and whether it has all their parts. Parts beyond TEXT_SIZE are left out."""
    parts: list[Part] = []
    rest = TEXT_SIZE
    for part in (part for text in texts for part in text.parts):
        rest -= size_of_parts((part,), rest)
        if rest < 0:
            return Text(tuple(parts)), False
        parts.append(part)
    return Text(tuple(parts)), True


def size_of_parts(parts: Iterable[Part], limit: int = TEXT_SIZE) -> int:
    """The size of a text in characters, with PART_SIZE for each part, the texts in its holes included. A size
    above `limit` is any number above it."""
    size = 0
    for part in parts:
        size += PART_SIZE
        if type(part) is Lit:
            size += len(part.text)
        elif isinstance(part, Hole) and isinstance(part.value, Text):
            size += size_of_parts(part.value.parts, limit - size)
        if size > limit:
            break
    return size


_FEW_COMBINATIONS = 6
"""The number of combinations up to which all are kept: a text that is evaluated in several rounds, with other
values each time, has as many alternatives."""
_MOST_COMBINATIONS = 200
"""The limit on combinations whose settings are counted."""


def most_known(choices: Sequence[Sequence[Text]]) -> Iterable[tuple[Text, ...]]:
    """The combinations of one choice at each place. If there are too many, those with the fewest settings of
    users, or one more: they have all the texts and settings of each place. If these are still too many, those
    with the fewest settings, and one with each further choice."""
    count = math.prod(map(len, choices))
    combinations = itertools.product(*choices)
    if not _FEW_COMBINATIONS < count <= _MOST_COMBINATIONS:
        return combinations
    counts = [(sum(map(_settings_in, combination)), combination) for combination in combinations]
    least = min(number for number, _ in counts)
    fewest = [combination for number, combination in counts if number == least]
    others = [combination for number, combination in counts if number == least + 1]
    return [
        *fewest,
        *(
            others
            if len(fewest) + len(others) <= _FEW_COMBINATIONS
            else _combinations_with_others(fewest, others)
        ),
    ]


def _combinations_with_others(
    combinations: Iterable[tuple[Text, ...]], others: Iterable[tuple[Text, ...]]
) -> Iterator[tuple[Text, ...]]:
    """The combinations among `others` with a choice at a place that no combination before them has."""
    covered = {(place, id(text)) for combination in combinations for place, text in enumerate(combination)}
    for combination in others:
        selection = {(place, id(text)) for place, text in enumerate(combination)}
        if not selection <= covered:
            covered |= selection
            yield combination


def _settings_in(text: Text) -> int:
    """The number of holes of a text that contain settings of users."""
    values = [part.value for part in text.parts if isinstance(part, Hole)]
    return sum(
        _settings_in(value) if isinstance(value, Text) else any(map(_is_setting, alternatives(value)))
        for value in values
    )


def _is_setting(value: Value) -> bool:
    return isinstance(value, Unknown) and value.public
