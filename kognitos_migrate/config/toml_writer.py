"""Writes configuration keys as TOML."""

import json
import re
import sys
from collections.abc import Mapping, Sequence

from kognitos_migrate.config.scaffold_entries import ScaffoldEntry, ScaffoldLine, Section
from kognitos_migrate.config.toml_keys import table_blocks
from kognitos_migrate.config.toml_tables import table_value
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import kind_of
from kognitos_migrate.structs import Struct

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def table_header(*keys: str) -> str:
    """The line that begins the table that `keys` lead to."""
    return f"[{'.'.join(map(key_text, keys))}]"


def entry_lines(entry: ScaffoldEntry | ScaffoldLine, around: Sequence[str]) -> list[str]:
    """The lines of `entry`: a table of its own in the one that `around` leads to, or a line of that one."""
    if isinstance(entry, ScaffoldLine):
        return [key_line(entry)]
    return [table_header(*around, entry.name), *map(key_line, entry.lines)]


def key_line(line: ScaffoldLine) -> str:
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


class TomlWriter(Struct, frozen=True):
    """TOML, as a `ConfigWriter`: the configuration is a table of it, or the whole file."""

    table: tuple[str, ...] = ()

    def text(self, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The lines of a section with these entries."""
        return "\n".join(self._block((*self.table, setting), entries))

    def line(self, line: ScaffoldLine) -> str:
        """A key of the configuration itself."""
        return "\n".join([table_header(*self.table), key_line(line)] if self.table else [key_line(line)])

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        """By key of the configuration shown as `path`: the keys below it. Raises ConfigError."""
        try:
            value = table_value(tomllib.loads(text), self.table)
        except tomllib.TOMLDecodeError as problem:
            raise ConfigError("is not TOML", path=path, expected=str(problem)) from None
        if value is not None and not isinstance(value, dict):
            raise ConfigError(f"is {kind_of(value)}", path=path, expected="expected a mapping of keys")
        return {name: tuple(keys) for name, keys in (value or {}).items() if isinstance(keys, dict)}

    def longer(self, text: str, section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The text with these entries of a section: lines are added to its table, or tables behind the others
        of the configuration. It stays as it is where that would not be TOML, or would say something else."""
        around = (*self.table, section.setting)
        lines = text.splitlines(keepends=True)
        found = list(table_blocks(text))
        own = [block for block in found if _same(block.key, around)]
        if own and all(isinstance(entry, ScaffoldLine) for entry in entries):
            added, at = [line for entry in entries for line in entry_lines(entry, around)], own[-1].end
        else:
            behind = [block.end for block in found if _same(block.key[: len(self.table)], self.table)]
            at = max(behind, default=len(lines))
            below = [""] if "".join(lines[at : at + 1]).strip() else []
            added = ["", *self._block(around, entries), *below]
        newline = "\r\n" if "\r\n" in text else "\n"
        before = "".join(lines[:at])
        joint = newline if before and not before.endswith("\n") else ""
        longer = before + joint + "".join(line + newline for line in added) + "".join(lines[at:])
        wanted = self._with(text, section.setting, entries)
        return longer if wanted is not None and self._says(longer) == wanted else text

    def _block(self, around: tuple[str, ...], entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> list[str]:
        """Entries as lines, with the headers of their tables."""
        if all(isinstance(entry, ScaffoldLine) for entry in entries):
            return [
                table_header(*around),
                *(line for entry in entries for line in entry_lines(entry, around)),
            ]
        first, *rest = (entry_lines(entry, around) for entry in entries)
        return [*first, *(line for one in rest for line in ("", *one))]

    def _says(self, text: str) -> object:
        """All that a text says, None if it is no TOML."""
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return None

    def _with(self, text: str, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> object:
        """All that a text would say if it had these entries as well, None if it can't have them."""
        whole = tomllib.loads(text)
        inner = whole
        for name in self.table:
            inner = inner.setdefault(name, {})
        name = next((name for name in inner if _same((name,), (setting,))), setting)
        section = inner.setdefault(name, {})
        if not isinstance(section, dict):
            return None
        for entry in entries:
            section[entry.name] = (
                {line.name: line.value for line in entry.lines if line.required}
                if isinstance(entry, ScaffoldEntry)
                else entry.value
            )
        return whole


def _same(key: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two keys are one: hyphen or underscore is all one to the user."""
    return [name.replace("-", "_") for name in key] == [name.replace("-", "_") for name in other]
