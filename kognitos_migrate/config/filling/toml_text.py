"""What is to be filled in, as TOML."""

import json
import re
from collections.abc import Sequence

from kognitos_migrate.config.filling.entries import Entry, Line


def header(*keys: str) -> str:
    """The line that begins the table that `keys` lead to."""
    return f"[{'.'.join(map(key_text, keys))}]"


def lines_of(entry: Entry | Line, around: Sequence[str]) -> list[str]:
    """The lines of `entry`: a table of its own in the one that `around` leads to, or a line of that one."""
    if isinstance(entry, Line):
        return [line_of(entry)]
    return [header(*around, entry.name), *map(line_of, entry.lines)]


def line_of(line: Line) -> str:
    """A key with its value; in a comment where it may be left out, since TOML has no empty values."""
    said = f"{key_text(line.name)} = {_value(line.value)}"
    said = said if line.required else f"# {said}"
    return f"{said}  # {line.note}" if line.note else said


def key_text(key: str) -> str:
    """`key` as TOML reads it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _value(value: str | tuple[str, ...]) -> str:
    return _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
