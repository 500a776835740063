"""Where the values of JSON stand in its text, which is known to be right."""

import json
import re
from collections.abc import Iterator

DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def members(raw: str, start: int) -> tuple[dict[str, tuple[int, int]], int]:
    """The values of the object at `start`, from where to where, and where it ends itself. Of a key that is
    there twice, the last."""
    found: dict[str, tuple[int, int]] = {}
    at = after_space(raw, start + 1)
    while raw[at] != "}":
        key, at = _key(raw, at)
        found[key] = (at, DECODER.raw_decode(raw, at)[1])
        at = following(raw, found[key][1])
    return found, at + 1


def start_of(raw: str, start: int, wanted: str) -> int:
    """Where the first value stands that the object at `start` has for a key."""
    at = after_space(raw, start + 1)
    while True:
        key, at = _key(raw, at)
        if key == wanted:
            return at
        at = following(raw, DECODER.raw_decode(raw, at)[1])


def _key(raw: str, at: int) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    key, end = DECODER.raw_decode(raw, at)
    return key, after_space(raw, after_space(raw, end) + 1)


def items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the values of the array at `start` go."""
    at = after_space(raw, start + 1)
    while raw[at] != "]":
        end = DECODER.raw_decode(raw, at)[1]
        yield at, end
        at = following(raw, end)


def following(raw: str, end: int) -> int:
    """Where what follows a value begins: the next one, or the end of what holds them."""
    at = after_space(raw, end)
    return after_space(raw, at + 1) if raw[at] == "," else at


def after_space(raw: str, at: int) -> int:
    """Where the white space ends that begins at an offset, if any does."""
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def line_of(raw: str, offset: int) -> int:
    """The line that an offset is in, from 1."""
    return raw.count("\n", 0, offset) + 1
