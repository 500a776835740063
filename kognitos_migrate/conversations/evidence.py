"""Whether a request that fits a path is a call of the API: path alone is never enough."""

from collections.abc import Iterable

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.interpret.state.events import Facts, UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.base import Ref, Reply, Text, Value
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives


def evidence(program: Program, match: Match) -> tuple[str, ...]:
    """What in a request itself shows that it is a call of the API; empty where nothing does.

    A host of the API proves it, and so does a key of the configuration. Else a name or source must say the
    API's word, and what is done around the request must support it: its header, or its reply's fields read.
    """
    if match.known_host:
        return ("the host is one of the API",)
    keys = program.settings.keys
    for slot in (part.slot for part in match.layout.path if part.slot):
        if any(key in keys for key in match.keys(slot)):
            return (f"the configuration has its {slot}",)
    if match.target:
        return ("its URL comes from a reply of the API",)
    named = _word_near(program, match)
    support = [*_headers(program, match), *_fields(program, match)]
    return (named, *support) if named and support else ()


def is_telling(program: Program, match: Match) -> bool:
    """Whether a request of which nobody knows where it goes has all that shows a call of the API besides: the
    word, the header, and a field read that no other version has, nor a word like it that others have."""
    old, new = match.operation.old, match.operation.new
    fields = {one.name for one in old.reply if one.vocabulary is None and not new.replies(one.name)}
    read = fields & _read(program, match)
    return bool(read and _headers(program, match) and _word_near(program, match))


def evidence_within(program: Program, match: Match, conversation: Conversation) -> tuple[str, ...]:
    """What shows it in the request itself, or else in another of its conversation."""
    own = evidence(program, match)
    if own:
        return own
    for other in conversation.matches:
        if shown := evidence(program, other):
            return (f"it belongs with a call ({other.operation.code}) that is the API's", *shown)
    return ()


def lacking(program: Program, match: Match) -> tuple[str, ...]:
    """What would show that a request, whose host isn't known, is a call of the API, as far as it is not
    there."""
    api = program.api(match.operation)
    words = " or ".join(map(repr, api.words))
    found = [] if _word_near(program, match) else [f"the word {words} in the module"]
    if not (_headers(program, match) or _fields(program, match)):
        fields = ", ".join(member.name for member in match.operation.old.reply)
        read = f", or a field of its reply ({fields}) read" if fields else ""
        found.append(f"the header {' or '.join(api.headers)}{read}")
    return tuple(found)


def _word_near(program: Program, match: Match) -> str | None:
    text = program.trees[match.request.site.path].lowered
    words = program.api(match.operation).words
    word = next((word for word in words if word.lower() in text), None)
    return f"the word {word!r} stands in the module" if word else None


def _headers(program: Program, match: Match) -> list[str]:
    given = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    names = {name.lower() for name in _names(given, program.facts)}
    wanted = program.api(match.operation).headers
    return [f"the header {header} is sent" for header in wanted if header.lower() in names]


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


def _fields(program: Program, match: Match) -> list[str]:
    if match.request.stub is not None:
        return []
    names = {member.name for layout in (match.layout, match.operation.old) for member in layout.reply}
    return [f"{name} is read from its reply" for name in sorted(names & _read(program, match))]


def _read(program: Program, match: Match) -> set[str]:
    """The fields that are read of a request's reply."""
    return {
        key
        for use in program.uses.get(match.request.id, ())
        if use.kind is UseKind.READ
        and isinstance(use.value, Reply)
        and use.value == Reply(match.request.id, (View.JSON,))
        for key in (_words(use.other) if use.other is not None else ())
    }
