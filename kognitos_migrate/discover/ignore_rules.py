"""Ignore rules: default names, patterns of the settings, and `.gitignore` files."""

from __future__ import annotations

import os
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.errors import ConfigError, Fault
from kognitos_migrate.source.content import open_regular, read_bounded, relative_path, shown_path

if TYPE_CHECKING:
    from kognitos_migrate.discover.glob_patterns import GlobPattern, GlobPatterns
    from kognitos_migrate.discover.prefilter import Filters

DEFAULT_EXCLUDES = frozenset(
    {
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pyenv",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "__pypackages__",
        "_build",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Folders that are never entered, as in Ruff. The settings' `exclude` adds to them."""

IGNORE_FILE = ".gitignore"
DEFAULT_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
"""Extensions of the files that are analysed without an `include`. Scripts without an extension are, too."""
SETTINGS_SUFFIXES = (".cfg", ".conf", ".env", ".ini", ".json", ".properties", ".toml", ".yaml", ".yml")
"""Extensions of settings files. Environment files begin with `.env` as well."""
DEPLOYMENT_SUFFIXES = (
    *(*SETTINGS_SUFFIXES, ".json5", ".config", ".xml", ".envrc", ".service", ".timer", ".container"),
    *(".sh", ".bash", ".zsh", ".ksh", ".fish", ".ps1", ".bat", ".cmd", ".mk", ".groovy", ".curl", ".curlrc"),
    *(".tf", ".tfvars", ".hcl", ".nomad", ".nix", ".jsonnet", ".libsonnet", ".j2", ".jinja", ".tmpl", ".tpl"),
    *(".bzl", ".star", ".cue", ".dhall", ".robot", ".feature", ".example", ".sample", ".dist", ".local"),
)
"""Extensions of files that configure, deploy or start programs."""
DATA_SUFFIXES = (".txt", ".csv", ".tsv", ".args", ".dat", ".sql", ".http", ".rest", ".jsonl", ".ndjson")
"""Extensions of data that programs read."""
_DEPLOYMENT_BEGINNINGS = (".env", "dockerfile.", "docker-compose", "env.", "containerfile.")
_FOR_PEOPLE = ("changelog.", "changes.", "contributing.", "history.", "license.", "news.", "readme.", "todo.")
_RUNS_PYTHON = rb"#![^\n]*(?:python|pypy|\buv\s+run\b)"
_FIRST_LINE = 256
"""Bytes of a script in which its shebang line must name the interpreter."""
MOST_PATTERNS = 50_000
"""Limit on the patterns of a `.gitignore`. Longer files aren't used."""


EVERY_FILE = ("*",)
"""The `include` patterns of a walk over all files."""


class PathPatterns:
    """The `include` and `exclude` patterns of the settings, relative to the configuration's folder."""

    def __init__(self, root: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        """Patterns relative to the absolute folder `root`."""
        self._root = root
        self._included = include
        self._excluded = exclude

    @classmethod
    def of(cls, filters: Filters) -> PathPatterns:
        """The patterns of `filters`."""
        return cls(os.path.abspath(filters.root), filters.include, filters.exclude)

    def is_included(self, path: str) -> bool:
        """Whether the regular file at this absolute path is included."""
        if not self._included:
            return is_python_file(path)
        if self._included == EVERY_FILE:
            return True
        return self._include.matches(relative_path(self._root, path))

    def is_excluded(self, path: str, *, folder: bool = False) -> bool:
        """Whether this absolute path is excluded by its own name or by the settings."""
        if folder and os.path.basename(path) in DEFAULT_EXCLUDES:
            return True
        if not self._excluded:
            return False
        return self._exclude.matches(relative_path(self._root, path) + ("/" if folder else ""))

    def excluded_anywhere(self, path: str) -> bool:
        """Whether this absolute path of a file, or a folder above it within the root, is excluded."""
        relative = relative_path(self._root, path)
        if not relative.startswith("../"):
            folders = relative.split("/")[:-1]
            if not DEFAULT_EXCLUDES.isdisjoint(folders):
                return True
        return self.is_excluded(path)

    def narrow(self, folder: str) -> PathPatterns:
        """These patterns without those that exclude `folder` itself, for a walk that begins there."""
        if not self._excluded or not self.is_excluded(folder, folder=True):
            return self
        name = relative_path(self._root, folder) + "/"
        excluded = tuple(
            pattern
            for pattern in self._excluded
            if not settings_patterns("exclude", (pattern,)).matches(name)
        )
        return PathPatterns(self._root, self._included, excluded)

    @cached_property
    def _include(self) -> GlobPatterns:
        return settings_patterns("include", self._included)

    @cached_property
    def _exclude(self) -> GlobPatterns:
        return settings_patterns("exclude", self._excluded)


def is_python_file(path: str) -> bool:
    """Whether the regular file at this path is Python code by its suffix or its first line."""
    return path.endswith(DEFAULT_SUFFIXES) or is_script(path)


def is_script(path: str) -> bool:
    """Whether this is a script without an extension whose shebang line names Python."""
    if "." in os.path.basename(path):
        return False
    try:
        file = open_regular(path)
        try:
            return re.match(_RUNS_PYTHON, os.read(file, _FIRST_LINE)) is not None
        finally:
            os.close(file)
    except OSError:
        return False


def configures_deployment(name: str) -> bool:
    """Whether a file with this name configures, deploys or starts programs. A name without an extension is
    that of a script or of a `Makefile`. Python's files are code, also `env.py`."""
    lowered = name.lower()
    return not lowered.endswith(DEFAULT_SUFFIXES) and (
        lowered.endswith(DEPLOYMENT_SUFFIXES)
        or "." not in lowered
        or lowered.startswith(_DEPLOYMENT_BEGINNINGS)
    )


def is_program_data(name: str) -> bool:
    """Whether a file with this name may contain data that programs read, and isn't text for people."""
    lowered = name.lower()
    return lowered.endswith(DATA_SUFFIXES) and not lowered.startswith(_FOR_PEOPLE)


def is_like_python(name: str) -> bool:
    """Whether a file with this name may contain Python code that isn't analysed, as a template or an
    extension module."""
    lowered = name.lower()
    return ".py" in lowered and not lowered.endswith((*DEFAULT_SUFFIXES, ".pyc", ".pyo", ".pyd"))


class IgnoreFile(NamedTuple):
    """A `.gitignore` file, and the absolute folder that its patterns are relative to.

    A file that can't be used has no patterns, and a fault that says why.
    """

    folder: str
    patterns: GlobPatterns
    fault: Fault | None = None

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """True if git ignores this absolute path, False if a `!` pattern re-includes it, else None."""
        return self.patterns.verdict(relative_path(self.folder, path) + ("/" if folder else ""))

    def narrow(self, folder: str) -> IgnoreFile:
        """The file without patterns that match `folder` itself, for a walk that begins there."""
        name = relative_path(self.folder, folder) + "/"
        return self._replace(patterns=self.patterns.without(name))


def ignore_file(folder: str) -> IgnoreFile | None:
    """The `.gitignore` of this absolute folder; None if there is none."""
    return _read_ignore_file(folder, os.path.join(folder, IGNORE_FILE))


def ignore_files_above(folder: str) -> tuple[IgnoreFile, ...]:
    """The `.gitignore` files above this absolute folder in its git repository, outermost first."""
    ignore_files: list[IgnoreFile] = []
    directory = folder
    while not os.path.exists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return ()  # not in a repository
        directory = parent
        ignore_rules = ignore_file(directory)
        if ignore_rules is not None:
            ignore_files.append(ignore_rules.narrow(folder))
    from kognitos_migrate.discover.git_excludes import excludes_file

    for private in (os.path.join(directory, ".git", "info", "exclude"), excludes_file(directory)):
        ignore_rules = _read_ignore_file(directory, private)
        if ignore_rules is not None:
            ignore_files.append(ignore_rules.narrow(folder))
    return tuple(reversed(ignore_files))


def is_ignored(path: str, *, folder: bool, chain: tuple[IgnoreFile, ...]) -> bool:
    """Whether git ignores this absolute path: the innermost `.gitignore` that says something decides."""
    if not chain:
        return False
    verdicts = (file.verdict(path, folder=folder) for file in reversed(chain))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def is_ignored_by_git(path: str) -> bool:
    """Whether git ignores this absolute path of a file in a folder that it doesn't ignore."""
    folder = os.path.dirname(path)
    own = ignore_file(folder)
    above = ignore_files_above(folder)
    return is_ignored(path, folder=False, chain=above if own is None else (*above, own))


def _read_ignore_file(folder: str, path: str) -> IgnoreFile | None:
    from kognitos_migrate.discover.glob_patterns import GlobPatterns, IgnoreLine

    try:
        lines = read_bounded(path).decode("utf-8", "surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):  # `.git` is a file in a worktree
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        return IgnoreFile(
            folder, GlobPatterns(()), Fault(f"its patterns can't be read: {reason}", shown_path(path))
        )
    last_first = dict.fromkeys(line for line in reversed(lines) if line.strip() and not line.startswith("#"))
    if len(last_first) > MOST_PATTERNS:
        fault = Fault(f"its patterns aren't used: more than {MOST_PATTERNS}", shown_path(path))
        return IgnoreFile(folder, GlobPatterns(()), fault)
    patterns = [IgnoreLine(line) for line in last_first]
    return IgnoreFile(folder, GlobPatterns(patterns[::-1])) if patterns else None


@cache
def settings_patterns(key: str, lines: tuple[str, ...]) -> GlobPatterns:
    """The patterns under this key of the settings. Raises ConfigError if one is invalid."""
    from kognitos_migrate.discover.glob_patterns import GlobPatterns, parse_pattern

    patterns: list[GlobPattern] = []
    for line in lines:
        try:
            pattern = parse_pattern(line)
        except ValueError as error:
            raise ConfigError(
                f"{line[:100]!r} is not a pattern", key=key, expected="patterns as in a .gitignore"
            ) from error
        patterns += [pattern] if pattern is not None else []
    return GlobPatterns(patterns)


def matches_settings(key: str, lines: tuple[str, ...], path: str, root: str | os.PathLike[str]) -> bool:
    """Whether a path matches the patterns under this key of the settings, which are relative to `root`."""
    if not lines:
        return False
    return settings_patterns(key, lines).matches(os.path.relpath(path, root).replace(os.sep, "/"))
