"""Owners of files, as GitHub reads CODEOWNERS.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from kognitos_migrate.discover.glob_patterns import GlobPattern, matches_parent_only, parse_pattern
from kognitos_migrate.discover.ignore_rules import MOST_PATTERNS
from kognitos_migrate.source.content import read_bounded
from kognitos_migrate.structs import Struct

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""The paths of the file relative to the root of the repository. The first one that exists counts."""
LARGEST = 3 * 1024 * 1024
"""The size limit of the file in bytes."""

_TOKEN = re.compile(r"(?:\\.|\S)+")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


class OwnerRule(Struct, frozen=True):
    """A pattern and the owners of the paths that it matches. There may be no owners."""

    pattern: GlobPattern
    owners: tuple[str, ...]
    has_contents: bool
    """Whether the pattern matches the content of the directories that it matches, too."""

    def is_about(self, path: str) -> bool:
        """Whether the rule matches a file."""
        match = self.pattern.regex.search(path)
        return match is not None and (self.has_contents or not matches_parent_only(match))


class CodeOwners(Struct, frozen=True):
    """The rules of one file, in its order."""

    rules: tuple[OwnerRule, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path relative to the root of the repository. The last matching rule counts."""
        for rule in reversed(self.rules):
            if rule.is_about(path):
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
    """The rules in `text`. Invalid lines are skipped, as GitHub skips them. Of more than MOST_PATTERNS lines,
    none is read."""
    lines = text.splitlines()
    return CodeOwners(tuple(_rules(lines)) if len(lines) <= MOST_PATTERNS else ())


def _rules(lines: Iterable[str]) -> Iterator[OwnerRule]:
    for line in lines:
        pattern, *rest = _TOKEN.findall(line) or ["#"]
        comment = next((index for index, word in enumerate(rest) if word.startswith("#")), len(rest))
        owners = tuple(rest[:comment])
        if pattern.startswith(("#", "!", "\\#")) or not all(map(_OWNER.fullmatch, owners)):
            continue
        with suppress(ValueError):
            # in a CODEOWNERS file brackets are no sets, and a last component with a star matches files only
            parsed = parse_pattern(pattern.replace("[", "\\["))
            has_contents = pattern.endswith("/") or "*" not in pattern.rpartition("/")[2]
            if parsed is not None:
                yield OwnerRule(parsed, owners, has_contents)
