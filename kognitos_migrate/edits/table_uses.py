"""The tables that the new code of a plan looks values up in."""

from kognitos_migrate.edits.table_lookup import LiteralFields, TableLookup
from kognitos_migrate.rulebook.model import Table
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site


class TableUses(Struct):
    """The tables that the new code looks values up in, by file."""

    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    keys: dict[tuple[str, str], set[str] | None] = field(default_factory=dict)
    """By file and setting: the keys that may be looked up; None if any key may."""
    placed: dict[int, Site] = field(default_factory=dict)
    """By request: the site at which its body is rebuilt."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By file: the import lines that the new code needs."""
    moved: list[Site] = field(default_factory=list)
    """Expressions with side effects that moved out of a URL into a lookup."""
    fields: dict[tuple[Site, str, frozenset[tuple[int, int]]], LiteralFields | TableLookup | None] = field(
        default_factory=dict
    )
    """A cache, by place, slot, and frames of the requests: the fields for all of these requests, which are
    looked up for each of them."""

    def add(self, path: str, lookup: TableLookup) -> None:
        """Record a lookup in the file `path`."""
        place = (path, lookup.table.setting)
        self.tables.setdefault(path, {})[lookup.table.setting] = lookup.table
        keys = self.keys.get(place, set())
        if lookup.moved is not None:
            self.moved.append(lookup.moved)
        self.keys[place] = None if keys is None or lookup.keys is None else keys | lookup.keys
