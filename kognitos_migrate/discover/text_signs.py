"""Signs of the old version in files that are not Python, in which a text search finds no call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from kognitos_migrate.discover.prefilter import names_api
from kognitos_migrate.discover.signature import PathWords, is_header

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import Anchors

_HOST_BEFORE = rb"(?:://([\w.-]+)[^\s\"'<>,]{0,300})?"
_PLACEHOLDER = rb"(?:\$\w|\$?\{|%\w)"


def path_text(path: PathWords) -> bytes:
    """The version and the word of a path: `v1/invoke`."""
    return path.version + b"/" + path.word


def names_version(data: bytes, versions: Iterable[bytes]) -> bool:
    """Whether a text contains one of the versions as a segment of a path or as a value."""
    return any(_version(version).search(data) for version in sorted(versions))


@lru_cache(maxsize=8)
def _version(version: bytes) -> re.Pattern[bytes]:
    """A version as a segment of a path, in any escape, or as a complete value."""
    literal = re.escape(version)
    return re.compile(rb"%b(?<=[/F\"'=,\[: ]%b)(?![\w.-])" % (literal, literal))


def has_old_path(data: bytes, anchors: Anchors, *, in_named_program: bool) -> bool:
    """Whether a text has a path of the old version without a host of others.

    It must also have a field that only the old version has, or belong to a program that names the API.
    """
    names = {tie.name for tie in anchors.ties if not is_header(tie.name)}
    return (in_named_program or any(name in data for name in names)) and any(
        match[1] is None or match[1].lower() in anchors.hosts
        for path in anchors.paths
        if path_text(path) in data
        for match in re.finditer(_HOST_BEFORE + rb"(?<![\w.-])%b(?![\w-])" % re.escape(path_text(path)), data)
    )


def names_url_parts(data: bytes, anchors: Anchors) -> bool:
    """Whether a text names a host of the API, and the old version and an endpoint apart from it.

    A placeholder behind the host stands for the version, and may stand for the endpoint, too.
    """
    old = {path.version for path in anchors.paths}
    lowered = data.lower()
    hosts = [host for host in anchors.hosts if host in lowered]
    if not (hosts and names_api(data, anchors) and names_version(data, old)):
        return False
    if names_version(data, {path.version for path in anchors.calls} - old):
        return False
    words = {path.word for path in anchors.paths}
    return any(re.search(rb"/%b(?![\w.-]|/\w)" % re.escape(word), data) for word in words) or any(
        re.search(re.escape(host) + rb"(?::\d+)?/" + _PLACEHOLDER, lowered) for host in hosts
    )
