"""Requests that go to one service: a value of one's reply is sent in another, or their URLs begin with one
value."""

from collections.abc import Hashable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.signs import Matches
from kognitos_migrate.unions import Unions
from kognitos_migrate.values.base import UNKNOWN, Hole, Ref, Unknown
from kognitos_migrate.values.join import alternatives


def kin_of(program: Program, matches: Matches, groups: Sequence[Sequence[Match]]) -> list[list[Match]]:
    """The matches by service. Those of one of the `groups` stay together."""
    tied = Unions(matches.by_request)
    first: dict[Hashable, int] = {}
    for group in groups:
        for match in group:
            tied.join(group[0].request.id, match.request.id)
    for number, match in matches.by_request.items():
        for origin in set(_origins(program, match)):
            tied.join(first.setdefault(origin, number), number)
        for reply in matches.replies_sent(match):
            if reply.request in tied:
                tied.join(reply.request, number)
    return [[matches.by_request[number] for number in numbers] for numbers in tied.groups()]


def _origins(program: Program, match: Match) -> Iterator[Hashable]:
    """The identities of the unknown values that a URL begins with: a setting of the environment, an attribute
    of an object, the base that a client was made with."""
    for path in match.paths:
        for piece in path.url.base[:1]:
            if piece.text is None and piece.via:
                yield from _identities(program, piece.via[-1])
    for base in match.request.bases:
        yield ("base", base.site, base.frame)


def _identities(program: Program, hole: Hole) -> Iterator[Hashable]:
    for choice in alternatives(hole.value):
        if isinstance(choice, Unknown) and choice.public and choice.source:
            yield ("setting", choice.source)
    tree = program.trees[hole.site.path]
    node = tree.node(hole.site)
    if isinstance(node, cst.Attribute):
        owner = program.facts.values.get((tree.site(node.value), hole.frame), UNKNOWN)
        for choice in alternatives(owner):
            if isinstance(choice, Ref):
                yield ("attribute", choice, node.attr.value)
