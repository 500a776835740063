"""Format specifications: what the text behind the colon of a placeholder does to a text."""

import re
from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import SLICED
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text, Value

PLAIN = ("", "s")
"""The specifications that leave a text as it is."""
_OF_NUMBERS = "eEfFgGn%"
"""The last characters of specifications that take numbers only."""


def specification_of(parts: Sequence[cst.BaseFormattedStringContent]) -> str:
    """The text of a specification in an f-string. An expression in it counts as a precision."""
    return "".join(part.value if isinstance(part, cst.FormattedStringText) else ".0" for part in parts)


def cuts_text(specification: str) -> bool:
    """Whether a specification limits the length of a text.

    >>> [cuts_text(specification) for specification in ("", ">30", ".8", ">30.8s", ".2f")]
    [False, False, True, True, False]
    """
    return "." in specification and specification[-1] not in _OF_NUMBERS


def apply_placeholder(text: Text, placeholder: str) -> Text:
    """A known text as a placeholder (`%.8s`, `{:>30}`) writes it; any other text as it is.

    >>> apply_placeholder(Text((Lit("k2mnp8qrs4"),)), "%.4s").literal
    'k2mn'
    """
    whole = text.literal
    if whole is None or _LARGE.search(placeholder):
        return text
    try:
        written = placeholder % (whole,) if placeholder[0] == "%" else placeholder.format(whole)
    except (IndexError, KeyError, TypeError, ValueError):
        return text
    return text if written == whole else Text((Lit(written),))


_LARGE = re.compile(r"\d{4}")
"""A width or precision whose text would take too much memory."""


def note_cut_texts(point: EvalPoint, result: Value, pattern: re.Pattern[str]) -> None:
    """Record the values that a filled template shortens. `pattern` matches its placeholders."""
    for text in alternatives(result):
        for hole in text.parts if isinstance(text, Text) else ():
            match = pattern.fullmatch(hole.mark.text) if isinstance(hole, Hole) and hole.mark else None
            if match is not None and isinstance(hole, Hole) and cuts_text(match.group("spec") or ""):
                point.note_use(UseKind.METHOD, hole.value, hole.site, detail=SLICED)
