"""Finds values of a configuration that can't be real: placeholders, and ids of the old version."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.config.schema import member_fields
from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.document import Document, Key, as_mapping
from kognitos_migrate.rulebook.model import Api, Rulebook, Table, TableField, ValueFormat
from kognitos_migrate.structs import Struct

_PLACEHOLDER = re.compile(
    r"""
    [\W_]+                              # … ... ? ---
    | <.*> | \$?\{.*\} | %\w+%          # <thing> {thing} ${THING}
    | x{2,}                             # xxx
    | (todo|fixme|tbd|tba)\b.*          # TODO: ask
    | (change|replace|fill|insert)[-_ ]?(me|this|in|here)
    | placeholder
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NO_ID = re.compile(
    r"""
    dummy | example | none | null | nil | n/a | undefined | unknown
    | (your|my|the|some)[-_]\S+         # your-id
    """,
    re.VERBOSE | re.IGNORECASE,
)


class _ConfiguredValue(Struct, frozen=True):
    """A text of the configuration, its key, and the field that it fills. The field of a word is None."""

    key: Key
    text: str
    api: Api
    field: TableField | None = None


def unusable_values(document: Document, rulebook: Rulebook) -> Iterator[Fault]:
    """The faults of a configuration's values: placeholders, stray blanks, and ids of the old version."""
    for value in (
        *_table_values(document, rulebook),
        *_single_values(document, rulebook),
        *_vocabulary_words(document, rulebook),
    ):
        fault = _fault(document, value)
        if fault is not None:
            yield fault


def _fault(document: Document, value: _ConfiguredValue) -> Fault | None:
    text = value.text.strip()
    name = str(value.key[-1])
    what = f"the {value.api.new} {name}" if value.field is not None else f"a word of {value.api.new}"
    if not text:
        return document.fault(value.key, "is blank", f"expected {what}")
    if _PLACEHOLDER.fullmatch(text) or (
        value.field is not None and _is_empty_phrase(text, name, value.field)
    ):
        return document.fault(value.key, f"{text!r} is a placeholder", f"replace it with {what}")
    if text != value.text:
        return document.fault(value.key, f"{value.text!r} begins or ends with a space", f"expected {text!r}")
    if value.field is None or value.field.format is not ValueFormat.ID:
        return None
    if re.search(r"\s", text):
        return document.fault(value.key, f"{text!r} contains a space", f"expected {what}")
    table = _table_with_key(document, value.api, text)
    if table is not None:
        wrong = f"{text} is a {table.key} of {value.api.old}, a key of {table.setting}"
        return document.fault(value.key, wrong, f"expected {what}")
    return None


def _is_empty_phrase(text: str, name: str, field: TableField) -> bool:
    """Whether a text means that no value is there, or repeats the name of its key."""
    is_id = field.format is ValueFormat.ID
    return _letters(text) == _letters(name) or (is_id and _NO_ID.fullmatch(text) is not None)


def _table_values(document: Document, rulebook: Rulebook) -> Iterator[_ConfiguredValue]:
    """The values in the entries of tables."""
    for api in rulebook.apis.values():
        for table in api.tables.values():
            for key, entry in _table_rows(document, table).items():
                for field in table.fields:
                    text = as_mapping(entry).get(field.name)
                    if isinstance(text, str) and text and not field.choices:
                        yield _ConfiguredValue((table.setting, key, field.name), text, api, field)


def _single_values(document: Document, rulebook: Rulebook) -> Iterator[_ConfiguredValue]:
    """The values of single keys, which replace a lookup in a table."""
    for setting, api, field in member_fields(rulebook):
        text = as_mapping(document.value).get(setting)
        if isinstance(text, str) and text:
            yield _ConfiguredValue((setting,), text, api, field)


def _vocabulary_words(document: Document, rulebook: Rulebook) -> Iterator[_ConfiguredValue]:
    """The new words of the vocabularies."""
    for api in rulebook.apis.values():
        for vocabulary in api.vocabularies.values():
            for old, words in as_mapping(as_mapping(document.value).get(vocabulary.setting)).items():
                if isinstance(words, str) and words:
                    yield _ConfiguredValue((vocabulary.setting, old), words, api)
                for index, word in enumerate(words if isinstance(words, list) else ()):
                    if isinstance(word, str) and word:
                        yield _ConfiguredValue((vocabulary.setting, old, index), word, api)


def _table_with_key(document: Document, api: Api, text: str) -> Table | None:
    """The table in which `text` is a key; None if it isn't one."""
    tables = api.tables.values()
    return next((table for table in tables if text in _table_rows(document, table)), None)


def _table_rows(document: Document, table: Table) -> Mapping[str, object]:
    return as_mapping(as_mapping(document.value).get(table.setting))


def _letters(text: str) -> str:
    """The letters of a text, for comparing spellings of one name: `some_thing`, `Some-Thing`."""
    return re.sub(r"[\W_]", "", text).lower()
