"""Linear regular expressions for paths, hosts and fields, generated from the rules.

A path may be escaped for JSON (`\\/`), be a list of its segments, or have placeholders of many languages in
the place of its slots. All expressions are linear, also on one line of a megabyte.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from kognitos_migrate.rulebook.model import Api, Operation, PathSegment, Rulebook
from kognitos_migrate.structs import Struct

SLASH = r"(?:\\?/|%2[Ff])"
NEXT_ITEM = r"""["']\s{0,40},\s{0,40}["']"""
"""What stands between two segments where a path is a list of them."""

PLACEHOLDER = (
    r"(?:\$?\{\{?[^{}\n]{1,80}\}\}?"  # ${name} {name} {{ name }} ${{ secrets.NAME }}
    r"|\$\([\w.-]{1,60}\)"  # $(NAME)
    r"|%\w{1,60}%|%(?:\[\d\]|\d\$)?[sdqv]"
    r"|\#\{[^{}\n]{1,80}\}"
    r"|\$\w{1,60}"
    r"|:[A-Za-z_]\w{0,60}"
    r"|<[\w -]{1,60}>"
    r"|\.\.\.|…)"
)
_BEFORE_FIELDS = (r"[\[\"'`.?&]", r"\{ ", r"[\w}], ", r"[^$/{]\{")
"""What a field is read behind; it is looked back at, since names are searched for faster than signs."""
_WORD = r"[\w~-]{1,200}(?:\.[\w~-]{1,200}){0,8}"
_END = rf"(?![\w-]|{SLASH}[\w${{<:%])"


class PathPattern(Struct, frozen=True, dict=True):
    """How one operation's old path is spelled. `head` is its path up to the version, `tail` the rest."""

    operation: Operation
    head: tuple[PathSegment, ...]
    tail: tuple[PathSegment, ...]

    @classmethod
    def of(cls, operation: Operation, api: Api) -> "PathPattern":
        """The spelling of an operation that has a path."""
        path = operation.old.path
        at = next((number for number, part in enumerate(path, 1) if part.text == api.old), 0)
        return cls(operation, path[:at], path[at:])

    @property
    def slots(self) -> Sequence[str]:
        """The slots of the tail, whose texts are the groups of that name."""
        return [part.slot for part in self.tail if part.slot]

    def places(self, text: str) -> Iterator[re.Match[str]]:
        """Wherever the path stands in `text`, with its version (the group `head`) or without: then that is in
        what is before it. It is looked for around its word only, which most texts have seldom."""
        end = 0
        for word in re.finditer(re.escape(self.needle), text):
            lead = self._lead.search(text[max(end, word.start() - self._reach) : word.start()])
            if lead is None:
                continue
            found = self._pattern.match(text, word.start() - len(lead[0]))
            if found is not None:
                end = found.end()
                yield found

    @cached_property
    def _version(self) -> str:
        head = "".join(f"{SLASH}{re.escape(part.text or '')}" for part in self.head)
        bare = head.replace(SLASH, rf"(?:{SLASH}|(?<![\w/.\\%-]))", 1)
        return f"(?P<head>{bare})?" if self.head else "(?P<head>)"

    @cached_property
    def _lead(self) -> re.Pattern[str]:
        """What the path begins with, in front of its word."""
        before = self.tail[: [part.text for part in self.tail].index(self.needle)]
        return re.compile(f"{self._version}{_segments(before, SLASH)}{SLASH}$")

    @cached_property
    def _reach(self) -> int:
        """How many characters in front of its word the path may begin."""
        before = (*self.head, *self.tail[: [part.text for part in self.tail].index(self.needle)])
        return 4 + sum(4 + (len(part.text) if part.text else 200) for part in before)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._version + _tail(self.tail, SLASH, _END))

    @cached_property
    def listed(self) -> re.Pattern[str]:
        """The path as a list of its segments."""
        if not self.head:
            return re.compile(r"(?!)")
        first, *others = (re.escape(part.text or "") for part in self.head)
        head = NEXT_ITEM.join((rf"{first}(?<=[\"']{first})", *others))
        rest = _tail(self.tail, NEXT_ITEM, r"(?=[\"'])")
        return re.compile(rf"(?P<head>{head}){rest}")

    @property
    def needle(self) -> str:
        """What stands in every text that spells this path."""
        return next((part.text for part in self.tail if part.text), "")


