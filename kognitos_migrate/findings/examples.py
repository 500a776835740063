"""Examples of codes and of reasons: a program with the finding, and how the finding is resolved.

The examples are data beside the rules (`rules/examples.toml`), read when a code or a reason is explained.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from kognitos_migrate.config.toml import read_toml
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.paths import builtin_rules
from kognitos_migrate.rulebook.validation import validate
from kognitos_migrate.structs import Struct


class FindingExample(Struct, frozen=True, forbid_unknown_fields=True):
    """A program with a finding, and how the finding is resolved.

    An example without a program has a `note`, which says why.
    """

    before: str = ""
    after: str = ""
    """The program without the finding. Empty if another change resolves it."""
    file: str = "example.py"
    """The name of the program's file."""
    settings: Mapping[str, Any] = {}
    """Keys of the configuration that replace those of the rules' sample."""
    configuration: str = ""
    """The YAML of the configuration that resolves the finding."""
    note: str = ""
    """Markdown below the example."""
    same_as: str = ""
    """The code or the reason with the same example."""


@lru_cache(maxsize=1)
def finding_examples() -> Mapping[str, FindingExample]:
    """All examples, by code or reason."""
    document = read_toml(Path(builtin_rules()) / "examples.toml", ())
    examples: dict[str, FindingExample] = validate(document, dict[str, FindingExample], ConfigError)
    return {name: examples.get(example.same_as, example) for name, example in examples.items()}
