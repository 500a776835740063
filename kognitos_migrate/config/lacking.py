"""What a finding says that the configuration is to say, in the words of the file that is to be changed."""

from collections.abc import Sequence

from kognitos_migrate.config.filling.entries import Entry, Line
from kognitos_migrate.config.filling.notation import notation_of
from kognitos_migrate.config.find import FILE_NAME
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Table

_PLACEHOLDER = "…"


def keys_to_add(settings: Settings, table: Table, keys: Sequence[str]) -> str:
    """The lines of a table that these keys are missing in."""
    lines = tuple(
        Line(field.name, " | ".join(field.choices) or _PLACEHOLDER)
        for field in table.fields
        if field.required
    )
    said = notation_of(settings.source).text(table.setting, [Entry(key, lines) for key in keys])
    return _to_add(settings, said)


def words_to_add(settings: Settings, vocabulary: str, words: Sequence[str]) -> str:
    """The lines of a vocabulary that doesn't say what these words have become."""
    note = "or [], if only the program says it"
    entries = [Line(word, _PLACEHOLDER, note) for word in words]
    return _to_add(settings, notation_of(settings.source).text(vocabulary, entries))


def value_to_add(settings: Settings, name: str, value: str | tuple[str, ...] = _PLACEHOLDER) -> str:
    """The line of a key that has one value, or a list."""
    return _to_add(settings, notation_of(settings.source).line(Line(name, value)))


def _to_add(settings: Settings, lines: str) -> str:
    name = FILE_NAME if settings.source is None else settings.source.name
    return f"say in {name}:\n{lines}"
