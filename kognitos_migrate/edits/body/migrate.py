"""The body of a request: from the old layout to the new one, where it is still in sight."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.arguments import argument_start, insert_argument
from kognitos_migrate.edits.body.additions import Additions, say
from kognitos_migrate.edits.body.entries import (
    entry_comprehension,
    entry_list,
    may_have_other_keys,
    require_object,
    without,
)
from kognitos_migrate.edits.body.headers import insert_with_header, lengths, with_type, without_length
from kognitos_migrate.edits.body.json_text import decoder, helpers_json, is_empty
from kognitos_migrate.edits.body.observed import require_unobserved
from kognitos_migrate.edits.body.places import (
    Place,
    bodies_of,
    body_roles,
    may_be_missing,
    places,
    records_of,
)
from kognitos_migrate.edits.body.precedence import may_have
from kognitos_migrate.edits.body.rest import rest_of
from kognitos_migrate.edits.body.snapshot import require_filled
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.layout import display, separator
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.lookup import (
    Literal,
    Lookup,
    fields_at,
    lookup_expression,
    require_known,
    table_of,
)
from kognitos_migrate.edits.moved import moved_to
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.tables import Tables
from kognitos_migrate.rulebook.model import Encoding, Layout, Member, Role
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Json
from kognitos_migrate.values.heap import Record
from kognitos_migrate.values.join import alternatives


def migrate_body(scene: Scene, match: Match, said: Mapping[int, Additions], tables: Tables) -> list[Draft]:
    """The drafts that put the body into its new layout. Raises Refused."""
    old, new = match.operation.old, match.operation.new
    dialect = scene.dialect(match.operation)
    members = [member for member in new.members if member.when in (None, dialect)]
    if not members:
        return []
    for member in members:
        if member.table and old.path and any(part.slot == member.slot for part in old.path):
            require_known(scene, match, member.slot, table_of(scene, match, member))
    for place in places(scene, match):
        entries = _entries(scene, match, place, members, said, tables, dialect)
        if entries is None:
            continue
        _require_one_place(match, place, tables)
        if not place.text:
            require_unobserved(scene, match, lengths(scene, match))
        written = _write(scene, match, place, old, entries, tables)
        return [*written, *(without_length(scene, match, place.site) if written else [])]
    raise Refused(
        match.request.site,
        "out-of-reach",
        "what the new body needs is not in sight where the body is put together",
    )


def _require_one_place(match: Match, place: Place, tables: Tables) -> None:
    """Refuse where a body that is put together here passes through another such place."""
    for user in (match.request.id, *place.frames):
        if tables.placed.setdefault(user, place.site) != place.site:
            message = "the body passes through here in one call, and is put together elsewhere in another"
            raise Refused(place.site, "body", message)


def _entries(
    scene: Scene,
    match: Match,
    place: Place,
    members: list[Member],
    said: Mapping[int, Additions],
    tables: Tables,
    dialect: str,
) -> list[tuple[Member, Parts]] | None:
    """The new body's entries at this place, in order; None where one can't be said there."""
    entries: list[tuple[Member, Parts]] = []
    looked_up: Literal | Lookup | None = None
    for member in members:
        if any(member.slot in said[number].expressions for number in place.frames if number in said):
            added = say(scene, member.slot, place.site, place.frames, said)
            if added is None:
                return None
            entries.append((member, (quoted(member.name), ": ", *added)))
        elif member.table is not None and any(part.slot == member.slot for part in match.operation.old.path):
            if looked_up is None:
                looked_up = _looked_up(scene, match, place, member, tables)
                if looked_up is None:
                    return None
                if isinstance(looked_up, Lookup):
                    entries.append((member, ("**", *lookup_expression(looked_up))))
            if isinstance(looked_up, Literal):
                entries.append((member, (quoted(member.name), ": ", _field(match, member, looked_up))))
        elif match.operation.old.whole is not None and member.slot == match.operation.old.whole.slot:
            value = _whole(scene, place, member, dialect, said, tables)
            entries.append((member, (quoted(member.name), ": ", *value)))
        elif not member.optional and not any(old.slot == member.slot for old in match.operation.old.members):
            return None
    if isinstance(looked_up, Lookup):
        tables.add(place.site.path, looked_up)
    return entries


def _looked_up(
    scene: Scene, match: Match, place: Place, member: Member, tables: Tables
) -> Literal | Lookup | None:
    """What the configuration has for the member's slot at this place; None where it can't be said there."""
    key = (place.site, member.slot, frozenset(place.frames.items()))
    if key not in tables.found:
        tables.found[key] = _look_up(scene, match, place, member)
    return tables.found[key]


def _look_up(scene: Scene, match: Match, place: Place, member: Member) -> Literal | Lookup | None:
    users = [scene.matches[number] for number in sorted(place.frames)]
    table = table_of(scene, match, member)
    for user in users:
        require_known(scene, user, member.slot, table)
    found = fields_at(scene, users, member.slot, table, place.frames, place.site)
    if isinstance(found, Lookup) and found.drafts:
        return None
    return found or moved_to(scene, users, member.slot, table, place.frames, place.site)


def _field(match: Match, member: Member, looked_up: Literal) -> str:
    """The literal of the member's field of what was looked up."""
    found = looked_up.fields.get(member.field or "")
    if found is None:
        raise Refused(match.request.site, "not-configured", f"the configuration has no {member.field} for it")
    return quoted(found)


