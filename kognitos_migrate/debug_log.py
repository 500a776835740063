"""The debug log: what the engine did, as JSON lines in the file that KOGNITOS_MIGRATE_DEBUG names.

Without the variable nothing is written. Worker processes append to the same file.
"""

import os
from collections.abc import Iterable

VARIABLE = "KOGNITOS_MIGRATE_DEBUG"
"""The environment variable with the path of the log."""

Detail = str | int | Iterable[str] | None


def log(event: str, **details: Detail) -> None:
    """Append an event, with its details, if the variable is set."""
    path = os.environ.get(VARIABLE)
    if path:
        _append(path, {"event": event, "process": os.getpid(), **details})


def _append(path: str, record: dict[str, Detail]) -> None:
    import json

    line = json.dumps(record, default=list, ensure_ascii=False) + "\n"
    with open(path, "ab", buffering=0) as file:
        file.write(line.encode("utf-8", "surrogatepass"))
