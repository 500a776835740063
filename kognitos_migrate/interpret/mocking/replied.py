"""What stubs reply: what is said where they are made, and what functions make of what was sent."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.state.events import Canned
from kognitos_migrate.rulebook.model import Part
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Function,
    Ref,
    Reply,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Given, Record, Saying, Sequence
from kognitos_migrate.values.join import alternatives

Said = dict[Part, list[Given]]
"""What arguments say, by part."""


def replies(here: Here, sent: Reply, said: Said) -> dict[Site, Canned]:
    """The replies that the parts say: their own, and those that are made elsewhere."""
    own = Canned()
    found: dict[Site, Canned] = {}
    for part, into in ((Part.REPLY_JSON, own.json), (Part.REPLY_TEXT, own.text), (Part.STATUS, own.status)):
        for given in said.get(part, []):
            into.extend(_answered(here, sent, given))
    if own.json or own.text or own.status:
        found[here.site] = own
    for given in said.get(Part.REPLY, []):
        for answer in _answered(here, sent, given):
            _collect(here.machine, answer, found, here.site)
    return found


def _answered(here: Here, sent: Reply, given: Given) -> Iterator[Given]:
    """What is given; what a function that is given makes of what was sent."""
    for choice in alternatives(given.value):
        if not isinstance(choice, Function | Bound):
            yield Given(choice, given.site, given.frame)
            continue
        asked = [here.given(sent), here.given(UNKNOWN)]
        wanted = asked[: _parameters(here.machine, choice)]
        yield Given(here.call(choice, Arguments(wanted)), given.site, given.frame)


def _parameters(m: Machine, function: Function | Bound) -> int:
    """How many arguments a function wants."""
    inner = function.function if isinstance(function, Bound) else function
    definition = m.trees[inner.site.path].node(inner.site) if isinstance(inner, Function) else None
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return 1
    wanted = [one for one in definition.params.params if one.default is None]
    return len(wanted) - isinstance(function, Bound)


def _collect(m: Machine, given: Given, found: dict[Site, Canned], at: Site) -> None:
    """The replies in a value: made by a library, or said as a tuple of status, headers and body, or as a dict
    of what a stub would be given."""
    for choice in alternatives(given.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Saying):
            parts = thing.parts
            found[thing.site] = Canned(
                list(parts.get(Part.REPLY_JSON, [])),
                list(parts.get(Part.REPLY_TEXT, [])),
                list(parts.get(Part.STATUS, [])),
            )
        elif isinstance(thing, Sequence) and len(thing.items) == 3 and _is_status(thing.items[0].value):
            found[thing.site] = Canned(text=[thing.items[2]], status=[thing.items[0]])
        elif isinstance(thing, Sequence):
            for item in (*thing.items, Given(thing.rest, given.site, given.frame)):
                _collect(m, item, found, at)
        elif isinstance(thing, Record):
            found[thing.site] = _of_record(m, thing)
        elif _is_status(choice):
            found[at] = Canned(status=[Given(choice, given.site, given.frame)])
        elif choice not in (NONE, NEVER) and not _is_error(choice):
            found[at] = Canned(json=[Given(choice, given.site, given.frame)])


def _of_record(m: Machine, record: Record) -> Canned:
    canned = Canned()
    into = {Part.REPLY_JSON: canned.json, Part.REPLY_TEXT: canned.text, Part.STATUS: canned.status}
    for mock in m.libraries.mocks.values():
        for stubbing in (*mock.methods.values(), *mock.route.values()):
            for word, part in stubbing.keywords.items():
                for entry in record.entries.get(word, ()):
                    if part in into and entry.given not in into[part]:
                        into[part].append(entry.given)
    return canned


def _is_status(value: Value) -> bool:
    return isinstance(getattr(value, "value", None), int)


def _is_error(value: Value) -> bool:
    """Whether a value is an error that is raised in a reply's place."""
    name = value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
    return name.rstrip("()").endswith(("Error", "Exception", "Timeout"))
