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
"""Where the file is looked for, from the top of the repository: the first one counts."""
LARGEST = 3 * 1024 * 1024
"""Bytes of the largest file that is read."""

_TOKEN = re.compile(r"(?:\\.|\S)+")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")
_PIECE = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\\.|.", re.DOTALL)
_MEANINGS = {"**/": "(?:.*/)?", "/**": "/.+", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class OwnerRule(Struct, frozen=True):
    """A pattern, and who owns what it matches; nobody may."""

    pattern: re.Pattern[str]
    owners: tuple[str, ...]


class CodeOwners(Struct, frozen=True):
    """The rules of one file, in its order."""

    rules: tuple[OwnerRule, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path as from the top of the repository: the last rule that matches counts."""
        for rule in reversed(self.rules):
            if rule.pattern.fullmatch(path):
                return rule.owners
        return ()


def read_codeowners(top: Path) -> CodeOwners:
    """The owners of the repository at `top`; nobody, where no file says so or it can't be read."""
    file = next((top / place for place in PLACES if (top / place).is_file()), None)
    try:
        if file is None or file.stat().st_size > LARGEST:
            return CodeOwners()
        return parse_codeowners(read_bounded(file).decode("utf-8-sig", "replace"))
    except OSError:
        return CodeOwners()


def parse_codeowners(text: str) -> CodeOwners:
    """The rules that `text` states. Lines that GitHub takes for wrong are skipped, as it skips them,
    and so are those that would take too long."""
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
    """A pattern as it is in a .gitignore, but that a star at its end matches no folder's whole content."""
    anchored = "/" in pattern.rstrip("/")
    folder, pattern = pattern.endswith("/"), pattern.strip("/")
    body = "".join(_MEANINGS.get(piece) or re.escape(piece[-1]) for piece in _PIECE.findall(pattern))
    before = "" if anchored else "(?:.*/)?"
    within = "/.+" if folder else "" if "*" in pattern.rpartition("/")[2] else "(?:/.*)?"
    return re.compile(before + body + within)
