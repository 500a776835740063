"""Values with the old version that a settings file assigns to a name."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from kognitos_migrate.rulebook.model import Api, Rulebook
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignment_syntax import IN_FRONT_OF_VALUE
from kognitos_migrate.text_search.patterns import PathPattern, path_patterns
from kognitos_migrate.text_search.search import new_path, new_version
from kognitos_migrate.text_search.url_prefix import REACH


class AssignedVersion(Struct, frozen=True):
    """An assigned value that contains the old version: its offsets in characters, its name, its new value."""

    start: int
    end: int
    name: str
    written: str
    replacement: str
    is_certain: bool = True
    """Whether the new value is known. It isn't if the value has more of a path than a call. `replacement`
    describes it then."""


def assigned_versions(text: str, rulebook: Rulebook, api: Api) -> Iterator[AssignedVersion]:
    """The values assigned to names in `text` that have the old version as a path segment.

    A value that ends with the path of a call gets the new path.
    """
    patterns = path_patterns(rulebook, api)
    for start, name, value in _named_versions(text, api.old):
        yield _assignment(start, name, value, patterns, api)


@lru_cache(maxsize=32)
def _named_versions(text: str, old: str) -> Sequence[tuple[int, str, str]]:
    """The assigned values in a text that have the old version: the offset, the name and the value of each.

    Each step that looks at a settings file asks for them.
    """
    assigned: list[tuple[int, str, str]] = []
    done = 0
    for match in _version_pattern(old).finditer(text):
        if match.start() < done:
            continue
        done = match.end()
        start = match.start()
        assignment = IN_FRONT_OF_VALUE.search(text, max(0, start - REACH), start)
        if assignment is not None:
            assigned.append((start, assignment["name"], match[0]))
    return assigned


def assigned_ends(text: str, key: str, old: str, new: str) -> Iterator[AssignedVersion]:
    """The values of a key that are the end of the old version and nothing else: `version: 1`."""
    pattern = rf"(?<![\w.-]){re.escape(key)}[\"']?[ \t]*[:=][ \t]*[\"']?(?P<value>{re.escape(old)})(?![\w.-])"
    for match in re.finditer(pattern, text):
        yield AssignedVersion(*match.span("value"), key, old, new)


def bare_name(name: str) -> str:
    """A name as programs read it: `base_url` for `--base-url`."""
    return name.lstrip("-").replace("-", "_")


def _assignment(
    start: int, name: str, value: str, patterns: Sequence[PathPattern], api: Api
) -> AssignedVersion:
    for pattern in patterns:
        for match in pattern.find(value):
            if match["_head"] and match.end() == len(value):
                new_value = value[: match.start()] + new_path(pattern, match)
                return AssignedVersion(start, start + len(value), name, value, new_value)
    new_value = _new_value(api, value)
    words = {*re.split(r"\W+", new_value)}
    calls = {pattern.operation.new.call: None for pattern in patterns if pattern.needle in words}
    if calls:
        new_value = f"the URL of {' or '.join(calls)}"
    return AssignedVersion(start, start + len(value), name, value, new_value, is_certain=not calls)


def _new_value(api: Api, old_value: str) -> str:
    head, tail = re.split(rf"(?<=\b{re.escape(api.old)})(?=\W|$)", old_value, maxsplit=1)
    return new_version(api, head) + tail


@lru_cache(maxsize=8)
def _version_pattern(old: str) -> re.Pattern[str]:
    """A pattern for the version, alone or as a segment of a URL or path."""
    return re.compile(
        rf"(?:(?:https?:)?(?<!/)(?:\\?/)+(?!\\?/)(?:[^\s\"'`<>]{{0,300}}?/)?)?(?<![\w.-]){re.escape(old)}(?![\w.-])[^\s\"'`<>,;]{{0,200}}"
    )
