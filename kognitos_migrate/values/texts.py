"""Values that are or may be text, and the parts of texts."""

from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text, Value


def known_text(value: Value) -> str | None:
    """The text that `value` is; None if it isn't known."""
    return value.literal if isinstance(value, Text) else None


def may_be_text(value: Value) -> bool:
    """Whether text is among the alternatives of `value`."""
    return any(isinstance(choice, Text) for choice in alternatives(value))


def literals(value: Value | None) -> list[Lit]:
    """The literals of a text; none of any other value."""
    return [part for part in value.parts if isinstance(part, Lit)] if isinstance(value, Text) else []


def holes(text: Text) -> list[Hole]:
    """The holes of `text`."""
    return [part for part in text.parts if isinstance(part, Hole)]
