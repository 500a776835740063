"""String literals that a program sends as credentials."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text, Value

_DEEPEST = 8
"""The limit on nested dicts and nested texts that are searched."""


def sent_credentials(context: ProgramFacts, matches: Iterable[Match]) -> Iterator[Span]:
    """Yield the spans of the literals in the values of the API's key header, request by request."""
    for match in matches:
        headers = {header.lower() for header in context.api(match.operation).headers}
        sent = [*match.request.value(Role.HEADERS), *match.request.session_headers]
        for value in _header_values(sent, headers, context.facts):
            yield from (context.span(site) for site in _literal_sites(value))


def _header_values(
    sent: Iterable[Operand], headers: set[str], facts: Facts, depth: int = 0
) -> Iterator[Value]:
    """Yield the values of `headers`, given in lower case, in dicts and in the dicts merged into these."""
    for argument in sent if depth < _DEEPEST else ():
        for choice in alternatives(argument.value):
            record = facts.heap.get(choice)
            if isinstance(record, DictObject):
                for name, entries in record.entries.items():
                    if name.lower() in headers:
                        yield from (entry.operand.value for entry in entries)
                yield from _header_values(record.spreads, headers, facts, depth + 1)


def _literal_sites(value: Value, depth: int = 0) -> Iterator[Site]:
    for choice in alternatives(value) if depth < _DEEPEST else ():
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part.site
            elif isinstance(part, Hole):
                yield from _literal_sites(part.value, depth + 1)
