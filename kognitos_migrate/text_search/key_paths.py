"""Paths of keys in a settings file: `("api", "base")` for a line `base = …` below `[api]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

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
_MOST_NODES = 50_000
"""Values of a file whose structure is parsed, those of aliases each time."""
_MERGE = "tag:yaml.org,2002:merge"


class KeyPath(Struct, frozen=True):
    """The keys that lead to a value, from the outside in, and the offsets of the value in characters.

    A value that aliases of YAML repeat has several.
    """

    keys: tuple[str, ...]
    start: int
    end: int


@lru_cache(maxsize=4)
def key_paths_of(path: str, text: str) -> tuple[KeyPath, ...]:
    """The keys of a settings file. Empty if its format has no sections or mappings, or if it isn't parsed.
    A value that aliases repeat occurs with each of its paths, first with that where it is written."""
    if len(text) > _LONGEST:
        return ()
    if path.endswith(_WITH_SECTIONS):
        return tuple(_keys_in_sections(text))
    return tuple(_keys_in_tree(text)) if path.endswith(_TREES) else ()


def parent_keys(path: str, text: str, offset: int) -> Sequence[tuple[str, ...]]:
    """The names of the sections or mappings that contain the value at an offset, from the outside in. First
    those where it is written, then those of aliases."""
    return [key.keys[:-1] for key in key_paths_of(path, text) if key.start <= offset < key.end] or [()]


def _keys_in_sections(text: str) -> Iterator[KeyPath]:
    section: tuple[str, ...] = ()
    for line in _LINE.finditer(text):
        if line["section"] is not None:
            section = tuple(_key_parts(line["section"]))
        else:
            yield KeyPath((*section, *_key_parts(line["key"])), *line.span("value"))


def _key_parts(name: str) -> Iterator[str]:
    return (word.strip().strip("\"'") for word in name.split("."))


def _keys_in_tree(text: str) -> Iterator[KeyPath]:
    """The keys of a JSON or YAML text with single values."""
    import yaml

    from kognitos_migrate.source.data_file.json_yaml import BoundedLoader

    try:
        # JSON may be indented by tabs, which YAML rejects
        with yaml_errors():
            documents = list(yaml.compose_all(text.replace("\t", " "), Loader=BoundedLoader))
    except (yaml.YAMLError, RecursionError):
        return
    waiting = [(document, _Path((), frozenset())) for document in reversed(documents) if document]
    values: list[KeyPath] = []
    steps = 0
    while waiting:
        node, path = waiting.pop()
        steps += 1
        if steps > _MOST_NODES:
            return
        if isinstance(node, yaml.MappingNode):
            waiting += reversed(list(_mapping_values(node, path)))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(value, path) for value in reversed(node.value)]
        elif path.keys:
            values.append(KeyPath(path.keys, node.start_mark.index, node.end_mark.index))
    yield from values


class _Path(NamedTuple):
    """The keys that lead to a node. A mapping that is merged there gives way to the `replaced` keys."""

    keys: tuple[str, ...]
    replaced: frozenset[str]


def _mapping_values(mapping: yaml.MappingNode, path: _Path) -> Iterator[tuple[yaml.Node, _Path]]:
    """The values of a mapping, and the mappings that are merged into it, which have the same keys above
    them."""
    own = frozenset(key.value for key, _ in mapping.value if isinstance(key.value, str))
    for key, value in mapping.value:
        if key.tag == _MERGE:
            yield value, _Path(path.keys, path.replaced | own)
        elif isinstance(key.value, str) and key.value not in path.replaced:
            yield value, _Path((*path.keys, key.value), frozenset())
