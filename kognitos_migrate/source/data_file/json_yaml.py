"""The nodes of a JSON or YAML text."""

from typing import Any

import yaml

from kognitos_migrate.source.data_file.nodes import DataFileError, Node
from kognitos_migrate.source.yaml_errors import yaml_errors

MAX_ALIASED = 10_000
"""Limit on the nodes that aliases repeat, since nested aliases grow exponentially."""
MAX_SCALAR = 1_000
"""Limit on the characters of a number. Converting one takes quadratic time."""

_STRING = "tag:yaml.org,2002:str"
_Scalars = (str, bool, int, float, type(None))


def yaml_root(text: str) -> Node:
    """The root node of a JSON or YAML text. Raises DataFileError if it has none, or more than one, or if its
    aliases repeat more than MAX_ALIASED nodes."""
    try:
        with yaml_errors():
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
        if root is None:
            raise DataFileError("it has no data")
        return _Reader(loader, text).node(root)
    except (yaml.YAMLError, RecursionError) as error:
        raise DataFileError(str(error)) from None


class _Reader:
    """Converts the nodes of one text."""

    def __init__(self, loader: yaml.SafeLoader, text: str) -> None:
        self._loader = loader
        self._text = text
        self._visited: set[int] = set()
        self._repeated = 0

    def node(self, node: yaml.Node) -> Node:
        self._count(node)
        start, end = node.start_mark, _end(self._text, node.start_mark.index, node.end_mark.index)
        place: dict[str, Any] = {"start": start.index, "end": end, "row": start.line, "column": start.column}
        match node:
            case yaml.SequenceNode() if node.tag == "tag:yaml.org,2002:seq":
                items = tuple(self.node(item) for item in node.value)
                return Node(**place, items=items, is_flow=bool(node.flow_style))
            case yaml.MappingNode() if node.tag == "tag:yaml.org,2002:map":
                pairs = tuple((self.node(key), self.node(value)) for key, value in node.value)
                if all(isinstance(key.value, str | int) for key, _ in pairs):
                    return Node(**place, pairs=pairs, is_flow=bool(node.flow_style))
            case yaml.ScalarNode():
                return Node(**place, value=_scalar(self._loader, node), style=node.style)
        return Node(**place)

    def _count(self, node: yaml.Node) -> None:
        self._repeated += id(node) in self._visited
        self._visited.add(id(node))
        if self._repeated > MAX_ALIASED:
            raise DataFileError("its aliases repeat too many values")


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    """The value of a scalar; an ellipsis for one that Python has no literal for, such as a date."""
    if node.tag == "tag:yaml.org,2002:merge" or (node.tag != _STRING and len(node.value) > MAX_SCALAR):
        return ...
    try:
        with yaml_errors():
            value = loader.construct_object(node)
    except yaml.YAMLError:
        return ...
    return value if isinstance(value, _Scalars) and value == value else ...


def _end(text: str, start: int, end: int) -> int:
    """The end of a node without the blank lines that YAML counts among a block."""
    while end > start and text[end - 1 : end].isspace():
        end -= 1
    return end
