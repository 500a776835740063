"""Discovery of the configuration file. Imports next to nothing, because every run needs it."""

import os
from collections.abc import Iterable

from kognitos_migrate.errors import UsageError
from kognitos_migrate.source.content import is_utf16, read_bounded

FILE_NAME = "kognitos-migrate.yaml"
SCHEMA_NAME = "kognitos-migrate.schema.json"
"""The file next to the configuration with its JSON Schema, if the user has saved that."""
PROJECT_FILE = "pyproject.toml"
PROJECT_TABLE = ("tool", "kognitos-migrate")
_OTHER_NAME = "kognitos-migrate.yml"
_OTHER_TABLE = b"[tool.kognitos_migrate"
_ESCAPES = (b"\\u", b"\\U", b"\\x")
"""Escape sequences with which TOML can spell the letters of a quoted key."""


def shared_config(paths: Iterable[str]) -> str | None:
    """The configuration file that applies to all of `paths`; None if there is none.

    Raises UsageError if two of the paths have different configurations.
    """
    starts = dict.fromkeys(_folder(path) for path in paths)
    by_config = {find_config(start): start for start in starts}
    if len(by_config) > 1:
        listing = ", ".join(f"{start} has {config or 'none'}" for config, start in by_config.items())
        raise UsageError(
            f"the paths belong to different configurations: {listing}",
            expected="run the command once per configuration, or pass --config",
        )
    return next(iter(by_config), None)


def find_config(start: str) -> str | None:
    """The nearest configuration file for `start`, a file or folder: in its folder or in one above it.

    Returns None if there is none. Raises UsageError for a misspelled file or table name, such as
    kognitos-migrate.yml.
    """
    folder = os.path.abspath(start)
    while True:
        own, project = os.path.join(folder, FILE_NAME), os.path.join(folder, PROJECT_FILE)
        if os.path.isfile(own):
            return own
        project_text = _read(project) if os.path.isfile(project) else b""
        if _has_table(project_text):
            return project
        _refuse_other_names(folder, project_text)
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None


def shadowed_table(config: str) -> str | None:
    """The pyproject.toml with a configuration that the file `config` next to it replaces. None if there is
    none."""
    folder, name = os.path.split(config)
    project = os.path.join(folder, PROJECT_FILE)
    is_shadowed = name == FILE_NAME and os.path.isfile(project) and _has_table(_read(project))
    return project if is_shadowed else None


def _folder(path: str) -> str:
    """The folder in which the search for the configuration of `path` begins."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)


def _refuse_other_names(folder: str, project: bytes) -> None:
    """Raise UsageError if the file or the table in `project` has a misspelled name, or is in UTF-16.

    It would be ignored silently.
    """
    if is_utf16(project) and _may_have_table(project.replace(b"\0", b"")):
        path = os.path.join(folder, PROJECT_FILE)
        raise UsageError("is UTF-16, which TOML can't be", path=path, expected="save it as UTF-8")
    other = os.path.join(folder, _OTHER_NAME)
    if os.path.isfile(other):
        raise UsageError(f"{other} is ignored", expected=f"rename it to {FILE_NAME}")
    if _OTHER_TABLE in project:
        raise UsageError(
            f"{_OTHER_TABLE.decode()}] is ignored",
            path=os.path.join(folder, PROJECT_FILE),
            expected=f"rename it to [{'.'.join(PROJECT_TABLE)}]",
        )


def _read(file: str) -> bytes:
    """The content of a file; empty if it can't be read."""
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
    """Whether TOML with these bytes can contain the table, judged without parsing it.

    Many projects only name the tool as a dependency. Parsing each such file would take a tenth of the time of
    a check of a few files.
    """
    outer, name = (key.encode() for key in PROJECT_TABLE)
    if name not in data:
        return False
    bare = data.translate(None, b" \t\"'")
    keys = (outer + b"." + name, outer + b"]", outer + b"=")
    return any(key in bare for key in keys) or any(escape in data for escape in _ESCAPES)
