"""An existing configuration with the keys that it lacks."""

from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.config.filling.entries import sections, to_fill_in
from kognitos_migrate.config.filling.notation import Notation
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Rulebook, Table


class Extended(Struct, frozen=True):
    """A configuration's text with what was missing; by section: the keys added, and those no code uses."""

    text: str
    added: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]


def add_missing(
    text: str, path: str, notation: Notation, rulebook: Rulebook, keys: Mapping[str, Sequence[str]]
) -> Extended:
    """The `text` of the configuration shown as `path`, with those of `keys` (by section) that it lacks.

    Raises ConfigError if the text isn't a configuration, or is written so that nothing can be inserted.
    """
    known = _tables(text, path, notation)
    added: dict[str, tuple[str, ...]] = {}
    unused: dict[str, tuple[str, ...]] = {}
    longer = text
    for section in sections(rulebook.apis.values()):
        used, present = keys.get(section.setting, ()), known.get(section.setting, ())
        missing = tuple(dict.fromkeys(key for key in used if key not in present))
        if missing:
            added[section.setting] = missing
            longer = notation.longer(longer, section, to_fill_in(rulebook, section, missing))
        if isinstance(section, Table) and (left := tuple(key for key in present if key not in used)):
            unused[section.setting] = left
    there = _added(longer, path, notation)
    if any(not set(more) <= set(there.get(name, ())) for name, more in added.items()):
        lines = "\n".join(_to_fill_in(rulebook, notation, added))
        hint = f"add by hand what is missing:\n{lines}"
        raise ConfigError("is written in a way that nothing can be added to", path=path, expected=hint)
    return Extended(longer, added, unused)


def _tables(text: str, path: str, notation: Notation) -> Mapping[str, tuple[str, ...]]:
    tables = notation.tables(text, path)
    return {name.replace("-", "_"): keys for name, keys in tables.items()}


def _to_fill_in(rulebook: Rulebook, notation: Notation, keys: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for section in sections(rulebook.apis.values()):
        if section.setting in keys:
            yield notation.text(section.setting, to_fill_in(rulebook, section, keys[section.setting]))


def _added(text: str, path: str, notation: Notation) -> Mapping[str, tuple[str, ...]]:
    """The same of a text that we made, which may be no configuration."""
    try:
        return _tables(text, path, notation)
    except ConfigError:
        return {}
