"""The arguments of a call."""

from collections.abc import Iterator

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Unknown

MORE_ENTRIES = Unknown("more entries", is_data=True)
"""The entries of a `**` argument that aren't known, beside those that are. It has none of their keys."""


class Arguments(Struct, eq=False):
    """The arguments of a call. `spread` and `keyword_spread` are those whose contents are unknown."""

    positional: list[Operand] = field(default_factory=list)
    keywords: dict[str, Operand] = field(default_factory=dict)
    spread: list[Operand] = field(default_factory=list)
    keyword_spread: list[Operand] = field(default_factory=list)
    holders: dict[str, Site] = field(default_factory=dict)
    merged: list[Operand] = field(default_factory=list)
    """All `**` arguments, unpacked or not."""
    optional: set[str] = field(default_factory=set)
    """Keywords that may be absent, because not all dicts of a `**` argument certainly have them."""

    def everything(self) -> Iterator[Operand]:
        """All arguments, except those that were unpacked."""
        yield from self.positional
        yield from self.keywords.values()
        yield from self.spread
        yield from self.keyword_spread

    def first(self, *names: str, place: int = 0) -> Operand | None:
        """The argument at the index `place`, or with one of the keywords `names`."""
        if place < len(self.positional):
            return self.positional[place]
        return next((self.keywords[name] for name in names if name in self.keywords), None)
