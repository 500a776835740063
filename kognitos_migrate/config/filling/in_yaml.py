"""What is to be filled in, in a configuration written in YAML."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.filling.entries import Entry, Line, Section
from kognitos_migrate.config.filling.yaml_text import STEP, in_braces, line_of, lines_of, section_lines
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.document import kind_of, parse_yaml

if TYPE_CHECKING:
    import yaml


class Yaml(Struct, frozen=True):
    """YAML, as a `Notation`."""

    def text(self, setting: str, entries: Sequence[Entry | Line]) -> str:
        """The lines of a section with these entries."""
        return "\n".join([f"{setting}:", *(line for entry in entries for line in lines_of(entry, STEP))])

    def line(self, line: Line) -> str:
        """A key of the configuration itself."""
        return line_of(line)

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        """By key of the configuration shown as `path`: the keys below it. Raises ConfigError."""
        document = parse_yaml(text, path, ConfigError)
        if document.faults:
            raise ConfigError.of(document.faults)
        value = {} if document.value is None else document.value
        if not isinstance(value, dict):
            raise ConfigError(f"is {kind_of(value)}", path=path, expected="expected a mapping of keys")
        return {name: tuple(keys) for name, keys in value.items() if isinstance(keys, dict)}

    def longer(self, text: str, section: Section, entries: Sequence[Entry | Line]) -> str:
        """The text with these entries of a section: they are inserted, and all else stays as it is."""
        newline = "\r\n" if "\r\n" in text else "\n"
        insertion = _insertion(text, section, entries)
        said = insertion.text.replace("\n", newline)
        return text[: insertion.start] + said + text[insertion.end :]


class _Insertion(Struct, frozen=True):
    """Put `text` in the place of what stands between two offsets."""

    start: int
    end: int
    text: str


def _insertion(text: str, section: Section, entries: Sequence[Entry | Line]) -> _Insertion:
    """Where and how entries go into `text`: below the section's key, or with it at the end."""
    import yaml

    entry = _entry(text, section)
    if entry is None:
        block = "\n".join(section_lines(section, entries)) + "\n"
        gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
        return _Insertion(len(text), len(text), gap + block)
    name, value = entry
    if isinstance(value, yaml.MappingNode) and value.flow_style and value.value:
        end = value.end_mark.index - 1
        start = len(text[:end].rstrip())
        comma = " " if text[start - 1] == "," else ", "
        return _Insertion(start, start, comma + in_braces(entries))
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        return _after_line(text, _end(value), _block(entries, value.value[0][0].start_mark.column))
    block = _block(entries, name.start_mark.column + STEP)
    after = _after_line(text, name.end_mark, block)
    if isinstance(value, yaml.MappingNode):  # an empty pair of braces
        start = len(text[: value.start_mark.index].rstrip(" "))
        between = text[value.end_mark.index : after.start]
        return _Insertion(start, after.end, between + after.text)
    return after


def _entry(text: str, section: Section) -> "tuple[yaml.Node, yaml.Node] | None":
    """The nodes of the section's key and its value."""
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    for name, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(name.value, str) and name.value.replace("-", "_") == section.setting:
            return name, value
    return None


def _block(entries: Sequence[Entry | Line], indent: int) -> str:
    return "".join(f"{line}\n" for entry in entries for line in lines_of(entry, indent))


def _end(node: "yaml.Node") -> "yaml.Mark":
    """Where the text of `node` ends: a block's own mark is behind the comments that follow it."""
    import yaml

    mark: yaml.Mark = node.end_mark
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and node.value and not node.flow_style:
        last = node.value[-1]
        name, value = last if isinstance(last, tuple) else (last, last)
        mark = max(name.end_mark, _end(value), key=lambda mark: mark.index)
    return mark


def _after_line(text: str, mark: "yaml.Mark", block: str) -> _Insertion:
    """`block` below the line that `mark` is on."""
    if mark.column == 0 and mark.index > 0:
        return _Insertion(mark.index, mark.index, block)
    end = text.find("\n", mark.index)
    if end < 0:
        return _Insertion(len(text), len(text), "\n" + block)
    return _Insertion(end + 1, end + 1, block)
