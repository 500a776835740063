"""The join of values: the only place where two values become one."""

from collections.abc import Sequence

from kognitos_migrate.values.base import MANY, NEVER, UNKNOWN, Join, Never, Reply, Unknown, Value

WIDTH = 12
"""How many alternatives a value may have before it is one of many."""


def join(*values: Value) -> Value:
    """The least value that covers all of `values`; Never where there is none. What is one of many stays so,
    whatever is added, but for positions in replies: so a value that grows and grows comes to an end."""
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
    """One of many values: what is known of replies among them stays known."""
    replies = dict.fromkeys(value for value in alternatives(*values) if type(value) is Reply)
    return Join((MANY, *list(replies)[:WIDTH])) if replies else MANY


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
