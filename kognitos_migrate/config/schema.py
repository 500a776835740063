"""The schema of a configuration: the tool's own keys, and the keys that rules declare."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from kognitos_migrate.rulebook import codes
from kognitos_migrate.rulebook.api_schema import Shape
from kognitos_migrate.rulebook.model import Api, LayoutMember, Operation, Rulebook, Table, TableField
from kognitos_migrate.rulebook.validation import Host, PythonFile, SomeWords, Text


class ToolKeys(Shape):
    """The tool's own keys whose types don't depend on the rules."""

    hosts: tuple[Host, ...] = ()
    rules: tuple[Text, ...] = ()
    src: tuple[Text, ...] = ()
    tests: tuple[Text, ...] = ()
    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    baseline: Text | None = None
    adapter: PythonFile | None = None


def config_shape(rulebook: Rulebook, dialects: Mapping[str, str]) -> type[ToolKeys]:
    """The struct that validates a configuration, for these rules and the chosen dialect of each API.

    A field that only one dialect uses is required if that dialect is chosen.
    """
    selector = Annotated[
        str,
        Meta(pattern=codes.selector_pattern(rulebook), extra={"expected": codes.expected_selector(rulebook)}),
    ]
    fields: list[tuple[str, Any, Any]] = [
        ("select", tuple[selector, ...], ()),
        ("ignore", tuple[selector, ...], ()),
        ("per_file_ignores", dict[Text, tuple[selector, ...]], {}),
        ("severity", dict[selector, Literal["error", "warning", "info"]], {}),
    ]
    for api in rulebook.apis.values():
        required = _dialect_fields(rulebook, api.id, dialects.get(api.id))
        for table in api.tables.values():
            reason = f"{api.dialects.setting}: {dialects.get(api.id)}" if api.dialects else ""
            fields.append((table.setting, dict[Text, _entry(table, required, reason)], {}))  # type: ignore[misc]
        fields += [(words.setting, dict[Text, SomeWords], {}) for words in api.vocabularies.values()]
        if api.dialects is not None:
            choice: Any = Literal[tuple(api.dialects.choices)]
            fields.append((api.dialects.setting, choice, api.dialects.default))
    fields += [(name, Text | None, None) for name in single_values(rulebook)]
    rename = {"per_file_ignores": "per-file-ignores"}
    return cast(type[ToolKeys], msgspec.defstruct("Config", fields, bases=(ToolKeys,), rename=rename))


def single_values(rulebook: Rulebook) -> tuple[str, ...]:
    """The settings that hold one value for members that can't be looked up in a table."""
    members = (member for operation in rulebook.operations for member in _request_members(operation))
    return tuple(dict.fromkeys(member.setting for member in members if member.setting is not None))


def member_fields(rulebook: Rulebook) -> Iterator[tuple[str, Api, TableField]]:
    """The settings that hold one value, with the API and the table field that the value replaces."""
    for operation in rulebook.operations:
        api = rulebook.apis[operation.api]
        for member in _request_members(operation):
            if member.setting is not None and member.table is not None:
                fields = api.tables[member.table].fields
                yield from ((member.setting, api, field) for field in fields if field.name == member.field)


def rule_keys(rulebook: Rulebook) -> tuple[str, ...]:
    """All keys of the configuration that the rules declare."""
    keys: list[str] = []
    for api in rulebook.apis.values():
        keys += [*api.tables, *api.vocabularies]
        keys += [api.dialects.setting] if api.dialects is not None else []
    return (*keys, *single_values(rulebook))


def _request_members(operation: Operation) -> tuple[LayoutMember, ...]:
    """The members of the new version's request: in its query and its body."""
    whole = (operation.new.whole,) if operation.new.whole is not None else ()
    return (*operation.new.query, *whole, *operation.new.members)


def _dialect_fields(rulebook: Rulebook, api: str, dialect: str | None) -> frozenset[tuple[str, str]]:
    """The table fields that only the chosen dialect uses, as pairs of table and field."""
    members = (
        member
        for operation in rulebook.operations
        if operation.api == api
        for member in operation.new.members
    )
    return frozenset(
        (member.table, member.field)
        for member in members
        if member.when is not None and member.when == dialect and member.table and member.field
    )


def _entry(table: Table, required: frozenset[tuple[str, str]], reason: str) -> type[Shape]:
    """The struct of an entry of `table`. `wanted` are the fields that the dialect requires."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in table.fields:
        if field.required:
            fields.append((field.name, _value(field)))
        elif (table.setting, field.name) in required:
            fields.append((field.name, _value(field, reason)))
        else:
            fields.append((field.name, _value(field) | None, None))
    return cast(type[Shape], msgspec.defstruct(table.setting, fields, bases=(Shape,), kw_only=True))


def _value(field: TableField, setting: str = "") -> Any:
    """The type of a field's value. `setting` is the setting that makes the field required."""
    if field.choices:
        return Literal[field.choices]
    at_most = f" of {field.max_length} characters at most" if field.max_length else ""
    reason = f", because of {setting}" if setting else ""
    return Annotated[
        str, Meta(min_length=1, max_length=field.max_length, extra={"expected": f"text{at_most}{reason}"})
    ]
