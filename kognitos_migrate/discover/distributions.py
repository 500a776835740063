"""Import roots of distributions, and the modules that an installed distribution exports."""

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kognitos_migrate.discover.repository import PROJECT_FILES

_PACKAGE = "__init__.py"
_TABLES = (("tool", "poetry", "package-mode"), ("tool", "uv", "package"))
"""Keys of pyproject.toml whose value is False if the project isn't built as a package."""


def is_exported(file: str, roots: tuple[str, ...]) -> bool:
    """Whether an absolute path is that of a public module of a distribution.

    `roots` are the import roots around it.
    """
    file = file.replace(os.sep, "/")
    for root in sorted((root for root in roots if file.startswith(f"{root}/")), key=len, reverse=True):
        names = file.removeprefix(f"{root}/").removesuffix(".py").split("/")
        is_source = root.endswith("/src")
        if is_source and _is_distribution(root.removesuffix("/src")):
            return _are_public(names)
        if not is_source and _is_distribution(root):
            return len(names) > 1 and _are_public(names) and _is_in_packages(root, names[:-1])
    return False


def _are_public(names: list[str]) -> bool:
    return not any(name.startswith("_") for name in names if name != _PACKAGE.removesuffix(".py"))


def _is_in_packages(root: str, folders: list[str]) -> bool:
    ends = range(1, len(folders) + 1)
    return all(os.path.isfile("/".join((root, *folders[:end], _PACKAGE))) for end in ends)


@cache
def _is_distribution(folder: str) -> bool:
    """Whether a folder is the source of a distribution that others can install."""
    if os.path.isfile(os.path.join(folder, "setup.py")) or _is_set_up(os.path.join(folder, "setup.cfg")):
        return True
    project = _read_toml(os.path.join(folder, "pyproject.toml"))
    return "build-system" in project and not any(_value(project, keys) is False for keys in _TABLES)


def _is_set_up(path: str) -> bool:
    """Whether a setup.cfg describes a distribution, and not only settings of tools."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        parser.read(path, "utf-8")
    except (Error, UnicodeDecodeError):
        return True
    return parser.has_option("metadata", "name") or parser.has_option("options", "packages")


def _read_toml(path: str) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError:
        return {}
    except (ValueError, RecursionError):
        return {"build-system": {}}


def _value(document: Mapping[str, Any], keys: tuple[str, ...]) -> object:
    value: object = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


class ImportRoots:
    """Import roots: the folders of distributions, and their `src` folders.

    Modules in an import root can be imported from anywhere once the distribution is installed.
    """

    def __init__(self) -> None:
        self._roots: dict[str, tuple[str, ...]] = {}

    def roots_around(self, folder: str) -> tuple[str, ...]:
        """The import roots that contain an absolute folder, innermost first."""
        if folder not in self._roots:
            parent = os.path.dirname(folder)
            outer = self.roots_around(parent) if parent != folder else ()
            self._roots[folder] = (*_own_roots(folder), *outer)
        return self._roots[folder]


def _own_roots(folder: str) -> Iterator[str]:
    if any(os.path.isfile(os.path.join(folder, mark)) for mark in PROJECT_FILES):
        yield folder.replace(os.sep, "/")
        source = os.path.join(folder, "src")
        if os.path.isdir(source):
            yield source.replace(os.sep, "/")
