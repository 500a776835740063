"""The content type of a request: taken out where the library sends its own, given where it does not."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.arguments import insert_argument
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.places import find_entries
from kognitos_migrate.edits.removal import remove_item, remove_statement
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.span import Span
from kognitos_migrate.values.base import NONE, Ref
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives

NAME = "Content-Type"


def without_content_type(scene: Scene, match: Match) -> list[Draft]:
    """Take out a content type that the program sets. Raises Refused."""
    require_free_session(scene, match)
    drafts: list[Draft] = []
    for entry in _entries(scene, match):
        draft = remove_item(scene, entry.holder) or remove_statement(scene, entry.holder)
        if draft is None:
            raise Refused(entry.holder, "headers", "a content type is set here, which spoils a form")
        drafts.append(draft)
    return drafts


def require_free_session(scene: Scene, match: Match) -> None:
    """Refuse where the session sets a content type for all requests."""
    for given in match.request.session_headers:
        if any(name.lower() == NAME.lower() for name in _names(scene, given)):
            raise Refused(
                match.request.site, "headers", "the session sets a content type, which spoils a form"
            )


def with_content_type(scene: Scene, match: Match, value: str) -> list[Draft]:
    """Send this content type, whatever the program sent. Raises Refused."""
    entries = list(_entries(scene, match))
    inside = _display_entries(scene, match, entries)
    if entries and len(inside) == len(entries):
        return [Draft(scene.outer_span(entry.given.site), (value,)) for entry in inside]
    if any(name != NAME for name in _content_types(scene, match)):
        raise Refused(entries[0].holder, "headers", "a content type is set here, which spoils a form")
    return _added(scene, match, value)


def insert_with_header(scene: Scene, match: Match, argument: Parts, value: str) -> list[Draft]:
    """Add an argument to the request's own call, and the content type where the program sends none.
    Raises Refused."""
    site = match.request.site
    if _content_types(scene, match):
        return [insert_argument(scene, site, argument)]
    added = _added(scene, match, value)
    call = scene.tree(site).span(scene.node(site))
    if any(call.start <= draft.span.start and draft.span.start == draft.span.end for draft in added):
        return [insert_argument(scene, site, (*argument, ", ", *_header_argument(scene, match, value)))]
    return [insert_argument(scene, site, argument), *added]


def _header_argument(scene: Scene, match: Match, value: str) -> Parts:
    keyword = scene.client(match.request).keyword(Role.HEADERS)
    return (f'{keyword}={{"{NAME}": {value}}}',)


def _added(scene: Scene, match: Match, value: str) -> list[Draft]:
    site = match.request.site
    given = [one for one in match.request.value(Role.HEADERS) if one.site != site and one.value != NONE]
    if not given:
        if not scene.same_operation(scene.callers.get(site, set()), match):
            raise Refused(site, "headers", "the same call also sends other requests")
        return [insert_argument(scene, site, _header_argument(scene, match, value))]
    for level in scene.levels(given[0], Role.HEADERS):
        if scene.same_operation(scene.passers.get(level.site, set()), match):
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


def _display_entries(scene: Scene, match: Match, entries: list[Entry]) -> list[Entry]:
    """The entries that only this operation's requests see: written in the call's own argument, or set on
    the request itself."""
    found: list[Entry] = []
    for given in match.request.value(Role.HEADERS):
        for level in scene.levels(given, Role.HEADERS):
            span = scene.span(level.site)
            own = scene.same_operation(scene.passers.get(level.site, set()), match)
            for entry in entries:
                at = scene.span(entry.holder)
                written = at.path == span.path and span.start <= at.start < span.end
                called = own and scene.same_operation(scene.callers.get(match.request.site, set()), match)
                if own and (written or (called and given.site == match.request.site)) and entry not in found:
                    found.append(entry)
    return found


def _entries(scene: Scene, match: Match) -> Iterator[Entry]:
    for given in match.request.value(Role.HEADERS):
        for name in _names(scene, given):
            if name.lower() == NAME.lower():
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
