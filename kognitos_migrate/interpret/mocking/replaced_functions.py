"""Functions of the program in whose place a test's double is called.

    transport.request("POST", f"/things/{key}", facts)

calls the double in a test, and elsewhere a function of the program that sends a request. The double receives
the parts of the request that the arguments become there.
"""

from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.facts import Frame, Request
from kognitos_migrate.interpret.strings import literals_in
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import positional_parameters
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Function,
    Hole,
    Json,
    Reply,
    Text,
    Value,
)

_WHOLE = ((), (View.JSON,), (View.TEXT,))
"""The positions in a reply of the reply itself, its data and its text."""


class ReplacedFunction(Struct, frozen=True):
    """A function of the program that returns the replies to requests that it sends."""

    site: Site
    roles: Mapping[Site, Role]
    """By argument expression of the call: the part of the request that the argument becomes."""
    bases: tuple[Operand, ...]
    """The texts that the function puts in front of the URL."""


def replaced_function(interpreter: Interpreter, call: Site) -> ReplacedFunction | None:
    """The function of the program that is called at `call` in other contexts and sends requests
    there. None if there is none, or if it keeps the replies to itself."""
    roles: dict[Site, Role] = {}
    bases: list[Operand] = []
    functions: set[Site] = set()
    for request, frame in _requests_below(interpreter, call):
        assert frame.function is not None
        functions.add(frame.function)
        for argument in frame.arguments.values():
            for role, base in parts_from(request, argument):
                roles[argument.site] = role
                if base is not None and base not in bases:
                    bases.append(base)
    function = next(iter(functions)) if len(functions) == 1 else None
    if function is None or not _hands_out_replies(interpreter, function):
        return None
    return ReplacedFunction(function, roles, tuple(bases))


class PassedParameters(Struct, frozen=True):
    """The parameters of a function of the program, as its calls fill them."""

    names: tuple[str, ...]
    """The names that positional arguments fill, without the receiver of a method."""
    has_receiver: bool
    keywords: frozenset[str]
    """The names that a call fills by keyword."""
    roles: Mapping[str, Role]
    """The part of a request that the argument becomes in all calls."""

    @property
    def has_url(self) -> bool:
        """Whether one of them is the URL, or its end."""
        return Role.URL in self.roles.values()


def passed_parameters(interpreter: Interpreter, function: Site) -> PassedParameters:
    """The parameters of a function of the program. Its requests that were sent until now tell the
    roles."""
    roles: dict[str, set[Role]] = {}
    for request in interpreter.facts.requests:
        if request.stub is None:
            for frame in interpreter.facts.stack(request.frame):
                for name, argument in frame.arguments.items() if frame.function == function else ():
                    roles.setdefault(name, set()).update(role for role, _ in parts_from(request, argument))
    tree = interpreter.trees[function.path]
    names = [parameter.name.value for parameter in positional_parameters(tree.node(function))]
    frames = [frame for frame in interpreter.facts.frames if frame.function == function]
    has_receiver = any(frame.receiver is not None for frame in frames)
    keywords = frozenset(
        argument.keyword.value
        for call in dict.fromkeys(frame.call for frame in frames if frame.call is not None)
        if isinstance(node := interpreter.trees[call.path].node(call), cst.Call)  # and no read of a property
        for argument in node.args
        if argument.keyword is not None
    )
    certain = {name: next(iter(parts)) for name, parts in roles.items() if len(parts) == 1}
    return PassedParameters(tuple(names[has_receiver:]), has_receiver, keywords, certain)


def url_bases(interpreter: Interpreter, function: Site) -> list[Operand]:
    """The texts with a part of a path that a function of the program puts in front of an argument to make the
    URL of a request. Behind a mere host, the argument is a whole path."""
    bases: list[Operand] = []
    for request in interpreter.facts.requests:
        if request.stub is None:
            for frame in interpreter.facts.stack(request.frame):
                for argument in frame.arguments.values() if frame.function == function else ():
                    for _, base in parts_from(request, argument):
                        if base is not None and base not in bases and _has_path(interpreter, base):
                            bases.append(base)
    return bases


def session_bases(interpreter: Interpreter, call: Site) -> list[Operand]:
    """The base URLs that sessions put in front of the URL which `call` passes to them in other contexts."""
    requests = [request for request in interpreter.facts.requests if request.site == call]
    return list(dict.fromkeys(base for request in requests if request.stub is None for base in request.bases))