def _whole(
    scene: Scene, place: Place, member: Member, dialect: str, said: Mapping[int, Additions], tables: Tables
) -> Parts:
    """The old body, as one member of the new one."""
    is_list = member.encoding(dialect) is Encoding.ENTRIES
    if place.given is None:
        return ("[]",) if is_list else ("{}",)
    maybe_none = any(may_be_missing(scene.matches[number]) for number in place.frames) or any(
        choice == NONE for value in scene.everywhere(place.site) for choice in alternatives(value)
    )
    if place.spread is not None:
        code = scene.code(place.site)
        expression: Parts = (
            (f"{code}[{quoted(place.spread)}]",)
            if not maybe_none
            else (f"{code}.get({quoted(place.spread)}) or {{}}",)
        )
    elif place.chosen is not None:
        expression = _by_test(scene, place.site, place.chosen)
    elif place.text and is_empty(scene, place.site):
        return ("[]",) if is_list else ("{}",)
    elif place.text:
        expression = (decoder(scene, place.site, tables), scene.outer_span(place.site), ")")
    elif (rest := rest_of(scene, place, said)) is not None:
        expression = _bracketed(scene, rest, "")
    else:
        expression = _bracketed(scene, place.site, " or {}" if maybe_none else "")
    removed = _absent(scene, place, said)
    _require_no_fact(scene, place, set(removed), said)
    if removed or is_list:
        require_filled(scene, place)
    if not is_list:
        return without(expression, removed)
    is_whole = not removed and place.spread is None and place.chosen is None
    if not place.text:
        require_object(scene, place.site, place.given.value)
        values = [place.given.value, *(scene.everywhere(place.site) if place.spread is None else ())]
        if any(may_have_other_keys(scene, value) for value in values):
            _require_plain_values(scene, place)
            module = helpers_json(scene, place.site, tables)
            expression = (f"{module}.loads({module}.dumps(", *expression, "))")
            is_whole = False
    moved = {key for number in place.frames if number in said for key in said[number].moved_keys}
    written = entry_list(member.entry_keys, scene, place.site, moved) if is_whole else None
    return written or entry_comprehension(member.entry_keys, scene, place.site, expression, removed)


def _require_plain_values(scene: Scene, place: Place) -> None:
    """Refuse where the facts may have values that JSON has no form for, for which the text is made with an
    option of its own."""
    texts = (
        choice
        for number in place.frames
        for given in scene.matches[number].request.value(Role.DATA)
        for choice in alternatives(given.value)
    )
    option = next((text.encoder for text in texts if isinstance(text, Json) and text.encoder), None)
    if option is not None:
        message = "the keys of the facts may be no texts, and an option says what becomes of their values"
        raise Refused(option, "body", message, "make the keys texts: str(key)")


def _absent(scene: Scene, place: Place, said: Mapping[int, Additions]) -> dict[str, Parts]:
    """The keys that are left out of the facts at a place, each with what holds where it is not, if anything.
    Raises Refused where requests that share the place don't agree on it."""
    found: dict[str, Parts] = {}
    for number, frame in place.frames.items():
        additions = said.get(number, Additions())
        for key in sorted(additions.absent_keys):
            held = additions.tests.get(key)
            test = held.denied(scene, place.site, frame) if held is not None else ()
            if test is None or found.setdefault(key, test) != test:
                message = f"the body's {key!r} is left out under another condition in another call"
                raise Refused(place.site, "attachments", message)
    return found


def _by_test(scene: Scene, body: Site, chosen: Site) -> Parts:
    """The body that is chosen by a test, or no facts."""
    node, span = scene.node(chosen), scene.outer_span(body)
    assert isinstance(node, cst.IfExp)
    tree = scene.tree(chosen)
    test = tree.outer_span(node.test)
    if tree.number(scene.node(body)) > tree.number(node.orelse):
        return ("{} if ", test, " else ", span)
    if scene.code(body) == scene.tree(chosen).code(node.test):
        return _bracketed(scene, body, " or {}")
    return (span, " if ", test, " else {}")


