"""Doubles: functions and classes of the program that a test puts in the place of a client's, and what they
reply. A double says no URL: which operation it is for follows from the fields, and from the test's requests.
"""

from dataclasses import replace

import libcst as cst

from kognitos_migrate.interpret.events import Canned, Request, Stub
from kognitos_migrate.interpret.machine import Activation, Arguments, Machine
from kognitos_migrate.rulebook.model import Mock, Role, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    UNKNOWN,
    Bound,
    Function,
    Member,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Given, Instance, Record, Sequence
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.text import plain

SENDS = ("request", "send", "urlopen")
_DEPTH = 6


def note(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    mock: Mock,
    verb: str | None,
    given: dict[Role, list[Given]],
    canned: Canned,
    site: Site | None = None,
) -> Reply:
    """Note what a double says: a stub without a URL, or one that is expected to have been sent what is given.
    What it was sent is what comes back."""
    at = site or act.site(node)
    method = plain(verb) if verb is not None else Unknown("method")
    stub = Stub(mock.id, {at: canned} if canned.json or canned.text else {})
    return m.request(Request(-1, at, act.frame.id, mock.client, method, given, stub=stub))


def verb_of(m: Machine, names: tuple[str, ...]) -> str | None:
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
            sent = note(m, act, node, mock, verb, {}, Canned())
            answer = m.call(act, node, choice, _as_sent(m, act, node, choice, sent))
            stands_in(m, act, node, mock, verb, Given(answer, given.site, given.frame), depth + 1, function)
        elif isinstance(thing, Sequence):
            for item in thing.items:
                stands_in(m, act, node, mock, verb, item, depth + 1, function)
        elif isinstance(thing, Record) and function is not None:
            reply = note(
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


def file_of(m: Machine, given: Given) -> Given | None:
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
                note(m, act, node, mock, verb, {}, Canned(json=[one]), thing.site)
            elif isinstance(choice, Text) and choice.literal:
                site = act.site(node)
                note(m, act, node, mock, verb, {}, Canned(text=[Given(choice, site, act.frame.id)]), site)


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
    return name in SENDS or name in verbs_of(m)


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
