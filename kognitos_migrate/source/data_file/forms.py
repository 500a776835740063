"""The forms of recordings: files with the requests and responses of a test, as mock libraries write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kognitos_migrate.structs import Struct

if TYPE_CHECKING:  # most runs read no data file
    from kognitos_migrate.source.data_file.nodes import Node


NAME = "data"
"""The variable of a data file's module that has the data."""
SETTING = "__settings__.value"
"""The function that the module of a settings file calls for each scalar and mapping, with the keys that lead
to it. A file that is deployed may have another value there."""
NUMBER = "__settings__.number"
"""The maker of the value for which a settings file has a number, a truth value or null."""
VARIABLE = "variable"
"""The attribute of that function that is called for an environment variable in a text, with its default."""


def is_settings_module(text: str) -> bool:
    """Whether the text of a module is that of a settings file."""
    return text.startswith(f"from {SETTING.rpartition('.')[0]} import")


class Comparison(Struct, frozen=True):
    """How tests select the parts in which a request must equal the recorded one. By default it isn't the
    body."""

    option: str
    """The keyword argument, or the key of a dict of options, with a list of parts."""
    parts: frozenset[str]
    """The parts that aren't in the body."""
    functions: tuple[str, ...]
    """The names of functions that define further parts."""


class RecordingForm(Struct, frozen=True):
    """How a mock library writes the requests and responses of a test to a file."""

    function: str
    """The qualified name of the function that each entry becomes a call of."""
    entries: str
    """The key of the list of entries."""
    parts: Mapping[str, tuple[str, ...]]
    """Paths in an entry, with dots, by the keyword argument. The first path with a scalar counts."""
    json_parts: frozenset[str]
    """The keyword arguments whose text may be JSON."""
    headers: Mapping[str, str]
    """The paths of the headers that belong to a text, by its keyword argument."""
    url: str
    """The keyword argument of the URL, which identifies an entry."""
    comparison: Comparison | None = None
    """How tests select what of a recorded request is compared; None if that isn't known."""

    def part(self, entry: Node, keyword: str) -> Node | None:
        """The scalar of an entry that a keyword argument gets; None if there is none."""
        nodes = (entry.at(path) for path in self.parts[keyword])
        scalars = (node for node in nodes if node is not None and node.items is None and node.pairs is None)
        return next(scalars, None)
