"""The project around a file: its root, and the paths that may contain related files.

A commit hook passes only some files of a program. Their imports and importers determine the values in them,
and whether an edit would break other code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.discover.repository import is_project

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import FileSelection


def project_paths(paths: Sequence[str], scope: FileSelection) -> tuple[str, ...]:
    """The directories and files that may contain the program of `paths`. Empty if `paths` are whole projects.

    The directory of the configuration, else the root of the project, else the files in the same directory.
    """
    program_paths: dict[str, None] = {}
    for path in paths:
        start = os.path.abspath(path)
        is_folder = os.path.isdir(start)
        root = scope.root if scope.configured else project_of(start if is_folder else os.path.dirname(start))
        if root is not None and root != start:
            program_paths[root] = None
        elif root is None and not is_folder:
            program_paths.update(dict.fromkeys(_modules_in_folder(start)))
    return tuple(program_paths)


def project_of(folder: str, is_project: Callable[[str], bool] = is_project) -> str | None:
    """The root of the project that contains the absolute path `folder`. None if there is none."""
    while not is_project(folder):
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            return None
    return folder


def home_of(file: str, is_project: Callable[[str], bool]) -> str:
    """The root of the project that contains a file. The working directory if it lies in that project."""
    here = os.getcwd()
    home = project_of(os.path.dirname(os.path.abspath(file)), is_project) or here
    return here if is_inside(here, home) else home


def is_inside(folder: str, other: str) -> bool:
    """Whether a directory equals the other one or lies in it."""
    return folder == other or folder.startswith(os.path.join(other, ""))


def _modules_in_folder(file: str) -> list[str]:
    """The modules and notebooks in the directory of `file`."""
    try:
        with os.scandir(os.path.dirname(file)) as entries:
            return sorted(
                entry.path for entry in entries if entry.name.endswith((".py", ".ipynb")) and entry.is_file()
            )
    except OSError:  # the file name of the standard input may not exist
        return []
