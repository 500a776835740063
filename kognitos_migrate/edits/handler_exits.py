"""Exits of exception handlers: those that may raise the handled error again."""

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site, Tree


def may_raise_again(
    context: ProgramFacts, tree: Tree, handler: cst.ExceptHandler | cst.ExceptStarHandler
) -> bool:
    """Whether a handler may raise its error again, in its own code or in a function that it calls."""
    name = variable_name(handler.name.name) if handler.name is not None else None
    waiting: list[tuple[Tree, cst.CSTNode]] = [(tree, handler.body)]
    visited: set[Site] = set()
    for home, code in waiting:
        for raised in home.descendants_of_kind(code, cst.Raise):
            error = raised.exc
            if error is None or (code is handler.body and name and _names_first(error, name)):
                return True
        for call in home.descendants_of_kind(code, cst.Call):
            for function in context.callees(home.site(call)):
                if function not in visited:
                    visited.add(function)
                    waiting.append((context.tree(function), context.node(function)))
    return False


def _names_first(error: cst.BaseExpression, name: str) -> bool:
    """Whether an expression is a variable, or a method of it: `error`, `error.with_traceback(None)`."""
    match error:
        case cst.Name(value):
            return value == name
        case cst.Call(cst.Attribute(owner)):
            return _names_first(owner, name)
    return False
