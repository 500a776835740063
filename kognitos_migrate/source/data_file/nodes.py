"""The nodes of a data file, with their offsets in its text and their values in Python."""

from collections.abc import Iterator

from kognitos_migrate.structs import Struct


class DataFileError(ValueError):
    """The text can't be read as data, or changed data can't be written in its place."""


class Node(Struct, frozen=True):
    """A scalar, a sequence or a mapping, at the offsets `start` to `end` of the text.

    `row` and `column` count from 0. `style` is the quote or block sign of a scalar of YAML.
    """

    start: int
    end: int
    row: int
    column: int
    value: object = ...
    """The value of a scalar. An ellipsis for one that Python has no literal for, and for collections."""
    style: str | None = None
    items: tuple["Node", ...] | None = None
    pairs: "tuple[tuple[Node, Node], ...] | None" = None
    is_flow: bool = False
    """Whether a collection has brackets, as in JSON."""
    merged: tuple["Node", ...] = ()
    """The mappings whose entries this one has, too, unless it has its own. Later ones count first."""
    variable: str | None = None
    """The variable of a value that aliases of YAML repeat. It is one node, wherever it occurs."""

    def at(self, path: str) -> "Node | None":
        """The node at a path of keys with dots; None if there is none."""
        node: Node | None = self
        for key in path.split("."):
            node = node.entry(key) if node is not None else None
        return node

    def entry(self, key: str) -> "Node | None":
        """The value of a mapping's entry; None if there is none."""
        inherited = (node.entry(key) for node in reversed(self.merged))
        own = (value for name, value in self.pairs or () if name.value == key)
        return next((value for value in (*own, *inherited) if value is not None), None)

    def leaves(self) -> Iterator["Node"]:
        """The scalars in this node, in order."""
        for child in (*(self.items or ()), *(part for pair in self.pairs or () for part in pair)):
            yield from child.leaves()
        if self.items is None and self.pairs is None:
            yield self
