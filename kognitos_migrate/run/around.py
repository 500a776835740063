"""The project around files and folders that are a part of it.

Such files, as a commit hook passes them, are not the whole program: what they import and what imports them
decides what their values mean, and whether an edit of theirs would break others.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from kognitos_migrate.config.settings import Settings

MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What stands in the folder of a project."""


def project_paths(paths: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The folders and files that may hold what belongs with `paths`; nothing where these are whole projects.

    That is the folder of the configuration, else that of the project, else the files beside a file.
    """
    found: dict[str, None] = {}
    for path in paths:
        start = Path(os.path.abspath(path))
        is_folder = start.is_dir()
        root = settings.root if settings.source is not None else _root(start if is_folder else start.parent)
        if root is not None and root != start:
            found[str(root)] = None
        elif root is None and not is_folder:
            found.update((str(one), None) for one in sorted(start.parent.glob("*.py")) if one.is_file())
    return tuple(found)


def _root(folder: Path) -> Path | None:
    """The folder of the project that `folder` lies in."""
    return next(
        (one for one in (folder, *folder.parents) if any((one / mark).exists() for mark in MARKS)), None
    )
