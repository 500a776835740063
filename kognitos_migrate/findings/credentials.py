"""String literals that a program sends as its credentials, whatever they are called."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Facts
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Hole, Lit, Ref, Text, Value
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives

_DEEPEST = 8
"""Dicts within dicts, and texts within texts, that are searched."""


def credentials_of(scene: Scene, matches: Iterable[Match]) -> Iterator[Span]:
    """Yield the spans of the literals in the values of the API's key header, request by request."""
    for match in matches:
        headers = {header.lower() for header in scene.api(match.operation).headers}
        sent = [*match.request.value(Role.HEADERS), *match.request.session_headers]
        for value in _header_values(sent, headers, scene.facts):
            yield from (scene.span(site) for site in _literal_sites(value))


def _header_values(sent: Iterable[Given], headers: set[str], facts: Facts, depth: int = 0) -> Iterator[Value]:
    """Yield the values of `headers`, given in lower case, in dicts and in what is merged into these."""
    for argument in sent if depth < _DEEPEST else ():
        for choice in alternatives(argument.value):
            record = facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(record, Record):
                for name, entries in record.entries.items():
                    if name.lower() in headers:
                        yield from (entry.given.value for entry in entries)
                yield from _header_values(record.spreads, headers, facts, depth + 1)


def _literal_sites(value: Value, depth: int = 0) -> Iterator[Site]:
    for choice in alternatives(value) if depth < _DEEPEST else ():
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part.site
            elif isinstance(part, Hole):
                yield from _literal_sites(part.value, depth + 1)