def _require_no_fact(scene: Scene, place: Place, removed: set[str], said: Mapping[int, Additions]) -> None:
    """Refuse where a key that is taken out of the facts is one of them in another context."""
    for number in place.frames:
        additions = said.get(number, Additions())
        for key in removed - additions.absent_keys - additions.moved_keys:
            bodies = (body for role in body_roles(scene.matches[number]) for body in bodies_of(role.value))
            if any(may_have(scene, body, key) for body in bodies):
                raise Refused(place.site, "attachments", f"the body's {key!r} is a fact in another call")


def _bracketed(scene: Scene, site: Site, tail: str) -> Parts:
    node = scene.node(site)
    span = scene.outer_span(site)
    if not tail:
        return (span,)
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call)
    return (span, tail) if simple else ("(", span, ")", tail)


def _write(
    scene: Scene,
    match: Match,
    place: Place,
    old: Layout,
    entries: list[tuple[Member, Parts]],
    tables: Tables,
) -> list[Draft]:
    tree = scene.tree(place.site)
    bytes_wanted = scene.client(match.request).body() is Role.DATA
    if old.members:
        return _extend(scene, match, place, entries, ").encode()" if bytes_wanted else ")", tables)
    if place.given is None:
        call = scene.node(place.site)
        assert isinstance(call, cst.Call)
        written = display(tree, argument_start(tree, call), [parts for _, parts in entries])
        if bytes_wanted and place.site == match.request.site:
            encoded = (
                f"{place.keyword}={helpers_json(scene, place.site, tables)}.dumps(",
                *written,
                ").encode()",
            )
            return insert_with_header(scene, match, encoded, quoted("application/json"))
        return [insert_argument(scene, place.site, (f"{place.keyword}=", *written))]
    span = scene.outer_span(place.site)
    if place.chosen is not None:
        inner = scene.outer_span(place.chosen)
        span = Span(tree.path, inner.start - len("**"), inner.end)
    written = display(tree, span.start, [parts for _, parts in entries])
    if place.chosen is not None:
        return [Draft(span, (f"{place.keyword}=", *written))]
    if place.spread is not None:
        return [Draft(span, ("{**", scene.code(place.site), f", {quoted(place.spread)}: ", *written, "}"))]
    if place.text:
        end = ").encode()" if bytes_wanted else ")"
        said = with_type(scene, match, quoted("application/json")) if is_empty(scene, place.site) else []
        return [Draft(span, (f"{helpers_json(scene, place.site, tables)}.dumps(", *written, end)), *said]
    return [Draft(span, written)]


def _extend(
    scene: Scene,
    match: Match,
    place: Place,
    entries: list[tuple[Member, Parts]],
    encoded: str,
    tables: Tables,
) -> list[Draft]:
    """The old body has members too: rename those whose name changed, add the new ones. `encoded` ends a
    body that is text."""
    if place.given is None:
        raise Refused(match.request.site, "no-body", "the request has no body where one is expected")
    tree = scene.tree(place.site)
    drafts: list[Draft] = []
    records = records_of(scene, place.given.value)
    for member in match.operation.old.members:
        new = next((one for one in match.operation.new.members if one.slot == member.slot), None)
        if new is not None and new.name != member.name:
            drafts.extend(_rename(scene, match, records, member.name, new.name))
    node = scene.node(place.site)
    added = [parts for _, parts in entries]
    if not added:
        return drafts
    if isinstance(node, cst.Dict) and node.elements:
        end = tree.outer_span(node.elements[-1].value).end
        apart = separator(tree, tree.span(node.elements[-1]).start)
        entry = tuple(part for parts in added for part in (apart, *parts))
        return [*drafts, Draft(Span(tree.path, end, end), entry)]
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        named = [f"{member.name}=" for member, _ in entries]
        return [
            *drafts,
            *(
                insert_argument(scene, place.site, (name, *parts[2:]))
                for name, (_, parts) in zip(named, entries, strict=True)
            ),
        ]
    span = scene.outer_span(place.site)
    module = helpers_json(scene, place.site, tables) if place.text else ""
    if place.text and drafts:
        raise Refused(place.site, "body", "the body is text, of which a key has another name now")
    text: list[str | Span]
    text = (
        [f"{module}.dumps({{**", decoder(scene, place.site, tables), span, ")"]
        if place.text
        else ["{**", span]
    )
    for parts in added:
        text.extend((", ", *parts))
    return [*drafts, Draft(span, (*text, "}", encoded if place.text else ""))]


def _rename(scene: Scene, match: Match, records: list[Record], old: str, new: str) -> list[Draft]:
    drafts: list[Draft] = []
    for record in records:
        for entry in record.entries.get(old, ()):
            node = scene.node(entry.key) if entry.key else None
            if not isinstance(node, cst.SimpleString) or entry.key is None:
                raise Refused(entry.holder, "key", f"the key {old!r} is not written out here")
            drafts.append(Draft(scene.span(entry.key), (quoted(new),)))
    return drafts
