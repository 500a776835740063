"""Discovery of the configuration file. Imports next to nothing, because every run needs it."""

import os
from collections.abc import Iterable

from kognitos_migrate.errors import UsageError
from kognitos_migrate.source.content import read_bounded

FILE_NAME = "kognitos-migrate.yaml"
PROJECT_FILE = "pyproject.toml"
PROJECT_TABLE = ("tool", "kognitos-migrate")
_OTHER_NAME = "kognitos-migrate.yml"
_OTHER_TABLE = b"[tool.kognitos_migrate"
_ESCAPES = (b"\\u", b"\\U", b"\\x")
"""How a key may be spelled otherwise."""


def shared_config(paths: Iterable[str]) -> str | None:
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
    """The nearest configuration of `start`, a file or folder: in its folder or in one above it. Raises
    UsageError where one stands under a name by which it is not read."""
    folder = os.path.abspath(start)
    while True:
        own, project = os.path.join(folder, FILE_NAME), os.path.join(folder, PROJECT_FILE)
        if os.path.isfile(own):
            return own
        said = _read(project) if os.path.isfile(project) else b""
        if _has_table(said):
            return project
        _refuse_other_names(folder, said)
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None


def _folder(path: str) -> str:
    """The folder to begin the search in."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)


def _refuse_other_names(folder: str, project: bytes) -> None:
    """Raise a UsageError where a file or a table of the project is called nearly as the configuration: it
    would count for nothing, and nobody would know."""
    other = os.path.join(folder, _OTHER_NAME)
    if os.path.isfile(other):
        raise UsageError(f"{other} is not read", expected=f"the configuration is called {FILE_NAME}")
    if _OTHER_TABLE in project:
        raise UsageError(
            f"{_OTHER_TABLE.decode()}] is not read",
            path=os.path.join(folder, PROJECT_FILE),
            expected=f"the table is called [{'.'.join(PROJECT_TABLE)}]",
        )


def _read(file: str) -> bytes:
    """What a file holds; nothing if it can't be read."""
    try:
        return read_bounded(file)
    except OSError:
        return b""


def _has_table(data: bytes) -> bool:
    if not _may_have_table(data):
        return False
    from kognitos_migrate.config.toml_tables import has_table

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
