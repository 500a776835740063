"""An existing configuration with the keys that it lacks: text is inserted, all else stays as it is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.template import (
    STEP,
    Section,
    entry_in_braces,
    entry_lines,
    section_lines,
    sections,
)
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.document import kind_of, parse_yaml
from kognitos_migrate.rulebook.model import Rulebook, Table

if TYPE_CHECKING:
    import yaml


class Extended(Struct, frozen=True):
    """A configuration's text with what was missing; by section: the keys added, and those no code uses."""

    text: str
    added: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]


class _Insertion(Struct, frozen=True):
    """Put `text` in the place of what stands between two offsets."""

    start: int
    end: int
    text: str


def add_missing(text: str, path: str, rulebook: Rulebook, keys: Mapping[str, Sequence[str]]) -> Extended:
    """The YAML `text` of the configuration shown as `path`, with those of `keys` (by section) that it lacks.

    Raises ConfigError if the text isn't a configuration, or is written so that nothing can be inserted.
    """
    known = _tables(text, path)
    added: dict[str, tuple[str, ...]] = {}
    unused: dict[str, tuple[str, ...]] = {}
    longer = text
    for section in sections(rulebook.apis.values()):
        used, present = keys.get(section.setting, ()), known.get(section.setting, ())
        missing = tuple(dict.fromkeys(key for key in used if key not in present))
        if missing:
            added[section.setting] = missing
            longer = _with(longer, rulebook, section, missing)
        if isinstance(section, Table) and (left := tuple(key for key in present if key not in used)):
            unused[section.setting] = left
    if any(not set(more) <= set(_tables_or_none(longer, path).get(name, ())) for name, more in added.items()):
        said = "; ".join(f"{name}: {', '.join(more)}" for name, more in added.items())
        hint = f"add by hand what is missing: {said}"
        raise ConfigError("is written in a way that nothing can be added to", path=path, expected=hint)
    return Extended(longer, added, unused)


def _tables(text: str, path: str) -> Mapping[str, tuple[str, ...]]:
    """By top-level key: the keys below it, where there are some. Raises ConfigError."""
    document = parse_yaml(text, path, ConfigError)
    if document.faults:
        raise ConfigError.of(document.faults)
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise ConfigError(f"is {kind_of(value)}", path=path, expected="expected a mapping of keys")
    return {name.replace("-", "_"): tuple(keys) for name, keys in value.items() if isinstance(keys, dict)}


def _tables_or_none(text: str, path: str) -> Mapping[str, tuple[str, ...]]:
    """The same of a text that we made, which may be no configuration."""
    try:
        return _tables(text, path)
    except ConfigError:
        return {}


def _with(text: str, rulebook: Rulebook, section: Section, keys: Sequence[str]) -> str:
    """`text` with these keys of a section."""
    newline = "\r\n" if "\r\n" in text else "\n"
    insertion = _insertion(text, rulebook, section, keys)
    said = insertion.text.replace("\n", newline)
    return text[: insertion.start] + said + text[insertion.end :]


def _insertion(text: str, rulebook: Rulebook, section: Section, keys: Sequence[str]) -> _Insertion:
    """Where and how `keys` go into `text`: below the section's key, or with it at the end."""
    import yaml

    entry = _entry(text, section)
    if entry is None:
        block = "\n".join(section_lines(rulebook, section, keys)) + "\n"
        gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
        return _Insertion(len(text), len(text), gap + block)
    name, value = entry
    if isinstance(value, yaml.MappingNode) and value.flow_style and value.value:
        end = value.end_mark.index - 1
        start = len(text[:end].rstrip())
        comma = " " if text[start - 1] == "," else ", "
        return _Insertion(start, start, comma + ", ".join(entry_in_braces(section, key) for key in keys))
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        return _after_line(
            text, _end(value), _block(rulebook, section, keys, value.value[0][0].start_mark.column)
        )
    block = _block(rulebook, section, keys, name.start_mark.column + STEP)
    after = _after_line(text, name.end_mark, block)
    if isinstance(value, yaml.MappingNode):  # an empty pair of braces
        between = text[value.end_mark.index : after.start]
        return _Insertion(value.start_mark.index, after.end, between + after.text)
    return after


def _entry(text: str, section: Section) -> "tuple[yaml.Node, yaml.Node] | None":
    """The nodes of the section's key and its value."""
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    for name, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(name.value, str) and name.value.replace("-", "_") == section.setting:
            return name, value
    return None


def _block(rulebook: Rulebook, section: Section, keys: Sequence[str], indent: int) -> str:
    return "".join(f"{line}\n" for key in keys for line in entry_lines(rulebook, section, key, indent))


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
