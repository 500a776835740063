"""A slot that is there only sometimes: the old request has the parameter under some condition, and the new
one has to have the slot under the same."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.edits.body.additions import Addition, Additions
from kognitos_migrate.edits.body.conditions import (
    Condition,
    conditions_besides,
    is_same_condition,
    is_same_test,
)
from kognitos_migrate.edits.body.places import bodies_of, body_entries, body_roles, has_surely
from kognitos_migrate.edits.body.precedence import Precedence, precedence
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.model import Member, Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Lit, Ref, Text, Value
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives


class Presence(Struct, frozen=True):
    """The expressions that put the parameter into the request, which has it `always`, or only where one of
    them is evaluated. `site` is what a refusal names."""

    named: tuple[Given, ...]
    always: bool
    given: Given


def has_parameter(url: Url, member: Member) -> bool:
    """Whether a URL has the parameter in its query."""
    return any(piece.text is not None and member.name in piece.text for piece in url.query)


def of_parameter(scene: Scene, member: Member, given: Given, entries: Sequence[Entry]) -> Presence:
    """The presence of a parameter in the dict that gives the query. Raises Refused where another value of the
    dict may win."""
    for entry in entries:
        if precedence(scene, [given.value], entry, member.name) is not Precedence.SOLE:
            message = f"it is not known whether {member.name} keeps this value among the parameters"
            raise Refused(entry.holder, "attachments", message)
    named = tuple(one for entry in entries for one in _texts(scene, entry))
    always = (
        not any(entry.optional for entry in entries)
        and all(isinstance(choice, Ref) and _has_key(scene, choice, entries) for choice in _choices(given))
        and not any(_is_key_or_nothing(entry.given.value) for entry in entries)
    )
    return Presence(named, always, given)


def of_urls(scene: Scene, match: Match, urls: Sequence[Url]) -> Presence:
    """The presence of a parameter that only these of a request's URLs have. Raises Refused where it is not
    in sight which function puts it there."""
    place = match.request.value(Role.URL)[0]
    named: list[Given] = []
    for url in urls:
        first = url.query[0]
        frames = [*(hole.frame for hole in first.via), *(frame for _, frame in scene.calls(match.request))]
        at = first.site
        home = next((number for number in frames if at and _is_within(scene, at, number)), None)
        if at is None or home is None:
            raise Refused(place.site, "attachments", "the files are named in the URL only sometimes")
        named.append(Given(place.value, at, home))
    return Presence(tuple(named), False, place)


def _is_within(scene: Scene, site: Site, frame: int) -> bool:
    """Whether an expression stands in the function that runs in a frame."""
    tree, current = scene.tree(site), scene.frame(frame)
    around = tree.enclosing(tree.node(site), cst.FunctionDef, cst.Lambda)
    function = tree.site(around) if around is not None else None
    return current.path == site.path and current.function == function


def _is_key_or_nothing(value: Value) -> bool:
    choices = alternatives(value)
    return NONE in choices and any(isinstance(choice, Text) for choice in choices)


def _choices(given: Given) -> Sequence[Value]:
    return alternatives(given.value)


def _texts(scene: Scene, entry: Entry) -> Iterator[Given]:
    """The expressions by which an entry of the parameters holds a text: all of it, or one that is chosen
    where the other choice is nothing."""
    site, frame = entry.given.site, entry.given.frame
    node, tree = scene.node(site), scene.tree(site)
    if NONE not in alternatives(entry.given.value):
        yield Given(entry.given.value, entry.holder, frame)
    elif isinstance(node, cst.IfExp | cst.BooleanOperation):
        for branch in (node.body, node.orelse) if isinstance(node, cst.IfExp) else (node.right,):
            value = scene.value(tree.site(branch), frame)
            if value != NONE:
                yield Given(value, tree.site(branch), frame)
    else:
        yield from _written(scene, entry)


def _written(scene: Scene, entry: Entry) -> Iterator[Given]:
    """The literals that a variable gives an entry, where its own function has them; else the variable."""
    found = [
        Given(choice, part.site, entry.given.frame)
        for choice in alternatives(entry.given.value)
        for part in (choice.parts[:1] if isinstance(choice, Text) else ())
        if isinstance(part, Lit) and part.site is not None and _is_within(scene, part.site, entry.given.frame)
    ]
    yield from found or [Given(entry.given.value, entry.given.site, entry.given.frame)]


def require_same_presence(scene: Scene, match: Match, presence: Presence, additions: Additions) -> None:
    """Raises Refused where the slot of the new request may be there without the parameter of the old one, or
    the other way round, or where a key that is taken out of the facts is a fact in another case."""
    site = presence.given.site
    for addition in () if presence.always else additions.expressions.values():
        if addition.test is not None:
            _require_test(scene, match, presence, addition.test, addition.negated)
        elif not addition.always and not additions.removed_keys:
            raise Refused(site, "attachments", "the files are given only sometimes, by a statement")
    for key in additions.removed_keys | additions.moved_keys:
        bodies = [entry for role in body_roles(match) for entry in body_entries(scene, role, key)]
        is_read_last = presence.always and key not in additions.moved_keys
        many = len({entry.holder for entry in bodies}) > 1 and not is_read_last
        if many or any(shrinks(scene, role.value) for role in body_roles(match)):
            message = f"the body's {key!r} is set more than once, or taken out again"
            raise Refused(site, "attachments", message)
        if (
            presence.always
            and key in additions.replaced_keys
            and not all(
                has_surely(scene, body, key) for role in body_roles(match) for body in bodies_of(role.value)
            )
        ):
            message = f"the facts may have a {key!r} of their own, which the files replace only sometimes"
            raise Refused(site, "attachments", message)
        if not presence.always:
            _require_same_entry(scene, match, presence, bodies, key)
            _require_no_other(scene, match, presence, additions, key)


def _require_test(scene: Scene, match: Match, presence: Presence, test: Given, negated: bool) -> None:
    """The test by which the slot is there has to be what decides on the parameter."""
    asked = Condition(test.site, test.frame, not negated, True)
    for named in presence.named:
        besides = conditions_besides(scene, named, Given(NONE, match.request.site, match.request.frame))
        if not besides and test.site == named.site:
            continue  # a parameter of no value is left out
        if len(besides) != 1 or not is_same_test(scene, match, asked, besides[0]):
            raise Refused(named.site, "attachments", "the files are given under another condition than this")


def _require_same_entry(
    scene: Scene, match: Match, presence: Presence, bodies: Sequence[Entry], key: str
) -> None:
    """The body's entry has to be set where the parameter is."""
    held = [Given(entry.given.value, entry.holder, entry.given.frame) for entry in bodies]
    both = (
        *((one, presence.named) for one in held),
        *((one, held) for one in presence.named),
    )
    if not held or not all(
        any(is_same_condition(scene, match, one, other) for other in others) for one, others in both
    ):
        message = f"the body's {key!r} is a list of files only sometimes"
        raise Refused(presence.given.site, "attachments", message)


