"""Drafts a client rule file for a call that can't be followed."""

import re
import sys
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library_effects import is_pure
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Symbol, Text, Value

_USUAL = (Role.URL, Role.JSON)
"""The roles of the keyword arguments that most helpers have."""
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def client_file(context: ProgramFacts, site: Site) -> str | None:
    """A draft of a client file for the function called at a place, or around it.

    Roles of arguments are guesses. None if no imported function is called there that may send a request, or
    if a client describes the call.
    """
    described = {request.site for request in context.facts.requests}
    hosts = [api.hosts[0] for api in context.rules.apis.values() if api.hosts]
    for call in _calls(context.tree(site), context.node(site)):
        if context.tree(site).site(call) in described:
            return None
        function = context.tree(site).site(call.func)
        symbols = (choice for choice in context.alternatives_at(function) if isinstance(choice, Symbol))
        names = {symbol.name for symbol in symbols if not (_is_standard(symbol) and is_pure(symbol, call))}
        if len(names) == 1:
            return "\n".join(_lines(context, site, call, names.pop(), hosts))
    return None


def _is_standard(symbol: Symbol) -> bool:
    return symbol.name.partition(".")[0] in sys.stdlib_module_names


def _calls(tree: Tree, node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls around a node, innermost first."""
    here = node if isinstance(node, cst.Call) else tree.enclosing(node, cst.Call)
    while isinstance(here, cst.Call):
        yield here
        here = tree.enclosing(here, cst.Call)


def _lines(context: ProgramFacts, site: Site, call: cst.Call, name: str, hosts: list[str]) -> Iterator[str]:
    module, _, function = name.rpartition(".")
    yield "kind: client"
    yield f"id: {re.sub(r'[^a-z0-9]+', '_', (module or function).lower()).strip('_')}"
    yield f"title: {module or function}"
    yield "url: https://…  # its documentation"
    if function[:1].isupper():
        yield from _class(name)
        return
    for host in hosts:
        yield f"base: https://{host}  # if it adds this to a path"
    yield from _function(context, site, call, name)


def _class(name: str) -> Iterator[str]:
    """The lines for a class whose methods send requests. The methods listed are examples."""
    yield "keywords: {url: url, json: json}"
    yield "sessions:"
    yield f"  types: [{name}]"
    yield "  arguments: [base]  # roles of its positional arguments; keywords are below"
    yield "  attributes: {base_url: base, headers: headers}"
    yield "  joins: append  # how a path is joined with the base URL"
    yield "  methods:"
    yield "    get: {method: GET, arguments: [url], gives: json}  # json: the decoded response"
    yield "    post: {method: POST, arguments: [url, json], gives: json}"


def _function(context: ProgramFacts, site: Site, call: cst.Call, name: str) -> Iterator[str]:
    function = name.rpartition(".")[2]
    method = function.upper() if function.upper() in _METHODS else None
    positional: list[str] = []
    keywords: dict[str, str] = {}
    for argument in call.args:
        value = context.values_at(context.tree(site).site(argument.value))
        role = _role(context, value, [*positional, *keywords.values(), *(["method"] if method else [])])
        if argument.keyword is not None:
            keywords[argument.keyword.value] = role
        elif not argument.star:
            positional.append(role)
    fields = [f"method: {method}"] if method else []
    fields.append(f"arguments: [{', '.join(positional)}]")
    keywords = {
        **keywords,
        **{role.value: role.value for role in _USUAL if role.value not in keywords.values()},
    }
    yield f"keywords: {{{', '.join(f'{key}: {role}' for key, role in keywords.items())}}}"
    yield "functions:"
    yield f"  {name}: {{{', '.join(fields)}, gives: json}}  # json: the decoded response"


def _role(context: ProgramFacts, values: list[Value], used_roles: list[str]) -> str:
    """The likely role of an argument, among those not in `used_roles`."""
    for choice in (choice for value in values for choice in alternatives(value)):
        if isinstance(choice, Text) and choice.literal is not None and choice.literal.upper() in _METHODS:
            return _free(Role.METHOD, used_roles)
        if isinstance(choice, Text):
            return _free(Role.URL, used_roles)
        if isinstance(context.facts.heap.get(choice), DictObject):
            return _free(Role.JSON, used_roles)
    return _free(Role.JSON, used_roles)


def _free(wanted: Role, used_roles: list[str]) -> str:
    order = (wanted, Role.JSON, Role.QUERY, Role.HEADERS, Role.DATA)
    return next((role.value for role in order if role.value not in used_roles), Role.DATA.value)
