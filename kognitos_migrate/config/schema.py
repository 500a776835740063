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

    hosts: Annotated[
        tuple[Host, ...], Meta(description="Other hosts that serve the API, without scheme and path.")
    ] = ()
    rules: Annotated[
        tuple[Text, ...],
        Meta(description="Folders with your own rule and client files, in addition to the built-in ones."),
    ] = ()
    src: Annotated[
        tuple[Text, ...],
        Meta(description="Import roots, in addition to those of each pyproject.toml, setup.py or setup.cfg."),
    ] = ()
    tests: Annotated[
        tuple[Text, ...],
        Meta(description="Patterns of test files, in addition to the names that pytest and unittest expect."),
    ] = ()
    applications: Annotated[
        tuple[Text, ...],
        Meta(description="Patterns of packages that no other project imports, although they are installed."),
    ] = ()
    include: Annotated[
        tuple[Text, ...], Meta(description="Patterns of the files to analyze, as in a .gitignore.")
    ] = ()
    exclude: Annotated[
        tuple[Text, ...], Meta(description="Patterns to exclude, in addition to the default exclusions.")
    ] = ()
    baseline: (
        Annotated[Text, Meta(description="The file of known findings, which don't fail `check`.")] | None
    ) = None
    adapter: (
        Annotated[PythonFile, Meta(description="The module that `fix --adapt` writes adapters into.")] | None
    ) = None


def config_shape(rulebook: Rulebook, dialects: Mapping[str, str]) -> type[ToolKeys]:
    """The struct that validates a configuration, for these rules and the chosen dialect of each API.

    A field that only one dialect uses is required if that dialect is chosen.
    """
    selector = Annotated[
        str,
        Meta(pattern=codes.selector_pattern(rulebook), extra={"expected": codes.expected_selector(rulebook)}),
    ]
    severities: Any = dict[selector, Literal["error", "warning", "info"]]
    fields: list[tuple[str, Any, Any]] = [
        ("select", _with_description(tuple[selector, ...], "Codes or code prefixes to enable."), ()),
        ("ignore", _with_description(tuple[selector, ...], "Codes or code prefixes to disable."), ()),
        (
            "per_file_ignores",
            _with_description(dict[Text, tuple[selector, ...]], "Codes to disable, by pattern of files."),
            {},
        ),
        (
            "severity",
            _with_description(severities, "Severities by code or code prefix."),
            {},
        ),
    ]
    for api in rulebook.apis.values():
        required = _dialect_fields(rulebook, api.id, dialects.get(api.id))
        for table in api.tables.values():
            reason = f"{api.dialects.setting}: {dialects.get(api.id)}" if api.dialects else ""
            entries: Any = dict[Text, _entry(table, required, reason)]  # type: ignore[misc]
            fields.append((table.setting, _with_description(entries, table.comment), {}))
        fields += [
            (words.setting, _with_description(dict[Text, SomeWords], words.comment), {})
            for words in api.vocabularies.values()
        ]
        if api.dialects is not None:
            choice: Any = Literal[tuple(api.dialects.choices)]
            about = "; ".join(f"{name}: {text}" for name, text in api.dialects.choices.items())
            fields.append((api.dialects.setting, _with_description(choice, about), api.dialects.default))
    for name, call in _single_values(rulebook).items():
        text = _with_description(
            Text, f"Its value in `{call}`, if neither the code nor the tables contain it."
        )
        fields.append((name, text | None, None))
    rename = {"per_file_ignores": "per-file-ignores"}
    return cast(type[ToolKeys], msgspec.defstruct("Config", fields, bases=(ToolKeys,), rename=rename))


def config_json_schema(rulebook: Rulebook) -> dict[str, Any]:
    """The JSON Schema of a configuration with the default dialects, for editors.

    A key without a value counts as absent. In an entry, a missing value is an error: it has to be filled in.
    """
    (schema,), components = msgspec.json.schema_components([config_shape(rulebook, {})])
    (config,) = (components.pop(name) for name in [schema["$ref"].rpartition("/")[2]])
    for name, value in config["properties"].items():
        default = value.pop("default")
        kind = value["anyOf"][0] if "anyOf" in value else value
        about = {"description": kind.pop("description")}
        config["properties"][name] = {**about, "anyOf": [kind, {"type": "null"}], "default": default}
    for table in (table for api in rulebook.apis.values() for table in api.tables.values() if table.unlisted):
        entries = config["properties"][table.setting]["anyOf"][0]
        entries["additionalProperties"] = {"anyOf": [entries["additionalProperties"], {"const": False}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **config,
        "title": "Configuration of kognitos-migrate",
        "description": "kognitos-migrate.yaml, or the table [tool.kognitos-migrate] of pyproject.toml.",
        "$defs": components,
    }


def _with_description(kind: Any, description: str) -> Any:
    return Annotated[kind, Meta(description=description)]


def single_values(rulebook: Rulebook) -> tuple[str, ...]:
    """The settings that hold one value for members that can't be looked up in a table."""
    return tuple(_single_values(rulebook))


def _single_values(rulebook: Rulebook) -> Mapping[str, str]:
    """These settings, each with the first call whose member it is for."""
    calls: dict[str, str] = {}
    for operation in rulebook.operations:
        for member in _request_members(operation):
            if member.setting is not None:
                calls.setdefault(member.setting, operation.new.call)
    return calls


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
    """The struct of an entry of `table`. `required` are the settings and fields that the dialect requires."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in table.fields:
        if field.required:
            fields.append((field.name, _value_type(field)))
        elif (table.setting, field.name) in required:
            fields.append((field.name, _value_type(field, reason)))
        else:
            fields.append((field.name, _value_type(field) | None, None))
    return cast(type[Shape], msgspec.defstruct(table.setting, fields, bases=(Shape,), kw_only=True))


def _value_type(field: TableField, setting: str = "") -> Any:
    """The type of a field's value. `setting` is the setting that makes the field required."""
    if field.choices:
        return Literal[field.choices]
    at_most = f" with at most {field.max_length} characters" if field.max_length else ""
    reason = f", because of {setting}" if setting else ""
    return Annotated[
        str, Meta(min_length=1, max_length=field.max_length, extra={"expected": f"text{at_most}{reason}"})
    ]
