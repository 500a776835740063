"""Doubles that are anything: objects of unittest.mock, and functions and classes of the program that a test
puts in the place of a client's.

What a double gives under the names that a client's replies have is a canned reply; what is asserted of its
calls is what was sent. Which operation it is for follows from the fields, the URLs, and the test's requests.
"""

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from kognitos_migrate.interpret.events import Canned, Request, Stub
from kognitos_migrate.interpret.machine import Activation, Arguments, Call, Machine
from kognitos_migrate.rulebook.model import Mock, Role, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    UNKNOWN,
    Bound,
    Class,
    Function,
    Member,
    ModuleRef,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Double, Given, Instance, Record, Sequence
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.text import plain

_GIVES = ("return_value", "side_effect")
_STATES = ("assert_called_with", "assert_called_once_with", "assert_any_call", "assert_awaited_once_with")
_SENDS = ("request", "send", "urlopen")
_DEPTH = 6


def puppet(m: Machine, value: Value) -> tuple[Ref, Double, tuple[str, ...]] | None:
    """The double that a value is, or is an attribute of, with the names that lead there."""
    names: list[str] = []
    while isinstance(value, Member):
        names.append(value.name)
        value = value.receiver
    thing = m.heap[value] if isinstance(value, Ref) else None
    if isinstance(value, Ref) and isinstance(thing, Double) and m.mocks[thing.mock].puppets:
        return value, thing, tuple(reversed(names))
    return None


def made(m: Machine, act: Activation, node: cst.CSTNode, ref: Ref, arguments: Arguments) -> None:
    """A double is made: its keywords are attributes that are set on it."""
    for name, given in arguments.keywords.items():
        if name not in ("spec", "spec_set", "name", "autospec", "wraps"):
            tell(m, act, node, ref, tuple(name.split(".")), given)


def of(m: Machine, act: Activation, node: cst.CSTNode, value: Value, name: str) -> Value | None:
    """What it is asked that a double was sent; None for any other attribute."""
    found = puppet(m, value)
    if found is None:
        return None
    _, thing, names = found
    if m.mocks[thing.mock].sent.get(name) is not View.SELF or name in ("args", "kwargs"):
        return None
    return _note(m, act, node, m.mocks[thing.mock], _verb(m, (*_target(thing), *names)), {}, Canned())


def _target(thing: Double) -> tuple[str, ...]:
    return (thing.name,) if thing.name else ()


def called(
    m: Machine, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments
) -> Value | None:
    """The value of calling a double, or an attribute of one; None where the callee is none."""
    found = puppet(m, callee)
    if found is None:
        return None
    ref, thing, names = found
    if names and names[-1] in _STATES:
        stated(m, act, node, m.mocks[thing.mock], _verb(m, (*_target(thing), *names)), arguments)
        return UNKNOWN
    return ref if names[-1:] == ("start",) else Member(callee, "return_value")


def stated(
    m: Machine, act: Activation, node: cst.CSTNode, mock: Mock, verb: str | None, arguments: Arguments
) -> None:
    """It is stated with which arguments a client's function was called."""
    given: dict[Role, list[Given]] = {}
    roles = {name: role for client in m.clients for name, role in client.keywords.items()}
    for name, one in arguments.keywords.items():
        if roles.get(name) in (Role.URL, Role.JSON, Role.DATA, Role.QUERY):
            given.setdefault(roles[name], []).append(one)
    for one in arguments.positional:
        texts = [choice for choice in alternatives(one.value) if isinstance(choice, Text)]
        if texts and any("/" in getattr(part, "text", "/") for text in texts for part in text.parts):
            given.setdefault(Role.URL, []).append(one)
    if given:
        _note(m, act, node, mock, verb, given, Canned())


