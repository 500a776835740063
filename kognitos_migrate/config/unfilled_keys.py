"""Keys of the configuration that have no values: those to fill in, and those that no version knows."""

from collections.abc import Mapping

from kognitos_migrate.rulebook.document import Document, as_mapping
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import replace

_UNFILLED = (None, "")
"""The values of keys that aren't filled in: None in YAML, an empty string in TOML."""


def drop_unfilled(document: Document, rulebook: Rulebook) -> Document:
    """The document without keys that have no value and without entries whose fields are all empty.

    `init` writes such entries; they count as absent. A partly filled entry stays, so that validation reports
    it.
    """
    filled_in = {name for api in rulebook.apis.values() for name in (*api.tables, *api.vocabularies)}
    value: dict[str, object] = {}
    for name, item in as_mapping(document.value).items():
        if name in filled_in and isinstance(item, dict):
            value[name] = {key: entry for key, entry in item.items() if not _is_unfilled(entry)}
        elif item is not None:
            value[name] = item
    return replace(document, value=value)


def unlisted_keys(document: Document, rulebook: Rulebook) -> Mapping[str, frozenset[str]]:
    """The keys by table that have false in place of fields, in tables whose rule allows unlisted keys."""
    values = as_mapping(document.value)
    tables = [table for api in rulebook.apis.values() for table in api.tables.values() if table.unlisted]
    entries = {table.setting: as_mapping(values.get(table.setting)) for table in tables}
    keys = {
        name: frozenset(str(key) for key, entry in items.items() if entry is False)
        for name, items in entries.items()
    }
    return {name: names for name, names in keys.items() if names}


def without_keys(document: Document, keys: Mapping[str, frozenset[str]]) -> Document:
    """The document without some keys of its mappings."""
    value = {
        name: {key: entry for key, entry in item.items() if str(key) not in keys.get(name, ())}
        if isinstance(item, dict)
        else item
        for name, item in as_mapping(document.value).items()
    }
    return replace(document, value=value)


def unfilled_keys(written: Document, filled: Document) -> Mapping[str, tuple[str, ...]]:
    """The keys in each mapping of a document that the document without unfilled keys lacks."""
    kept = as_mapping(filled.value)
    mappings = {name: item for name, item in as_mapping(written.value).items() if isinstance(item, dict)}
    keys = {
        name: tuple(str(key) for key in item if key not in as_mapping(kept.get(name)))
        for name, item in mappings.items()
    }
    return {name: names for name, names in keys.items() if names}


def _is_unfilled(entry: object) -> bool:
    return entry in _UNFILLED or (
        isinstance(entry, dict) and bool(entry) and all(item in _UNFILLED for item in entry.values())
    )
