"""Bodies and queries of calls of the new version that are laid out as the old one had them."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.places import body_roles, find_entries
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.halfway.values import keys_of
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.codes import HALF_BODY, HALF_QUERY, HALF_VALUE
from kognitos_migrate.rulebook.model import Member, Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Json, Ref, Text, Value
from kognitos_migrate.values.heap import Entry, Record
from kognitos_migrate.values.join import alternatives


def body_faults(scene: Scene, match: Match, call: Site) -> Iterator[Fault]:
    """What is wrong with the body of `match`; a call that has none is shown at `call`."""
    if not match.layout.members:
        return
    given = body_roles(match)
    if not given:
        if not _is_open(scene, match.request.site):
            yield from _lacking(scene, match, set(), call)
        return
    values = [choice for one in given for choice in alternatives(one.value)]
    if values and all(choice == NONE for choice in values):
        yield from _lacking(scene, match, set(), call)
    for one in given:
        for choice in alternatives(one.value):
            inner = choice.value if isinstance(choice, Json) else choice
            for body in alternatives(inner):
                yield from _body(scene, match, body, call)


def _is_open(scene: Scene, site: Site) -> bool:
    """Whether a call takes arguments that can't be seen."""
    node = scene.node(site)
    return not isinstance(node, cst.Call) or any(arg.star for arg in node.args)


def _body(scene: Scene, match: Match, body: Value, call: Site) -> Iterator[Fault]:
    record = scene.facts.heap[body] if isinstance(body, Ref) else None
    if not isinstance(record, Record):
        return
    keys = keys_of(scene, record)
    lacking = list(_lacking(scene, match, set(keys.entries), record.site)) if keys.complete else []
    bare = list(_bare(scene, match, keys.entries, record.site))
    if lacking and bare:
        message, help_ = f"{lacking[0].message}; {bare[0].message}", f"{lacking[0].help}; {bare[0].help}"
        yield replace(lacking[0], message=message, help=help_)
    else:
        yield from (*lacking, *bare)
    for member in match.layout.members:
        for entry in keys.entries.get(member.name, ()):
            yield from _old_key(scene, match, member, entry)


def _lacking(scene: Scene, match: Match, keys: set[str], site: Site) -> Iterator[Fault]:
    """Keys that the new version wants and the body lacks."""
    lacking = [member.name for member in _required(scene, match) if member.name not in keys]
    if lacking:
        message = f"the body of {match.layout.call} lacks {_listed(lacking)}"
        yield Fault(HALF_BODY, match, site, message, f"add {_listed(lacking)}{_meaning(scene, match)}")


def _required(scene: Scene, match: Match) -> Iterator[Member]:
    """What a body can't be without: not what stands for the whole of the old one, which could be empty."""
    whole = match.operation.old.whole
    dialect = scene.settings.dialect(match.operation.api)
    for member in match.layout.members:
        if not member.optional and member.when in (None, dialect):
            if whole is None or member.slot != whole.slot:
                yield member


def _meaning(scene: Scene, match: Match) -> str:
    """Where the configuration says what to write."""
    names = {member.table for member in match.layout.members if member.table}
    tables = [scene.api(match.operation).tables[name] for name in sorted(names)]
    said = " and ".join(f"what the {table.key} stood for, as in `{table.setting}:`" for table in tables)
    return f" ({said} of the configuration)" if said else ""


def _listed(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _bare(scene: Scene, match: Match, entries: dict[str, list[Entry]], site: Site) -> Iterator[Fault]:
    """Keys of the old body's own, which the new one has under a key."""
    whole = match.operation.old.whole
    member = next((one for one in match.layout.members if whole is not None and one.slot == whole.slot), None)
    known = {one.name for one in match.layout.members}
    if member is None or member.name in entries:
        return
    bare = [key for key in entries if key not in known]
    if bare:
        first = next((entry.key for entry in entries[bare[0]] if entry.key is not None), site)
        message = f"{_listed(bare)} stand{'s' if len(bare) == 1 else ''} bare in the body"
        help_ = f"put {_listed(bare)} into {member.name!r}"
        yield Fault(HALF_BODY, match, first, message, help_)


def _old_key(scene: Scene, match: Match, member: Member, entry: Entry) -> Iterator[Fault]:
    """A key of the old version where the new one wants what it stood for."""
    if member.table is None or member.field is None:
        return
    api = scene.api(match.operation)
    table = api.tables[member.table]
    rows = scene.settings.tables.get(member.table, {})
    for choice in alternatives(entry.given.value):
        key = choice.literal if isinstance(choice, Text) else None
        if key is not None and key in rows:
            message = f"{member.name!r} is given a {table.key} of {api.old}"
            yield Fault(
                HALF_VALUE,
                match,
                entry.given.site,
                message,
                f"write {rows[key].get(member.field, '…')!r}, which the configuration has for it",
            )


def query_faults(scene: Scene, match: Match) -> Iterator[Fault]:
    """Parameters of the old version, in the query or in the URL."""
    operation = match.operation
    kept = {member.name for member in match.layout.query}
    for member in operation.old.query:
        if member.name in kept:
            continue
        place = next((one for one in match.layout.members if one.slot == member.slot), None)
        help_ = f"put the values into the body's {place.name!r}" if place else "leave it out"
        message = f"{match.layout.call} has no parameter {member.name!r}"
        for given in match.request.value(Role.QUERY):
            for entry in find_entries(scene, given.value, member.name):
                yield Fault(HALF_QUERY, match, entry.key or entry.holder, message, help_)
        for path in match.paths:
            for piece in path.url.query:
                if piece.text is not None and f"{member.name}=" in piece.text and piece.site is not None:
                    yield Fault(HALF_QUERY, match, piece.site, message, help_)