def session_bases_of_method(interpreter: Interpreter, name: str) -> list[Operand]:
    """The base URLs that sessions put in front of the URLs which calls of a method `name` pass to them."""
    return list(
        dict.fromkeys(
            base
            for request in interpreter.facts.requests
            if request.stub is None and request.bases
            if is_method_call(interpreter.trees[request.site.path].node(request.site), name)
            for base in request.bases
        )
    )


def _has_path(interpreter: Interpreter, base: Operand) -> bool:
    """Whether the start of an address contains a part of a path, or consists of a watched word."""
    texts = list(literals_in(base.value))
    return any(
        "/" in text.rpartition("://")[2].rstrip("/") or text in interpreter.notes.watch for text in texts
    )


def _requests_below(interpreter: Interpreter, call: Site) -> Iterator[tuple[Request, Frame]]:
    """The requests that a call of a function of the program leads to, each with the function's frame."""
    for request in interpreter.facts.requests:
        if request.stub is None:
            for frame in interpreter.facts.stack(request.frame):
                if frame.call == call and frame.path not in interpreter.testing.modules:
                    yield request, frame


def replaces_method(interpreter: Interpreter, call: Site, name: str) -> bool:
    """Whether `call` calls a method `name` of the program in other contexts, which sends requests."""
    methods = {frame.function for _, frame in _requests_below(interpreter, call)}
    nodes = (interpreter.trees[method.path].node(method) for method in methods if method is not None)
    return any(isinstance(node, cst.FunctionDef) and node.name.value == name for node in nodes)


def methods_named(interpreter: Interpreter, name: str) -> Iterator[Site]:
    """The program's methods of a name, whose results a double may replace."""
    for info in list(interpreter.classes.infos.values()):
        attribute = info.attributes.get(name)
        if isinstance(attribute, Function) and attribute.site.path not in interpreter.testing.modules:
            yield attribute.site


def _hands_out_replies(interpreter: Interpreter, function: Site) -> bool:
    """Whether a function returns a reply as a whole, or its data, also as an attribute of an object."""
    results = alternatives(interpreter.functions.results.get(function, NEVER))
    return any(_is_whole_reply(choice) for choice in results) or bool(
        carrying_attributes(interpreter, function)
    )


def carrying_attributes(interpreter: Interpreter, function: Site) -> Collection[str]:
    """The attributes in which the objects that a function returns have the data of a reply."""
    names: dict[str, None] = {}
    for choice in alternatives(interpreter.functions.results.get(function, NEVER)):
        instance = interpreter.heap.get(choice)
        if isinstance(instance, Instance):
            for name, value in instance.attributes.items():
                if any(map(_is_whole_reply, alternatives(value))):
                    names[name] = None
    return names


def _is_whole_reply(value: Value) -> bool:
    return isinstance(value, Reply) and value.path in _WHOLE


def parts_from(request: Request, argument: Operand) -> Iterator[tuple[Role, Operand | None]]:
    """The parts of a request that an argument becomes, with the base that is put in front of a URL."""
    for choice in alternatives(argument.value):
        for role, operands in request.operands.items():
            for operand in operands if choice not in (UNKNOWN, NONE) else ():
                base = _base_of(operand, choice) if role is Role.URL else None
                if base is not None or choice in alternatives(operand.value):
                    yield role, base
                elif role is Role.DATA and choice in _values_in_json(operand.value):
                    yield Role.JSON, None


def _values_in_json(value: Value) -> Iterator[Value]:
    """The values whose JSON text a value may be."""
    for choice in alternatives(value):
        if isinstance(choice, Json):
            yield from alternatives(choice.value)


def _base_of(url: Operand, path: Value) -> Operand | None:
    """The part of a URL in front of a path; None if the URL doesn't end with the path."""
    for choice in alternatives(url.value):
        while isinstance(choice, Text) and len(choice.parts) == 1 and isinstance(choice.parts[0], Hole):
            choice = choice.parts[0].value
        last = choice.parts[-1] if isinstance(choice, Text) and choice.parts else None
        if isinstance(choice, Text) and isinstance(last, Hole) and last.value == path:
            return url._replace(value=Text(choice.parts[:-1]))
        if isinstance(choice, Text) and isinstance(path, Text):
            front = choice.parts[: len(choice.parts) - len(path.parts)]
            if front and path.parts and choice.parts == (*front, *path.parts):
                return url._replace(value=Text(front))  # a session puts its base in front of the path
    return None
