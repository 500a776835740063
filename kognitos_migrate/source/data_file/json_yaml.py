"""The nodes of a JSON or YAML text."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from kognitos_migrate.source.data_file.nodes import DataFileError, Node
from kognitos_migrate.source.yaml_errors import yaml_errors

MAX_ALIASED = 10_000
"""Limit on the nodes that aliases repeat, since nested aliases grow exponentially."""
MAX_SCALAR = 1_000
"""Limit on the characters of a number. Converting one takes quadratic time."""

MAX_DEPTH = 200
"""Limit on the open brackets at any place. For each token, PyYAML's scanner visits all of them."""

_MERGE = "tag:yaml.org,2002:merge"
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)+")
"""The anchor and the tag in front of a scalar."""
_STRING = "tag:yaml.org,2002:str"
_Scalars = (str, bool, int, float, type(None))


class BoundedLoader(yaml.SafeLoader):
    """A loader that refuses texts with more than MAX_DEPTH open brackets by a YAMLError."""

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        """Read an opening bracket or brace."""
        super().fetch_flow_collection_start(token_class)
        if self.flow_level > MAX_DEPTH:
            raise yaml.YAMLError(f"more than {MAX_DEPTH} nested brackets")


def yaml_root(text: str) -> Node:
    """The root node of a JSON or YAML text. Raises DataFileError if it has none, or more than one, if a value
    contains itself, or if aliases repeat more than MAX_ALIASED nodes."""
    try:
        with yaml_errors():
            loader = BoundedLoader(text)
            root = loader.get_single_node()
        if root is None:
            raise DataFileError("it has no data")
        return _YamlReader(loader, text, root).node(root)
    except (yaml.YAMLError, RecursionError) as error:
        raise DataFileError(str(error)) from None


class _YamlReader:
    """Converts the nodes of one text."""

    def __init__(self, loader: yaml.SafeLoader, text: str, root: yaml.Node) -> None:
        self._loader = loader
        self._text = text
        self._variables: dict[int, str] = {}
        self._nodes: dict[int, Node | None] = {}
        """The nodes by the identities of those of the parser. None while the parts of one are read."""
        self._sizes: dict[int, int] = {}
        """The nodes that a node consists of, those of aliases each time."""
        self._name_repeated(root, set())

    def node(self, node: yaml.Node) -> Node:
        if id(node) not in self._nodes:
            self._nodes[id(node)] = None
            self._nodes[id(node)] = self._read(node)
            self._count(node)
        result = self._nodes[id(node)]
        if result is None:
            raise DataFileError("a value contains itself")
        return result

    def _read(self, node: yaml.Node) -> Node:
        start, end = node.start_mark, _end(self._text, node.start_mark.index, node.end_mark.index)
        place: dict[str, Any] = {"start": start.index, "end": end, "row": start.line, "column": start.column}
        place["variable"] = self._variables.get(id(node))
        match node:
            case yaml.SequenceNode() if node.tag == "tag:yaml.org,2002:seq":
                items = tuple(self.node(item) for item in node.value)
                return Node(**place, items=items, is_flow=bool(node.flow_style))
            case yaml.MappingNode() if node.tag == "tag:yaml.org,2002:map":
                own = [pair for pair in node.value if pair[0].tag != _MERGE]
                pairs = tuple((self.node(key), self.node(value)) for key, value in own)
                merged = tuple(
                    self.node(value)
                    for key, value in node.value
                    if key.tag == _MERGE
                    for value in _merged_mappings(value)
                )
                has_names = all(isinstance(key.value, str | int) and key.variable is None for key, _ in pairs)
                if has_names and all(mapping.pairs is not None for mapping in merged):
                    return Node(**place, pairs=pairs, merged=merged, is_flow=bool(node.flow_style))
            case yaml.ScalarNode():
                properties = _PROPERTIES.match(self._text, place["start"], end)
                length = len(properties[0]) if properties is not None else 0
                place |= {"start": place["start"] + length, "column": place["column"] + length}
                return Node(**place, value=_scalar(self._loader, node), style=node.style)
        if any(id(part) in self._variables for part in _inner_nodes(node, set())):
            raise DataFileError("an alias repeats a part of a value that isn't data")
        return Node(**place)

    def _count(self, node: yaml.Node) -> None:
        size = 1 + sum(self._sizes.get(id(part), 0) for part in _children(node))
        self._sizes[id(node)] = size
        if size > MAX_ALIASED + len(self._sizes):
            raise DataFileError("its aliases repeat too many values")

    def _name_repeated(self, node: yaml.Node, visited: set[int]) -> None:
        """Give each node that aliases repeat a variable."""
        if id(node) in visited:
            self._variables.setdefault(id(node), f"_{len(self._variables) + 1}")
            return
        visited.add(id(node))
        for part in _children(node):
            self._name_repeated(part, visited)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    for part in () if isinstance(node, yaml.ScalarNode) else node.value:
        yield from part if isinstance(part, tuple) else (part,)


def _inner_nodes(node: yaml.Node, visited: set[int]) -> Iterator[yaml.Node]:
    """The nodes inside of a node, each once."""
    for child in _children(node):
        if id(child) not in visited:
            visited.add(id(child))
            yield child
            yield from _inner_nodes(child, visited)


def _merged_mappings(value: yaml.Node) -> Sequence[yaml.Node]:
    """The mappings that the key `<<` merges. The first of a list counts first."""
    return value.value[::-1] if isinstance(value, yaml.SequenceNode) else [value]


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    """The value of a scalar; an ellipsis for one that Python has no literal for, such as a date."""
    if node.tag == _MERGE or (node.tag != _STRING and len(node.value) > MAX_SCALAR):
        return ...
    try:
        with yaml_errors():
            value = loader.construct_object(node)
    except yaml.YAMLError:  # a tag of the program, such as `!ENV ${HOST}`
        return node.value if "${" in node.value else ...
    return value if isinstance(value, _Scalars) and value == value else ...


def _end(text: str, start: int, end: int) -> int:
    """The end of a node without the blank lines that YAML counts among a block."""
    while end > start and text[end - 1 : end].isspace():
        end -= 1
    return end
