"""Fields of replies, and parameters of queries, near the calls that have them. Their names are common words:
farther away they mean something else."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.mentions.mention import Kind, Mention
from kognitos_migrate.mentions.sought import Sight
from kognitos_migrate.mentions.spelling import fields
from kognitos_migrate.rulebook.model import Member, Operation
from kognitos_migrate.source.position import Characters

NEAR = 20
"""Rows around the path of a call."""


def fields_near(sight: Sight, paths: Sequence[Mention]) -> Iterator[Mention]:
    """The fields and parameters near `paths` that the new version calls otherwise."""
    if not paths:
        return
    places = Characters(sight.text)
    rows: dict[str, list[int]] = {}
    for path in sorted(paths, key=lambda path: path.start):
        if path.operation is not None:
            rows.setdefault(path.operation.id, []).append(places.position(path.start).row)
    members = sight.sought.members
    called = [name for name, laid in members.items() if any(operation.id in rows for operation, _ in laid)]
    for found in fields(called).finditer(sight.text):
        row = places.position(found.start()).row
        laid = next((one for one in members[found[0]] if _is_near(row, one[0], rows)), None)
        if laid is None:
            continue
        operation, member = laid
        yield Mention(
            *found.span(),
            Kind.FIELD,
            sight.sought.api,
            found[0],
            _new_name(operation, member),
            f"near {operation.old.method} of {operation.id}",
            operation,
            member=member,
            by_itself=False,
        )


def _is_near(row: int, operation: Operation, rows: Mapping[str, Sequence[int]]) -> bool:
    called = rows.get(operation.id, ())
    at = bisect_left(called, row - NEAR)
    return at < len(called) and called[at] <= row + NEAR


def _new_name(operation: Operation, member: Member) -> str:
    """What the new version calls what `member` says: in the reply, or of a query in the request."""
    layout = operation.new
    where = layout.reply if member in operation.old.reply else (*layout.query, *layout.members)
    return next((one.name for one in where if one.slot == member.slot), "")
