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
    """A value with the old version in it: offsets in characters, the name that it is given, what it is to
    be."""

    start: int
    end: int
    name: str
    written: str
    instead: str


def assigned_versions(text: str, api: Api) -> Iterator[AssignedVersion]:
    """The values of a text that have the old version as a segment."""
    done = 0
    for found in _values(api.old).finditer(text):
        if found.start() < done:
            continue
        done = found.end()
        start = found.start()
        named = _NAME.search(text, max(0, start - REACH), start)
        if named is not None:
            written = found[0]
            yield AssignedVersion(start, done, named["name"], written, _renewed(api, written))


def bare_name(name: str) -> str:
    """A name as programs ask for it: `base_url` of `--base-url`."""
    return name.lstrip("-").replace("-", "_")


def _renewed(api: Api, written: str) -> str:
    head, tail = re.split(rf"(?<=\b{re.escape(api.old)})(?=\W|$)", written, maxsplit=1)
    return new_version(api, head) + tail


@lru_cache(maxsize=8)
def _values(old: str) -> re.Pattern[str]:
    """A version, alone or as a segment of a URL or a path."""
    return re.compile(
        rf"(?:(?:https?:)?(?:\\?/)+[^\s\"'`<>]{{0,300}}?/)?(?<![\w.-]){re.escape(old)}(?![\w.-])[^\s\"'`<>,;]{{0,200}}"
    )
