"""Where the values of JSON stand in its text, which is known to be right."""

import json
import re
from collections.abc import Iterator

DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def members(raw: str, start: int) -> dict[str, tuple[int, int]]:
    """The values of the object at `start`: from where to where. Of a key that is there twice, the last."""
    found: dict[str, tuple[int, int]] = {}
    at = after_space(raw, start + 1)
    while raw[at] != "}":
        key, at = DECODER.raw_decode(raw, at)
        at = after_space(raw, after_space(raw, at) + 1)
        found[key] = (at, DECODER.raw_decode(raw, at)[1])
        at = _next(raw, found[key][1])
    return found


def items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the values of the array at `start` go."""
    at = after_space(raw, start + 1)
    while raw[at] != "]":
        end = DECODER.raw_decode(raw, at)[1]
        yield at, end
        at = _next(raw, end)


def _next(raw: str, end: int) -> int:
    at = after_space(raw, end)
    return after_space(raw, at + 1) if raw[at] == "," else at


def after_space(raw: str, at: int) -> int:
    """Where the white space ends that begins at an offset, if any does."""
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def line_of(raw: str, offset: int) -> int:
    """The line that an offset is in, from 1."""
    return raw.count("\n", 0, offset) + 1
