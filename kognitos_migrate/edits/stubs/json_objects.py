"""JSON objects in the texts of tests."""

import json


def object_of(text: str) -> dict[str, object] | None:
    """The JSON object in a text; None if there is none."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
