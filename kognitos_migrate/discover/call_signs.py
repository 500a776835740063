"""Signs of a call in the bytes of a file: words of paths, keys and fields near a request, or in a text of
another language.

A program may name an API in identifiers, imports and stubs without ever calling it. A name is therefore a
sign only in programs that send requests, in the same module or in one that imports connect with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.other_products import name_pattern, with_blank_products
from kognitos_migrate.discover.prefilter import names_api
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.discover.signature import (
    HOST,
    PathWords,
    client_offset,
    has_name,
    has_path_tail,
    has_word,
    is_header,
    is_segment_in,
    signs_in_file,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kognitos_migrate.discover.prefilter import Anchors


_IMPORT = re.compile(rb"\s*(?:from|import)\b")
_WORD_GOES_ON = re.compile(rb"[a-z]")
_QUOTES = (b'"', b"'")
_STUB = ".pyi"
"""The file name extension of stub files, which declare fields and read none."""


class _Terms(NamedTuple):
    """Texts that each of many modules is searched for."""

    lowered: tuple[bytes, ...]
    """Hosts, keys of the configuration and headers, in lower case."""
    settings: tuple[bytes, ...]
    """Parts of the names of settings that have the API's word."""
    fields: tuple[bytes, ...]
    """Fields and parameters of the old version, as keys are written."""
    versions: tuple[bytes, ...]
    words: tuple[bytes, ...]
    """The words of the API that are no hosts, and no keys of the configuration."""
    names: tuple[str, ...]
    """These words as text."""
    modules: tuple[bytes, ...]
    """The beginnings of texts that name an HTTP client."""
    products: tuple[bytes, ...]
    """Packages that have a word of the API in their name and don't use it, in lower case."""
    product_names: re.Pattern[str]
    """These names, as imported, installed or in a path."""


@lru_cache(maxsize=4)
def _terms_of(anchors: Anchors) -> _Terms:
    names = sorted({signature_name.name for signature_name in anchors.signature})
    others = {*anchors.hosts, *anchors.keys}
    words = [word for word in anchors.words if word not in others]
    modules = [client.partition(b" ")[2] for client in anchors.clients if client.startswith(b"import ")]
    return _Terms(
        lowered=(*anchors.hosts, *anchors.keys, *filter(is_header, names)),
        settings=tuple(part for word in words for part in (word.upper() + b"_", b"_" + word.upper())),
        fields=tuple(quote + name + quote for name in names if not is_header(name) for quote in _QUOTES),
        versions=tuple(sorted({path.version for path in anchors.calls})),
        words=tuple(words),
        names=tuple(word.decode() for word in words),
        modules=tuple(quote + module for module in modules for quote in _QUOTES),
        products=anchors.products,
        product_names=re.compile(name_pattern(anchors.products)),
    )


def _without_products(lowered: bytes, terms: _Terms) -> bytes:
    return with_blank_products(lowered, terms.words, terms.products)


