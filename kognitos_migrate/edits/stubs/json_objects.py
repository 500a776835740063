"""JSON objects in the texts of tests, and their source."""

import json
import math

from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.rulebook.model import EntryKeys


def object_of(text: str) -> dict[str, object] | None:
    """The JSON object in a text; None if there is none."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def object_entries(entry: EntryKeys, data: dict[str, object]) -> list[object]:
    """A JSON object as a list of entries."""
    return [{entry.name: name, entry.value: value} for name, value in data.items()]


def python_source(value: object) -> str:
    """A JSON value as Python source."""
    if isinstance(value, str):
        return string_literal(value)
    if isinstance(value, list):
        return f"[{', '.join(map(python_source, value))}]"
    if isinstance(value, dict):
        entries = (f"{string_literal(name)}: {python_source(field)}" for name, field in value.items())
        return f"{{{', '.join(entries)}}}"
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return repr(value) if is_finite else f"float({string_literal(repr(value))})"
