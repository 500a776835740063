"""The schema of rule files of all kinds, and the configuration keys that they can't declare.

These structs validate the shape of a file and yield the JSON Schema for editors. `cross_checks.py` checks its
references, and `build.py` makes the model that the engine uses.
"""

from typing import Any

from kognitos_migrate.rulebook.api_schema import ApiFile, OperationFile
from kognitos_migrate.rulebook.client_schema import ClientFile
from kognitos_migrate.rulebook.mock_schema import MockFile

OWN_KEYS = (
    "hosts",
    "rules",
    "src",
    "tests",
    "include",
    "exclude",
    "select",
    "ignore",
    "per-file-ignores",
    "severity",
    "baseline",
    "adapter",
)
"""The tool's own configuration keys. No rule may declare a setting with one of these names."""


RuleFile = ApiFile | OperationFile | ClientFile | MockFile


def json_schema() -> dict[str, Any]:
    """The JSON Schema of rule files, for editors."""
    import msgspec

    return msgspec.json.schema(RuleFile)
