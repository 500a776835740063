"""What git says of files: which ones it could not give back, and where its repository begins."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.errors import UsageError

_AT_A_TIME = 200
"""Paths on one command line: Windows allows some 32,000 characters."""
_NO_PROGRAMS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
"""A repository may name programs that git runs; none of them is run here."""


class GitTrouble(UsageError):
    """A repository in which git can't tell the state of the files."""


def uncommitted(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of `paths` that git doesn't have as they are: modified, staged, not yet added or ignored.

    Without git, and outside a repository, there are none. Raises GitTrouble where git is there but can't
    tell.
    """
    by_repository: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        top = _repository(path)
        if top is not None:
            by_repository[top].append(path)
    dirty = [path for top, inside in by_repository.items() for path in _dirty(top, inside)]
    return tuple(sorted(dirty))


def below_top() -> str:
    """The working folder as from the top of its repository, with `/` between its parts; empty at the top,
    and where there is no repository."""
    here = os.path.realpath(os.curdir)
    top = _repository(os.path.join(here, "file"))
    below = os.path.relpath(here, top) if top is not None else os.curdir
    return "" if below == os.curdir else below.replace(os.sep, "/")


def top_of(folder: str) -> str:
    """The top folder of the repository that holds `folder`; the folder itself, where there is none."""
    return _repository(os.path.join(folder, "file")) or os.path.realpath(folder)


def _repository(path: str) -> str | None:
    """The top folder of the repository that holds the real file at `path`."""
    here = os.path.dirname(os.path.realpath(path))
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent
    return here


def _dirty(top: str, paths: Sequence[str]) -> Iterator[str]:
    by_name = {os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/"): path for path in paths}
    names = sorted(by_name)
    for start in range(0, len(names), _AT_A_TIME):
        for name in _status(top, names[start : start + _AT_A_TIME]):
            if name in by_name:
                yield by_name[name]


def _status(top: str, names: Sequence[str]) -> Iterator[str]:
    """The paths, relative to `top`, that `git status` lists among `names`."""
    command = ["git", "--literal-pathspecs", *_NO_PROGRAMS, "-C", top, "status", "--porcelain=v1", "-z"]
    command += ["--untracked-files=all", "--ignored=traditional", "--no-renames", "--", *names]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        ran = subprocess.run(command, capture_output=True, check=False, env=environment)
    except FileNotFoundError:
        return  # no git on this machine
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise GitTrouble(
            f"git can't tell whether the files have uncommitted changes: {said}",
            expected="mend that, or write anyway with --allow-dirty",
        )
    for entry in ran.stdout.split(b"\0"):
        if entry:
            yield os.fsdecode(entry[3:])
