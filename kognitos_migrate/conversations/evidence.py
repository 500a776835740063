"""Whether a request that fits a path is a call of the API: path alone is never enough."""

from collections.abc import Iterable, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.interpret.events import Facts, Use, UseKind
from kognitos_migrate.rulebook.model import Api, Role, View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.base import Ref, Reply, Text, Value
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives


def evidence(
    match: Match, api: Api, keys: frozenset[str], facts: Facts, uses: Iterable[Use], trees: Mapping[str, Tree]
) -> tuple[str, ...]:
    """What shows that `match` is a call of `api`; empty where it isn't shown.

    A host of the API proves it, and so does a key of the configuration. Else a name or source must say the
    API's word, and what is done around the request must support it: its header, or its reply's fields read.
    """
    if match.known_host:
        return ("the host is one of the API",)
    for slot in (part.slot for part in match.layout.path if part.slot):
        if any(key in keys for key in match.keys(slot)):
            return (f"the configuration has its {slot}",)
    if match.target:
        return ("its URL comes from a reply of the API",)
    named = _word_near(match, api, trees)
    support = [*_headers(match, api, facts), *_fields(match, uses)]
    return (named, *support) if named and support else ()


def lacking(
    match: Match, api: Api, facts: Facts, uses: Iterable[Use], trees: Mapping[str, Tree]
) -> tuple[str, ...]:
    """What would show that `match`, whose host isn't known, is a call of `api`, as far as it is not there."""
    words = " or ".join(map(repr, api.words))
    found = [] if _word_near(match, api, trees) else [f"the word {words} in the module"]
    if not (_headers(match, api, facts) or _fields(match, uses)):
        fields = ", ".join(member.name for member in match.operation.old.reply)
        read = f", or a field of its reply ({fields}) read" if fields else ""
        found.append(f"the header {' or '.join(api.headers)}{read}")
    return tuple(found)


def _word_near(match: Match, api: Api, trees: Mapping[str, Tree]) -> str | None:
    text = trees[match.request.site.path].lowered
    word = next((word for word in api.words if word.lower() in text), None)
    return f"the word {word!r} stands in the module" if word else None


def _headers(match: Match, api: Api, facts: Facts) -> list[str]:
    given = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    names = {name.lower() for name in _names(given, facts)}
    return [f"the header {header} is sent" for header in api.headers if header.lower() in names]


def _names(given: Iterable[Given], facts: Facts, depth: int = 0) -> Iterable[str]:
    for one in given:
        for choice in alternatives(one.value):
            thing = facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, Record) and depth < 8:
                yield from thing.entries
                yield from (word for word in _words(thing.names))
                yield from _names(thing.spreads, facts, depth + 1)


def _words(value: Value) -> Iterable[str]:
    return [choice.literal for choice in alternatives(value) if isinstance(choice, Text) and choice.literal]


def _fields(match: Match, uses: Iterable[Use]) -> list[str]:
    if match.request.stub is not None:
        return []
    names = {member.name for layout in (match.layout, match.operation.old) for member in layout.reply}
    read = {
        key
        for use in uses
        if use.kind is UseKind.READ
        and isinstance(use.value, Reply)
        and use.value == Reply(match.request.id, (View.JSON,))
        for key in (_words(use.other) if use.other is not None else ())
    }
    return [f"{name} is read from its reply" for name in sorted(names & read)]
