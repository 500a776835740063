"""Text that a body is encoded or formatted into, and whether the program reads it."""

from collections.abc import Iterator
from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.effects import only_shows
from kognitos_migrate.syntax.roles import argument_of, call_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Symbol, Value

ENCODERS = frozenset(
    Symbol(name)
    for name in (
        "builtins.id",
        *(f"{library}.dumps" for library in ("json", "orjson", "rapidjson", "simplejson", "ujson")),
    )
)
"""Functions that read nothing of a body, or encode all of it."""
_PRINTING = (Symbol("builtins.print"), Symbol("sys.stdout.write"))
_ERROR_STREAMS = (Symbol("sys.stderr"), Symbol("sys.__stderr__"))
_FORMATTING = (
    cst.FormattedStringExpression,
    cst.FormattedString,
    cst.ConcatenatedString,
    cst.BinaryOperation,
)


def named_alike(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The other reads of a variable in its function, or of an attribute of `self` in its class."""
    match node:
        case cst.Name(name):
            function = tree.enclosing(node, cst.FunctionDef)
            for other in tree.descendants_of_kind(function, cst.Name) if function is not None else ():
                if other is not node and other.value == name and is_read(tree, other):
                    yield other
        case cst.Attribute(cst.Name() as owner, cst.Name(name)):
            definition = tree.enclosing(node, cst.ClassDef)
            for attribute in tree.descendants_of_kind(definition, cst.Attribute) if definition else ():
                is_same = attribute.attr.value == name and attribute.value.deep_equals(owner)
                if attribute is not node and is_same:
                    yield attribute


def is_read(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name reads its variable: it is no parameter, keyword or attribute."""
    match tree.parent(node):
        case cst.Param() | cst.AssignTarget() | cst.AnnAssign():
            return False
        case cst.Arg(part) | cst.Attribute(part):
            return part is node
    return True


def is_measured(context: PlanContext, text: Site, visited: frozenset[Site] = frozenset()) -> bool:
    """Whether the program reads the text of a body, at an expression or through the variable that it is
    assigned to, other than to send or to log it."""
    if text in visited or text in context.requests.by_argument or is_logged(context, text):
        return False
    tree, visited = context.tree(text), visited | {text}
    parent = tree.parent(tree.node(text))
    match parent:
        case cst.AssignTarget() | cst.Expr() | cst.Return() | cst.If() | cst.UnaryOperation():
            return False  # the text of JSON is never empty
        case cst.Attribute(attr=cst.Name("encode")):
            call = call_of(tree, parent)
            return call is None or is_measured(context, tree.site(call), visited)
        case cst.Assign(targets=targets):
            reads = [read for target in targets for read in named_alike(tree, target.target)]
            return any(is_measured(context, tree.site(read), visited) for read in reads)
        case cst.IfExp() | cst.BooleanOperation() | cst.Await():
            return is_measured(context, tree.site(parent), visited)
        case cst.Arg():
            argument = argument_of(tree, tree.node(text))
            return argument is None or not _is_passed_on(context, tree, argument.call)
        case _:
            return True


def _is_passed_on(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call with the text of a body logs it, or passes it on to a request."""
    if tree.site(call) in context.requests.by_call:
        return True
    return all(is_logging(context, tree, call, callee) for callee in callees(context, tree, call))


def is_logged(context: ProgramFacts, site: Site) -> bool:
    """Whether an expression, or a text that it is formatted into, is only logged."""
    tree = context.tree(site)
    text = tree.node(site)
    for ancestor in takewhile(lambda above: isinstance(above, _FORMATTING), tree.ancestors(text)):
        text = ancestor
    argument = argument_of(tree, text)
    if argument is None:
        return False
    functions = callees(context, tree, argument.call)
    return bool(functions) and all(is_logging(context, tree, argument.call, callee) for callee in functions)


def is_logging(context: ProgramFacts, tree: Tree, call: cst.Call, callee: Value) -> bool:
    """Whether a call of a library's function shows its arguments in a log or on the error stream."""
    if callee not in _PRINTING:
        return only_shows(callee, call)
    streams = [
        choice
        for argument in call.args
        if argument.keyword is not None and argument.keyword.value == "file"
        for choice in context.alternatives_at(tree.site(argument.value))
    ]
    return bool(streams) and all(stream in _ERROR_STREAMS for stream in streams)


def callees(context: ProgramFacts, tree: Tree, call: cst.Call) -> list[Value]:
    """The callees of a call, in any frame."""
    callees_by_site, site = context.memoize(_known_callees), tree.site(call.func)
    if site not in callees_by_site:
        values = context.values_at(site)
        callees_by_site[site] = [*dict.fromkeys(choice for value in values for choice in alternatives(value))]
    return callees_by_site[site]


def _known_callees(_context: ProgramFacts) -> dict[Site, list[Value]]:
    return {}
