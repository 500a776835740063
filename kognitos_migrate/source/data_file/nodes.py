"""The nodes of a data file, with their offsets in its text and their values in Python."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.structs import Struct, replace


class DataFileError(ValueError):
    """The text can't be read as data, or changed data can't be written in its place."""


class Reference(Struct, frozen=True):
    """A part of a text that is another value of the file, or the value of an environment variable."""

    written: str
    """The reference as the file has it."""
    node: "Node | None" = None
    """The other value, which has a variable."""
    variable: str = ""
    """The name of the environment variable, if it is no other value."""
    default_start: int | None = None
    """The offset of the variable's default in `written`, before its last character; None if it has none."""

    @property
    def default(self) -> str | None:
        """The default of the environment variable."""
        return None if self.default_start is None else self.written[self.default_start : -1]

    def with_default(self, text: str) -> str:
        """The reference with another default."""
        return f"{self.written[: self.default_start]}{text}{self.written[-1]}"


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
    """The variable of a value that aliases of YAML or references repeat. It is one node, wherever it
    occurs."""
    parts: tuple[str | Reference, ...] = ()
    """The parts of a text of an INI file that refers to other options."""
    keys: tuple[str, ...] = ()
    """The keys that lead to a value that others refer to."""

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

    def without(self, keys: Sequence[str]) -> "Node":
        """The node, without the entry that `keys` lead to if it is a mapping that has it."""
        if not keys or self.pairs is None:
            return self
        first, *rest = keys
        pairs = (
            (name, value.without(rest) if name.value == first else value)
            for name, value in self.pairs
            if rest or name.value != first
        )
        return replace(self, pairs=tuple(pairs))

    def leaves(self) -> Iterator["Node"]:
        """The scalars in this node, in order."""
        for child in (*(self.items or ()), *(part for pair in self.pairs or () for part in pair)):
            yield from child.leaves()
        if self.items is None and self.pairs is None:
            yield self
