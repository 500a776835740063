"""Signs of a call in a module's bytes: words of paths, keys and fields near a request.

A program may name an API in identifiers, imports and stubs, and never call it: a name alone is no sign, but
where requests are sent.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from kognitos_migrate.discover.signature import (
    HOST,
    client_at,
    has_name,
    has_path_tail,
    has_word,
    is_header,
    is_part,
    traits_in,
)

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import Anchors
    from kognitos_migrate.discover.signature import SignatureName

_IMPORT = re.compile(rb"\s*(?:from|import)\b")
_WORD_GOES_ON = re.compile(rb"[a-z]")
_STUB = ".pyi"
"""The ending of a file that declares fields, and reads none."""


def bears_call_sign(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether the bytes of a module may be those of a call, or of what one is made of."""
    lowered = data.lower()
    return (
        any(word in lowered for word in (*anchors.hosts, *anchors.keys, *_headers(anchors)))
        or any(part in data for part in _setting_names(anchors))
        or _has_path(data, anchors)
        or (not file.endswith(_STUB) and _has_fields(data, anchors))
        or (_sends(data, anchors) and _is_near_request(data, lowered, file, anchors))
    )


def _headers(anchors: Anchors) -> tuple[bytes, ...]:
    return tuple(tie.name for tie in anchors.ties if is_header(tie.name))


def _has_path(data: bytes, anchors: Anchors) -> bool:
    """Whether a path is there: an endpoint's word with its version, or with more behind it."""
    versions = {version for version in {path.version for path in anchors.calls} if is_part(version, data)}
    return has_word(data, anchors.ties) or any(
        has_path_tail(path.word, data) or (path.version in versions and is_part(path.word, data))
        for path in anchors.calls
    )


def _has_fields(data: bytes, anchors: Anchors) -> bool:
    """Whether a key of the old version is there, or the fields that only one of its replies has, or a name
    with what makes it telling."""
    return (
        any(quoted in data for quoted in _quoted_names(anchors.ties))
        or any(all(_is_member(field, data) for field in fields) for fields in anchors.fields)
        or (
            has_name(data, anchors.ties)
            and traits_in(data, anchors.ties, anchors.clients).is_tied(anchors.ties)
        )
    )


@cache
def _quoted_names(ties: tuple[SignatureName, ...]) -> tuple[bytes, ...]:
    names = sorted({tie.name for tie in ties if not is_header(tie.name)})
    return tuple(quote + name + quote for name in names for quote in (b'"', b"'"))


def _is_member(name: bytes, data: bytes) -> bool:
    """Whether a name stands in a module as a key, as an attribute, or in a line that declares one."""
    return name in data and _member(name).search(data) is not None


@cache
def _member(name: bytes) -> re.Pattern[bytes]:
    literal = re.escape(name)
    return re.compile(rb"(?m)(?:[\"'.]|^[ \t]+)%b(?:(?<=[\"'.]%b)\b|\s*[:=])" % (literal, literal))


def _sends(data: bytes, anchors: Anchors) -> bool:
    """Whether a module imports an HTTP client, also one whose name is a text."""
    if client_at(data, anchors.clients) is not None:
        return True
    modules = (client.partition(b" ")[2] for client in anchors.clients if client.startswith(b"import "))
    return any(quote + module in data for module in modules for quote in (b'"', b"'"))


def _is_near_request(data: bytes, lowered: bytes, file: str, anchors: Anchors) -> bool:
    """Whether a module that sends requests names the API, a field, or an endpoint by itself."""
    name = os.path.basename(file).lower().encode()
    says_host = HOST.search(data) is not None
    return (
        any(
            word in name or _is_named(word, data, lowered, says_host=says_host)
            for word in _own_words(anchors)
        )
        or has_name(data, anchors.ties)
        or any(is_part(path.word, data) for path in anchors.calls)
    )


@cache
def _own_words(anchors: Anchors) -> tuple[bytes, ...]:
    """The words of the API that are no hosts, and no keys of the configuration."""
    return tuple(word for word in anchors.words if word not in anchors.hosts and word not in anchors.keys)


@cache
def _setting_names(anchors: Anchors) -> tuple[bytes, ...]:
    """Parts of the names of settings that contain a word of the API, such as `ACME_` and `_ACME`."""
    words = [word.upper() for word in _own_words(anchors)]
    return tuple(part for word in words for part in (word + b"_", b"_" + word))


def _is_named(word: bytes, data: bytes, lowered: bytes, *, says_host: bool) -> bool:
    """Whether a word stands in a module. Where requests go to a host that the module says, an import does not
    count, and nor does the beginning of a longer word."""
    at = lowered.find(word)
    while at >= 0:
        end = at + len(word)
        line = data[data.rfind(b"\n", 0, at) + 1 : at]
        if not (says_host and (_WORD_GOES_ON.match(data, end) or _IMPORT.match(line))):
            return True
        at = lowered.find(word, end)
    return False
