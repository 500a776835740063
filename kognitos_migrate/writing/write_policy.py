"""The write policy: paths that the tool may write to.

Repositories are not trusted. A link in one may lead anywhere, and a plan or a configuration may name any
path.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kognitos_migrate.errors import SourceError

VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".bzr", ".jj"))
"""Folders whose files version control systems execute or trust."""
STARTUP_MODULES = ("sitecustomize", "usercustomize")
"""Modules that every Python process imports when it starts."""
STARTUP_FILES = frozenset(f"{module}{suffix}" for module in STARTUP_MODULES for suffix in ("", ".py", ".pyw"))
"""Their files, and the folders of those that are packages."""


class WriteRefusedError(SourceError):
    """The write policy doesn't allow a file to be replaced."""


def target_of(path: str) -> str:
    """The real path of the file at `path`, which may be replaced.

    Raises WriteRefusedError for a symbolic link, a file with several hard links, a file of another user, a
    read-only file, and anything that isn't a regular file.
    """
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        raise WriteRefusedError("the file no longer exists", path=path) from error
    if stat.S_ISLNK(status.st_mode):
        raise WriteRefusedError(
            f"the file is a link to {os.readlink(path)}; links are never followed for writing",
            path=path,
            expected="pass the link's target",
        )
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefusedError("this is not a regular file", path=path)
    if status.st_nlink > 1:
        raise WriteRefusedError(
            f"the file has {status.st_nlink} names (hard links), and only this one would change", path=path
        )
    if hasattr(os, "geteuid") and os.geteuid() not in (0, status.st_uid):
        raise WriteRefusedError("the file belongs to another user", path=path)
    if not status.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        raise WriteRefusedError("the file is read-only", path=path)
    return os.path.realpath(path)


def is_within(path: str, folders: Iterable[Path]) -> bool:
    """Whether the real path of `path` is inside of one of `folders`."""
    real = os.path.realpath(path)
    tops = [os.path.realpath(folder) for folder in folders]
    return any(real.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def require_allowed(path: str, folders: Iterable[Path]) -> None:
    """Raise WriteRefusedError unless a file of the program may be written at `path`.

    Its real path must be inside of `folders`, and neither version control nor Python may execute it by
    itself.
    """
    require_inert(path)
    if not is_within(path, folders):
        raise WriteRefusedError(
            "the file is outside of this folder and its project",
            path=path,
            expected="run the command in the folder that contains it",
        )


def require_output(path: str, project: Path | None) -> str:
    """The real path of an output file that the user names. Raises WriteRefusedError unless it may be written.

    A path below the working folder or the `project` must not lead out of it through a link, since a
    repository can contain one. Any other path is the user's own choice.
    """
    whole, real = os.path.abspath(path), os.path.realpath(path)
    require_inert(path)
    folders = [os.path.abspath(folder) for folder in (os.curdir, project) if folder is not None]
    around = [folder for folder in folders if whole.startswith(folder.rstrip(os.sep) + os.sep)]
    if around and (os.path.islink(whole) or not is_within(real, map(Path, around))):
        raise WriteRefusedError(
            f"the output would be written through a link, to {real}",
            path=path,
            expected="name the file that the link leads to, or remove the link",
        )
    return real


def require_inert(path: str) -> None:
    """Raise WriteRefusedError for files that version control or Python executes or trusts by itself."""
    whole = Path(os.path.realpath(path))
    folders = [folder for folder in whole.parents if _is_named(folder, VERSION_CONTROL)]
    if folders:
        raise WriteRefusedError(f"files in {folders[0].name} are never written", path=path)
    if whole.name.lower().endswith(".pth") or any(
        _is_named(part, STARTUP_FILES) for part in (whole, whole.parent)
    ):
        raise WriteRefusedError("Python runs this file whenever it starts, so it is never written", path=path)


def _is_named(path: Path, names: Iterable[str]) -> bool:
    """Whether the file system finds `path` under one of `names`, too.

    Some file systems ignore case, some characters, or have short names: `.GIT`, `.g\u200cit` or `git~1`.
    """
    if path.name.lower() in names:
        return True
    for name in names:
        with suppress(OSError, ValueError):
            if os.path.samefile(path, path.with_name(name)):
                return True
    return False
