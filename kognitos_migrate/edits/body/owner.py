"""A field that the new body of one request needs, and that another request of the conversation knows: the
agent of an upload is that of the process which the conversation starts with the file."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.config.lacking import value_to_add
from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.edits.body.additions import Addition, Additions
from kognitos_migrate.edits.body.handed import hand_down
from kognitos_migrate.edits.body.places import places
from kognitos_migrate.edits.body.travel import is_of_same_run
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.kept import Read
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.lookup import (
    Literal,
    Lookup,
    fields_at,
    lookup_expression,
    require_known,
    table_of,
)
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.tables import Tables
from kognitos_migrate.interpret.state.events import Request, UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Member, Table
from kognitos_migrate.syntax.tree import Site


def add_owner(scene: Scene, match: Match, matches: list[Match], additions: Additions, tables: Tables) -> None:
    """Note the value of each member that is looked up by a slot which this request doesn't have. Raises
    Refused."""
    has = {part.slot for part in match.operation.old.path}
    for member in match.operation.new.members:
        if member.table is not None and member.slot not in has:
            owner = _Owner(scene, matches, member, tables)
            additions.expressions[member.slot] = owner.of(match, additions)


class _Owner(Struct, frozen=True):
    """One member that is looked up for requests of which each has starts that its reply goes into."""

    scene: Scene
    matches: list[Match]
    member: Member
    tables: Tables

    def of(self, match: Match, additions: Additions) -> Addition:
        """What a request adds to say it."""
        table = table_of(self.scene, match, self.member)
        rows = self.scene.settings.tables.get(table.setting, {})
        field = self.member.field or ""
        site = match.request.site
        same_call = [
            one for one in self.matches if one.request.site == site and one.operation.id == match.operation.id
        ]
        starts = self.starts(same_call)
        for start in starts:
            require_known(self.scene, start, self.member.slot, table)
        everyone = {row[field] for row in rows.values()}
        only = self.only(starts or self._everywhere(match), table) or (
            next(iter(everyone)) if len(everyone) == 1 else None
        )
        if only is not None:
            return Addition((quoted(only),))
        kept = any(not is_of_same_run(self.scene, *way) for way in self._ways(same_call, starts))
        looked_up = None if kept else self._in_reach(match, starts, table, additions)
        if looked_up is not None:
            return Addition(looked_up)
        handed = None if kept else self._handed(match, table, additions)
        if handed is not None:
            return handed
        setting = self.scene.settings.values.get(self.member.setting or "")
        if setting:
            return Addition((quoted(setting),))
        message = f"it is not known here which {field} the file is for"
        if kept:
            message = f"the file may be kept, and sent again for another {field}"
        help_ = value_to_add(self.scene.settings, self.member.setting) if self.member.setting else None
        raise Refused(site, "owner-unknown", message, help_)

    def starts(self, ones: list[Match]) -> list[Match]:
        """The requests that know the slot and get something of a reply to one of these."""
        return [
            start
            for start in self.matches
            if _has(start, self.member.slot) and any(_feeds(self.scene, one, start) for one in ones)
        ]

    def _ways(self, ones: list[Match], starts: list[Match]) -> Iterator[tuple[Request, Request]]:
        """The requests whose replies a start sends, each with the start."""
        for start in starts:
            for one in ones:
                if _feeds(self.scene, one, start):
                    yield one.request, start.request

    def _everywhere(self, match: Match) -> list[Match]:
        """All requests of the program that know the slot: where nobody sees to which of them a reply goes, it
        goes to one of these."""
        return [
            one
            for one in self.scene.matches.values()
            if one.operation.api == match.operation.api
            and one.request.stub is None
            and _has(one, self.member.slot)
        ]

    def only(self, starts: list[Match], table: Table) -> str | None:
        """The field, where it is known and the same for all."""
        rows = self.scene.settings.tables.get(table.setting, {})
        keys = {key for start in starts for key in start.keys(self.member.slot)}
        known = {rows[key][self.member.field or ""] for key in keys if key is not None and key in rows}
        return next(iter(known)) if keys and keys <= rows.keys() and len(known) == 1 else None

    def _in_reach(
        self, match: Match, starts: list[Match], table: Table, additions: Additions
    ) -> Parts | None:
        """The field looked up by the key, where the key can be said at the upload."""
        for place in places(self.scene, match) if starts else ():
            if not all(map(self._is_attached, place.frames)):
                continue
            frames = {start.request.id: frame for start in starts for frame in place.frames.values()}
            sooner: list[Draft] = []
            if (found := self._looked_up(starts, table, frames, place.site, sooner)) is not None:
                additions.drafts.extend(sooner)
                return found
        return None

    def _is_attached(self, number: int) -> bool:
        """Whether a start gets the file of an upload: one that no start gets has no owner in reach."""
        match = self.scene.matches[number]
        return match.request.stub is not None or bool(self.starts([match]))

    def _looked_up(
        self, starts: list[Match], table: Table, frames: dict[int, int], at: Site, sooner: list[Draft]
    ) -> Parts | None:
        found = fields_at(self.scene, starts, self.member.slot, table, frames, at)
        if isinstance(found, Lookup):
            if not _is_kept(self.scene, found, at):
                return None
            self.tables.add(at.path, found)
            sooner.extend(found.drafts)
            return (*lookup_expression(found), f"[{quoted(self.member.field or '')}]")
        return (quoted(found.fields[self.member.field or ""]),) if isinstance(found, Literal) else None

    def _handed(self, match: Match, table: Table, additions: Additions) -> Addition | None:
        """The field as a parameter of the function that sends the upload, where its callers know it."""
        sooner: list[Draft] = []

        def known(at: Site, frames: Mapping[int, int]) -> Parts | None:
            starts = {number: self.starts([self.scene.matches[number]]) for number in frames}
            if not all(starts.values()):
                return None
            every = [start for found in starts.values() for start in found]
            only = self.only(every, table)
            if only is not None:
                return (quoted(only),)
            inside = {start.request.id: frames[number] for number, found in starts.items() for start in found}
            return self._looked_up(every, table, inside, at, sooner)

        for place in places(self.scene, match):
            if match.request.id not in place.frames:
                continue
            handed = hand_down(self.scene, self.member.name, place.frames, known)
            if handed is not None:
                additions.drafts.extend((*handed, *sooner))
                return Addition((self.member.name,), frame=place.frames[match.request.id])
        return None


def _is_kept(scene: Scene, found: Lookup, at: Site) -> bool:
    """Whether the key is the same at the upload as where the process is started, which is later."""
    tree = scene.tree(at)
    scope = tree.enclosing(tree.node(at), cst.FunctionDef) or tree.module
    read, code = Read(scene, tree, scope), "".join(map(str, found.key))
    return (bool(found.drafts) or read.is_bound_for_good(code, at)) and read.is_kept_for(code)


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
