"""Paths of keys in a settings file: `("api", "base")` for a line `base = …` below `[api]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from kognitos_migrate.source.yaml_errors import yaml_errors
from kognitos_migrate.structs import Struct

if TYPE_CHECKING:
    import yaml

_LINE = re.compile(
    r"^[ \t]*(?:\[+[ \t]*(?P<section>[^\[\]\n]{1,100}?)[ \t]*\]+[ \t]*(?:[#;].*)?$"
    r"|(?P<key>[\w.\"'-]{1,100})[ \t]*[=:][ \t]*(?P<value>.*))",
    re.MULTILINE,
)
"""A line of an INI or TOML file: the name of a section, or a key with its value."""
_WITH_SECTIONS = (".ini", ".cfg", ".conf", ".toml")
_TREES = (".json", ".yaml", ".yml")
_LONGEST = 200_000
"""Characters of a file whose structure is parsed."""


class PlacedKey(Struct, frozen=True):
    """The keys that lead to a value, from the outside in, and the offsets of the value in characters."""

    keys: tuple[str, ...]
    start: int
    end: int


@lru_cache(maxsize=4)
def placed_keys(path: str, text: str) -> tuple[PlacedKey, ...]:
    """The keys of a settings file. Empty if its format has no sections or mappings, or if it isn't parsed."""
    if len(text) > _LONGEST:
        return ()
    if path.endswith(_WITH_SECTIONS):
        return tuple(_keys_in_sections(text))
    return tuple(_keys_in_tree(text)) if path.endswith(_TREES) else ()


def keys_above(path: str, text: str, offset: int) -> tuple[str, ...]:
    """The names of the sections or mappings that contain the value at an offset, from the outside in."""
    return next((key.keys[:-1] for key in placed_keys(path, text) if key.start <= offset < key.end), ())


def _keys_in_sections(text: str) -> Iterator[PlacedKey]:
    section: tuple[str, ...] = ()
    for line in _LINE.finditer(text):
        if line["section"] is not None:
            section = tuple(_words(line["section"]))
        else:
            yield PlacedKey((*section, *_words(line["key"])), *line.span("value"))


def _words(name: str) -> Iterator[str]:
    return (word.strip().strip("\"'") for word in name.split("."))


def _keys_in_tree(text: str) -> Iterator[PlacedKey]:
    """The keys of a JSON or YAML text with single values."""
    import yaml

    try:
        # JSON may be indented by tabs, which YAML rejects
        with yaml_errors():
            documents = list(yaml.compose_all(text.replace("\t", " "), Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return
    waiting: list[tuple[yaml.Node, tuple[str, ...]]] = [(document, ()) for document in documents if document]
    visited: set[int] = set()
    while waiting:
        node, keys = waiting.pop()
        if id(node) in visited:  # an alias
            continue
        visited.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting += [
                (value, (*keys, key.value)) for key, value in node.value if isinstance(key, yaml.ScalarNode)
            ]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(value, keys) for value in node.value]
        elif keys:
            yield PlacedKey(keys, node.start_mark.index, node.end_mark.index)
