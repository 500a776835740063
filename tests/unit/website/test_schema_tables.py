"""JSON Schemas as tables."""

from website.schema_tables import schema_sections

SCHEMA = {
    "$defs": {
        "TopShape": {
            "description": "The top.",
            "properties": {
                "name": {"type": "string", "description": "A | name."},
                "kind": {"$ref": "#/$defs/Kind", "default": "a"},
                "inner": {"anyOf": [{"$ref": "#/$defs/InnerShape"}, {"type": "null"}], "default": None},
                "words": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "integer"}},
                },
            },
            "required": ["name"],
        },
        "Kind": {"enum": ["a", "b"]},
        "InnerShape": {"properties": {"on": {"type": "boolean", "default": False}}},
        "Unused": {"properties": {}},
    }
}


def test_each_object_that_is_reached_is_a_section() -> None:
    text = "\n".join(schema_sections(SCHEMA, ["TopShape"]))
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Top", "## Inner"]
    assert "The top." in text
    assert "| `name` | text | required | A \\| name. |" in text
    assert '| `kind` | `a`, `b` | `"a"` |  |' in text
    assert "| `inner` | [Inner](#inner) |  |  |" in text
    assert "| `words` | mapping: list: number |  |  |" in text
    assert "| `on` | true or false | `false` |  |" in text
