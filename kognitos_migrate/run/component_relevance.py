"""Components that may hold an API call, by code rather than by identifiers alone."""

import warnings
from collections.abc import Iterable, Iterator

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.prefilter import client_modules, may_send_requests
from kognitos_migrate.discover.signature import is_part
from kognitos_migrate.rulebook.model import Rulebook, Weight
from kognitos_migrate.run.components import Component, encode_text


class Calling:
    """The words that a call of an API needs, by the rules and the configuration."""

    def __init__(self, rulebook: Rulebook, settings: Settings) -> None:
        """Collect the words."""
        hosts = {host for api in rulebook.apis.values() for host in (*api.hosts, *settings.hosts)}
        keys = {key for table in settings.tables.values() for key in table}
        self._words = sorted({word.lower().encode() for word in (*hosts, *keys) if word})
        self._endpoints = sorted(set(_endpoints(rulebook)))
        self._senders = client_modules(rulebook)
        self._fields = [*_strong_fields(rulebook)]

    def may_hold(self, part: Component) -> bool:
        """Whether a part may hold a call, an address or a key of the API. A part that sends requests may take
        their addresses from elsewhere; one that can't be parsed may hold anything."""
        texts = {source.path: encode_text(source) for source in part.sources}
        return (
            any(source.fault is not None for source in part.sources)
            or any(self._names(text) for text in texts.values())
            or may_send_requests(texts, self._senders)
            or self._reads_replies(b"\n".join(texts.values()))
            or not all(map(_is_python, texts.values()))
        )

    def _reads_replies(self, text: bytes) -> bool:
        """Whether a text has the fields of two operations' old replies: a library may send the requests."""
        return sum(all(field in text for field in fields) for fields in self._fields) > 1

    def _names(self, text: bytes) -> bool:
        """Whether a text has a host or a key, or an endpoint as a part of a path."""
        lowered = text.lower()
        return any(word in lowered for word in self._words) or any(
            is_part(endpoint, text) for endpoint in self._endpoints
        )


def _endpoints(rulebook: Rulebook) -> Iterator[bytes]:
    """The fixed segments of the paths of both versions, without the versions themselves."""
    versions = {version for api in rulebook.apis.values() for version in (api.old, api.new)}
    for operation in rulebook.operations:
        for layout in (operation.old, operation.new):
            yield from (
                segment.text.encode()
                for segment in layout.path
                if segment.text and segment.text not in versions
            )


def _strong_fields(rulebook: Rulebook) -> Iterator[tuple[bytes, ...]]:
    """The fields that only an old reply has, by operation."""
    for api in rulebook.apis.values():
        for signature in api.signatures:
            if signature.weight is Weight.STRONG and signature.fields:
                yield tuple(field.encode() for field in signature.fields)


def _is_python(text: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<part>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def calling(parts: Iterable[Component], rulebook: Rulebook, settings: Settings) -> list[Component]:
    """The parts that may hold a call."""
    words = Calling(rulebook, settings)
    return [part for part in parts if words.may_hold(part)]
