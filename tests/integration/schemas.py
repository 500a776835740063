"""The official schemas of what continuous integration reads, as the package check-jsonschema ships them."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import yaml


def check(file: Path, schema: str) -> None:
    """Fails if the YAML in `file` isn't what the schema wants."""
    check_document(yaml.safe_load(file.read_text("utf-8")), schema)


def check_document(document: Any, schema: str) -> None:
    """Fails if a document isn't what the schema wants."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    loaded = json.loads(vendored.read_text("utf-8"))
    jsonschema.validators.validator_for(loaded)(loaded).validate(document)
