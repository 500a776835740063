"""The JSON Schema of the configuration, by a validator that editors use as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from kognitos_migrate.config.schema import config_json_schema
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"
SCHEMA = config_json_schema(load_rulebook())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def faults(text: str) -> list[str]:
    """The keys with a fault."""
    return sorted("/".join(map(str, error.path)) for error in VALIDATOR.iter_errors(yaml.safe_load(text)))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_documented_configuration_is_valid() -> None:
    text = DOCS.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert set(yaml.safe_load(text)) == set(SCHEMA["properties"])
    assert not faults(text)


def test_every_key_has_a_description() -> None:
    properties: dict[str, Any] = SCHEMA["properties"]
    assert [name for name, value in properties.items() if not value.get("description")] == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("hosts:\nstates:\n", []),
        ("states: {running: Executing, failed: [Failed, Aborted], mine: []}", []),
        ("processes: {abc: {process_id: p, agent_id: a, stage: Draft}}", []),
        ("processes: {abc: {process_id:, agent_id: a, stage: Staging}}", ["processes"]),
        ("hots: [a.b]", [""]),
        ("hosts: [https://a.b/]", ["hosts"]),
        ("severity: {KOG1: fatal}", ["severity"]),
        ("v2_request: gide", ["v2_request"]),
        ("select: [KOG7]", ["select"]),
    ],
)
def test_faults_are_at_their_keys(text: str, keys: list[str]) -> None:
    assert faults(text) == keys


def test_keys_of_other_rules_are_in_it(boxes: Rulebook) -> None:
    assert {"shelves", "moods", "flavour"} <= set(config_json_schema(boxes)["properties"])
