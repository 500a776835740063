"""Signs of the old version in modules near each other: fields that several of its calls reply.

One module names the API and sends its header, and others read fields that only the old version replies.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from kognitos_migrate.discover.vocabulary_scan import VocabularyUses
from kognitos_migrate.modules.import_graph import ImportGraph
from kognitos_migrate.rulebook.model import Api, Signature, SignStrength
from kognitos_migrate.source.text_edits import Span

_FEWEST = 2
"""The number of calls whose replies must be read: one may be read alike by another API."""
_QUOTES = (b"'", b'"')
"""The start of a key of decoded JSON, as opposed to an attribute."""


def spans_of_old_version_fields(
    api: Api,
    texts: Mapping[str, bytes],
    graph: ImportGraph,
    vocabulary: Callable[[str], VocabularyUses | None],
) -> Iterator[Span]:
    """The keys of fields that only the old version replies, if several of its calls are read so, in modules
    near one that names the API and with one that sends its header."""
    signatures = [
        signature
        for signature in api.signatures
        if signature.strength is SignStrength.STRONG and signature.fields
    ]
    words, headers = _lower_case_words(api.words), _lower_case_words(api.headers)
    naming = [path for path, text in texts.items() if _contains_any_word(text, words)]
    reading = {
        path
        for path, text in texts.items()
        if any(field.encode() in text for signature in signatures for field in signature.fields)
    }
    if not naming or not reading:
        return
    sending = {path for path, text in texts.items() if _contains_any_word(text, headers)}
    neighbours: dict[str, set[str]] = {}
    for module, neighbour in graph.pairs_of_near_files(naming, reading | sending):
        neighbours.setdefault(module, set()).add(neighbour)
    for module, near in neighbours.items():
        if not sending.isdisjoint({module, *near}):
            keys: dict[str, list[Span]] = {}
            for path in sorted(near & reading):
                uses = vocabulary(path)
                for name, spans in uses.fields.items() if uses is not None else ():
                    quoted = [span for span in spans if texts[path][span.start : span.start + 1] in _QUOTES]
                    keys.setdefault(name, []).extend(quoted)
            yield from _spans_of_complete_signatures(
                signatures, {name: spans for name, spans in keys.items() if spans}
            )


def _spans_of_complete_signatures(
    signatures: Collection[Signature], keys: Mapping[str, list[Span]]
) -> Iterator[Span]:
    complete = [signature for signature in signatures if keys.keys() >= {*signature.fields}]
    if len({signature.operation for signature in complete}) >= _FEWEST:
        for signature in complete:
            yield from keys[signature.fields[0]]


def _lower_case_words(names: Collection[str]) -> list[bytes]:
    return [name.lower().encode() for name in names]


def _contains_any_word(text: bytes, words: Collection[bytes]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)
