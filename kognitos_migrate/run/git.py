"""Queries git: uncommitted files, and the root of the repository."""

import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.errors import UsageError

_AT_A_TIME = 200
"""The limit on paths per command line: Windows allows some 32,000 characters."""
_LONGEST = 300
"""The limit on the characters shown of a message of git."""
PATIENCE = 30.0
"""The limit on the seconds of a command. A repository that contains pipes keeps git waiting forever."""
_NO_PROGRAMS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
"""Options that keep git from running programs that the repository names. `_no_filters` disables filters."""
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C"}
"""Environment that keeps git from writing and from fetching, even the missing objects of a partial clone."""
_OTHER_REPOSITORY = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"})
"""Variables that a git hook sets for its own repository, which may not be the one that is queried."""


class GitError(UsageError):
    """git can't report the state of the files in a repository."""


def uncommitted_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The `paths` that differ from the last commit: modified, staged, untracked or ignored.

    Files outside a repository are left out. Raises GitError if git isn't installed or fails.
    """
    by_repository: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        top = _repository(path)
        if top is not None:
            by_repository[top].append(path)
    dirty = [path for top, inside in by_repository.items() for path in _dirty_files(top, inside)]
    return tuple(sorted(dirty))


def below_top() -> str:
    """The working directory relative to the root of its repository, with `/`. Empty at the root and outside a
    repository."""
    here = os.path.realpath(os.curdir)
    top = _repository(os.path.join(here, "file"))
    below = os.path.relpath(here, top) if top is not None else os.curdir
    return "" if below == os.curdir else below.replace(os.sep, "/")


def top_of(folder: str) -> str:
    """The root of the repository that contains `folder`. The folder itself if there is no repository."""
    return _repository(os.path.join(folder, "file")) or os.path.realpath(folder)


def _repository(path: str) -> str | None:
    """The root of the repository that contains the file at `path`, with links resolved. None if there is
    none."""
    here = os.path.dirname(os.path.realpath(path))
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent
    return here


def _dirty_files(top: str, paths: Sequence[str]) -> Iterator[str]:
    program = _git_path(top)
    if program is None:
        raise GitError(
            "git isn't installed, so uncommitted changes can't be detected",
            expected="install git, or pass --allow-dirty",
        )
    by_name = {os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/"): path for path in paths}
    names = sorted(by_name)
    git: tuple[str, ...] = (program, "--literal-pathspecs", *_NO_PROGRAMS, "-C", top)
    _require_root(git, top)
    git += _no_filters(git)
    for start in range(0, len(names), _AT_A_TIME):
        batch = names[start : start + _AT_A_TIME]
        for name in {*_changed_paths(git, batch), *_unwatched_paths(git, batch)}:
            if name in by_name:
                yield by_name[name]


def _require_root(git: Sequence[str], top: str) -> None:
    """Raises GitError if git finds another root than `top`, and would compare other files: the repository's
    settings name another folder, or `.git` isn't a repository and lies inside of one."""
    (root,) = _run_command([*git, "rev-parse", "--show-toplevel"]) or ("",)
    root = root.removesuffix("\n")
    if os.path.realpath(root) != top:
        raise _git_error(f"its root isn't {top}, but {root or 'unknown'}")


def _git_path(top: str) -> str | None:
    """The path of git, or None.

    A program inside the repository `top` or the working directory is untrusted and never run, even if PATH
    lists it.
    """
    untrusted = [os.path.realpath(folder).rstrip(os.sep) + os.sep for folder in (top, os.curdir)]
    for folder in os.get_exec_path():
        program = shutil.which(os.path.join(folder, "git")) if os.path.isabs(folder) else None
        if program is not None and not any(
            path.startswith(place) for path in (program, os.path.realpath(program)) for place in untrusted
        ):
            return program
    return None


def _no_filters(git: Sequence[str]) -> tuple[str, ...]:
    """Options that disable filters, since a filter is a program. git then compares files byte by byte."""
    keys = _run_command(
        [*git, "config", "--null", "--name-only", "--get-regexp", r"^filter\."], nothing_found=1
    )
    filters = sorted({key.rpartition(".")[0] for key in keys})
    if bad := next((filter_name for filter_name in filters if "=" in filter_name), None):
        raise _git_error(f"the name of the git setting {bad} contains '='")
    off = (
        f"{filter_name}.{key}" for filter_name in filters for key in ("clean=", "process=", "required=false")
    )
    return tuple(word for setting in off for word in ("-c", setting))


def _changed_paths(git: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """The paths that `git status` lists among `names`."""
    how = ("--untracked-files=all", "--ignored=traditional", "--no-renames", "--ignore-submodules=all")
    return (entry[3:] for entry in _run_command([*git, "status", "--porcelain=v1", "-z", *how, "--", *names]))


def _unwatched_paths(git: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """The paths among `names` that git ignores because of `--assume-unchanged` or `--skip-worktree`."""
    entries = _run_command([*git, "ls-files", "-v", "-z", "--", *names])
    return (entry[2:] for entry in entries if entry[0].islower() or entry[0] == "S")


def _run_command(command: Sequence[str], nothing_found: int = 0) -> list[str]:
    """The NUL-separated entries that a git command prints. `nothing_found` is its exit code for an empty
    list."""
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    environment |= _ENVIRONMENT
    try:
        ran = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise _git_error(f"it takes longer than {PATIENCE:.0f} seconds") from error
    if ran.returncode not in (0, nothing_found):
        raise _git_error(_first_line(ran.stderr))
    return [os.fsdecode(entry) for entry in ran.stdout.split(b"\0") if entry]


def _first_line(stderr: bytes) -> str:
    """The first line of git's message, without `fatal:` or `error:`."""
    line = stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return line.removeprefix("fatal: ").removeprefix("error: ")[:_LONGEST] or "no error message"


def _git_error(cause: str) -> GitError:
    return GitError(
        f"git can't tell whether the files have uncommitted changes: {cause}",
        expected="fix that, or pass --allow-dirty",
    )
