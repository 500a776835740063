"""Which requests of a program a stub answers: those that its test reaches."""

from collections.abc import Iterable

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.interpret.events import Facts


def answered(stub: Match, matches: Iterable[Match], facts: Facts) -> list[Match]:
    """The requests of the stub's operation that are sent from the same test; where it sends none (the stub
    stands in a fixture, in a `setUp`), all of that operation."""
    same = [
        match for match in matches if match.request.stub is None and match.operation.id == stub.operation.id
    ]
    test = outermost(facts, stub.request.frame)
    return [match for match in same if outermost(facts, match.request.frame) == test] or same


def outermost(facts: Facts, frame: int) -> int:
    """The function around all calls that led to an activation: a test, say."""
    above = facts.frames[frame]
    while above.caller is not None and above.function is not None:
        above = facts.frames[above.caller]
    return above.id