def _require_no_other(scene: Scene, match: Match, presence: Presence, additions: Additions, key: str) -> None:
    """Where the parameter is not there, a fact of the key that is taken out stays: by the test by which the
    parameter is there, if there may be such a fact."""
    if key not in additions.absent_keys:
        return
    roles = body_roles(match)
    values = [body for role in roles for body in bodies_of(role.value)]
    entries = [entry for role in roles for entry in body_entries(scene, role, key)]
    if all(precedence(scene, values, entry, key) is Precedence.SOLE for entry in entries):
        return
    request = Given(NONE, match.request.site, match.request.frame)
    tests = [one for named in presence.named for one in conditions_besides(scene, named, request)]
    if len(tests) != 1 or not tests[0].is_test:
        message = f"the facts may have a {key!r} of their own where no files are given"
        raise Refused(presence.given.site, "attachments", message)
    test = Given(scene.value(tests[0].site, tests[0].frame), tests[0].site, tests[0].frame)
    negated = not tests[0].outcome
    additions.tests[key] = Addition(test=test, negated=negated)
    for slot, addition in additions.expressions.items():
        if addition.taken is not None:
            taken = replace(addition.taken, certain=True)
            additions.expressions[slot] = replace(addition, taken=taken, test=test, negated=negated)


def shrinks(scene: Scene, value: Value) -> bool:
    """Whether an entry is taken out of a dict again."""
    things = [scene.facts.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    return any(isinstance(thing, Record) and thing.shrinks for thing in things)


def _has_key(scene: Scene, ref: Ref, entries: Sequence[Entry]) -> bool:
    thing = scene.facts.heap[ref]
    return isinstance(thing, Record) and any(
        entry in held for entry in entries for held in thing.entries.values()
    )


def is_opaque(scene: Scene, value: Value) -> bool:
    """Whether a dict may have keys that are not known."""
    for choice in alternatives(value):
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Record):
            if thing.open or any(is_opaque(scene, spread.value) for spread in thing.spreads):
                return True
        elif choice != NONE:
            return True
    return False
