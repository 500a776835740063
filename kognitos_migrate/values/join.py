"""The join of values, and concatenation of texts."""

import itertools
from collections.abc import Iterable, Sequence

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
"""How many alternatives a value may have before it is one of many."""


def join(*values: Value) -> Value:
    """The least value that covers all of `values`; Never where there is none. What is one of many stays so,
    whatever is added, but for positions in replies and for how URLs begin: so a value that grows and grows
    comes to an end."""
    if len(values) == 1:
        return values[0]
    if len(values) == 2:
        one, other = values
        if one is other or type(other) is Never:
            return one
        kind = type(one)
        if kind is Never:
            return other
        if kind is not Join and kind is not Unknown and one == other:
            return one
    found: list[Value] = []
    for value in alternatives(*values):
        kind = type(value)
        for one in found:
            # Those of other types aren't even compared, which would be two calls.
            if one is value or (type(one) is kind and one == value):
                break
        else:
            found.append(value)
            if len(found) > WIDTH + 1:  # one of them may be dropped below
                return _many(values)
    unknown = [value for value in found if type(value) is Unknown]
    if len(unknown) > 1 and UNKNOWN in unknown and any(value.source for value in unknown):
        found.remove(UNKNOWN)
    if not found:
        return NEVER
    if len(found) == 1:
        return found[0]
    if len(found) > WIDTH or MANY in found:
        return _many(found)
    return Join(tuple(found))


def _many(values: Sequence[Value]) -> Value:
    """One of many values: what is known of replies among them stays known, and how URLs begin."""
    replies: dict[Value, None] = {}
    begun: dict[Value, None] = {}
    for value in alternatives(*values):
        if type(value) is Reply:
            replies[value] = None
        elif type(value) is Text and (beginning := _beginning(value)) is not None:
            begun[beginning] = None
    kept = [*list(replies)[:WIDTH], *list(begun)[:WIDTH]]
    return Join((MANY, *kept)) if kept else MANY


def _beginning(text: Text) -> Text | None:
    """What a text that was put together begins with, if that may be a URL, and anything behind it; the same
    for all that is put onto it."""
    inner: Hole | None = None
    while text.parts and isinstance(hole := text.parts[0], Hole) and isinstance(hole.value, Text):
        inner, text = hole, hole.value
    first = text.parts[0] if text.parts else None
    if not isinstance(first, Lit) or not ("://" in first.text or first.text.startswith("/")):
        return None
    begun: Part = inner or first
    where = inner or next((part for part in text.parts if isinstance(part, Hole)), None)
    return Text((begun, Hole(MANY, where.site, where.frame))) if where is not None else None


def alternatives(*values: Value) -> Sequence[Value]:
    """The values that `values` may be, joins taken apart, Never left out."""
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
"""How many texts a text with several choices may become."""


def plain_text(text: str) -> Text:
    """Text that stands nowhere in the source."""
    return Text((Lit(text),)) if text else Text(())


def format_pieces(value: Value, site: Site, frame: int) -> list[Text]:
    """The texts that `value`, formatted, may be: itself if it is text, else a hole at `site`."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, Const) and not isinstance(value.value, bytes):
        return [Text((Hole(value, site, frame),))]
    if isinstance(value, Join) and any(isinstance(choice, Text) for choice in value.values):
        return [text for choice in value.values for text in format_pieces(choice, site, frame)]
    return [Text((Hole(value, site, frame),))]


def concat(choices: Sequence[Iterable[Text]]) -> Value:
    """Return all the texts that come of taking one choice at each place, joined: where there are more than
    `TEXT_WIDTH` of them, one of many."""
    combinations = itertools.product(*choices)
    texts = [
        Text(tuple(part for text in combination for part in text.parts))
        for combination in itertools.islice(combinations, TEXT_WIDTH)
    ]
    is_whole = next(combinations, None) is None
    return join(*texts) if is_whole else join(*texts, MANY)


def holes(text: Text) -> list[Hole]:
    """The holes of `text`."""
    return [part for part in text.parts if isinstance(part, Hole)]