def path_patterns(rulebook: Rulebook, api: Api) -> Sequence[PathPattern]:
    """The spellings of an API's operations, as far as these have paths of their own."""
    mine = (one for one in rulebook.operations if one.api == api.id and one.old.path)
    return [one for one in (PathPattern.of(operation, api) for operation in mine) if one.needle]


def host_pattern(heads: Iterable[tuple[PathSegment, ...]], hosts: Sequence[str]) -> re.Pattern[str]:
    """One of `hosts`, and the version behind it: the groups `host` and `head`."""
    said = {"".join(f"{SLASH}{re.escape(part.text or '')}" for part in head) for head in heads if head}
    known = "|".join(re.escape(host) for host in sorted(hosts, key=len, reverse=True))
    if not said or not known:
        return re.compile(r"(?!)")
    return re.compile(
        rf"(?<![\w.-])(?P<host>{known})(?::\d{{1,5}})?(?P<head>{'|'.join(sorted(said))})(?![\w.-])",
        re.IGNORECASE,
    )


def version_pattern(api: Api) -> re.Pattern[str]:
    """The old version (the group `head`), given to a name (the group `name`) that says the API's word, and
    what has versions."""
    words = "|".join(re.escape(word) for word in api.words) or r"(?!)"
    has = r"(?=[\w.-]{0,60}(?:api|version|ur[il]|base|path|prefix|endpoint))"
    name = rf"(?P<name>(?=[\w.-]{{0,60}}(?:{words})){has}[\w.-]{{1,100}})"
    given = r"[\"']?[ \t]{0,20}(?:=|:(?=[ \t\"'])|\n[ \t-]{0,40}value[\"']?:)[ \t]{0,20}[\"']?"
    value = rf"(?P<head>/?{re.escape(api.old)}/?)"
    return re.compile(rf"(?<![\w.-]){name}{given}{value}[\"']?(?=[ \t]*(?:[,;}}#\r\n]|\Z))", re.IGNORECASE)


def key_pattern(known: Iterable[str]) -> re.Pattern[str]:
    """Any of these keys, as a word of its own."""
    said = "|".join(re.escape(key) for key in sorted(known, key=len, reverse=True) if key)
    return re.compile(rf"(?<![\w-])(?:{said})(?![\w-])" if said else r"(?!)")


def field_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of these names as fields are read: behind a dot, in quotes, or taken apart in braces."""
    said = [re.escape(name) for name in sorted(names, key=len, reverse=True)]
    taken = [(name, "|".join(rf"(?<={before}{name})" for before in _BEFORE_FIELDS)) for name in said]
    any_of = "|".join(f"{name}(?:{behind})" for name, behind in taken)
    return re.compile(rf"(?:{any_of})(?![\w-])" if said else r"(?!)")


def is_placeholder(text: str) -> bool:
    """Whether a slot's text is filled in at run time."""
    return re.fullmatch(PLACEHOLDER, text) is not None


def _segments(segments: Sequence[PathSegment], between: str) -> str:
    return "".join(between + _segment(part) for part in segments)


def _segment(part: PathSegment) -> str:
    return f"(?P<{part.slot}>{PLACEHOLDER}|{_WORD})" if part.slot else re.escape(part.text or "")


def _tail(tail: Sequence[PathSegment], between: str, end: str) -> str:
    """The segments; from the first slot on each may be missing: texts are put together."""
    said, closing = "", ""
    for part in tail:
        if part.slot is not None or closing:
            said += "(?:"
            closing += ")?"
        said += between + _segment(part)
    return said + closing + end
