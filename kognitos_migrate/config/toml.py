"""A table of a TOML file as a document. TOML's reader tells no lines, so they are found in the text."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from kognitos_migrate.config.table import within
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import Document, Key, read_text
from kognitos_migrate.source.content import shown_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED})\s*=")


def read_toml(path: Path, table: tuple[str, ...]) -> Document:
    """What `table` of the TOML file says. Raises ConfigError where there is none."""
    text = read_text(path, ConfigError)
    try:
        value = within(tomllib.loads(text), table)
    except tomllib.TOMLDecodeError as problem:
        said = re.fullmatch(r"(?P<what>.*) \(at line (?P<line>\d+), column \d+\)", str(problem))
        line = int(said["line"]) if said else None
        what = said["what"] if said else str(problem)
        raise ConfigError("is not TOML", path=shown_path(path), line=line, expected=what) from None
    if value is None:
        raise ConfigError(f"has no table [{'.'.join(table)}]", path=shown_path(path))
    rows: dict[Key, int] = {}
    for key, line in lines(text):
        if key[: len(table)] == table:
            rows.setdefault(key[len(table) :], line)
    return Document(shown_path(path), value, rows)


def lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The keys that begin a line of `text`, and the keys around them, each with its line."""
    around: tuple[str, ...] = ()
    for line, row in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(row):
            key = around = _parts(header[1])
        elif assignment := _ASSIGNMENT.match(row):
            key = (*around, *_parts(assignment[1]))
        else:
            continue
        for end in range(1, len(key) + 1):
            yield key[:end], line


def _parts(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
