"""Entries to fill in, independent of the configuration's file format."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.rulebook.document import join_with_or
from kognitos_migrate.rulebook.model import Api, Rulebook, Table, TableField, Vocabulary
from kognitos_migrate.structs import Struct

Section = Table | Vocabulary
"""A key of the configuration whose own keys are filled in."""


class ScaffoldLine(Struct, frozen=True):
    """A key to fill in. `value` is empty or a placeholder, `note` a comment on the values it may have."""

    name: str
    value: str | tuple[str, ...] = ""
    note: str = ""
    required: bool = True


class ScaffoldEntry(Struct, frozen=True):
    """A key with lines below it."""

    name: str
    lines: tuple[ScaffoldLine, ...]


def sections(apis: Iterable[Api]) -> list[Section]:
    """The sections of a configuration: the tables and vocabularies of the APIs."""
    sections: list[Section] = []
    for api in apis:
        sections += api.tables.values()
        sections += api.vocabularies.values()
    return sections


def scaffold_entries(
    rulebook: Rulebook, section: Section, keys: Iterable[str]
) -> list[ScaffoldEntry | ScaffoldLine]:
    """The lines to fill in for keys of a section."""
    if isinstance(section, Vocabulary):
        note = "v2 value, a list of them, or []"
        return [ScaffoldLine(key, note=note) for key in keys]
    lines = tuple(_line(rulebook, section, field) for field in section.fields)
    return [ScaffoldEntry(key, lines) for key in keys]


def _line(rulebook: Rulebook, table: Table, field: TableField) -> ScaffoldLine:
    notes = [] if field.required else ["optional"]
    notes += [
        f"required with `{setting}: {dialect}`"
        for setting, dialect in _requiring_dialects(rulebook, table, field)
    ]
    if field.choices:
        notes.append(join_with_or(field.choices))
    if field.max_length is not None:
        notes.append(f"max. {field.max_length} characters")
    return ScaffoldLine(field.name, note=", ".join(notes), required=field.required)


def _requiring_dialects(rulebook: Rulebook, table: Table, field: TableField) -> Iterator[tuple[str, str]]:
    """The dialects that require an optional field, each as a setting and its value."""
    for operation in rulebook.operations:
        dialects = rulebook.apis[operation.api].dialects
        for member in operation.new.members:
            looked_up = (member.table, member.field) == (table.setting, field.name)
            if looked_up and member.when is not None and dialects is not None and not field.required:
                yield dialects.setting, member.when
