"""References in the text of a scalar: to another value of the file, or to an environment variable.

base = https://%(host)s/v1           # the option `host` of the section, or of DEFAULT
base: ${BASE:-https://host/v1}       # an environment variable, and its default
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from configparser import DEFAULTSECT
from functools import partial

from kognitos_migrate.source.data_file.nodes import DataFileError, Node, Reference
from kognitos_migrate.structs import replace

_VARIABLE = re.compile(
    r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?::?[-=]|:)(?P<default>[^{}$]*))?\}|\$(?P<bare>[A-Z_][A-Z0-9_]*)"
)
"""An environment variable in a text, as shells write it, or with the default behind a colon."""
_OPTION = re.compile(r"%\((?P<name>[^()%$]{1,100})\)s|\$\{(?P<words>[^{}$]{1,1000})\}")
"""A reference to an option, as both kinds of interpolation write it."""
_SIGNS = re.compile(r"%\(|\$\{|%%|\$\$")
"""The sign of a reference, or one that stands for itself."""

_Part = str | Reference
_Key = tuple[str, str]
"""A section and an option."""


def has_reference(text: str) -> bool:
    """Whether a text may refer to other values."""
    return _SIGNS.search(text) is not None


def text_parts(node: Node) -> tuple[_Part, ...]:
    """The parts of a scalar of a settings file; empty if it has no reference."""
    if node.parts or not isinstance(node.value, str) or "$" not in node.value:
        return node.parts
    parts = tuple(_split(_VARIABLE, node.value, _variable))
    return parts if _are_understood(parts) else ()


def referenced_nodes(root: Node) -> list[Node]:
    """The values that texts in a node refer to, each behind those that it refers to itself."""
    nodes: dict[int, Node] = {}

    def visit(node: Node) -> None:
        for part in node.parts:
            if isinstance(part, Reference) and part.node is not None and id(part.node) not in nodes:
                visit(part.node)
                nodes[id(part.node)] = part.node

    for leaf in root.leaves():
        visit(leaf)
    return list(nodes.values())


def _are_understood(parts: Collection[_Part]) -> bool:
    """Whether there are references, and no signs of others."""
    texts = [part for part in parts if isinstance(part, str)]
    return len(texts) < len(parts) and not any(map(has_reference, texts))


def _split(pattern: re.Pattern[str], text: str, read: "Callable[[re.Match[str]], _Part]") -> Iterator[_Part]:
    last = 0
    for match in pattern.finditer(text):
        if match.start() > last:
            yield text[last : match.start()]
        yield read(match)
        last = match.end()
    if last < len(text):
        yield text[last:]


def _variable(match: re.Match[str]) -> Reference:
    start = match.start("default") - match.start() if match["default"] is not None else None
    return Reference(match[0], variable=match["name"] or match["bare"], default_start=start)


class Options:
    """The options of an INI file: each is one node, also for the sections that inherit it."""

    def __init__(
        self,
        sections: Mapping[str, Mapping[str, str]],
        own: Collection[tuple[str, ...]],
        place: Callable[[str, _Key], Node],
    ) -> None:
        """`own` are the keys that have a line, and `place` returns the node of a text."""
        self._sections = sections
        self._own = own
        self._place = place
        self._homes: dict[_Key, _Key] = {}
        self._nodes: dict[_Key, Node | None] = {}
        """The nodes of options that others may use. None while the parts of one are read."""
        keys = [(section, option) for section in sections for option in sections[section]]
        self._numbers = {key: number for number, key in enumerate(keys, 1)}
        """The numbers of variables. They are those of the options, so that a changed text leaves them."""
        self._shared = {target for key in keys for target in self._uses(key)}
        self._shared |= {home for key in keys if (home := self._home(key)) != key}
        """The options that others refer to or inherit."""

    def node(self, section: str, option: str) -> Node:
        """The node of an option of a section, or of one that it inherits."""
        key = section, option
        text = self._sections[section][option]
        home = self._home(key)
        is_plain = not has_reference(text)
        return self._place(text, key) if is_plain and home not in self._shared else self._shared_node(home)

    def _shared_node(self, key: _Key) -> Node:
        if key not in self._nodes:
            self._nodes[key] = None
            variable = f"_{self._numbers[key]}"
            self._nodes[key] = replace(self._read(key), variable=variable, keys=key)
        node = self._nodes[key]
        if node is None:
            raise DataFileError("an option refers to itself")
        return node

    def _read(self, key: _Key) -> Node:
        text = self._sections[key[0]][key[1]]
        if not has_reference(text):
            return self._place(text, key)
        parts = tuple(_split(_OPTION, text, partial(self._reference, key[0])))
        return replace(self._place(text, key), parts=parts) if _are_understood(parts) else Node(0, 0, 0, 0)

    def _reference(self, section: str, match: re.Match[str]) -> _Part:
        target = self._target(section, match)
        if target is not None:
            return Reference(match[0], node=self._shared_node(target))
        if match["name"] is not None:
            return Reference(match[0], variable=match["name"])
        variable = _VARIABLE.fullmatch(match[0])
        return match[0] if variable is None else _variable(variable)

    def _target(self, section: str, match: re.Match[str]) -> _Key | None:
        """The home of the option that a reference in a section names; None if there is none."""
        owner, _, option = (match["name"] or match["words"]).rpartition(":")
        key = owner or section, option.lower()
        return self._home(key) if key[1] in self._sections.get(key[0], ()) else None

    def _uses(self, key: _Key) -> Iterator[_Key]:
        """The homes of the options that an option refers to."""
        for match in _OPTION.finditer(self._sections[key[0]][key[1]]):
            target = self._target(key[0], match)
            if target is not None:
                yield target

    def _home(self, key: _Key) -> _Key:
        """The section where an option is the same value: DEFAULT, if it inherits it with all that it uses."""
        if key not in self._homes:
            self._homes[key] = key
            if key not in self._own and all(section == DEFAULTSECT for section, _ in self._uses(key)):
                self._homes[key] = DEFAULTSECT, key[1]
        return self._homes[key]
