"""Import roots of distributions, the modules that an installed distribution exports, and requirements."""

import os
import re
from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import Any

from kognitos_migrate.discover.repository import PROJECT_FILES
from kognitos_migrate.source.content import read_bounded

_PACKAGE = "__init__.py"
_REQUIREMENTS = re.compile(
    r"(?:requirements|constraints).*\.(?:txt|in)|setup\.(?:py|cfg)|Pipfile|environment.*\.ya?ml|conda.*\.ya?ml"
)
"""The files that name required distributions, beside pyproject.toml."""
_REQUIRED = re.compile(r"""(?:^|(?<=[-"',\[\s]))([A-Za-z][\w.-]*)""", re.MULTILINE)
"""A name that may be one of a required distribution."""
_REQUIREMENT_TABLES = (
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "poetry", "group"),
    ("tool", "pdm", "dev-dependencies"),
    ("tool", "uv", "dev-dependencies"),
)
"""Keys of pyproject.toml whose values name required distributions."""
_AIRFLOW_FOLDERS = ("dags", "plugins")
"""The folders beside each other that Airflow puts on the import path."""
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
    if os.path.isfile(os.path.join(folder, "setup.py")) or _describes_distribution(
        os.path.join(folder, "setup.cfg")
    ):
        return True
    project = _read_toml(os.path.join(folder, "pyproject.toml"))
    return "build-system" in project and not any(_value(project, keys) is False for keys in _TABLES)


def _describes_distribution(path: str) -> bool:
    """Whether a setup.cfg describes a distribution, and not only settings of tools."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(read_bounded(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, Error, UnicodeDecodeError):
        return True
    return parser.has_option("metadata", "name") or parser.has_option("options", "packages")


def _read_toml(path: str) -> Mapping[str, Any]:
    from kognitos_migrate.source.toml_text import parse_toml

    try:
        return parse_toml(read_bounded(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError):
        return {"build-system": {}}


def _value(document: Mapping[str, Any], keys: tuple[str, ...]) -> object:
    value: object = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


class ImportRoots:
    """Import roots: the folders of distributions, their `src` folders, and the folders of Airflow.

    Modules in an import root can be imported from anywhere once the distribution is installed.
    """

    def __init__(self) -> None:
        self._roots: dict[str, tuple[str, ...]] = {}
        self._requirements: dict[str, tuple[str, ...]] = {}

    def roots_around(self, folder: str) -> tuple[str, ...]:
        """The import roots that contain an absolute folder, innermost first."""
        unknown, outer = _unknown_folders(folder, self._roots)
        roots = self._roots.get(outer, ())
        for inner in reversed(unknown):
            roots = self._roots[inner] = (*_own_roots(inner), *roots)
        return roots

    def requirements_around(self, folder: str) -> tuple[str, ...]:
        """The distributions that the files of an absolute folder and of its parents require, in the spelling
        of modules: in small letters, with underscores for hyphens and dots."""
        unknown, outer = _unknown_folders(folder, self._requirements)
        names = self._requirements.get(outer, ())
        for inner in reversed(unknown):
            own = {re.sub(r"[-.]+", "_", name).lower() for name in _own_requirements(inner)}
            names = self._requirements[inner] = tuple(sorted({*own, *names}))
        return names


def _unknown_folders(folder: str, cached: Container[str]) -> tuple[list[str], str]:
    """A folder and those around it that aren't cached, innermost first, and the next one, which is cached, or
    the root of the file system."""
    unknown: list[str] = []
    outer = folder
    while outer not in cached and (not unknown or unknown[-1] != outer):
        unknown.append(outer)
        outer = os.path.dirname(outer)
    return unknown, outer


def _own_requirements(folder: str) -> Iterator[str]:
    """The names of distributions in the requirement files of a folder."""
    for inner in (folder, os.path.join(folder, "requirements")):
        for name in _files_in(inner):
            if _REQUIREMENTS.fullmatch(name) or (inner != folder and name.endswith(".txt")):
                yield from _REQUIRED.findall(_read_text(os.path.join(inner, name)))
    pyproject = os.path.join(folder, "pyproject.toml")
    project = _read_toml(pyproject) if os.path.isfile(pyproject) else {}
    for keys in _REQUIREMENT_TABLES:
        for text in _texts_in(_value(project, keys)):
            yield from _REQUIRED.findall(text)


def _files_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read_text(path: str) -> str:
    try:
        return read_bounded(path).decode("utf-8", "replace")
    except OSError:
        return ""


def _texts_in(value: object) -> Iterator[str]:
    """The texts in a value of a TOML document, and the keys of its tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def _own_roots(folder: str) -> Iterator[str]:
    if any(os.path.isfile(os.path.join(folder, mark)) for mark in PROJECT_FILES):
        yield folder.replace(os.sep, "/")
        source = os.path.join(folder, "src")
        if os.path.isdir(source):
            yield source.replace(os.sep, "/")
    beside = [os.path.join(folder, name) for name in _AIRFLOW_FOLDERS]
    if all(map(os.path.isdir, beside)):
        yield from (path.replace(os.sep, "/") for path in beside)
