r"""Linear regular expressions for paths, hosts and fields, generated from the rules.

In a text, a path may be escaped for JSON (`\\/`), be a list of its segments, or have placeholders of many
languages for its slots. Every expression takes linear time, also on a single line of a megabyte.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from kognitos_migrate.rulebook.model import Api, Operation, PathSegment, Rulebook
from kognitos_migrate.structs import Struct

SLASH = r"(?:\\?/|%2[Ff])"
NEXT_ITEM = r"""["']\s{0,40},\s{0,40}["']"""
"""The separator of two segments in a list of path segments."""
NEXT_BARE_ITEM = r"(?:,[ \t]{0,40}|[ \t]{0,40}\r?\n[ \t]{0,40}-[ \t]{1,40})"
"""The separator of two segments in a YAML list without quotes."""

PLACEHOLDER = (
    r"(?:\$?\{\{?[^{}\n]{0,80}\}\}?"  # ${name} {name} {} {{ name }} ${{ secrets.NAME }}
    r"|\$\([\w.-]{1,60}\)"  # $(NAME)
    r"|%\(\w{1,60}\)s"
    r"|%\w{1,60}%|%(?:\[\d\]|\d\$)?[sdqv]"
    r"|\#\{[^{}\n]{1,80}\}"
    r"|\$\w{1,60}"
    r"|:[A-Za-z_]\w{0,60}"
    r"|<[\w -]{1,60}>"
    r"|\.\.\.|…)"
)
_BEFORE_FIELDS = (r"[\[\"'`.?&]", r"\{ ", r"[\w}], ", r"[^$/{]\{")
"""Patterns for the text in front of a field that is read.

They are lookbehinds, because names are found faster than signs.
"""
_WORD = r"[\w~-]{1,200}(?:\.[\w~-]{1,200}){0,8}"
_END = rf"(?![\w-]|{SLASH}[\w${{<:%])"


class PathPattern(Struct, frozen=True, dict=True):
    """The spellings of one operation's old path. `head` is the path up to its version, `tail` the rest."""

    operation: Operation
    head: tuple[PathSegment, ...]
    tail: tuple[PathSegment, ...]

    @classmethod
    def of(cls, operation: Operation, api: Api) -> "PathPattern":
        """The spellings for an operation, which must have a path."""
        path = operation.old.path
        at = next((number for number, segment in enumerate(path, 1) if segment.text == api.old), 0)
        return cls(operation, path[:at], path[at:])

    @property
    def slots(self) -> Sequence[str]:
        """The slots of the tail. Groups with their names match the slots' texts."""
        return [part.slot for part in self.tail if part.slot]

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """The matches of the path in `text`. The group `_head` is the path up to the version, if it is there.

        Only the surroundings of the path's `needle` are searched, since most texts seldom contain it.
        """
        end = 0
        for needle in re.finditer(re.escape(self.needle), text):
            prefix = self._prefix.search(text[max(end, needle.start() - self._reach) : needle.start()])
            if prefix is None:
                continue
            match = self._pattern.match(text, needle.start() - len(prefix[0]))
            if match is not None:
                end = match.end()
                yield match

    @cached_property
    def _version(self) -> str:
        head = "".join(f"{SLASH}{re.escape(part.text or '')}" for part in self.head)
        bare = head.replace(SLASH, rf"(?:{SLASH}|(?<![\w/.\\%-]))", 1)
        return f"(?P<_head>{bare})?" if self.head else "(?P<_head>)"

    @cached_property
    def _prefix(self) -> re.Pattern[str]:
        """The part of the path in front of its needle."""
        before = self.tail[: [part.text for part in self.tail].index(self.needle)]
        return re.compile(f"{self._version}{_segments(before, SLASH)}{SLASH}$")

    @cached_property
    def _reach(self) -> int:
        """The maximum number of characters between the start of the path and its needle."""
        before = (*self.head, *self.tail[: [part.text for part in self.tail].index(self.needle)])
        return 4 + sum(4 + (len(part.text) if part.text else 200) for part in before)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._version + _tail(self.tail, SLASH, _END))

    @cached_property
    def segment_list(self) -> re.Pattern[str]:
        """The path as a list of its segments."""
        if not self.head:
            return re.compile(r"(?!)")
        first, *others = (re.escape(part.text or "") for part in self.head)
        head = NEXT_ITEM.join((rf"{first}(?<=[\"']{first})", *others))
        rest = _tail(self.tail, NEXT_ITEM, r"(?=[\"'])")
        return re.compile(rf"(?P<_head>{head}){rest}")

    @cached_property
    def unquoted_list(self) -> re.Pattern[str]:
        """The path as a YAML list of its segments without quotes."""
        if not self.head:
            return re.compile(r"(?!)")
        first, *others = (re.escape(part.text or "") for part in self.head)
        head = NEXT_BARE_ITEM.join((rf"{first}(?<=[\[ ]{first})", *others))
        rest = _tail(self.tail, NEXT_BARE_ITEM, r"(?=[,\]\s]|\Z)")
        return re.compile(rf"(?P<_head>{head}){rest}")

    @property
    def needle(self) -> str:
        """A fixed segment that every spelling of the path contains; empty if there is none."""
        return next((part.text for part in self.tail if part.text), "")


