"""Keys to fill in, independent of the language of the configuration."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.rulebook.document import one_of
from kognitos_migrate.rulebook.model import Api, Rulebook, Table, TableField, Vocabulary
from kognitos_migrate.structs import Struct

Section = Table | Vocabulary
"""A key of the configuration with keys below it that are filled in."""


class ScaffoldLine(Struct, frozen=True):
    """A key with a value, which is filled in; `value` is empty, or what stands there until then. `note` says
    what may stand there."""

    name: str
    value: str | tuple[str, ...] = ""
    note: str = ""
    required: bool = True


class ScaffoldEntry(Struct, frozen=True):
    """A key with lines of its own."""

    name: str
    lines: tuple[ScaffoldLine, ...]


def sections(apis: Iterable[Api]) -> list[Section]:
    """What has keys that are filled in: the tables, and the vocabularies."""
    found: list[Section] = []
    for api in apis:
        found += api.tables.values()
        found += api.vocabularies.values()
    return found


def scaffold_entries(
    rulebook: Rulebook, section: Section, keys: Iterable[str]
) -> list[ScaffoldEntry | ScaffoldLine]:
    """What is to be filled in for keys of a section."""
    if isinstance(section, Vocabulary):
        note = "what it has become, or [] if only the programs say it"
        return [ScaffoldLine(key, note=note) for key in keys]
    lines = tuple(_line(rulebook, section, field) for field in section.fields)
    return [ScaffoldEntry(key, lines) for key in keys]


def _line(rulebook: Rulebook, table: Table, field: TableField) -> ScaffoldLine:
    notes = [] if field.required else ["optional"]
    notes += [f"{setting}: {dialect} wants it" for setting, dialect in _wanting(rulebook, table, field)]
    if field.choices:
        notes.append(one_of(field.choices))
    if field.max_length is not None:
        notes.append(f"{field.max_length} characters at most")
    return ScaffoldLine(field.name, note=", ".join(notes), required=field.required)


def _wanting(rulebook: Rulebook, table: Table, field: TableField) -> Iterator[tuple[str, str]]:
    """The dialects that want an optional field: the configuration's key and its value."""
    for operation in rulebook.operations:
        dialects = rulebook.apis[operation.api].dialects
        for member in operation.new.members:
            looked_up = (member.table, member.field) == (table.setting, field.name)
            if looked_up and member.when is not None and dialects is not None and not field.required:
                yield dialects.setting, member.when
