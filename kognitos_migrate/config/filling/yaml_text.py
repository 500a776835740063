"""What is to be filled in, as YAML."""

import json
import re
from collections.abc import Sequence

from kognitos_migrate.config.filling.entries import Entry, Line, Section
from kognitos_migrate.rulebook.model import Vocabulary

STEP = 2
"""Columns of one level of indentation."""


def section_lines(section: Section, entries: Sequence[Entry | Line]) -> list[str]:
    """A section of its own, with what it is; of a vocabulary, with its own words and an example to follow."""
    lines = [f"# {section.comment}"]
    if isinstance(section, Vocabulary) and section.words:
        own = "; ".join(f"{old}: {', '.join(new)}" for old, new in section.words.items())
        lines.append(f"# Built in: {own}")
    lines.append(f"{section.setting}:")
    if isinstance(section, Vocabulary):
        lines.append(
            f"{' ' * STEP}# old: New, or old: [New, Newer]; word: [] for one that only the programs say"
        )
    return [*lines, *(line for entry in entries for line in lines_of(entry, STEP))]


def lines_of(entry: Entry | Line, indent: int) -> list[str]:
    """The lines of `entry`, `indent` columns in."""
    if isinstance(entry, Line):
        return [" " * indent + line_of(entry)]
    width = max(len(line.name) for line in entry.lines) + 1
    inner = " " * 2 * indent
    return [f"{' ' * indent}{key_text(entry.name)}:", *(inner + line_of(line, width) for line in entry.lines)]


def in_braces(entries: Sequence[Entry | Line]) -> str:
    """Entries for a section that is written in braces."""
    return ", ".join(f"{key_text(entry.name)}: {_braced(entry)}" for entry in entries)


def key_text(key: str) -> str:
    """`key` as YAML that is read as text."""
    import yaml

    plain = re.fullmatch(r"[\w<>-]+", key) and key[0] != "-" and yaml.safe_load(f"{key}: 0") == {key: 0}
    return key if plain else json.dumps(key, ensure_ascii=False)


def line_of(line: Line, width: int = 0) -> str:
    """`line`, with its note `width` columns in, or behind it."""
    said = f"{key_text(line.name)}:"
    said += f" {_value(line.value)}" if line.value else ""
    return f"{said:<{width}}  # {line.note}" if line.note else said


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _braced(entry: Entry | Line) -> str:
    return "" if isinstance(entry, Line) else f"{{{', '.join(f'{line.name}: ' for line in entry.lines)}}}"
