"""Variables that new expressions read, and whether they are bound at the place of the expression."""

import ast

import libcst as cst

from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.rematerialize import CodeTemplate, template_text
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree


def mentions_parameter(context: CallChains, parts: CodeTemplate, frame: int) -> bool:
    """Whether an expression of `frame` uses a parameter of its function, or of a function around it."""
    current = context.read_frame(frame)
    receiver = (
        next(iter(context.parameters(current)), None)
        if context.read_frame(frame).receiver is not None
        else None
    )
    names: set[str] = set()
    while True:
        names |= set(context.parameters(current))
        if current.closure is None:
            break
        current = context.read_frame(current.closure)
    expression = _expression_of(context, parts)
    while isinstance(expression, ast.Attribute | ast.Subscript | ast.Call):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    read = [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]
    return not names.isdisjoint(name for name in read if name != receiver)


def is_bound_before(context: CallChains, parts: CodeTemplate, frame: int, at: Site) -> bool:
    """Whether the local names that `parts` read are bound before `at`, in the order of the source."""
    home = context.read_frame(frame)
    tree = context.trees[home.path]
    scope = tree.node(home.function) if home.function else tree.module
    first = tree.number(_bound_by(tree, at))
    for name in variables_read(context, parts):
        bound = [
            tree.number(node)
            for node in tree.memoize(Variables).bindings(scope, name)
            if not is_comprehension_variable(tree, node, at)
        ]
        if bound and min(bound) > first:
            return False
    return True


def _bound_by(tree: Tree, at: Site) -> cst.CSTNode:
    """The assignment whose value contains `at`, or `at` itself. The assignment's targets aren't bound at `at`
    yet."""
    node = tree.node(at)
    statement = tree.enclosing(node, cst.SimpleStatementLine)
    assignment = tree.enclosing(node, cst.Assign, cst.AnnAssign)
    return assignment if assignment is not None and statement is tree.parent(assignment) else node


def is_comprehension_variable(tree: Tree, node: cst.CSTNode, at: Site) -> bool:
    """Whether a name is bound by a comprehension that contains `at`."""
    loop = tree.enclosing(node, cst.CompFor)
    comprehension = (
        tree.enclosing(loop, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
        if loop is not None
        else None
    )
    return comprehension is not None and any(
        descendant is tree.node(at) for descendant in tree.descendants(comprehension)
    )


def variables_read(context: ProgramTrees, parts: CodeTemplate) -> list[str]:
    """The variables that an expression reads."""
    expression = _expression_of(context, parts)
    return [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]


def is_primary(context: ProgramTrees, parts: CodeTemplate) -> bool:
    """Whether an expression needs no parentheses as an operand."""
    return isinstance(_expression_of(context, parts), ast.Name | ast.Attribute | ast.Subscript | ast.Call)


def _expression_of(context: ProgramTrees, parts: CodeTemplate) -> ast.expr:
    return ast.parse(f"({template_text(context, parts)})", mode="eval").body
