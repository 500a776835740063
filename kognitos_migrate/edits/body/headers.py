"""What headers say of a body: taken out where the library says it by itself, given where it does not."""

from collections.abc import Callable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.arguments import insert_argument
from kognitos_migrate.edits.body.places import find_entries
from kognitos_migrate.edits.contexts import gives_only, sends_only
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.observers import Change, Observation, hidden_level, observations_of
from kognitos_migrate.edits.removal import remove_item, remove_statement
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import AccessKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Json, Ref
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives

NAME = "Content-Type"
LENGTH = "Content-Length"
_DESCRIBING = (NAME.lower(), LENGTH.lower())
"""What headers say of a body: another body has others, and the library knows them."""


def without_content_type(scene: Scene, match: Match) -> list[Draft]:
    """Take out what the program's headers say of the body. Raises Refused."""
    _require_free_session(scene, match)
    entries = list(_entries(scene, match, *_DESCRIBING))
    seen = _observations(scene, match, entries)
    if not seen:
        return [_taken_out(scene, entry) for entry in entries]
    return [_changed(scene, match, _filtered, seen)]


def with_content_type(scene: Scene, match: Match, value: str) -> list[Draft]:
    """Send this content type, whatever the program sent. Raises Refused."""
    _require_free_session(scene, match)
    entries = list(_entries(scene, match, *_DESCRIBING))
    seen = _observations(scene, match, entries)
    types = list(_entries(scene, match, NAME.lower()))
    if not seen:
        drafts = [_taken_out(scene, entry) for entry in entries if entry not in types]
        if types:
            return [*drafts, *(Draft(scene.outer_span(entry.given.site), (value,)) for entry in types)]
        return [*drafts, *_added(scene, match, value)]

    def changed(scene: Scene, level: Given) -> Parts:
        return ("{**", *_filtered(scene, level), f', "{NAME}": {value}', "}")

    return [_changed(scene, match, changed, seen)]


def without_length(scene: Scene, match: Match, body: Site) -> list[Draft]:
    """Take out a length that was reckoned from the old body, which is put together at `body`. Raises
    Refused."""
    entries: list[Entry] = []
    for entry in _entries(scene, match, LENGTH.lower()):
        if not _follows(scene, match, entry, body):
            entries.append(entry)
            continue
        for found in observations_of(scene, match, entry, Change.REPLACED):
            if found.kind is not AccessKind.SEND:
                raise Refused(found.site, "headers", "the length of the old body is used here, too")
    seen = _observations(scene, match, entries)
    if not seen:
        return [_taken_out(scene, entry) for entry in entries]

    def changed(scene: Scene, level: Given) -> Parts:
        return _without(scene, level, f'!= "{LENGTH.lower()}"')

    return [_changed(scene, match, changed, seen)]


def lengths(scene: Scene, match: Match) -> list[Site]:
    """Return the expressions that give the length of the body."""
    return [entry.given.site for entry in _entries(scene, match, LENGTH.lower())]


def _follows(scene: Scene, match: Match, entry: Entry, body: Site) -> bool:
    """Whether a length is that of the text which is sent, and which holds the new body."""
    given = [one for one in match.request.value(Role.DATA) if one.site != body]
    sent = {choice for one in given for choice in alternatives(one.value) if isinstance(choice, Json)}
    tree = scene.tree(entry.given.site)
    return any(
        choice in sent
        for node in tree.descendants(tree.node(entry.given.site))
        if isinstance(node, cst.BaseExpression)
        for value in scene.everywhere(tree.site(node))
        for choice in alternatives(value)
    )


def _taken_out(scene: Scene, entry: Entry) -> Draft:
    draft = remove_item(scene, entry.holder) or remove_statement(scene, entry.holder)
    if draft is None:
        raise Refused(entry.holder, "headers", "a header here says what the old body was")
    return draft


def _changed(
    scene: Scene, match: Match, made: Callable[[Scene, Given], Parts], seen: list[Observation]
) -> Draft:
    """Put something made of the headers in their place, where only this operation's requests pass and none of
    those gets it who see the headers."""
    for given in _given(scene, match):
        level = hidden_level(scene, match, given, Role.HEADERS, seen)
        if level is not None:
            return Draft(scene.outer_span(level.site), made(scene, level))
    if any(found.kind is AccessKind.SEND for found in seen):
        raise Refused(seen[0].site, "headers", "other requests are sent with the same headers")
    raise Refused(
        seen[0].site,
        "headers",
        "the headers are used here, too, and the new request sends others",
        "give the request headers of its own",
    )


