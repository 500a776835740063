"""Writes configuration keys as TOML."""

import json
import re
from collections.abc import Mapping, Sequence

from kognitos_migrate.config.scaffold_entries import ScaffoldEntry, ScaffoldLine, Section
from kognitos_migrate.config.toml_keys import table_blocks
from kognitos_migrate.config.toml_tables import table_value
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import describe_value
from kognitos_migrate.source.toml_text import parse_toml
from kognitos_migrate.structs import Struct


def table_header(*keys: str) -> str:
    """The header line of the table at the path `keys`."""
    return f"[{'.'.join(map(key_text, keys))}]"


def entry_lines(entry: ScaffoldEntry | ScaffoldLine, table: Sequence[str]) -> list[str]:
    """The lines of `entry`: a table inside of the table at the path `table`, or a line of that table."""
    if isinstance(entry, ScaffoldLine):
        return [key_line(entry)]
    return [table_header(*table, entry.name), *map(key_line, entry.lines)]


def key_line(line: ScaffoldLine) -> str:
    """A key with its value. An optional key is commented out, since TOML has no empty values."""
    text = f"{key_text(line.name)} = {_value(line.value)}"
    text = text if line.required else f"# {text}"
    return f"{text}  # {line.note}" if line.note else text


def key_text(key: str) -> str:
    """`key` in TOML, quoted if necessary."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quote(key)


def _value(value: str | tuple[str, ...]) -> str:
    return _quote(value) if isinstance(value, str) else f"[{', '.join(map(_quote, value))}]"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class TomlWriter(Struct, frozen=True):
    """Writes configuration keys as TOML: in a table of a file, or at its top level."""

    table: tuple[str, ...] = ()

    def section_text(self, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The lines of a section with these entries."""
        return "\n".join(self._block((*self.table, setting), entries))

    def top_level_line(self, line: ScaffoldLine) -> str:
        return "\n".join([table_header(*self.table), key_line(line)] if self.table else [key_line(line)])

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        try:
            value = table_value(parse_toml(text), self.table)
        except (ValueError, RecursionError) as problem:
            raise ConfigError("isn't valid TOML", path=path, expected=str(problem)) from None
        if value is not None and not isinstance(value, dict):
            raise ConfigError(f"expected a mapping of keys, got {describe_value(value)}", path=path)
        return {name: tuple(keys) for name, keys in (value or {}).items() if isinstance(keys, dict)}

    def extend(self, text: str, section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The text with lines added to the section's table, or with new tables behind the others.

        Returns `text` unchanged if the result would not be TOML, or would have other values than intended.
        """
        table = (*self.table, section.setting)
        lines = text.splitlines(keepends=True)
        blocks = list(table_blocks(text))
        own = [block for block in blocks if _is_same_key(block.key, table)]
        if own and all(isinstance(entry, ScaffoldLine) for entry in entries):
            new_lines, at = [line for entry in entries for line in entry_lines(entry, table)], own[-1].end
        else:
            table_ends = [
                block.end for block in blocks if _is_same_key(block.key[: len(self.table)], self.table)
            ]
            at = max(table_ends, default=len(lines))
            blank = [""] if "".join(lines[at : at + 1]).strip() else []
            new_lines = ["", *self._block(table, entries), *blank]
        newline = "\r\n" if "\r\n" in text else "\n"
        before = "".join(lines[:at])
        joint = newline if before and not before.endswith("\n") else ""
        extended = before + joint + "".join(line + newline for line in new_lines) + "".join(lines[at:])
        intended = self._document_with(text, section.setting, entries)
        return extended if intended is not None and self._parse_document(extended) == intended else text

    def _block(self, table: tuple[str, ...], entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> list[str]:
        """The lines of entries with the headers of their tables."""
        if all(isinstance(entry, ScaffoldLine) for entry in entries):
            return [
                table_header(*table),
                *(line for entry in entries for line in entry_lines(entry, table)),
            ]
        first, *rest = (entry_lines(entry, table) for entry in entries)
        return [*first, *(line for lines in rest for line in ("", *lines))]

    def _parse_document(self, text: str) -> object:
        """The document in a text; None if it isn't TOML."""
        try:
            return parse_toml(text)
        except (ValueError, RecursionError):
            return None

    def _document_with(
        self, text: str, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]
    ) -> object:
        """The document of `text` with these entries added; None if the section isn't a table."""
        document = parse_toml(text)
        inner = document
        for name in self.table:
            inner = inner.setdefault(name, {})
        name = next((name for name in inner if _is_same_key((name,), (setting,))), setting)
        section = inner.setdefault(name, {})
        if not isinstance(section, dict):
            return None
        for entry in entries:
            section[entry.name] = (
                {line.name: line.value for line in entry.lines if line.required}
                if isinstance(entry, ScaffoldEntry)
                else entry.value
            )
        return document


def _is_same_key(key: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two keys are equal. Hyphens and underscores are interchangeable."""
    return [name.replace("-", "_") for name in key] == [name.replace("-", "_") for name in other]
