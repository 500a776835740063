"""The arguments that a test's double receives: the parts of the request that is sent in its place."""

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.recorded_calls import test_frame
from kognitos_migrate.interpret.mocking.replaced_functions import PassedParameters, passed_parameters
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.syntax.functions import positional_parameters
from kognitos_migrate.syntax.shapes import last_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Function, Reply, Unknown, Value
from kognitos_migrate.values.texts import known_text

_VIEW_OF_ROLE = {
    Role.METHOD: View.VERB,
    Role.URL: View.ADDRESS,
    Role.JSON: View.JSON,
    Role.DATA: View.TEXT,
    Role.QUERY: View.NOTHING,
}


def received_part(request: Reply, role: Role) -> Value:
    """The part of a received request that has a role. One that the rules don't describe is unknown."""
    view = _VIEW_OF_ROLE.get(role)
    return request.at(view) if view is not None else Unknown(f"{role.value} of a received request")


def received_arguments(point: EvalPoint, received: Reply) -> Value:
    """The positional arguments of a call that a double received in place of a client's function, as the
    program's calls of it pass them. An argument that isn't known is any part of the request."""
    stub = point.interpreter.facts.requests[received.request].stub
    places = roles_by_place(point, stub.sender) if stub is not None and stub.sender is not None else None
    if places is None:
        return received
    items = [_received_argument(received, role) for role in places.roles]
    if not places.is_complete:
        items += [received] * len(items)  # places that are counted from the end
    return point.interpreter.allocate_sequence(point.act, point.node, map(point.operand, items))


def part_of_call(point: EvalPoint, received: Reply, place: int) -> Value:
    """The element at a place of what a double received: of a call, its positional arguments come first."""
    stub = point.interpreter.facts.requests[received.request].stub
    is_arguments = stub is not None and stub.is_single_call and place == 0
    return received_arguments(point, received) if is_arguments else received


def received_keyword(received: Reply, role: Role | None) -> Value:
    """The keyword argument of a received call that has a role; None if it is no part of the request."""
    return received_part(received, role) if role is not None else Unknown("a keyword argument")


def keyword_argument(point: EvalPoint, received: Reply, name: Value) -> Value | None:
    """The keyword argument of a call that a double received in place of a client's function: the body of the
    request, or another one that the program may pass. None for any other name."""
    interpreter, word = point.interpreter, known_text(name)
    stub = interpreter.facts.requests[received.request].stub
    if stub is None or stub.sender is None or word is None:
        return None
    role = interpreter.libraries.keywords.get(word)
    if role in (Role.DATA, Role.JSON):
        return received_keyword(received, role)
    arguments = [argument for _, call in sent_calls(interpreter, stub.sender) for argument in call.args]
    names = {argument.keyword.value for argument in arguments if argument.keyword is not None}
    is_passed = word in names or any(argument.star == "**" for argument in arguments)
    return received_keyword(received, None) if is_passed else None


def _received_argument(received: Reply, role: Role | None) -> Value:
    """An argument of a received call; the URL has no position of its own."""
    return received if role in (None, Role.URL) else received_part(received, role)


def sent_calls(interpreter: Interpreter, name: str) -> Iterator[tuple[Request, cst.Call]]:
    """The requests that calls of a client's function send, by its short name, each with the call."""
    for request in interpreter.facts.requests:
        node = interpreter.trees[request.site.path].node(request.site) if request.stub is None else None
        if isinstance(node, cst.Call) and last_name(node.func) == name:
            yield request, node


class Places(NamedTuple):
    """The parts of a request that the positional arguments of calls become; None for a place where the calls
    differ, or that is no part. `is_complete` is False if some of the calls have fewer arguments."""

    roles: list[Role | None]
    is_complete: bool


def roles_by_place(point: EvalPoint, sender: str) -> Places | None:
    """The parts that the positional arguments of a client's function become in the calls that a double may
    receive: those of this test, else of any. None if the program has no such call."""
    interpreter = point.interpreter
    calls: dict[bool, list[list[Role | None]]] = {}
    for request, call in sent_calls(interpreter, sender):
        roles = {each.site: role for role, operands in request.operands.items() for each in operands}
        tree = interpreter.trees[request.site.path]
        passed = takewhile(lambda argument: not argument.star and argument.keyword is None, call.args)
        is_own = test_frame(interpreter, request.frame) == test_frame(interpreter, point.act.frame.id)
        calls.setdefault(is_own, []).append([roles.get(tree.site(each.value)) for each in passed])
    rows = calls.get(True) or calls.get(False)
    if rows is None:
        return None
    count = max(map(len, rows))
    choices = [{row[place] for row in rows if place < len(row)} for place in range(count)]
    is_complete = all(len(row) == count for row in rows)
    return Places([next(iter(each)) if len(each) == 1 else None for each in choices], is_complete)


