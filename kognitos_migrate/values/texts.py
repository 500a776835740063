"""Values that are or may be text, and the parts of texts."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Hole, Lit, Part, Text, Unknown, Value

REST = Unknown(maker="the rest of a text")
"""The value of a hole for the rest of a text that is written only in part: its beginning."""


def known_text(value: Value) -> str | None:
    """The text that `value` is; None if it isn't known."""
    return value.literal if isinstance(value, Text) else None


def only_part(value: Value) -> Part | None:
    """The part of a text that has only one. None for any other value."""
    return value.parts[0] if isinstance(value, Text) and len(value.parts) == 1 else None


def literals_in(value: Value) -> list[str | None]:
    """The texts that a value may be, with None for one that isn't known."""
    return [choice.literal for choice in alternatives(value) if isinstance(choice, Text)]


def digits_in(hole: Hole) -> str | None:
    """The digits of the integer in a hole. None if it isn't a known integer."""
    number = hole.value.value if isinstance(hole.value, Const) and hole.mark is None else None
    return str(number) if type(number) is int else None


def text_with_digits(text: Text) -> str | None:
    """A text, if its holes are known texts and integers; None if it has others."""
    pieces: list[str | None] = []
    for part in text.parts:
        if isinstance(part, Lit):
            pieces.append(part.text)
        else:
            pieces.append(text_with_digits(part.value) if isinstance(part.value, Text) else digits_in(part))
    return None if None in pieces else "".join(piece or "" for piece in pieces)


def possible_texts(
    value: Value, is_plain: Callable[[Hole], bool] = lambda _hole: True
) -> Iterator[str | None]:
    """The texts that a value may be, one for each combination of its parts: None for any that isn't known.
    Holes that aren't plain contain their value in another form."""
    for choice in alternatives(value):
        if isinstance(choice, Text):
            for pieces in product(*(_texts_of_part(part, is_plain) for part in choice.parts)):
                yield None if None in pieces else "".join(piece or "" for piece in pieces)
        else:
            yield None


def _texts_of_part(part: Part, is_plain: Callable[[Hole], bool]) -> list[str | None]:
    if isinstance(part, Lit):
        return [part.text]
    if not is_plain(part):
        return [None]
    texts: list[str | None] = []
    for choice in alternatives(part.value):
        texts.extend([str(choice.value)] if isinstance(choice, Const) else possible_texts(choice, is_plain))
    return texts


def may_be_text(value: Value) -> bool:
    """Whether text is among the alternatives of `value`."""
    return any(isinstance(choice, Text) for choice in alternatives(value))


def may_hold_text(sequence: SequenceObject) -> bool:
    """Whether text is among the elements of `sequence`."""
    return may_be_text(sequence.rest) or any(may_be_text(item.value) for item in sequence.items)


def literals(value: Value | None) -> list[Lit]:
    """The literals of a text; none of any other value."""
    return [part for part in value.parts if isinstance(part, Lit)] if isinstance(value, Text) else []


def holes(text: Text) -> list[Hole]:
    """The holes of `text`."""
    return [part for part in text.parts if isinstance(part, Hole)]


def may_be_key(value: Value, key: str, flags: re.RegexFlag = re.DOTALL) -> bool:
    """Whether a value may be equal to a key. With `re.IGNORECASE` in `flags`, in upper or lower case."""
    if isinstance(value, Const):
        return False
    if not isinstance(value, Text):
        return True
    return re.fullmatch(_pattern(texts_between_holes(value)), key, flags | re.DOTALL) is not None


def may_be_equal(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two texts may be equal, by the texts between their holes. Of texts that both have holes, only
    the beginnings and the ends count."""
    if len(first) == 1 or len(second) == 1:
        pattern, (text, *_) = (first, second) if len(second) == 1 else (second, first)
        return re.fullmatch(_pattern(pattern), text, re.DOTALL) is not None
    heads, tails = (first[0], second[0]), (first[-1], second[-1])
    is_head_equal = heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
    return is_head_equal and (tails[0].endswith(tails[1]) or tails[1].endswith(tails[0]))


def _pattern(texts: Sequence[str]) -> str:
    """A regular expression for all texts with these texts between their holes. Each hole ends where the
    literal behind it first occurs, so that the expression takes quadratic time at most."""
    first, *others = texts
    if not others:
        return re.escape(first)
    inner = (
        f"(?=(?P<g{number}>.*?{re.escape(literal)}))(?P=g{number})"
        for number, literal in enumerate(others[:-1])
        if literal
    )
    return f"{re.escape(first)}{''.join(inner)}.*{re.escape(others[-1])}"


def texts_between_holes(text: Text) -> list[str]:
    """The texts between the holes of a text."""
    texts = [""]
    for part in text.parts:
        if isinstance(part, Lit):
            texts[-1] += part.text
        elif isinstance(part.value, Text):
            first, *others = texts_between_holes(part.value)
            texts[-1] += first
            texts += others
        else:
            texts.append("")
    return texts
