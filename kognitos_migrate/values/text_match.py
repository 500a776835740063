"""Whether a value may be equal to a given text."""

import re

from kognitos_migrate.values.lattice import Const, Lit, Text, Value


def may_be_key(value: Value, key: str, flags: re.RegexFlag = re.DOTALL) -> bool:
    """Whether a value may be equal to a key. With `re.IGNORECASE` in `flags`, in upper or lower case."""
    if isinstance(value, Const):
        return False
    return not isinstance(value, Text) or re.fullmatch(_pattern(value), key, flags) is not None


def _pattern(text: Text) -> str:
    """A regular expression for all values of a text with holes."""
    return "".join(
        re.escape(part.text)
        if isinstance(part, Lit)
        else _pattern(part.value)
        if isinstance(part.value, Text)
        else ".*"
        for part in text.parts
    )
