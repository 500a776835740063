"""Calls that log: what is shown to people there, and the functions that a call runs."""

from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library_effects import only_shows
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Ref, Symbol, Value

_PRINTING = (Symbol("builtins.print"), Symbol("sys.stdout.write"))
_ERROR_STREAMS = (Symbol("sys.stderr"), Symbol("sys.__stderr__"))
_FORMATTING = (
    cst.FormattedStringExpression,
    cst.FormattedString,
    cst.ConcatenatedString,
    cst.BinaryOperation,
)


def is_logged(context: ProgramFacts, site: Site) -> bool:
    """Whether an expression, or a text that it is formatted into, is only logged."""
    tree = context.tree(site)
    text = tree.node(site)
    for ancestor in takewhile(lambda above: isinstance(above, _FORMATTING), tree.ancestors(text)):
        text = ancestor
    argument = argument_of(tree, text)
    if argument is None:
        return False
    functions = callee_values(context, tree, argument.call)
    return bool(functions) and all(is_logging(context, tree, argument.call, callee) for callee in functions)


def is_logging(context: ProgramFacts, tree: Tree, call: cst.Call, callee: Value) -> bool:
    """Whether a call of a library's function shows its arguments in a log or on the error stream. A function
    of the program does what its body says."""
    if isinstance(callee, Function | Bound | Class | Ref):
        return False
    if callee not in _PRINTING:
        return only_shows(callee, call)
    streams = [
        choice
        for argument in call.args
        if argument.keyword is not None and argument.keyword.value == "file"
        for choice in context.alternatives_at(tree.site(argument.value))
    ]
    return bool(streams) and all(stream in _ERROR_STREAMS for stream in streams)


def callee_values(context: ProgramFacts, tree: Tree, call: cst.Call) -> list[Value]:
    """The callees of a call, in any frame."""
    callees_by_site, site = context.memoize(_known_callees), tree.site(call.func)
    if site not in callees_by_site:
        values = context.values_at(site)
        callees_by_site[site] = [*dict.fromkeys(choice for value in values for choice in alternatives(value))]
    return callees_by_site[site]


def _known_callees(_context: ProgramFacts) -> dict[Site, list[Value]]:
    return {}
