"""A slot that the old layout names in the query (and puts under a key of the body, or right there), and the
new layout has in the body."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Piece
from kognitos_migrate.edits.body.additions import Addition, Additions, Taken
from kognitos_migrate.edits.body.emptied import query_observations, send_without
from kognitos_migrate.edits.body.filled import filled, is_slot
from kognitos_migrate.edits.body.listed import as_list, value_as_list
from kognitos_migrate.edits.body.local_body import Part, kept_out
from kognitos_migrate.edits.body.merged import merged
from kognitos_migrate.edits.body.places import (
    bodies_of,
    body_roles,
    find_entries,
    has_surely,
    records_of,
    spreads,
)
from kognitos_migrate.edits.body.precedence import Precedence, precedence
from kognitos_migrate.edits.body.presence import (
    has_parameter,
    is_opaque,
    of_parameter,
    of_urls,
    require_same_presence,
    shrinks,
)
from kognitos_migrate.edits.body.stepwise import Gathered, stepwise
from kognitos_migrate.edits.body.unfilled import put_apart, unfilled
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.removal import remove_item, remove_made_query, remove_statement
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.url.path import written
from kognitos_migrate.edits.url.query_text import cut, taken_out, whole_text
from kognitos_migrate.interpret.state.tracked import leaves
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Member, Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Join, Json, Ref, Reply, Text, Value
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives

_DEPTH = 8


def migrate_query(scene: Scene, match: Match, additions: Additions) -> list[Draft]:
    """Take the old query parameters out, and note where their slots' values are. Raises Refused."""
    drafts: list[Draft] = []
    for member in match.operation.old.query:
        for given in match.request.value(Role.QUERY):
            if given.value != NONE:
                drafts.extend(_parameter(scene, match, member, given, additions))
        named = [path.url for path in match.paths if has_parameter(path.url, member)]
        for url in named:
            drafts.extend(_in_url(scene, match, member, url.query, additions))
        if 0 < len(named) < len(match.paths) and not any(_handed_dict(scene, url.query) for url in named):
            require_same_presence(scene, match, of_urls(scene, match, named), additions)
        _require_no_fact(scene, match, member, additions)
    return drafts


def _require_no_fact(scene: Scene, match: Match, member: Member, additions: Additions) -> None:
    """Refuse where what the slot holds is one of the facts, too: it will be something else."""
    taken = additions.removed_keys | additions.moved_keys
    for record in (one for given in body_roles(match) for one in _merged(scene, given.value)):
        for key, entries in record.entries.items():
            for entry in entries if key not in taken else ():
                if any(is_slot(scene, match, member, one) for one in _held(scene, entry.given.value)):
                    message = f"the fact {key!r} holds what an upload gave: an id is no address of a file"
                    raise Refused(entry.given.site, "attachments", message)


def _merged(scene: Scene, value: Value, depth: int = 0) -> Iterator[Record]:
    """The dicts that the body may be, and those that are merged into it."""
    for body in bodies_of(value):
        for record in records_of(scene, body):
            yield record
            for spread in record.spreads if depth < _DEPTH else ():
                yield from _merged(scene, spread.value, depth + 1)


def _held(scene: Scene, value: Value) -> Iterator[Value]:
    """A value, and what it holds of replies."""
    yield from (leaf for leaf in leaves(value, (), scene.facts.heap, {}) if isinstance(leaf, Reply))


def _parameter(scene: Scene, match: Match, member: Member, given: Given, additions: Additions) -> list[Draft]:
    entries = find_entries(scene, given.value, member.name)
    if not entries:
        if is_opaque(scene, given.value):
            raise Refused(
                given.site, "query", f"it is not known whether {member.name} is among these parameters"
            )
        return []
    drafts: list[Draft] = []
    alone, holder = _only_key(scene, given.value, member.name), _argument(scene, given)
    new = next((one for one in match.operation.new.members if one.slot == member.slot), None)
    if alone and holder is not None and new is not None:
        gathered = Gathered(scene, match, member, scene.tree(given.site), entries, new.name)
        steps = stepwise(gathered, given, holder, additions)
        if steps is not None:
            return steps
    if len({entry.holder for entry in entries}) > 1 or shrinks(scene, given.value):
        raise Refused(
            given.site, "attachments", f"{member.name} is set more than once here, or taken out again"
        )
    seen = query_observations(scene, match, entries, alone)
    for entry in entries:
        drafts.extend(_note(scene, match, member, entry.given, additions))
    presence = of_parameter(scene, member, given, entries)
    if Role.QUERY in match.request.optional and additions.removed_keys:  # a dict may lack it
        presence = replace(presence, always=False)
    require_same_presence(scene, match, presence, additions)
    if seen:
        return [*drafts, send_without(scene, match, given, member.name, seen, alone)]
    if alone and holder is not None and _is_display(scene, given.site):
        draft = remove_item(scene, holder)
        return [*drafts, *([draft] if draft else [])]
    if alone and (put := put_apart(scene, given.site)) is not None:
        return [*drafts, put]
    taken = [_take_out(scene, entry) for entry in entries]
    return [*drafts, *taken, *(unfilled(scene, match, given, taken) if alone else [])]