def _filtered(scene: Scene, level: Given) -> Parts:
    """The headers without what they say of the body."""
    return _without(scene, level, f"not in {_DESCRIBING!r}".replace("'", '"'))


def _without(scene: Scene, level: Given, test: str) -> Parts:
    """The headers whose names pass a test."""
    node, span = scene.node(level.site), scene.outer_span(level.site)
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict)
    whole: Parts = (span,) if simple else ("(", span, ")")
    if any(choice == NONE for choice in alternatives(level.value)):
        whole = ("(", span, " or {})")
    return ("{name: value for name, value in ", *whole, f".items() if name.lower() {test}}}")


def _require_free_session(scene: Scene, match: Match) -> None:
    """Refuse where the session says something of the body for all requests."""
    for given in match.request.session_headers:
        if any(name.lower() in _DESCRIBING for name in _names(scene, given)):
            raise Refused(
                match.request.site, "headers", "the session sets a content type, which spoils a form"
            )


def insert_with_header(scene: Scene, match: Match, argument: Parts, value: str) -> list[Draft]:
    """Add an argument to the request's own call, and the content type where the program sends none.
    Raises Refused."""
    site = match.request.site
    if _content_types(scene, match):
        return [insert_argument(scene, site, argument)]
    if not _given(scene, match):
        return [insert_argument(scene, site, (*argument, ", ", *_header_argument(scene, match, value)))]
    return [insert_argument(scene, site, argument), *_added(scene, match, value)]


def with_type(scene: Scene, match: Match, value: str) -> list[Draft]:
    """The content type, where the program sends none. Raises Refused."""
    return [] if _content_types(scene, match) else _added(scene, match, value)


def _given(scene: Scene, match: Match) -> list[Given]:
    """The expressions that give headers to the request's own call."""
    made = match.request.site
    return [one for one in match.request.value(Role.HEADERS) if one.site != made and one.value != NONE]


def _header_argument(scene: Scene, match: Match, value: str) -> Parts:
    keyword = scene.client(match.request).keyword(Role.HEADERS)
    return (f'{keyword}={{"{NAME}": {value}}}',)


def _added(scene: Scene, match: Match, value: str) -> list[Draft]:
    site = match.request.site
    given = _given(scene, match)
    if not given:
        if not sends_only(scene, match, site):
            raise Refused(site, "headers", "the same call also sends other requests")
        return [insert_argument(scene, site, _header_argument(scene, match, value))]
    for level in scene.levels(given[0], Role.HEADERS):
        if gives_only(scene, match, level.site):
            return [_merged(scene, level, value)]
    raise Refused(given[0].site, "headers", "other requests are sent with the same headers")


def _merged(scene: Scene, level: Given, value: str) -> Draft:
    tree = scene.tree(level.site)
    node = tree.node(level.site)
    if isinstance(node, cst.Dict) and node.elements:
        end = tree.outer_span(node.elements[-1].value).end
        return Draft(Span(tree.path, end, end), (f', "{NAME}": {value}',))
    span = tree.outer_span(node)
    whole: Parts = (span,)
    if any(choice == NONE for choice in alternatives(level.value)):
        whole = ("(", span, " or {})")
    elif not isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict):
        whole = ("(", span, ")")
    return Draft(span, ("{**", *whole, f', "{NAME}": {value}', "}"))


def _observations(scene: Scene, match: Match, entries: list[Entry]) -> list[Observation]:
    """The places that see entries besides the requests of this operation."""
    return [
        found
        for entry in entries
        for found in observations_of(scene, match, entry, Change.REMOVED)
        if found.kind is not AccessKind.TRUTH
    ]


def _entries(scene: Scene, match: Match, *wanted: str) -> Iterator[Entry]:
    for given in match.request.value(Role.HEADERS):
        for name in _names(scene, given):
            if name.lower() in wanted:
                yield from find_entries(scene, given.value, name)


def _content_types(scene: Scene, match: Match) -> list[str]:
    given = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    return [name for one in given for name in _names(scene, one) if name.lower() == NAME.lower()]


def _names(scene: Scene, given: Given) -> list[str]:
    found: list[str] = []
    for choice in alternatives(given.value):
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Record):
            found.extend(thing.entries)
            for spread in thing.spreads:
                found.extend(_names(scene, spread))
    return found
