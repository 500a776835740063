"""The join of values: the only place where two values become one."""

from collections.abc import Sequence

from kognitos_migrate.values.base import (
    MANY,
    NEVER,
    UNKNOWN,
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