def tell(
    m: Machine, act: Activation, node: cst.CSTNode, owner: Value, names: tuple[str, ...], given: Given
) -> None:
    """Something is set on a double: a reply, or a part of one, or what is called in its place."""
    found = puppet(m, owner)
    if found is None:
        return
    _, thing, before = found
    names = (*before, *names)
    known = thing.told.setdefault(names, [])
    if given not in known:
        known.append(given)
    verb = _verb(m, (*_target(thing), *names))
    mock = m.mocks[thing.mock]
    if verb is not None:
        _note(m, act, node, mock, verb, {}, Canned())
    bare = tuple(name for name in names if name not in _GIVES)
    views = {name: view for client in m.clients for name, view in client.reply.items()}
    method = bool(names) and names[-1] in _GIVES
    view = views.get(f"{bare[-1]}()" if method else bare[-1]) if bare else None
    for choice in alternatives(given.value):
        other = puppet(m, choice)
        one = Given(choice, given.site, given.frame)
        if other is not None:
            for inner, values in list(other[1].told.items()):
                for value in values:
                    if bare and (*bare, *inner) != names:
                        _part(m, act, node, mock, verb, views, (*names, *inner), value)
        elif view in (View.JSON, View.TEXT) or f"{bare[-1] if bare else ''}()" in views:
            _part(m, act, node, mock, verb, views, names, one)
        elif text := _file_of(m, one):
            _note(m, act, node, mock, verb, {}, Canned(text=[text]), one.site)
        elif not bare or _verb(m, bare) is not None:
            stands_in(m, act, node, mock, verb, one, 0, thing.function)


def _part(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    mock: Mock,
    verb: str | None,
    views: dict[str, View],
    names: tuple[str, ...],
    given: Given,
) -> None:
    """A part of a reply is set: its JSON, or its text."""
    bare = [name for name in names if name not in _GIVES]
    view = views.get(f"{bare[-1]}()") or views.get(bare[-1]) if bare else None
    if view not in (View.JSON, View.TEXT):
        return
    for one in _gives(m, act, node, given):
        canned = Canned(json=[one]) if view is View.JSON else Canned(text=[one])
        _note(m, act, m.trees[one.site.path].node(one.site), mock, verb, {}, canned, one.site)


def _gives(m: Machine, act: Activation, node: cst.CSTNode, given: Given) -> Iterator[Given]:
    """What is given one after the other: the elements of a list, the result of a function."""
    for choice in alternatives(given.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Function | Bound):
            yield Given(m.call(act, node, choice, Arguments()), given.site, given.frame)
        elif isinstance(thing, Sequence):
            yield from thing.items
        else:
            yield Given(choice, given.site, given.frame)


def _note(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    mock: Mock,
    verb: str | None,
    given: dict[Role, list[Given]],
    canned: Canned,
    site: Site | None = None,
) -> Reply:
    at = site or act.site(node)
    method = plain(verb) if verb is not None else Unknown("method")
    stub = Stub(mock.id, {at: canned} if canned.json or canned.text else {})
    return m.request(Request(-1, at, act.frame.id, mock.client, method, given, stub=stub))


def _verb(m: Machine, names: tuple[str, ...]) -> str | None:
    """The HTTP method of the client's function that the names lead to."""
    verbs = verbs_of(m)
    return next((verbs[name] for name in reversed(names) if name in verbs), None)


def verbs_of(m: Machine) -> dict[str, str]:
    """The HTTP methods by the short names of the functions that send them."""
    return {
        name.rpartition(".")[2]: verb.method
        for client in m.clients
        for name, verb in (*client.functions.items(), *client.session_methods.items())
        if verb.method is not None
    }


# The program's own doubles.


