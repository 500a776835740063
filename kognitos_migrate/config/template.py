"""The text of a configuration to fill in, and an existing one with the keys that it lacks.

An entry whose fields are all empty counts as absent until somebody fills it in (`check.without_unfilled`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.lacking import key_text
from kognitos_migrate.rulebook.document import one_of
from kognitos_migrate.rulebook.model import Api, Field, Operation, Rulebook, Table, Vocabulary

STEP = 2
"""Columns of one level of indentation."""

Section = Table | Vocabulary


def render(rulebook: Rulebook, keys: Mapping[str, Sequence[str]]) -> str:
    """The text of a new configuration. `keys`, by section, are those to fill in."""
    blocks: list[list[str]] = []
    for api in rulebook.apis.values():
        blocks.append([f"# What kognitos-migrate needs to know to migrate the {api.title}.", f"# {api.url}"])
        blocks += [section_lines(rulebook, one, keys.get(one.setting, ())) for one in sections([api])]
        blocks.append(_dialect_lines(api))
        blocks += [_value_lines(operation) for operation in rulebook.operations if operation.api == api.id]
    blocks.append(["# Other hosts that serve the API: proxies, test systems.", "# hosts: []"])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def sections(apis: Iterable[Api]) -> list[Section]:
    """What has keys that are filled in: the tables, and the vocabularies."""
    found: list[Section] = []
    for api in apis:
        found += api.tables.values()
        found += api.vocabularies.values()
    return found


def section_lines(rulebook: Rulebook, section: Section, keys: Sequence[str]) -> list[str]:
    """A section with `keys` to fill in; with something that shows the form if there are none."""
    if isinstance(section, Vocabulary):
        return _vocabulary_lines(rulebook, section, keys)
    lines = [f"{section.setting}:"]
    for key in keys or [f"<{section.key}>"]:
        lines += entry_lines(rulebook, section, key, STEP)
    if not keys:
        lines = [f"# {line}" for line in lines]
    return [f"# {section.comment}", *lines]


def entry_lines(rulebook: Rulebook, section: Section, key: str, indent: int) -> list[str]:
    """The lines of one key of a section, `indent` columns in, to be filled in."""
    if isinstance(section, Vocabulary):
        return [f"{' ' * indent}{key_text(key)}:  # what it has become, or [] if only the programs say it"]
    notes = {field.name: _note(rulebook, section, field) for field in section.fields}
    width = max(len(name) for name in notes) + 1
    lines = [f"{' ' * indent}{key_text(key)}:"]
    for name, note in notes.items():
        said = f"{f'{name}:':<{width}}  # {note}" if note else f"{name}:"
        lines.append(f"{' ' * 2 * indent}{said}")
    return lines


def entry_in_braces(section: Section, key: str) -> str:
    """One key of a section to be filled in, for a section that is written in braces."""
    fields = () if isinstance(section, Vocabulary) else section.fields
    inner = f" {{{', '.join(f'{field.name}: ' for field in fields)}}}" if fields else " "
    return f"{key_text(key)}:{inner}"


def _note(rulebook: Rulebook, table: Table, field: Field) -> str:
    """What a field may hold, and whether it must."""
    notes = [] if field.required else ["optional"]
    notes += [f"{setting}: {dialect} wants it" for setting, dialect in _wanting(rulebook, table, field)]
    if field.choices:
        notes.append(one_of(field.choices))
    if field.max_length is not None:
        notes.append(f"{field.max_length} characters at most")
    return ", ".join(notes)


def _wanting(rulebook: Rulebook, table: Table, field: Field) -> Iterator[tuple[str, str]]:
    """The dialects that want an optional field: the configuration's key and its value."""
    for operation in rulebook.operations:
        dialects = rulebook.apis[operation.api].dialects
        for member in operation.new.members:
            looked_up = (member.table, member.field) == (table.setting, field.name)
            if looked_up and member.when is not None and dialects is not None and not field.required:
                yield dialects.setting, member.when


def _vocabulary_lines(rulebook: Rulebook, vocabulary: Vocabulary, keys: Sequence[str]) -> list[str]:
    """A vocabulary: its own words in a comment, and an example to follow."""
    lines = [f"# {vocabulary.comment}"]
    if vocabulary.words:
        own = "; ".join(f"{old}: {', '.join(new)}" for old, new in vocabulary.words.items())
        lines.append(f"# Built in: {own}")
    example = "# old: New, or old: [New, Newer]; word: [] for one that only the programs say"
    entries = [line for key in keys for line in entry_lines(rulebook, vocabulary, key, STEP)]
    return [*lines, f"{vocabulary.setting}:", f"{' ' * STEP}{example}", *entries]


def _dialect_lines(api: Api) -> list[str]:
    """The choice of a dialect, at its default."""
    if api.dialects is None:
        return []
    choices = [f"# {name}: {about}" for name, about in api.dialects.choices.items()]
    return [*choices, f"{api.dialects.setting}: {api.dialects.default}"]


def _value_lines(operation: Operation) -> list[str]:
    """The single values of an operation, each in a comment."""
    lines: list[str] = []
    for member in operation.new.members:
        if member.setting is not None:
            where = f"the {member.name} of {operation.id.replace('_', ' ')}"
            lines += [f"# Where no table gives {where}:", f"# {member.setting}:"]
    return lines
