"""Paths of rule files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.errors import RuleError
from kognitos_migrate.source.content import read_bounded, shown_path

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUFFIXES = (".yaml", ".yml")
MAX_FOLDERS = 2000
MAX_FILES = 1000
"""Limits for one folder of rules, so that `rules: [/]` doesn't read a whole disk."""


def builtin_rules() -> str:
    """The folder of the built-in rules: inside of the installed package, or beside it in a checkout."""
    for folder in (os.path.join(_PACKAGE, "rules"), os.path.join(os.path.dirname(_PACKAGE), "rules")):
        if os.path.isdir(folder):
            return folder
    raise RuleError("the built-in rules are missing", path=_PACKAGE, expected="install the package again")


def is_builtin(path: str) -> bool:
    """Whether the file at `path` belongs to the built-in rules."""
    return os.path.realpath(path).startswith(os.path.realpath(builtin_rules()) + os.sep)


def rule_files(folder: str | Path) -> Sequence[str]:
    """The paths of the rule files in `folder` and its subfolders, sorted.

    Raises RuleError if there are none.
    """
    if not os.path.isdir(folder):
        raise RuleError(
            "is not a folder", path=shown_path(folder), expected="expected a folder of rule files"
        )
    files: list[str] = []
    for number, (inner, _, names) in enumerate(os.walk(folder)):
        if number > MAX_FOLDERS or len(files) > MAX_FILES:
            raise RuleError(
                f"has more than {MAX_FOLDERS} folders or {MAX_FILES} rule files",
                path=shown_path(folder),
                expected="expected a folder of rule files alone",
            )
        paths = (os.path.join(inner, name) for name in names if name.endswith(SUFFIXES))
        files += filter(os.path.isfile, paths)
    if not files:
        raise RuleError("has no rule files", path=shown_path(folder), expected="expected *.yaml")
    return sorted(files, key=lambda path: path.split(os.sep))


def rule_texts(folders: Sequence[str | Path]) -> bytes:
    """The paths and contents of the rule files in `folders`, as a cache key. Raises RuleError and OSError."""
    fields: list[bytes] = []
    for path in [path for folder in folders for path in rule_files(folder)]:
        text = read_bounded(path)
        fields += (os.fsencode(path), b"%d" % len(text), text)
    return b"\0".join(fields)
