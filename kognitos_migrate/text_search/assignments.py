"""Values with the old version that a settings file assigns to a name."""

import re
from collections.abc import Iterator
from functools import lru_cache

from kognitos_migrate.rulebook.model import Api
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.search import new_version
from kognitos_migrate.text_search.url_prefix import REACH

_NAME = re.compile(
    r"(?<![\w.])(?P<name>-{0,2}[A-Za-z_@][\w.-]{0,100})[\"']?"
    r"(?:[ \t]{0,20}(?::=|=>|[:=?]=?)[ \t]{0,20}"  # name = value, name: value, --name=value
    r"|[ \t]{1,20}"  # ENV name value, --name value
    r"|\"?\s{0,9}\n[ \t-]{0,40}value[\"']?:[ \t]{0,20}"  # name: name, and value: value in the next line
    r"|\",\s{0,40}\"value\":\s{0,9}"  # "name": "name", "value": "value"
    r"|[\"'],\s{0,40})"  # "--name", "value"
    r"[\"'`]?\Z"
)


class AssignedVersion(Struct, frozen=True):
    """An assigned value that contains the old version: its offsets in characters, its name, its new value."""

    start: int
    end: int
    name: str
    written: str
    replacement: str


def assigned_versions(text: str, api: Api) -> Iterator[AssignedVersion]:
    """The values assigned to names in `text` that have the old version as a path segment."""
    done = 0
    for match in _version_pattern(api.old).finditer(text):
        if match.start() < done:
            continue
        done = match.end()
        start = match.start()
        assignment = _NAME.search(text, max(0, start - REACH), start)
        if assignment is not None:
            old_value = match[0]
            yield AssignedVersion(start, done, assignment["name"], old_value, _new_value(api, old_value))


def bare_name(name: str) -> str:
    """A name as programs read it: `base_url` for `--base-url`."""
    return name.lstrip("-").replace("-", "_")


def _new_value(api: Api, old_value: str) -> str:
    head, tail = re.split(rf"(?<=\b{re.escape(api.old)})(?=\W|$)", old_value, maxsplit=1)
    return new_version(api, head) + tail


@lru_cache(maxsize=8)
def _version_pattern(old: str) -> re.Pattern[str]:
    """A pattern for the version, alone or as a segment of a URL or path."""
    return re.compile(
        rf"(?:(?:https?:)?(?:\\?/)+[^\s\"'`<>]{{0,300}}?/)?(?<![\w.-]){re.escape(old)}(?![\w.-])[^\s\"'`<>,;]{{0,200}}"
    )
