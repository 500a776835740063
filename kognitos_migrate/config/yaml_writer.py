"""Writes configuration keys as YAML."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kognitos_migrate.config.scaffold_entries import ScaffoldEntry, ScaffoldLine, Section
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.document import describe_value, parse_yaml
from kognitos_migrate.rulebook.model import Vocabulary
from kognitos_migrate.source.yaml_errors import yaml_errors
from kognitos_migrate.structs import Struct

if TYPE_CHECKING:
    import yaml


STEP = 2
"""Columns per level of indentation."""


def section_lines(section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> list[str]:
    """The lines of a new section with its comment.

    A vocabulary also gets its built-in words and an example.
    """
    lines = [f"# {section.comment}"]
    if isinstance(section, Vocabulary) and section.words:
        own = "; ".join(f"{old}: {', '.join(new)}" for old, new in section.words.items())
        lines.append(f"# Built in: {own}")
    lines.append(f"{section.setting}:")
    if isinstance(section, Vocabulary):
        lines.append(
            f"{' ' * STEP}# old: New, or old: [New, Newer]; [] if only your own code uses the old value"
        )
    return [*lines, *(line for entry in entries for line in entry_lines(entry, STEP))]


def entry_lines(entry: ScaffoldEntry | ScaffoldLine, indent: int) -> list[str]:
    """The lines of `entry`, indented by `indent` columns."""
    if isinstance(entry, ScaffoldLine):
        return [" " * indent + key_line(entry)]
    width = max(len(line.name) for line in entry.lines) + 1
    inner = " " * 2 * indent
    return [
        f"{' ' * indent}{key_text(entry.name)}:",
        *(inner + key_line(line, width) for line in entry.lines),
    ]


def in_braces(entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
    """Entries in flow style, for a section that is written in braces."""
    return ", ".join(f"{key_text(entry.name)}: {_flow_style(entry)}" for entry in entries)


def key_text(key: str) -> str:
    """`key` in YAML, quoted unless YAML reads the plain form as that text."""
    import yaml

    with suppress(yaml.YAMLError), yaml_errors():
        if re.fullmatch(r"[\w<>-]+", key) and key[0] != "-" and yaml.safe_load(f"{key}: 0") == {key: 0}:
            return key
    return json.dumps(key, ensure_ascii=False)


def key_line(line: ScaffoldLine, width: int = 0) -> str:
    """The text of `line`, padded to `width` columns in front of its note."""
    text = f"{key_text(line.name)}:"
    text += f" {_value(line.value)}" if line.value else ""
    return f"{text:<{width}}  # {line.note}" if line.note else text


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _flow_style(entry: ScaffoldEntry | ScaffoldLine) -> str:
    return (
        ""
        if isinstance(entry, ScaffoldLine)
        else f"{{{', '.join(f'{line.name}: ' for line in entry.lines)}}}"
    )


class YamlWriter(Struct, frozen=True):
    """Writes configuration keys as YAML."""

    def section_text(self, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        return "\n".join([f"{setting}:", *(line for entry in entries for line in entry_lines(entry, STEP))])

    def top_level_line(self, line: ScaffoldLine) -> str:
        return key_line(line)

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        document = parse_yaml(text, path, ConfigError)
        if document.faults:
            raise ConfigError.of(document.faults)
        value = {} if document.value is None else document.value
        if not isinstance(value, dict):
            raise ConfigError(f"expected a mapping of keys, got {describe_value(value)}", path=path)
        return {name: tuple(keys) for name, keys in value.items() if isinstance(keys, dict)}

    def extend(self, text: str, section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The text with these entries inserted into the section. The rest stays as it is."""
        newline = "\r\n" if "\r\n" in text else "\n"
        insertion = _insertion(text, section, entries)
        inserted = insertion.text.replace("\n", newline)
        return text[: insertion.start] + inserted + text[insertion.end :]


class _TextInsertion(Struct, frozen=True):
    """Replaces the characters from `start` to `end` with `text`."""

    start: int
    end: int
    text: str


def _insertion(
    text: str, section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]
) -> _TextInsertion:
    """The insertion of entries into `text`: below the section's key, or as a new section at the end."""
    import yaml

    entry = _entry(text, section)
    if entry is None:
        block = "\n".join(section_lines(section, entries)) + "\n"
        gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
        return _TextInsertion(len(text), len(text), gap + block)
    name, value = entry
    if isinstance(value, yaml.MappingNode) and value.flow_style and value.value:
        end = value.end_mark.index - 1
        start = len(text[:end].rstrip())
        comma = " " if text[start - 1] == "," else ", "
        return _TextInsertion(start, start, comma + in_braces(entries))
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        return _after_line(text, _end(value), _block(entries, value.value[0][0].start_mark.column))
    block = _block(entries, name.start_mark.column + STEP)
    after = _after_line(text, name.end_mark, block)
    if isinstance(value, yaml.MappingNode):  # an empty pair of braces
        start = len(text[: value.start_mark.index].rstrip(" "))
        between = text[value.end_mark.index : after.start]
        return _TextInsertion(start, after.end, between + after.text)
    return after


def _entry(text: str, section: Section) -> "tuple[yaml.Node, yaml.Node] | None":
    """The nodes of the section's key and its value; None if the configuration lacks the section."""
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    for name, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(name.value, str) and name.value.replace("-", "_") == section.setting:
            return name, value
    return None


def _block(entries: Sequence[ScaffoldEntry | ScaffoldLine], indent: int) -> str:
    return "".join(f"{line}\n" for entry in entries for line in entry_lines(entry, indent))


def _end(node: "yaml.Node") -> "yaml.Mark":
    """The end of the text of `node`. A block's own end mark is behind the comments that follow it."""
    import yaml

    mark: yaml.Mark = node.end_mark
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and node.value and not node.flow_style:
        last = node.value[-1]
        name, value = last if isinstance(last, tuple) else (last, last)
        mark = max(name.end_mark, _end(value), key=lambda mark: mark.index)
    return mark


def _after_line(text: str, mark: "yaml.Mark", block: str) -> _TextInsertion:
    """The insertion of `block` below the line that contains `mark`."""
    if mark.column == 0 and mark.index > 0:
        return _TextInsertion(mark.index, mark.index, block)
    end = text.find("\n", mark.index)
    if end < 0:
        return _TextInsertion(len(text), len(text), "\n" + block)
    return _TextInsertion(end + 1, end + 1, block)
