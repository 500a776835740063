"""Reads one table of a TOML file as a document."""

import re
from pathlib import Path

from kognitos_migrate.config.toml_keys import key_lines
from kognitos_migrate.config.toml_tables import table_value
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import Document, Key, read_text
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.source.toml_text import parse_toml


def read_toml(path: Path, table: tuple[str, ...]) -> Document:
    """Read `table` of the TOML file at `path`. Raises ConfigError if it isn't TOML or lacks the table."""
    text = read_text(path, ConfigError)
    try:
        value = table_value(parse_toml(text), table)
    except (ValueError, RecursionError) as error:  # of long numbers and of nesting, too
        match = re.fullmatch(r"(?P<what>.*) \(at line (?P<line>\d+), column \d+\)", str(error))
        line = int(match["line"]) if match else None
        what = match["what"] if match else str(error)
        raise ConfigError("isn't valid TOML", path=shown_path(path), line=line, expected=what) from None
    if value is None:
        raise ConfigError(f"has no table [{'.'.join(table)}]", path=shown_path(path))
    rows: dict[Key, int] = {}
    for key, line in key_lines(text):
        if key[: len(table)] == table:
            rows.setdefault(key[len(table) :], line)
    return Document(shown_path(path), value, rows)
