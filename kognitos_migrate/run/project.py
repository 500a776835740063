"""The project around a file: its root, and the paths that may hold related files.

Such files, as a commit hook passes them, are not the whole program: what they import and what imports them
decides what their values mean, and whether an edit of theirs would break others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import FileSelection

MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What stands in the folder of a project."""


def project_paths(paths: Sequence[str], scope: FileSelection) -> tuple[str, ...]:
    """The folders and files that may hold what belongs with `paths`; nothing where these are whole projects.

    That is the folder of the configuration, else that of the project, else the files beside a file.
    """
    found: dict[str, None] = {}
    for path in paths:
        start = os.path.abspath(path)
        is_folder = os.path.isdir(start)
        root = scope.root if scope.configured else project_of(start if is_folder else os.path.dirname(start))
        if root is not None and root != start:
            found[root] = None
        elif root is None and not is_folder:
            found.update(dict.fromkeys(_beside(start)))
    return tuple(found)


def is_project(folder: str) -> bool:
    """Whether this is the folder of a project."""
    return any(os.path.exists(os.path.join(folder, mark)) for mark in MARKS)


def project_of(folder: str, is_project: Callable[[str], bool] = is_project) -> str | None:
    """The folder of the project that the absolute path `folder` lies in."""
    while not is_project(folder):
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None
    return folder


def home_of(file: str, is_project: Callable[[str], bool] = is_project) -> str:
    """The folder of the project that a file lies in, the working folder where that lies in it, too."""
    here = os.getcwd()
    home = project_of(os.path.dirname(os.path.abspath(file)), is_project) or here
    return here if is_inside(here, home) else home


def is_inside(folder: str, other: str) -> bool:
    """Whether a folder is another one, or lies in it."""
    return folder == other or folder.startswith(os.path.join(other, ""))


def folder_and_parents(folder: str) -> Iterator[str]:
    """A folder, and all that it lies in, from the inside."""
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        yield (folder := above)


def _beside(file: str) -> list[str]:
    """The modules and notebooks in the folder of `file`."""
    try:
        with os.scandir(os.path.dirname(file)) as entries:
            return sorted(
                entry.path for entry in entries if entry.name.endswith((".py", ".ipynb")) and entry.is_file()
            )
    except OSError:  # the standard input may be given any name
        return []