def _only_key(scene: Scene, value: Value, key: str) -> bool:
    records = [scene.facts.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    return all(isinstance(one, Record) and set(one.entries) <= {key} and not one.spreads for one in records)


def _is_display(scene: Scene, site: Site) -> bool:
    node = scene.node(site)
    if isinstance(node, cst.IfExp):
        return isinstance(node.body, cst.Dict) and isinstance(node.orelse, cst.Name | cst.Dict)
    return isinstance(node, cst.Dict)


def _argument(scene: Scene, given: Given) -> Site | None:
    tree = scene.tree(given.site)
    parent = tree.parent(tree.node(given.site))
    return tree.site(parent) if isinstance(parent, cst.Arg) else None


def _take_out(scene: Scene, entry: Entry) -> Draft:
    draft = remove_item(scene, entry.holder) or remove_statement(scene, entry.holder)
    if draft is None:
        raise Refused(entry.holder, "query", "this entry can't be taken out where it is written")
    return draft


def _in_url(
    scene: Scene, match: Match, member: Member, query: list[Piece], additions: Additions
) -> list[Draft]:
    """`?name=value` written into the URL, as the only parameter."""
    first = query[0]
    text = "".join(piece.text if piece.text is not None else "\0" for piece in query)
    if not text.startswith(f"{member.name}=") or "&" in text:
        raise Refused(match.request.site, "query", "the URL's query has more than one parameter")
    value = text.partition("=")[2]
    span = written(scene, first)
    handed = _handed_dict(scene, query)
    if handed is not None:
        return _parameter(scene, match, member, handed, additions)
    if span is None and (made := remove_made_query(scene, query)) is not None:
        return [*_noted(scene, match, member, query, value, additions), *made]
    if span is None:
        raise Refused(match.request.site, "query", "the URL's query is not written out")
    start = span.start - 1
    drafts: list[Draft] = []
    if "\0" not in value and all(piece.text is not None for piece in query):
        if value:
            _note_key(scene, match, value, additions, drafts)
        end = query[-1]
        hole = next((one for one in end.via if one not in first.via), None)
        if hole is not None:
            return [*drafts, *taken_out(scene, span, start, hole)]
        last = written(scene, end)
        if last is None or last.path != span.path or last.start < span.start:
            raise Refused(match.request.site, "query", "the URL's query is not written out")
        return [*drafts, *(whole_text(scene, first, start, last) or cut(span, start, last))]
    hole = query[-1].via[-1] if query[-1].via else None
    own = next((one for piece in query for one in piece.via if one not in first.via), hole)
    if own is None:
        raise Refused(match.request.site, "query", "the URL's query is not written out")
    listed = filled(scene, match, member, Given(own.value, own.site, own.frame), additions)
    if listed is not None:
        return listed
    drafts.extend(_note(scene, match, member, Given(own.value, own.site, own.frame), additions))
    return [*drafts, *taken_out(scene, span, start, own)]


def _handed_dict(scene: Scene, query: list[Piece]) -> Given | None:
    """The dict of which a function makes the query, where the caller gives it: what is done with it there is
    done for other requests too. None where the query is written out."""
    if written(scene, query[0]) is not None:
        return None
    for hole in query[0].via:
        given = Given(scene.value(hole.site, hole.frame), hole.site, hole.frame)
        if isinstance(given.value, Ref | Join) and records_of(scene, given.value):
            return given if scene.outward(given) is not None else None
    return None


def _noted(
    scene: Scene, match: Match, member: Member, query: list[Piece], value: str, additions: Additions
) -> list[Draft]:
    """Note what a parameter says that a function put into the query."""
    drafts: list[Draft] = []
    if "\0" not in value:
        _note_key(scene, match, value, additions, drafts)
        return drafts
    hole = query[-1].via[-1]
    return _note(scene, match, member, Given(hole.value, hole.site, hole.frame), additions)


def _note(scene: Scene, match: Match, member: Member, value: Given, additions: Additions) -> list[Draft]:
    """Find the slot's value: under a key of the body, or given right here."""
    drafts: list[Draft] = []
    choices = [choice for choice in alternatives(value.value) if choice != NONE]
    literals = {choice.literal if isinstance(choice, Text) else None for choice in choices}
    if is_slot(scene, match, member, value.value):
        additions.expressions[member.slot] = as_list(scene, match, value)
        return drafts
    if len(literals) == 1 and None not in literals:
        _note_key(scene, match, str(next(iter(literals))), additions, drafts)
        return drafts
    raise Refused(value.site, "attachments", f"it is not known what {member.name} names here")


def _note_key(scene: Scene, match: Match, key: str, additions: Additions, drafts: list[Draft]) -> None:
    """The body's entry `key` holds the slot: it moves out of the facts."""
    slot = match.operation.old.query[0].slot
    bodies = [body for given in body_roles(match) for body in bodies_of(given.value)]
    entries = list(dict.fromkeys(entry for body in bodies for entry in find_entries(scene, body, key)))
    certain = all(has_surely(scene, body, key) for body in bodies)
    rank = precedence(scene, bodies, entries[0], key) if len(entries) == 1 else Precedence.UNPROVEN
    is_moved = certain and rank is not Precedence.UNPROVEN
    if is_moved and isinstance(scene.node(entries[0].holder), cst.DictElement | cst.Arg):
        display = scene.tree(entries[0].holder).parent(scene.node(entries[0].holder))
        additions.moved_keys.add(key)
        places = {level.site for given in body_roles(match) for level in scene.levels(given, Role.JSON)}
        if display is not None and scene.tree(entries[0].holder).site(display) in places:
            additions.expressions[slot] = value_as_list(scene, entries[0].given)
            draft = remove_item(scene, entries[0].holder)
            if draft is not None:
                drafts.append(draft)
            if rank is Precedence.LAST:
                additions.replaced_keys.add(key)
            return
    new = next((one for one in match.operation.new.members if one.slot == slot), None)
    part = Part(key, entries[0], rank, certain) if entries and rank is not Precedence.UNPROVEN else None
    local = kept_out(scene, match, new.name, part) if new and part is not None else None
    if local is not None:
        additions.expressions[slot] = local.addition
        additions.moved_keys.add(key)
        additions.replaced_keys |= local.replaced
        drafts.extend(local.drafts)
        return
    apart = merged(scene, match, key) if rank is not Precedence.UNPROVEN else None
    if apart is not None:
        if rank is Precedence.LAST:
            additions.replaced_keys.add(key)
        additions.expressions[slot] = apart.addition
        if apart.draft is None:
            additions.removed_keys.add(key)
        else:
            additions.moved_keys.add(key)
            drafts.append(apart.draft)
        return
    additions.expressions[slot] = Addition(
        taken=_taken(scene, match, key, entries, certain), always=not certain
    )
    additions.removed_keys.add(key)


def _taken(scene: Scene, match: Match, key: str, entries: list[Entry], certain: bool) -> Taken:
    """The body's entry `key`, wherever the body is named. Raises Refused where it isn't."""
    levels = [level for given in body_roles(match) for level in scene.levels(given, Role.JSON)]
    if not levels:
        raise Refused(match.request.site, "attachments", f"the body's {key!r} is not in sight")
    named = {
        level.site: ""
        for level in levels
        if isinstance(scene.node(level.site), cst.Name | cst.Attribute) and type(level.value) is not Json
    }
    named |= {place.site: f"[{quoted(place.spread or '')}]" for place in spreads(scene, match)}
    if not named:
        raise Refused(levels[0].site, "attachments", f"the body's {key!r} can't be told from the facts here")
    single = bool(entries) and all(
        isinstance(choice, Reply | Text) for entry in entries for choice in alternatives(entry.given.value)
    )
    maybe_none = any(level.value == NONE or NONE in alternatives(level.value) for level in levels)
    return Taken(key, named, certain, single, maybe_none)