def stands_in(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    mock: Mock,
    verb: str | None,
    given: Given,
    depth: int,
    function: Site | None = None,
) -> None:
    """Something of the program stands in for a client's function (or gives what it gives): functions are
    called with what is sent, and the replies are what they return."""
    for choice in alternatives(given.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if depth > _DEPTH:
            return
        if isinstance(choice, Function | Bound):
            sent = _note(m, act, node, mock, verb, {}, Canned())
            answer = m.call(act, node, choice, _as_sent(m, act, node, choice, sent))
            stands_in(m, act, node, mock, verb, Given(answer, given.site, given.frame), depth + 1, function)
        elif isinstance(thing, Sequence):
            for item in thing.items:
                stands_in(m, act, node, mock, verb, item, depth + 1, function)
        elif isinstance(thing, Record) and function is not None:
            reply = _note(
                m,
                act,
                node,
                mock,
                None,
                {},
                Canned(json=[Given(choice, thing.site, thing.frame)]),
                thing.site,
            )
            stub = m.facts.requests[reply.request].stub
            assert stub is not None
            stub.function = function
        elif isinstance(thing, Instance) and thing.client is None:
            _reply_object(m, act, node, mock, verb, choice)


def _file_of(m: Machine, given: Given) -> Given | None:
    """What is in a file that is made of a text: the reply of a client that reads files."""
    node = m.trees[given.site.path].node(given.site)
    if not isinstance(node, cst.Call) or not node.args:
        return None
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    if name not in ("BytesIO", "StringIO"):
        return None
    site = m.trees[given.site.path].site(node.args[0].value)
    return Given(m.facts.values.get((site, given.frame), UNKNOWN), site, given.frame)


def _reply_object(
    m: Machine, act: Activation, node: cst.CSTNode, mock: Mock, verb: str | None, value: Value
) -> None:
    """A reply that is an object of the program's own: what its methods give that a client's reply has."""
    for name, view in {name: view for client in m.clients for name, view in client.reply.items()}.items():
        if view not in (View.JSON, View.TEXT):
            continue
        held = m.attribute(act, node, value, name.removesuffix("()"))
        if isinstance(held, Member):
            continue
        found = m.call(act, node, held, Arguments()) if name.endswith("()") else held
        for choice in alternatives(found):
            if isinstance(choice, Ref) and isinstance(thing := m.heap[choice], Record):
                one = Given(choice, thing.site, thing.frame)
                _note(m, act, node, mock, verb, {}, Canned(json=[one]), thing.site)
            elif isinstance(choice, Text) and choice.literal:
                site = act.site(node)
                _note(m, act, node, mock, verb, {}, Canned(text=[Given(choice, site, act.frame.id)]), site)


def _as_sent(
    m: Machine, act: Activation, node: cst.CSTNode, function: Function | Bound, sent: Reply
) -> Arguments:
    """The arguments that a client's function is called with, for a function that stands in for it."""
    inner = function.function if isinstance(function, Bound) else function
    assert isinstance(inner, Function)
    definition = m.trees[inner.site.path].node(inner.site)
    assert isinstance(definition, cst.FunctionDef | cst.Lambda)
    site, frame = act.site(node), act.frame.id
    said = {
        "url": Given(sent.at(View.ADDRESS), site, frame),
        "json": Given(sent.at(View.JSON), site, frame),
        "data": Given(sent.at(View.TEXT), site, frame),
    }
    names = [one.name.value for one in definition.params.params][isinstance(function, Bound) :]
    taken = Arguments()
    for number, name in enumerate(names):
        first = number == 0 or (number == 1 and names[0] in ("self", "session", "method", "_self"))
        unknown = said["url"] if first and name not in ("self", "session", "method", "_self") else None
        value = said.pop(name, None) or unknown or Given(UNKNOWN, site, frame)
        if value is unknown:
            said.pop("url", None)
        taken.positional.append(value)
    wanted = {one.name.value for one in definition.params.kwonly_params}
    if isinstance(definition.params.star_arg, cst.Param) and "url" in said:
        taken.positional.append(said.pop("url"))
    for name, value in said.items():
        if name in wanted or definition.params.star_kwarg is not None:
            taken.keywords[name] = value
            taken.holders[name] = site
    return taken


def is_double(m: Machine, act: Activation, function: Function) -> bool:
    """Whether a call leads from what is tested into a test's own function, called as a client's."""
    tests = m.test_modules
    if not m.testing or function.site.path not in tests or act.frame.path in tests:
        return False
    definition = m.trees[function.site.path].node(function.site)
    name = definition.name.value if isinstance(definition, cst.FunctionDef) else ""
    return name in _SENDS or name in verbs_of(m)


def called_by_program(m: Machine, act: Activation, node: cst.CSTNode, function: Function | Bound) -> None:
    """What is tested calls a double that it was given: what it replies is noted where it is defined."""
    inner = function.function if isinstance(function, Bound) else function
    mock = next((one for one in m.mocks.values() if one.puppets), None)
    assert isinstance(inner, Function)
    definition = m.trees[inner.site.path].node(inner.site)
    assert isinstance(definition, cst.FunctionDef)
    test = _test_around(m, act)
    if mock is not None and test is not None:
        own = replace(test, tree=m.trees[inner.site.path])
        given = Given(function, inner.site, test.frame.id)
        stands_in(m, own, definition, mock, verbs_of(m).get(definition.name.value), given, 0)


def _test_around(m: Machine, act: Activation) -> Activation | None:
    """The activation of the test that is being run."""
    frame = act.frame
    while frame.caller is not None and frame.function is not None:
        above = m.facts.frames[frame.caller]
        if above.path in m.test_modules and above.function is not None:
            return m.activations.get(above.id)
        frame = above
    return None


# Putting a double in the place of something.


def patched(call: Call) -> Value:
    """`patch("module.requests.post")`, `patch.object(requests, "post")`: a double."""
    target, named = call.arguments.first("target"), call.arguments.first("attribute", place=1)
    text = target.value.literal if target is not None and isinstance(target.value, Text) else None
    by_name = named.value.literal if named is not None and isinstance(named.value, Text) else None
    name = (text or by_name or "").rpartition(".")[2]
    place = 1 if text is not None else 2
    new = call.arguments.first("new", place=place)
    mock = next(one for one in call.machine.mocks.values() if one.puppets)
    function = _function(call, text, target, by_name)
    if new is not None:
        put(call, mock, name, new, function)
        return UNKNOWN
    machine, act = call.machine, call.act
    if name in verbs_of(machine):
        _note(machine, act, call.node, mock, verbs_of(machine)[name], {}, Canned())
    ref = machine.heap.new(Double(call.site, act.frame.id, mock.id))
    thing = machine.heap[ref]
    assert isinstance(thing, Double)
    thing.name, thing.function = name, function
    made(machine, act, call.node, ref, call.arguments)
    return ref


def set_attribute(call: Call) -> Value:
    """`monkeypatch.setattr(requests, "post", double)`, or with the whole name as a text."""
    first, second = call.arguments.first("target"), call.arguments.first("name", place=1)
    if first is None or second is None:
        return UNKNOWN
    text = first.value.literal if isinstance(first.value, Text) else None
    by_name = second.value.literal if isinstance(second.value, Text) else None
    new = second if text is not None else call.arguments.first("value", place=2)
    mock = next((one for one in call.machine.mocks.values() if one.puppets), None)
    if mock is not None and new is not None:
        function = _function(call, text, first, by_name)
        put(call, mock, (text or by_name or "").rpartition(".")[2], new, function)
    return UNKNOWN


def _function(call: Call, text: str | None, owner: Given | None, name: str | None) -> Site | None:
    """The program's own function that is replaced."""
    machine, act, node = call.machine, call.act, call.node
    found: Value = UNKNOWN
    if text is not None:
        words = text.split(".")
        for end in range(len(words) - 1, 0, -1):
            path = machine.files.find(act.frame.path, ".".join(words[:end]), 0)
            if path is not None:
                found = ModuleRef(path)
                for word in words[end:]:
                    found = machine.attribute(act, node, found, word)
                break
    elif owner is not None and name is not None:
        found = machine.attribute(act, node, owner.value, name)
    inner = found.function if isinstance(found, Bound) else found
    return inner.site if isinstance(inner, Function) else None


def put(call: Call, mock: Mock, name: str, new: Given, function: Site | None) -> None:
    """Something is put in the place of what has this name: of a client's function, or of a whole session."""
    machine, act, node = call.machine, call.act, call.node
    verb = verbs_of(machine).get(name)
    for choice in alternatives(new.value):
        thing = machine.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Class):
            choice = machine.call(act, node, choice, Arguments())
            thing = machine.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Function | Bound) and (
            verb is not None or name in ("request", "send", "urlopen")
        ):
            stands_in(machine, act, node, mock, verb, Given(choice, new.site, new.frame), 0)
        elif isinstance(choice, Function | Bound) and function is not None:
            stands_in(machine, act, node, mock, None, Given(choice, new.site, new.frame), 0, function)
        elif verb is not None and isinstance(held := _callable(machine, act, node, choice), Bound):
            stands_in(machine, act, node, mock, verb, Given(held, new.site, new.frame), 0)
        elif isinstance(thing, Instance) and thing.cls is not None:
            for word, method in verbs_of(machine).items():
                held = machine.attribute(act, node, choice, word)
                if isinstance(held, Bound | Function):
                    stands_in(machine, act, node, mock, method, Given(held, new.site, new.frame), 0)


def _callable(m: Machine, act: Activation, node: cst.CSTNode, value: Value) -> Value:
    """The method that calling an object of the program calls."""
    thing = m.heap[value] if isinstance(value, Ref) else None
    own = isinstance(thing, Instance) and thing.cls is not None
    return m.attribute(act, node, value, "__call__") if own else UNKNOWN


def expected_call(call: Call) -> Value:
    """`call(url, json=...)`."""
    mock = next((one for one in call.machine.mocks.values() if one.puppets), None)
    if mock is not None:
        stated(call.machine, call.act, call.node, mock, None, call.arguments)
    return UNKNOWN
