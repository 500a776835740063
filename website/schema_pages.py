"""Reference pages generated from JSON Schemas: the configuration, and rule files."""

from collections.abc import Mapping

import msgspec

from kognitos_migrate.config.schema import config_shape
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.schema import json_schema
from website.schema_tables import schema_sections

_CONFIGURATION = """\
# Configuration keys

All keys of `kognitos-migrate.yaml`, and of `[tool.kognitos-migrate]` in `pyproject.toml`.
[Configuration](configuration.md) explains them with examples.
"""
_RULE_FILES = """\
# Keys of rule files

The keys of the YAML files in a folder that `rules:` in the configuration names, by the file's `kind`.
[Writing rules](writing-rules.md) explains them with examples; `kognitos-migrate rules schema` prints the
JSON Schema for your editor.
"""


def schema_pages() -> Mapping[str, str]:
    """The Markdown of the pages, by their path in the site."""
    schema = msgspec.json.schema(config_shape(load_rulebook(), {}))
    rules = json_schema()
    kinds = [choice["$ref"].rpartition("/")[2] for choice in rules["anyOf"]]
    return {
        "configuration-keys.md": "\n".join([_CONFIGURATION, *schema_sections(schema, ["Config"])]),
        "rule-file-keys.md": "\n".join([_RULE_FILES, *schema_sections(rules, kinds)]),
    }
