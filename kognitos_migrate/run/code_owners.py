"""Owners of files, as GitHub reads CODEOWNERS.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kognitos_migrate.discover.ignore_rules import is_too_slow
from kognitos_migrate.source.content import read_bounded
from kognitos_migrate.structs import Struct

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""The paths of the file relative to the root of the repository. The first one that exists counts."""
LARGEST = 3 * 1024 * 1024
"""The size limit of the file in bytes."""

_TOKEN = re.compile(r"(?:\\.|\S)+")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")
_PIECE = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\\.|.", re.DOTALL)
_MEANINGS = {"**/": "(?:.*/)?", "/**": "/.+", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class OwnerRule(Struct, frozen=True):
    """A pattern and the owners of the paths that it matches. There may be no owners."""

    pattern: re.Pattern[str]
    owners: tuple[str, ...]


class CodeOwners(Struct, frozen=True):
    """The rules of one file, in its order."""

    rules: tuple[OwnerRule, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path relative to the root of the repository. The last matching rule counts."""
        for rule in reversed(self.rules):
            if rule.pattern.fullmatch(path):
                return rule.owners
        return ()


def read_codeowners(top: Path) -> CodeOwners:
    """The rules of the repository at `top`. Empty if there is no file, or if it can't be read or is too
    large."""
    file = next((top / place for place in PLACES if (top / place).is_file()), None)
    try:
        if file is None or file.stat().st_size > LARGEST:
            return CodeOwners()
        return parse_codeowners(read_bounded(file).decode("utf-8-sig", "replace"))
    except OSError:
        return CodeOwners()


def parse_codeowners(text: str) -> CodeOwners:
    """The rules in `text`. Invalid lines are skipped, as GitHub skips them, and so are patterns that are too
    slow to match."""
    return CodeOwners(tuple(_rules(text)))


def _rules(text: str) -> Iterator[OwnerRule]:
    for line in text.splitlines():
        pattern, *rest = _TOKEN.findall(line) or ["#"]
        if pattern.startswith(("#", "!", "\\#")) or is_too_slow(pattern):
            continue
        comment = next((index for index, word in enumerate(rest) if word.startswith("#")), len(rest))
        owners = tuple(rest[:comment])
        if all(map(_OWNER.fullmatch, owners)):
            yield OwnerRule(_compiled(pattern), owners)


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in the syntax of a .gitignore. A star in its last component doesn't match the content of
    directories."""
    anchored = "/" in pattern.rstrip("/")
    folder, pattern = pattern.endswith("/"), pattern.strip("/")
    body = "".join(_MEANINGS.get(piece) or re.escape(piece[-1]) for piece in _PIECE.findall(pattern))
    before = "" if anchored else "(?:.*/)?"
    within = "/.+" if folder else "" if "*" in pattern.rpartition("/")[2] else "(?:/.*)?"
    return re.compile(before + body + within)
