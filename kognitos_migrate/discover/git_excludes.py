"""The user's own ignore file of git, which `core.excludesFile` names, read without running git.

Files that a configuration of git includes (`include.path`) are not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache

from kognitos_migrate.source.content import read_bounded

_SECTION = re.compile(r"\s*\[\s*(?P<name>[\w.-]+)(?P<subsection>\s+\"[^\"]*\")?\s*\]")
_KEY = re.compile(r"\s*excludesfile\s*=\s*(?P<value>.*)", re.IGNORECASE)
_PIECE = re.compile(
    r'"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<comment>[#;].*)|\\(?P<escaped>.)|(?P<plain>[^"#;\\]+)'
)


@cache
def excludes_file(repository: str) -> str:
    """The absolute path of the ignore file that applies to all repositories of the user, and so to the one in
    this folder. By default, it is `ignore` in git's folder of settings."""
    values = [value for file in _config_files(repository) for value in _configured_paths(file)]
    if not values:
        return os.path.join(_settings_folder(), "ignore")
    return os.path.join(repository, os.path.expanduser(values[-1]))


def _settings_folder() -> str:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, "git")


def _config_files(repository: str) -> Iterator[str]:
    """The configuration files of git for a repository. Later ones win."""
    if not os.environ.get("GIT_CONFIG_NOSYSTEM"):
        yield os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
    own = os.environ.get("GIT_CONFIG_GLOBAL")
    if own is not None:
        yield own
    else:
        yield os.path.join(_settings_folder(), "config")
        yield os.path.expanduser("~/.gitconfig")
    yield os.path.join(repository, ".git", "config")


def _configured_paths(file: str) -> Iterator[str]:
    """The values of `core.excludesFile` in a configuration file of git, except those that can't be paths.
    Empty if it can't be read."""
    try:
        text = read_bounded(file).decode("utf-8", "surrogateescape")
    except OSError:
        return
    is_core = False
    for line in text.splitlines():
        section = _SECTION.match(line)
        if section is not None:
            is_core = section["name"].lower() == "core" and section["subsection"] is None
            line = line[section.end() :]
        key = _KEY.match(line) if is_core else None
        if key is not None and (value := _strip_quotes(key["value"])) and "\0" not in value:
            yield value


def _strip_quotes(value: str) -> str:
    """The text of a value without quotes, escape sequences and comments.

    >>> _strip_quotes('"~/my ignore"  # for all')
    '~/my ignore'
    """
    text = ""
    for piece in _PIECE.finditer(value):
        if piece["comment"] is not None:
            break
        quoted = piece["quoted"]
        text += re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else piece["escaped"] or piece["plain"]
    return text.strip()