def path_patterns(rulebook: Rulebook, api: Api) -> Sequence[PathPattern]:
    """The spellings of an API's operations that have paths of their own."""
    operations = (
        operation for operation in rulebook.operations if operation.api == api.id and operation.old.path
    )
    return [
        pattern for pattern in (PathPattern.of(operation, api) for operation in operations) if pattern.needle
    ]


def host_pattern(heads: Iterable[tuple[PathSegment, ...]], hosts: Sequence[str]) -> re.Pattern[str]:
    """One of `hosts` followed by a version: the groups `host` and `head`."""
    versions = {"".join(f"{SLASH}{re.escape(part.text or '')}" for part in head) for head in heads if head}
    names = "|".join(re.escape(host) for host in sorted(hosts, key=len, reverse=True))
    if not versions or not names:
        return re.compile(r"(?!)")
    return re.compile(
        rf"(?<![\w.-])(?P<host>{names})(?::\d{{1,5}})?(?P<head>{'|'.join(sorted(versions))})(?![\w.-])",
        re.IGNORECASE,
    )


def version_pattern(api: Api) -> re.Pattern[str]:
    """The old version (the group `head`) assigned to a name (the group `name`).

    The name contains the API's word and a word for an address or a version.
    """
    words = "|".join(re.escape(word) for word in api.words) or r"(?!)"
    purpose = r"(?=[\w.-]{0,60}(?:api|version|ur[il]|base|path|prefix|endpoint))"
    name = rf"(?P<name>(?=[\w.-]{{0,60}}(?:{words})){purpose}[\w.-]{{1,100}})"
    assignment = r"[\"']?[ \t]{0,20}(?:=|:(?=[ \t\"'])|\n[ \t-]{0,40}value[\"']?:)[ \t]{0,20}[\"']?"
    value = rf"(?P<head>/?{re.escape(api.old)}/?)"
    return re.compile(
        rf"(?<![\w.-]){name}{assignment}{value}[\"']?(?=[ \t]*(?:[,;}}#\r\n]|\Z))", re.IGNORECASE
    )


def key_pattern(keys: Iterable[str]) -> re.Pattern[str]:
    """Any of `keys` as a separate word."""
    alternatives = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True) if key)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])" if alternatives else r"(?!)")


def field_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of `names` read as a field: behind a dot, in quotes, or destructured in braces."""
    words = [re.escape(name) for name in sorted(names, key=len, reverse=True)]
    alternatives = [(name, "|".join(rf"(?<={before}{name})" for before in _BEFORE_FIELDS)) for name in words]
    pattern = "|".join(f"{name}(?:{lookbehinds})" for name, lookbehinds in alternatives)
    return re.compile(rf"(?:{pattern})(?![\w-])" if words else r"(?!)")


def is_placeholder(text: str) -> bool:
    """Whether the text of a slot is filled in at run time."""
    return re.fullmatch(PLACEHOLDER, text) is not None


def _segments(segments: Sequence[PathSegment], separator: str) -> str:
    return "".join(separator + _segment(part) for part in segments)


def _segment(part: PathSegment) -> str:
    return f"(?P<{part.slot}>{PLACEHOLDER}|{_WORD})" if part.slot else re.escape(part.text or "")


def _tail(tail: Sequence[PathSegment], separator: str, end: str) -> str:
    """The segments. From the first slot on, each one is optional, since paths are often concatenated."""
    pattern, closing = "", ""
    for part in tail:
        if part.slot is not None or closing:
            pattern += "(?:"
            closing += ")?"
        pattern += separator + _segment(part)
    return pattern + closing + end