def has_call_sign(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether a module may contain a call, or a part from which a call is built."""
    return any_has_call_sign({file: data}, anchors)


def any_has_call_sign(texts: Mapping[str, bytes], anchors: Anchors) -> bool:
    """Whether modules that belong together, by path, may contain a call. One of them may send what another
    one names."""
    return any(_has_own_sign(data, file, anchors) for file, data in texts.items()) or (
        any(sends_requests(data, anchors) for data in texts.values()) and any_names_request(texts, anchors)
    )


def _has_own_sign(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether a module bears a sign of a call that needs no request beside it."""
    terms, lowered = _terms_of(anchors), data.lower()
    return (
        any(word in lowered for word in terms.lowered)
        or any(part in data for part in terms.settings)
        or _has_path(data, terms, anchors)
        or (not file.endswith(_STUB) and _has_fields(data, terms, anchors))
        or (
            _reads_old_attribute(data, terms)
            and _imports_api(with_blank_products(lowered, terms.words, terms.products), terms)
        )
    )


def _is_named_for_api(file: str, terms: _Terms) -> bool:
    """Whether a module is named for the API, or lies in a folder that is."""
    return path_has_word(file, terms.names, terms.product_names)


def is_named_caller(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether a module that is named for the API, or lies in a folder that is, may contain a call."""
    return _is_named_for_api(file, _terms_of(anchors)) and has_call_sign(data, file, anchors)


def _has_path(data: bytes, terms: _Terms, anchors: Anchors) -> bool:
    """Whether the module has an endpoint's word behind its version, or with more of the path behind it."""
    versions = [version for version in terms.versions if is_segment_in(version, data)]
    return has_word(data, anchors.signature) or any(
        has_path_tail(path.word, data) or (path.version in versions and is_segment_in(path.word, data))
        for path in anchors.calls
    )


def _has_fields(data: bytes, terms: _Terms, anchors: Anchors) -> bool:
    """Whether the module has a quoted key of the old version, the fields of one old reply, or a tied name."""
    return (
        any(field in data for field in terms.fields)
        or any(all(_is_key_or_attribute(field, data) for field in fields) for fields in anchors.fields)
        or (
            has_name(data, anchors.signature)
            and signs_in_file(data, anchors.signature, anchors.clients).has_complete_name(anchors.signature)
        )
    )


def _reads_old_attribute(data: bytes, terms: _Terms) -> bool:
    """Whether a name of the old version is read as an attribute."""
    return any(b"." + field[1:-1] in data for field in terms.fields)


def _imports_api(lowered: bytes, terms: _Terms) -> bool:
    return any(
        word in lowered and re.search(rb"(?m)^[ \t]*(?:from|import)\b.*" + re.escape(word), lowered)
        for word in terms.words
    )


def _is_key_or_attribute(name: bytes, data: bytes) -> bool:
    """Whether a name occurs as a key, as an attribute, or at the start of an annotated or assigned line."""
    return name in data and _member_pattern(name).search(data) is not None


@cache
def _member_pattern(name: bytes) -> re.Pattern[bytes]:
    literal = re.escape(name)
    return re.compile(rb"(?m)(?:[\"'.]|^[ \t]+)%b(?:(?<=[\"'.]%b)\b|\s*[:=])" % (literal, literal))


def sends_requests(data: bytes, anchors: Anchors) -> bool:
    """Whether a module imports an HTTP client, also by a name in a string."""
    modules = _terms_of(anchors).modules
    return client_offset(data, anchors.clients) is not None or any(module in data for module in modules)


def any_names_request(texts: Mapping[str, bytes], anchors: Anchors) -> bool:
    """Whether modules that belong together, by path, name the API, in code or beside a field or an endpoint.

    This is a sign in a program that sends requests.
    """
    terms = _terms_of(anchors)
    lowered = {file: _without_products(data.lower(), terms) for file, data in texts.items()}
    return any(
        _is_named_for_api(file, terms) or any(word in text for word in terms.words)
        for file, text in lowered.items()
    ) and any(_names_request(file, data, lowered[file], anchors) for file, data in texts.items())


def _names_request(file: str, data: bytes, lowered: bytes, anchors: Anchors) -> bool:
    terms = _terms_of(anchors)
    says_host = HOST.search(data) is not None
    return (
        _is_named_for_api(file, terms)
        or any(_is_in_code(word, data, lowered) if says_host else word in lowered for word in terms.words)
        or has_name(data, anchors.signature)
        or any(is_segment_in(path.word, data) for path in anchors.calls)
    )


def _is_in_code(word: bytes, data: bytes, lowered: bytes) -> bool:
    """Whether a word stands in a module, not as the beginning of a longer one, and not in an import."""
    at = lowered.find(word)
    while at >= 0:
        end = at + len(word)
        line = data[data.rfind(b"\n", 0, at) + 1 : at]
        if not (_WORD_GOES_ON.match(data, end) or _IMPORT.match(line)):
            return True
        at = lowered.find(word, end)
    return False


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
    names = {
        signature_name.name for signature_name in anchors.signature if not is_header(signature_name.name)
    }
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
