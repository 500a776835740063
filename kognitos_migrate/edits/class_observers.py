"""Observers of a class: code that may read its annotations or its namespace."""

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library_effects import declares_type, looks_at_type
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.syntax.roles import argument_of, call_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class

_FLOWS = (
    cst.AnnAssign,
    cst.Annotation,
    cst.Assign,
    cst.ClassDef,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.DictElement,
    cst.Element,
    cst.Index,
    cst.MatchClass,
    cst.NamedExpr,
    cst.Param,
    cst.Return,
)
"""Nodes that pass a class on, or only compare it."""


def is_class_observed(context: ProgramFacts, tree: Tree, definition: cst.ClassDef) -> bool:
    """Whether code may read the annotations or the namespace of a class, or those of its subclasses."""
    places = context.memoize(_class_places).get(tree.site(definition), ())
    return any(not _is_harmless(context, context.tree(place), definition, place) for place in places)


def is_cast(context: ProgramFacts, callee: Site) -> bool:
    """Whether a called function only declares the type of a value, which it returns."""
    functions = context.alternatives_at(callee)
    return bool(functions) and all(map(declares_type, functions))


def _class_places(context: ProgramFacts) -> dict[Site, list[Site]]:
    """By class: the expressions that may evaluate to it."""
    sites_by_class: dict[Site, dict[Site, None]] = {}
    for (site, _), value in context.facts.values.items():
        for choice in alternatives(value):
            if isinstance(choice, Class):
                sites_by_class.setdefault(choice.site, {})[site] = None
    return {cls: list(sites) for cls, sites in sites_by_class.items()}


def _is_harmless(context: ProgramFacts, tree: Tree, definition: cst.ClassDef, place: Site) -> bool:
    node = tree.node(place)
    match node, tree.parent(node):
        case (cst.ClassDef(), _) | (_, None):
            return True
        case _, parent if isinstance(parent, _FLOWS):
            return True
        case _, cst.Call(callee):
            return callee is node
        case _, cst.Attribute(owner) as attribute:
            return owner is not node or _is_class_member(context, tree, definition, attribute)
        case _, cst.Arg():
            argument = argument_of(tree, node)  # None for a base class
            if argument is None:
                subclass = tree.enclosing(node, cst.ClassDef)
                return subclass is None or not is_class_observed(context, tree, subclass)
            return _only_tests_or_creates(context, tree, argument.call)
    return False


def _is_class_member(
    context: ProgramFacts, tree: Tree, definition: cst.ClassDef, node: cst.Attribute
) -> bool:
    """Whether an attribute of the class is a method that its body defines, its name, or a constructor of its
    base."""
    own = {method.name.value for method in definition.body.body if isinstance(method, cst.FunctionDef)}
    call = call_of(tree, node)
    if call is not None and _is_filled(context, tree.site(call)):
        return True
    return node.attr.value in own or node.attr.value in ("__name__", "__qualname__")


def _only_tests_or_creates(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    """Whether a call with the class as argument only tests values for it, or creates instances."""
    callees = context.alternatives_at(tree.site(call.func))
    is_test = bool(callees) and all(map(looks_at_type, callees))
    return is_test or _is_filled(context, tree.site(call)) or bool(context.callees(tree.site(call)))


def _is_filled(context: ProgramFacts, call: Site) -> bool:
    return call in context.memoize(_filling_calls)


def _filling_calls(context: ProgramFacts) -> set[Site]:
    """The calls that fill parameters or fields with those of a reply."""
    return {use.site for use in context.facts.uses if use.kind is UseKind.FILL}
