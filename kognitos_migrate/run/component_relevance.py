"""Components that may contain an API call, by their code rather than by identifiers alone."""

from collections.abc import Iterable

from kognitos_migrate.discover.call_signs import any_has_call_sign
from kognitos_migrate.discover.prefilter import Anchors
from kognitos_migrate.run.components import Component, encode_text


def may_call(part: Component, anchors: Anchors) -> bool:
    """Whether a component may contain a call, an address or a key of the API. An unreadable one may."""
    if any(source.fault is not None for source in part.sources):
        return True
    return any_has_call_sign({source.path: encode_text(source) for source in part.sources}, anchors)


def calling(parts: Iterable[Component], anchors: Anchors) -> list[Component]:
    """The components that may contain a call."""
    return [part for part in parts if may_call(part, anchors)]
