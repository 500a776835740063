"""The nodes of a JSON or YAML text."""

from typing import Any

import yaml

from kognitos_migrate.source.data_file.nodes import DataFileError, Node

_Scalars = (str, bool, int, float, type(None))


def yaml_root(text: str) -> Node:
    """The root node of a JSON or YAML text. Raises DataFileError if it has none, or more than one."""
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise DataFileError("it has no data")
        return _node(loader, text, root, 0)
    except (yaml.YAMLError, RecursionError) as error:
        raise DataFileError(str(error)) from None


def _node(loader: yaml.SafeLoader, text: str, node: yaml.Node, depth: int) -> Node:
    start, end = node.start_mark, _end(text, node.start_mark.index, node.end_mark.index)
    place: dict[str, Any] = {"start": start.index, "end": end, "row": start.line, "column": start.column}
    match node:
        case yaml.SequenceNode() if node.tag == "tag:yaml.org,2002:seq":
            items = tuple(_node(loader, text, item, depth + 1) for item in node.value)
            return Node(**place, items=items, is_flow=bool(node.flow_style))
        case yaml.MappingNode() if node.tag == "tag:yaml.org,2002:map":
            pairs = [
                (_node(loader, text, key, depth + 1), _node(loader, text, value, depth + 1))
                for key, value in node.value
            ]
            if all(isinstance(key.value, str | int) for key, _ in pairs):
                return Node(**place, pairs=tuple(pairs), is_flow=bool(node.flow_style))
        case yaml.ScalarNode():
            return Node(**place, value=_scalar(loader, node), style=node.style)
    return Node(**place)


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    """The value of a scalar; an ellipsis for one that Python has no literal for, such as a date."""
    if node.tag == "tag:yaml.org,2002:merge":
        return ...
    try:
        value = loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        return ...
    return value if isinstance(value, _Scalars) and value == value else ...


def _end(text: str, start: int, end: int) -> int:
    """The end of a node without the blank lines that YAML counts among a block."""
    while end > start and text[end - 1 : end].isspace():
        end -= 1
    return end