class DoubleArguments(NamedTuple):
    """The arguments of a double that is called with a request of a client."""

    point: EvalPoint
    double: Function | Bound
    request: Reply
    client: str

    @property
    def _definition(self) -> cst.FunctionDef | cst.Lambda:
        inner = self.double.function if isinstance(self.double, Bound) else self.double
        assert isinstance(inner, Function)
        definition = self.point.interpreter.trees[inner.site.path].node(inner.site)
        assert isinstance(definition, cst.FunctionDef | cst.Lambda)
        return definition

    @property
    def _names(self) -> list[str]:
        """The parameters of the double that positional arguments fill, without a bound receiver."""
        names = [parameter.name.value for parameter in positional_parameters(self._definition)]
        return names[isinstance(self.double, Bound) :]

    def _part(self, role: Role | None) -> Operand:
        return self.point.operand(received_part(self.request, role) if role is not None else UNKNOWN)

    def of_client(self) -> Arguments:
        """The arguments that a client's function receives, for a function that replaces it."""
        interpreter, params = self.point.interpreter, self._definition.params
        roles = interpreter.libraries.clients[self.client].keywords
        operands = {name: self._part(role) for name, role in roles.items() if role in _VIEW_OF_ROLE}
        address = next((name for name, role in roles.items() if role is Role.URL), "")
        methods = {name for name, role in roles.items() if role is Role.METHOD}
        leading = {*interpreter.libraries.receivers, *methods}
        names, arguments = self._names, Arguments()
        placed = self._roles_by_place(names)
        for number, name in enumerate(names):
            first = number == 0 or (number == 1 and names[0] in leading)
            url = operands.get(address) if first and name not in (*leading, *placed) else None
            if placed.get(name) is Role.URL:
                url = operands.get(address)
            value = operands.pop(name, None) or url or self._part(roles.get(name) or placed.get(name))
            if value is url:
                operands.pop(address, None)
            arguments.positional.append(value)
        if isinstance(params.star_arg, cst.Param) and address in operands:
            arguments.positional.append(operands.pop(address))
        self._pass_by_keyword(
            arguments, {name: part for name, part in operands.items() if name not in methods}
        )
        return arguments

    def _roles_by_place(self, names: list[str]) -> dict[str, Role]:
        """The roles of the parameters of a double that is named like a client's function of any method, in
        the order of that function's arguments."""
        name = self._definition.name.value if isinstance(self._definition, cst.FunctionDef) else ""
        method = self.point.interpreter.libraries.clients[self.client].session_methods.get(name)
        if method is None or method.method is not None:
            return {}
        rest = names[bool(names) and names[0] in self.point.interpreter.libraries.receivers :]
        return dict(zip(rest, method.arguments, strict=False))

    def of_function(self, function: Site) -> Arguments:
        """The arguments that a function of the program receives, for a double that replaces it. Arguments
        at the same places, or with the same keywords, are the same parts of the request."""
        own, arguments = passed_parameters(self.point.interpreter, function), self.of_client()
        parts = {name: self._part(role) for name, role in own.roles.items()}
        names, params = self._names, self._definition.params
        first = int(own.has_receiver and isinstance(self.double, Function) and self._has_receiver(own, names))
        for place, name in enumerate(names[first:]):
            place_of = own.names[place] if place < len(own.names) else ""
            part = parts.pop(name if name in own.keywords else place_of, None)
            if part is not None:
                arguments.positional[first + place] = part
            elif own.has_url and arguments.positional[first + place].value == self.request.at(View.ADDRESS):
                arguments.positional[first + place] = self._part(None)
        if isinstance(params.star_arg, cst.Param):
            count = max(len(names) - first, 0)
            rest = [name for name in own.names[count:] if name not in own.keywords and own.has_url]
            if rest:
                arguments_left = (parts.pop(name) if name in parts else self._part(None) for name in rest)
                arguments.positional[len(names) :] = arguments_left
        self._pass_by_keyword(arguments, parts)
        return arguments

    def _has_receiver(self, own: PassedParameters, names: list[str]) -> bool:
        """Whether the double takes the receiver of the method that it replaces."""
        return len(names) > len(own.names) or (
            bool(names) and names[0] in self.point.interpreter.libraries.receivers
        )

    def _pass_by_keyword(self, arguments: Arguments, parts: dict[str, Operand]) -> None:
        """Pass the parts that a double takes as keywords."""
        params = self._definition.params
        keyword_only = {parameter.name.value for parameter in params.kwonly_params}
        for name, part in parts.items():
            if name in keyword_only or params.star_kwarg is not None:
                arguments.keywords[name] = part
                arguments.holders[name] = part.site
