"""The write policy: paths that the tool may write to.

A repository is not trusted: a link in it may lead anywhere, and a plan or a configuration may name any path.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from kognitos_migrate.errors import SourceError

VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".bzr", ".jj"))
"""Folders whose files git and its relatives run or trust."""
STARTUP_FILES = frozenset(("sitecustomize.py", "usercustomize.py"))
"""Modules that every Python runs when it starts."""


class WriteRefusedError(SourceError):
    """A file that may not be replaced."""


def target_of(path: str) -> str:
    """The real path of the file at `path`, which may be replaced.

    Raises Refused for a link, which would be written through; for a file with further names on disk, which
    would go on as they are; for another user's file, which would become this one's; and for what is
    read-only or no file at all.
    """
    try:
        found = os.lstat(path)
    except (OSError, ValueError) as error:
        raise WriteRefusedError("the file has vanished", path=path) from error
    if stat.S_ISLNK(found.st_mode):
        raise WriteRefusedError(
            f"the file is a link to {os.readlink(path)}, and links are not written through",
            path=path,
            expected="give the file that it leads to",
        )
    if not stat.S_ISREG(found.st_mode):
        raise WriteRefusedError("this is not a regular file", path=path)
    if found.st_nlink > 1:
        raise WriteRefusedError(
            f"the file has {found.st_nlink} names (hard links), and only this one would change", path=path
        )
    if hasattr(os, "geteuid") and os.geteuid() not in (0, found.st_uid):
        raise WriteRefusedError("the file belongs to another user", path=path)
    if not found.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        raise WriteRefusedError("the file is read-only", path=path)
    return os.path.realpath(path)


def is_within(path: str, folders: Iterable[Path]) -> bool:
    """Whether the real file at `path` lies in one of `folders`, or below."""
    real = os.path.realpath(path)
    tops = [os.path.realpath(folder) for folder in folders]
    return any(real.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def require_allowed(path: str, folders: Iterable[Path]) -> None:
    """Raise Refused unless a file of the program may be written at `path`: within `folders`, links resolved,
    and no file that git or Python runs by itself."""
    require_inert(path)
    if not is_within(path, folders):
        raise WriteRefusedError(
            "the file lies outside of this folder and its project",
            path=path,
            expected="run the command in the folder that holds it",
        )


def require_output(path: str) -> None:
    """Raise Refused unless an output file that the user names may be written at `path`.

    A path below the working folder must lead there: a repository could hold a link of that name. Any other
    path is the user's own choice.
    """
    require_inert(path)
    here = os.getcwd()
    whole = os.path.normpath(os.path.join(here, path))
    if not whole.startswith(here.rstrip(os.sep) + os.sep):
        return
    if os.path.islink(whole) or not is_within(whole, (Path(here),)):
        raise WriteRefusedError(
            f"the output would be written through a link, to {os.path.realpath(whole)}",
            path=path,
            expected="name the file that the link leads to, or remove the link",
        )


def require_inert(path: str) -> None:
    """Refuse what version control or Python itself would run or trust."""
    parts = Path(os.path.realpath(path)).parts
    folder = next((part for part in parts[:-1] if part.lower() in VERSION_CONTROL), None)
    if folder is not None:
        raise WriteRefusedError(f"files in {folder} are never written", path=path)
    name = parts[-1].lower()
    if name in STARTUP_FILES or name.endswith(".pth"):
        raise WriteRefusedError("Python runs this file whenever it starts, so it is never written", path=path)
