"""A field that the new body of one request needs, and that another request of the conversation knows: the
agent of an upload is that of the process which the conversation starts with the file."""

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.edits.additions import Addition, Additions
from kognitos_migrate.edits.body import Tables
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.lookup import Literal, Lookup, fields_at, quoted, require_known, table_of
from kognitos_migrate.edits.places import places
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.rulebook.model import Member


def add_owner(scene: Scene, match: Match, matches: list[Match], additions: Additions, tables: Tables) -> None:
    """Note the value of each member that is looked up by a slot which this request doesn't have. Raises
    Refused."""
    has = {part.slot for part in match.operation.old.path}
    for member in match.operation.new.members:
        if member.table is not None and member.slot not in has:
            additions.expressions[member.slot] = Addition(_value(scene, match, matches, member, tables))


def _value(scene: Scene, match: Match, matches: list[Match], member: Member, tables: Tables) -> Parts:
    table = table_of(scene, match, member)
    rows = scene.settings.tables.get(table.setting, {})
    field = member.field or ""
    site = match.request.site
    same_call = [
        one for one in matches if one.request.site == site and one.operation.id == match.operation.id
    ]
    starts = [
        start
        for start in matches
        if _has(start, member.slot) and any(_feeds(scene, one, start) for one in same_call)
    ]
    for start in starts:
        require_known(scene, start, member.slot, table)
    keys = {key for start in starts for key in start.keys(member.slot)}
    known = {rows[key][field] for key in keys if key is not None}
    everyone = {row[field] for row in rows.values()}
    if starts and None not in keys and len(known) == 1:
        return (quoted(next(iter(known))),)
    if len(everyone) == 1:
        return (quoted(next(iter(everyone))),)
    looked_up = _in_reach(scene, match, starts, member, tables)
    if looked_up is not None:
        return looked_up
    setting = scene.settings.values.get(member.setting or "")
    if setting:
        return (quoted(setting),)
    raise Refused(
        site,
        "owner-unknown",
        f"it is not known here which {field} the file is for",
        f"add to kognitos-migrate.yaml:\n{member.setting}: …" if member.setting else None,
    )


def _has(match: Match, slot: str) -> bool:
    return any(part.slot == slot for part in match.operation.old.path)


def _feeds(scene: Scene, source: Match, start: Match) -> bool:
    """Whether a value of the one's reply is sent in the other."""
    for use in scene.uses.get(source.request.id, []):
        if use.kind is UseKind.REQUEST and start.request.id in scene.callers.get(use.site, set()):
            if use.frame == start.request.frame:
                return True
    for values in start.request.given.values():
        for given in values:
            if any(reply.request == source.request.id for reply in replies_in(given.value)):
                return True
    return False


def _in_reach(
    scene: Scene, match: Match, starts: list[Match], member: Member, tables: Tables
) -> Parts | None:
    """The field looked up by the key, where the key can be said at the upload."""
    if not starts:
        return None
    table = table_of(scene, match, member)
    for place in places(scene, match):
        frames = {start.request.id: frame for start in starts for frame in place.frames.values()}
        found = fields_at(scene, starts, member.slot, table, frames, place.site)
        if isinstance(found, Lookup):
            tables.add(place.site.path, found)
            return (table.constant, "[", *found.key, f"][{quoted(member.field or '')}]")
        if isinstance(found, Literal):
            return (quoted(found.fields[member.field or ""]),)
    return None
