"""The test files that a project's pytest configuration names."""

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

from kognitos_migrate.source.content import read_bounded
from kognitos_migrate.source.toml_text import parse_toml

_SECTIONS = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_PROJECT = "pyproject.toml"
_OPTION = "python_files"


def python_files_patterns(root: Path) -> tuple[str, ...]:
    """The patterns of `python_files` in the pytest configuration of a folder. Empty if there is none.

    Files that can't be read are left out: pytest itself reports them.
    """
    try:
        names = {*os.listdir(root)}
    except OSError:
        return ()
    return tuple(dict.fromkeys(pattern for value in _values(root, names) for pattern in value.split()))


def _values(root: Path, names: set[str]) -> Iterator[str]:
    for name in sorted(names.intersection(_SECTIONS)):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(read_bounded(root / name).decode("utf-8"))
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        yield parser.get(_SECTIONS[name], _OPTION, fallback="")
    if _PROJECT not in names:
        return
    try:
        document = parse_toml(read_bounded(root / _PROJECT).decode("utf-8"))
        value = document["tool"]["pytest"]["ini_options"][_OPTION]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    yield value if isinstance(value, str) else " ".join(map(str, value if isinstance(value, list) else ()))
