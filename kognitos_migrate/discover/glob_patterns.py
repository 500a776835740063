"""Patterns as in a `.gitignore`, matched in time linear in the path: repositories are not trusted, and a
regular expression that backtracks through five stars takes minutes.

`pathspec` translates a pattern to a regular expression. Here the text between two stars is then matched at
its first place, and never at a later one: what follows a star can begin anywhere, so a later place makes no
difference. `*a*b` becomes `a` at its first place, then `[^/]*b`. So do folders between two `**`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathspec.pattern import RegexPattern

LONGEST = 1_000
"""Limit on the characters of a pattern."""
_STAR = "[^/]*"
_FOLDERS_AHEAD = "^(?:.+/)?"
_FOLDERS_BETWEEN = "(?:/.+)?"
_LAZY = {_STAR: "[^/]*?", _FOLDERS_AHEAD: "^(?:.+?/)??", _FOLDERS_BETWEEN: "(?:/.+?)??"}
_TOKEN = re.compile(r"\[\^/\][*+]?|\[\^?\]?[^]]*\]|\^\(\?:\.\+/\)\?|\(\?:/\.\+\)\?|\\.|.", re.DOTALL)
_SINGLE = re.compile(r"\[\^/\]|\[\^?\]?[^]]*\]|\\.|[^\\/|()^$*+?{}.\[\]]", re.DOTALL)
"""A token that matches one character."""
_WORD = re.compile(r"[\w.-]+")
_FOLDER_MARK = "ps_d"
"""The group that matches if a path lies in a folder that the pattern matches."""


class GlobPattern(NamedTuple):
    """A pattern that matches paths, or with `!` takes them back."""

    regex: re.Pattern[str]
    is_positive: bool

    def search(self, path: str) -> re.Match[str] | None:
        """The match of a path. Folders end with `/`."""
        return self.regex.search(path)


class IgnoreLine:
    """A line of an ignore file. Its pattern is translated when a path has the longest word of the line: of a
    file with 45,000 lines, hardly any are. A line that is invalid or too long ignores fewer files."""

    __slots__ = ("_line", "_pattern", "_word")

    def __init__(self, line: str) -> None:
        """Note the longest word, which each path that the pattern matches has."""
        is_plain = len(line) <= LONGEST and "[" not in line and "\\" not in line
        self._line: str | None = line
        self._word = max(_WORD.findall(line) if is_plain else (), key=len, default="")
        self._pattern: GlobPattern | None = None

    @property
    def is_positive(self) -> bool:
        """Whether the pattern matches paths. It must have matched one."""
        return self._pattern is not None and self._pattern.is_positive

    def search(self, path: str) -> re.Match[str] | None:
        """The match of a path. Folders end with `/`."""
        if self._word not in path:
            return None
        if self._line is not None:
            self._pattern, self._line = _parse_ignore_line(self._line), None
        return self._pattern.search(path) if self._pattern is not None else None


def _parse_ignore_line(line: str) -> GlobPattern | None:
    if len(line) > LONGEST and line.startswith("!"):
        return parse_pattern("!*")
    with suppress(ValueError):
        return parse_pattern(line)
    return None


class GlobPatterns(NamedTuple):
    """Patterns in their order. A later one wins, and one that matches a path itself wins over one that
    matches a folder above it."""

    patterns: Sequence[GlobPattern | IgnoreLine]

    def verdict(self, path: str) -> bool | None:
        """Whether the path is matched; None if no pattern applies to it. Folders end with `/`."""
        by_folder: bool | None = None
        for pattern in reversed(self.patterns):
            match = pattern.search(path)
            if match is None:
                continue
            if not matches_parent_only(match):
                return pattern.is_positive
            by_folder = pattern.is_positive if by_folder is None else by_folder
        return by_folder

    def matches(self, path: str) -> bool:
        """Whether the path is matched. Folders end with `/`."""
        return self.verdict(path) is True

    def without(self, path: str) -> GlobPatterns:
        """The patterns that don't match the path."""
        return GlobPatterns([pattern for pattern in self.patterns if pattern.search(path) is None])


def matches_parent_only(match: re.Match[str]) -> bool:
    """Whether a pattern matches a folder above the path, and not the path itself."""
    return bool(match.groupdict().get(_FOLDER_MARK))


def parse_pattern(line: str) -> GlobPattern | None:
    """The pattern in a line; None if there is none, as in a comment. Raises ValueError if it is invalid."""
    if len(line) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    regex, is_positive = _translator().pattern_to_regex(line)
    if regex is None or is_positive is None:
        return None
    try:
        return GlobPattern(re.compile(linear_regex(regex), re.DOTALL), is_positive)
    except re.error as error:  # such as the range [z-a], which git never matches
        raise ValueError(f"not a pattern: {error.msg}") from None


def parse_patterns(lines: Iterable[str]) -> GlobPatterns:
    """The patterns in `lines`. Raises ValueError if one is invalid."""
    return GlobPatterns([pattern for line in lines if (pattern := parse_pattern(line)) is not None])


@cache
def _translator() -> type[RegexPattern]:
    """The class that translates git's patterns, whose name differs between versions of pathspec."""
    from pathspec import GitIgnoreSpec

    return type(GitIgnoreSpec.from_lines(["a"]).patterns[0])


def linear_regex(regex: str) -> str:
    """A regular expression for the same paths as the one that pathspec makes, without nested backtracking.

    >>> linear_regex("^a[^/]*b[^/]*c$")
    '^a(?=(?P<g0>[^/]*?b))(?P=g0)[^/]*c$'
    """
    names = (f"g{number}" for number in count())
    tokens = list(_with_atomic_stars(_TOKEN.findall(regex), names))
    *groups, last = _split(tokens, (_FOLDERS_AHEAD, _FOLDERS_BETWEEN))
    return "".join([*(_atomic_group(group, names, "(?=/)") for group in groups), *last])


def _with_atomic_stars(tokens: Sequence[str], names: Iterator[str]) -> Iterator[str]:
    """The tokens, where the text behind a star is matched at its first place if another star follows."""
    start = 0
    while start < len(tokens):
        end = start
        while end < len(tokens) and (tokens[end] == _STAR or _SINGLE.fullmatch(tokens[end])):
            end += 1
        segment = [_without_slash(token) for token in tokens[start:end]]
        head, *pieces = _split(segment, (_STAR,))
        yield from head
        for piece in pieces[:-1]:
            if len(piece) > 1:  # two stars in a row are as good as one
                yield _atomic_group(piece, names)
        yield from pieces[-1] if pieces else ()
        yield from tokens[end : end + 1]
        start = end + 1


def _without_slash(token: str) -> str:
    """The token of a character that is no slash, as git reads brackets."""
    return f"(?!/){token}" if token.startswith("[") and not token.startswith("[^/]") else token


def _split(tokens: Iterable[str], openers: Sequence[str]) -> Iterator[list[str]]:
    """The tokens before the first opener (possibly none), and the groups that openers begin."""
    group: list[str] = []
    for token in tokens:
        if token in openers:
            yield group
            group = []
        group.append(token)
    yield group


def _atomic_group(tokens: Sequence[str], names: Iterator[str], end: str = "") -> str:
    """The tokens as an atomic group, which Python before 3.11 lacks: matched at the first place behind which
    `end` matches, and at no other one."""
    if not tokens or tokens[0] not in _LAZY:
        return "".join(tokens)
    name, body = next(names), "".join([_LAZY[tokens[0]], *tokens[1:]])
    return f"(?=(?P<{name}>{body}{end}))(?P={name})"
