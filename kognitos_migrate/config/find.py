"""Where the configuration is. Nothing is loaded for it: most runs look for one, and do little else."""

import os
from collections.abc import Iterable

from kognitos_migrate.errors import UsageError

FILE_NAME = "kognitos-migrate.yaml"
PROJECT_FILE = "pyproject.toml"
PROJECT_TABLE = ("tool", "kognitos-migrate")
_ESCAPES = (b"\\u", b"\\U", b"\\x")
"""How a key may be spelled otherwise."""


def config_of(paths: Iterable[str]) -> str | None:
    """The configuration file that all of `paths` share. Raises UsageError where they don't share one."""
    starts = dict.fromkeys(_folder(path) for path in paths)
    by_config = {find_config(start): start for start in starts}
    if len(by_config) > 1:
        said = ", ".join(f"{start} has {config or 'none'}" for config, start in by_config.items())
        raise UsageError(
            f"the paths have different configurations: {said}",
            expected="run the command once for each, or say which with --config",
        )
    return next(iter(by_config), None)


def find_config(start: str) -> str | None:
    """The nearest configuration of `start`, a file or folder: in its folder or in one above it."""
    folder = os.path.abspath(start)
    while True:
        own, project = os.path.join(folder, FILE_NAME), os.path.join(folder, PROJECT_FILE)
        if os.path.isfile(own):
            return own
        if os.path.isfile(project) and _has_table(project):
            return project
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None


def _folder(path: str) -> str:
    """The folder to begin the search in."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)


def _has_table(project: str) -> bool:
    try:
        with open(project, "rb") as file:
            data = file.read()
    except OSError:
        return False
    if not _may_have_table(data):
        return False
    from kognitos_migrate.config.table import has_table

    return has_table(data, PROJECT_TABLE)


def _may_have_table(data: bytes) -> bool:
    """Whether TOML with these bytes may have the table. Many only name the tool as what they install: to read
    all of them as TOML would take a tenth of a check of a few files."""
    outer, name = (key.encode() for key in PROJECT_TABLE)
    if name not in data:
        return False
    bare = data.translate(None, b" \t\"'")
    keys = (outer + b"." + name, outer + b"]", outer + b"=")
    return any(key in bare for key in keys) or any(escape in data for escape in _ESCAPES)
