"""The repository of a file, and the names of the file in it.

The name of its own folder, and of those above, is a choice of each clone. It says nothing about the code.
"""

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
"""Files in the folder of a distribution."""
MARKS = (".git", *PROJECT_FILES)
"""The entries of a directory that make it the root of a project."""


_NO_NAME = re.compile(r"(?!)")


def folder_of(file: str) -> str:
    """The absolute path of a file's directory."""
    return os.path.dirname(os.path.abspath(file))


def folder_and_parents(folder: str) -> Iterator[str]:
    """A directory and its parents, innermost first."""
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        yield (folder := parent)


def is_project(folder: str) -> bool:
    """Whether the directory is the root of a project."""
    return any(os.path.exists(os.path.join(folder, mark)) for mark in MARKS)


def path_has_word(file: str, words: Iterable[str], excluded: re.Pattern[str] = _NO_NAME) -> bool:
    """Whether the name of a module, or of a folder between the repository and the module, contains one of the
    words, which are in small letters, outside of the `excluded` names.

    The result is the same from any working directory. Outside of a repository, the own folder counts.
    """
    path = os.path.abspath(file)
    named = [word for word in words if word in path.lower()]
    if not named:
        return False
    folder = os.path.dirname(path)
    root = _repository_of(folder) or os.path.dirname(folder)
    below = excluded.sub(" ", path[len(root) :].lower())
    return any(word in below for word in named)


def git_repository_of(folder: str) -> str | None:
    """The innermost directory with `.git` around a folder, or the folder itself. None if there is none."""
    folders = folder_and_parents(os.path.abspath(folder))
    return next((above for above in folders if os.path.exists(os.path.join(above, ".git"))), None)


@cache
def _repository_of(folder: str) -> str | None:
    """The innermost directory with `.git` around an absolute folder, else the outermost root of a project.
    None if there is none."""
    if os.path.exists(os.path.join(folder, ".git")):
        return folder
    above = os.path.dirname(folder)
    outer = _repository_of(above) if above != folder else None
    return outer or (folder if is_project(folder) else None)
