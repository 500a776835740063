"""The project around files that are given one by one.

Such files, as a commit hook passes them, are not the whole program: what they import and what imports them
decides what their values mean, and whether an edit of theirs would break others.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kognitos_migrate.config.settings import Settings

MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What stands in the folder of a project."""


def project_paths(paths: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The folders and files that may hold what belongs with those of `paths` that are files.

    That is the folder of the configuration, else that of the project, else the files beside the file.
    """
    files = [path for path in paths if not os.path.isdir(path)]
    if not files:
        return ()
    if settings.source is not None:
        return (str(settings.root),)
    found: dict[str, None] = {}
    for folder in dict.fromkeys(Path(os.path.abspath(path)).parent for path in files):
        found.update(dict.fromkeys(_around(folder)))
    return tuple(found)


def _around(folder: Path) -> Iterable[str]:
    for root in (folder, *folder.parents):
        if any((root / mark).exists() for mark in MARKS):
            return (str(root),)
    return [str(path) for path in sorted(folder.glob("*.py")) if path.is_file()]
