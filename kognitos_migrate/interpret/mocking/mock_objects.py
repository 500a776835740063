"""Objects of unittest.mock: configured replies and asserted calls."""

from collections.abc import Iterator
from typing import NamedTuple

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.doubles import DoubleContext, file_reply, install_double, verb_of
from kognitos_migrate.interpret.state.facts import CannedReply
from kognitos_migrate.rulebook.model import MockObjectSpelling, Role, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, SequenceObject, ServiceDouble
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Function, MemberRef, Ref, Text, Value


class MockObject(NamedTuple):
    """A double, the spelling of its library, and the names of the attribute of it that is meant."""

    ref: Ref
    thing: ServiceDouble
    spelled: MockObjectSpelling
    names: tuple[str, ...]


def mock_object(m: Interpreter, value: Value) -> MockObject | None:
    """The double that a value is, or is an attribute of; None if it is none."""
    names: list[str] = []
    while isinstance(value, MemberRef):
        names.append(value.name)
        value = value.receiver
    thing = m.heap[value] if isinstance(value, Ref) else None
    if not isinstance(value, Ref) or not isinstance(thing, ServiceDouble):
        return None
    spelled = m.libraries.mocks[thing.mock].puppets
    return MockObject(value, thing, spelled, tuple(reversed(names))) if spelled is not None else None


def configure_from_keywords(call: CallPoint, ref: Ref) -> None:
    """Set the keyword arguments of a new double as its attributes."""
    found = mock_object(call.machine, ref)
    for name, given in call.arguments.keywords.items():
        if found is not None and name not in found.spelled.options:
            configure(call, found, tuple(name.split(".")), given)


def recorded_attribute(here: EvalPoint, found: MockObject, name: str) -> Value | None:
    """The request that a double received, for an attribute that records calls; None for any other."""
    if name not in found.spelled.calls:
        return None
    return _stage(here, found.thing, found.names).note(CannedReply())


def _stage(here: EvalPoint, thing: ServiceDouble, names: tuple[str, ...]) -> DoubleContext:
    """The context in which the attribute `names` of a double is configured."""
    m = here.machine
    target = (thing.name,) if thing.name else ()
    return DoubleContext.at(here, m.libraries.mocks[thing.mock], verb_of(m, (*target, *names)))


def mock_call(call: CallPoint, callee: Value, found: MockObject) -> Value:
    """The result of calling a double, or an attribute of one."""
    ref, thing, spelled, names = found
    if names and names[-1] in spelled.states:
        note_asserted_call(_stage(call, thing, names), call.arguments)
        return UNKNOWN
    return ref if names and names[-1] in spelled.starts else MemberRef(callee, spelled.gives[0])


def note_asserted_call(stage: DoubleContext, arguments: Arguments) -> None:
    """Record an assertion on the arguments of a client's function."""
    given: dict[Role, list[Operand]] = {}
    roles = stage.machine.libraries.keywords
    for name, one in arguments.keywords.items():
        if roles.get(name) in (Role.URL, Role.JSON, Role.DATA, Role.QUERY):
            given.setdefault(roles[name], []).append(one)
    for one in arguments.positional:
        texts = [choice for choice in alternatives(one.value) if isinstance(choice, Text)]
        if texts and any("/" in getattr(part, "text", "/") for text in texts for part in text.parts):
            given.setdefault(Role.URL, []).append(one)
    if given:
        stage.note(CannedReply(), sent=given)


def configure(here: EvalPoint, found: MockObject, names: tuple[str, ...], given: Operand) -> None:
    """Set an attribute of a double: a reply, a part of one, or a replacement for a function."""
    m, thing, spelled = here.machine, found.thing, found.spelled
    names = (*found.names, *names)
    known = thing.assigned.setdefault(names, [])
    if given not in known:
        known.append(given)
    stage = _stage(here, thing, names)
    if stage.verb is not None:
        stage.note(CannedReply())
    bare = _bare(spelled, names)
    views = m.libraries.replies
    method = bool(names) and names[-1] in spelled.gives
    view = views.get(f"{bare[-1]}()" if method else bare[-1]) if bare else None
    for choice in alternatives(given.value):
        other = mock_object(m, choice)
        one = Operand(choice, given.site, given.frame)
        if other is not None:
            for inner, values in list(other.thing.assigned.items()):
                for value in values:
                    if bare and (*bare, *inner) != names:
                        _part(stage, views, _bare(spelled, (*names, *inner)), value)
        elif view in (View.JSON, View.TEXT) or f"{bare[-1] if bare else ''}()" in views:
            _part(stage, views, bare, one)
        elif text := file_reply(m, one):
            stage.note(CannedReply(text=[text]), one.site)
        elif not bare or verb_of(m, bare) is not None:
            install_double(stage, one, thing.function)
        elif method and len(bare) == 1:
            for function in _methods(m, bare[0]):
                install_double(stage, one, function)


def _methods(m: Interpreter, name: str) -> Iterator[Site]:
    """The program's methods of a name, whose results a double may replace."""
    for info in list(m.classes.infos.values()):
        held = info.attributes.get(name)
        if isinstance(held, Function) and held.site.path not in m.testing.modules:
            yield held.site


def _bare(spelled: MockObjectSpelling, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without those that only mean the result of a call."""
    return tuple(name for name in names if name not in spelled.gives)


def _part(stage: DoubleContext, views: dict[str, View], bare: tuple[str, ...], given: Operand) -> None:
    """Record the JSON or the text of a reply that is set."""
    view = views.get(f"{bare[-1]}()") or views.get(bare[-1]) if bare else None
    if view not in (View.JSON, View.TEXT):
        return
    for one in _gives(stage, given):
        canned = CannedReply(json=[one]) if view is View.JSON else CannedReply(text=[one])
        stage.note(canned, one.site)


def _gives(stage: DoubleContext, given: Operand) -> Iterator[Operand]:
    """The results that are returned one after the other: the elements of a list, or the result of a
    function."""
    for choice in alternatives(given.value):
        thing = stage.machine.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Function | Bound):
            yield given._replace(value=stage.call(choice, Arguments()))
        elif isinstance(thing, SequenceObject):
            yield from thing.items
        else:
            yield Operand(choice, given.site, given.frame)
