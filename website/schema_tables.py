"""JSON Schemas as tables of Markdown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from website.markup import cell

Schema = Mapping[str, Any]


def schema_sections(schema: Schema, roots: Sequence[str]) -> Iterator[str]:
    """A section for each object of a schema: the definitions `roots`, and those that they lead to."""
    definitions: Mapping[str, Schema] = schema.get("$defs", {})
    waiting, written = [*roots], set()
    while waiting:
        name = waiting.pop(0)
        if name in written or "properties" not in definitions[name]:
            continue
        written.add(name)
        yield from _section(name, definitions)
        waiting += _references(definitions[name])


def _section(name: str, definitions: Mapping[str, Schema]) -> Iterator[str]:
    definition = definitions[name]
    yield from (f"## {_title(name)}", "")
    if "description" in definition:
        yield from (definition["description"], "")
    yield from ("| key | value | default | meaning |", "| --- | --- | --- | --- |")
    required = definition.get("required", [])
    for key, value in definition["properties"].items():
        default = "required" if key in required else _default(value)
        meaning = cell(_description(value))
        yield f"| `{key}` | {_type(value, definitions)} | {default} | {meaning} |"
    yield ""


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "$ref":
                yield str(inner).rpartition("/")[2]
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _title(name: str) -> str:
    return {"Config": "Top level"}.get(name, name.removesuffix("Shape"))


def _description(value: Schema) -> str:
    """The description of a key, or of its value if that may be null."""
    texts = (choice.get("description") for choice in [value, *value.get("anyOf", [])])
    return next((text for text in texts if text is not None), "")


def _default(value: Schema) -> str:
    default = value.get("default")
    return f"`{json.dumps(default)}`" if default not in (None, (), [], {}) else ""


def _type(value: Schema, definitions: Mapping[str, Schema]) -> str:
    """The values that a schema allows, in a few words. Objects are links to their sections."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        if "properties" in definitions[name]:
            return f"[{_title(name)}](#{_title(name).lower()})"
        value = definitions[name]
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if "anyOf" in value:
        choices = (choice for choice in value["anyOf"] if choice.get("type") != "null")
        return " or ".join(_type(choice, definitions) for choice in choices)
    match value.get("type"):
        case "array":
            return f"list: {_type(value.get('items', {}), definitions)}"
        case "object":
            return f"mapping: {_type(value.get('additionalProperties', {}), definitions)}"
        case str(kind):
            return {"string": "text", "integer": "number", "boolean": "true or false"}.get(kind, kind)
        case _:
            return "any value"
