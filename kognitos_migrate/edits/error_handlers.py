"""The statements that handle an error which an expression raises."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import stack_of
from kognitos_migrate.syntax.scopes import FUNCTIONS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Class, Symbol

_OF_EXPRESSIONS = frozenset(
    f"builtins.{name}"
    for name in (
        *("BaseException", "Exception", "LookupError", "KeyError", "IndexError", "AttributeError"),
        *("NameError", "UnboundLocalError", "TypeError", "ValueError", "RuntimeError"),
    )
)
"""The errors that reading a variable, an attribute or an item may raise, and their bases."""


def has_same_handlers(context: PlanContext, first: tuple[Site, int], second: tuple[Site, int]) -> bool:
    """Whether the same `try` statements handle an error of two expressions, each given with its frame. An
    expression in a `with` statement stays in it, since the manager may handle the error."""
    mine, theirs = stack_of(context, *first), stack_of(context, *second)
    common = next((number for number in mine if number in theirs), None)
    if common is None:
        return False
    left, right = ([*_handling(context, stack, common)] for stack in (mine, theirs))
    leaves = [site for site in left if site not in right]
    enters = [site for site in right if site not in left and isinstance(context.node(site), cst.Try)]
    return not leaves and not enters


def _handling(context: PlanContext, stack: Mapping[int, Site], last: int) -> Iterator[Site]:
    """The statements that may handle an error, up to the frame `last`, from the inside out."""
    for number, site in stack.items():
        tree, node = context.tree(site), context.node(site)
        inner = node
        for above in tree.ancestors(node):
            if isinstance(above, FUNCTIONS):
                break
            is_body = inner is getattr(above, "body", None)
            if isinstance(above, cst.With) and is_body:
                yield tree.site(above)
            if isinstance(above, cst.Try) and is_body:
                if any(_catches_error_of_expression(context, tree, handler) for handler in above.handlers):
                    yield tree.site(above)
            inner = above
        if number == last:
            return


def _catches_error_of_expression(context: PlanContext, tree: Tree, handler: cst.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types: list[cst.BaseExpression] = [handler.type]
    if isinstance(handler.type, cst.Tuple):
        types = [element.value for element in handler.type.elements]
    return any(
        value.name in _OF_EXPRESSIONS if isinstance(value, Symbol) else not isinstance(value, Class)
        for node in types
        for value in context.alternatives_at(tree.site(node))
    )
