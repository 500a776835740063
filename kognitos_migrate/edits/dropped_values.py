"""Values that the new code no longer needs: their expressions may go only if they raise no error."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.exception_freedom import is_droppable
from kognitos_migrate.edits.final_variables import is_final
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.syntax.blocks import statements_of_block
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Symbol

_SIZES = (Symbol("os.path.getsize"), Symbol("posixpath.getsize"))
_OPEN = (Symbol("builtins.open"), Symbol("io.open"))


def require_droppable(context: PlanContext, operand: Operand) -> None:
    """Raises RefusalError if the expression of a value may raise an error that nothing else raises."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    if is_droppable(context, tree, node) or _is_size_of_opened_file(context, tree, node):
        return
    raise RefusalError(
        operand.site,
        "acts",
        "this value would be removed, and computing it may raise an error",
        "compute the value in a statement of its own, before the file is announced",
    )


def _is_size_of_opened_file(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is the size, perhaps as text, of a file that is open, or is opened next."""
    match node:
        case cst.Call(cst.Name("str"), [cst.Arg(size)]):
            return _is_size_of_opened_file(context, tree, size)
        case cst.Call(function, [cst.Arg(path)]):
            if not all(
                callee in _SIZES for callee in context.alternatives_at(tree.site(function)) or (None,)
            ):
                return False
            return any(
                _is_same_path(context, tree, path, opened) for opened in _paths_opened(context, tree, node)
            )
    return False


def _is_same_path(context: PlanContext, tree: Tree, path: cst.CSTNode, opened: cst.CSTNode) -> bool:
    """Whether two expressions are one variable, which isn't bound again."""
    if not isinstance(path, cst.Name) or not isinstance(opened, cst.Name):
        return False
    scopes = tree.memoize(Scopes)
    return scopes.variable(path) == scopes.variable(opened) and is_final(context, scopes.variable(path))


def _paths_opened(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """The paths that a `with` around a node opens, or the next compound statement after its statement."""
    for above in tree.ancestors(node):
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            break
        if isinstance(above, cst.With):
            yield from _opened_paths(context, tree, above)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    beside = list(statements_of_block(tree, line)) if line is not None else []
    for statement in beside[beside.index(line) + 1 :] if line is not None else ():
        if isinstance(statement, cst.With):
            yield from _opened_paths(context, tree, statement)
        if not _stores_free_item(context, tree, statement):
            return


def _stores_free_item(context: ProgramFacts, tree: Tree, statement: cst.CSTNode) -> bool:
    """Whether a statement assigns an item, and raises no error for it: `headers["a"] = "b"`."""
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Subscript())], value)]):
            return is_droppable(context, tree, value)
    return False


def _opened_paths(context: ProgramFacts, tree: Tree, managed: cst.With) -> Iterator[cst.BaseExpression]:
    match managed.items[0].item:
        case cst.Call(function, [cst.Arg(path), *_]) if any(
            callee in _OPEN for callee in context.alternatives_at(tree.site(function))
        ):
            yield path
