"""Places that name the type of an error, so that the program tells it apart from other errors."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.error_propagation import (
    catch_points,
    covers,
    errors_outside_handlers,
    handlers_of,
)
from kognitos_migrate.interpret.exceptions import may_be_outside_error
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Symbol, Value

_TESTS = (Symbol("builtins.isinstance"), Symbol("builtins.issubclass"))
_SHOWING = (Symbol("builtins.type"), Symbol("builtins.repr"), Symbol("builtins.ascii"))
_TYPE_ATTRIBUTES = ("__class__", "__name__", "__qualname__")


class _OtherError(Exception):
    """An error that only handlers of any error catch."""


def is_type_observed(context: CallChains, site: Site, frame: int, error: type[Exception]) -> bool:
    """Whether the program distinguishes an error of an expression from any other error, by its type.

    Either a place on the error's way names the type, or such a place reads the error and some code looks at
    the type of an error. An error of code that runs later, as in a future, may get to any handler.
    """
    points = catch_points(context, site, frame, error)
    others = {point.site for point in catch_points(context, site, frame, _OtherError)}
    if any(point.catches and point.site not in others for point in points):
        return True
    is_lost = any(point.catches is None for point in points)
    if is_lost and any(True for _ in _handlers_naming(context, error)):
        return True
    is_read = is_lost or any(point.is_read for point in points) or bool(errors_outside_handlers(context))
    return is_read and any(True for _ in _type_reads(context, error))


def _handlers_naming(context: ProgramFacts, error: type[Exception]) -> Iterator[Site]:
    """The `try` statements of the program whose handlers name the type of an error, or may do so."""
    for tree in _trees(context):
        tries: list[cst.Try | cst.TryStar] = [*tree.of_kind(cst.Try), *tree.of_kind(cst.TryStar)]
        for tried in tries:
            others = {point.site for point in handlers_of(context, tree, tried, _OtherError)}
            points = handlers_of(context, tree, tried, error)
            if any(point.catches is None or point.site not in others for point in points):
                yield tree.site(tried)


def _type_reads(context: ProgramFacts, error: type[Exception]) -> Iterator[Site]:
    """The expressions and patterns that read the type of a library's error. Tests that pass for this type and
    for any other one don't count."""
    for tree in _trees(context):
        for call in tree.of_kind(cst.Call):
            callees = context.alternatives_at(tree.site(call.func))
            arguments = [argument.value for argument in call.args]
            if not arguments or not _is_error(context, tree, arguments[0]):
                continue
            is_test = len(arguments) == 2 and any(callee in _TESTS for callee in callees)
            is_told = is_test and _may_distinguish_error(context, tree, arguments[1], error)
            if is_told or any(callee in _SHOWING for callee in callees):
                yield tree.site(call)
        for attribute in tree.of_kind(cst.Attribute):
            if attribute.attr.value in _TYPE_ATTRIBUTES and _is_error(context, tree, attribute.value):
                yield tree.site(attribute)
        for field in tree.of_kind(cst.FormattedStringExpression):
            if field.conversion in ("r", "a") and _is_error(context, tree, field.expression):
                yield tree.site(field)
        for comparison in tree.of_kind(cst.Comparison):
            operands = [comparison.left, *(target.comparator for target in comparison.comparisons)]
            if any(_is_error(context, tree, operand) for operand in operands) and any(
                _may_distinguish_error(context, tree, operand, error) for operand in operands
            ):
                yield tree.site(comparison)
        for pattern in tree.of_kind(cst.MatchClass):
            match = tree.enclosing(pattern, cst.Match)
            is_subject = match is not None and _is_error(context, tree, match.subject)
            if is_subject and _may_distinguish_error(context, tree, pattern.cls, error):
                yield tree.site(pattern)


def _may_distinguish_error(
    context: ProgramFacts, tree: Tree, types: cst.CSTNode, error: type[Exception]
) -> bool:
    """Whether types that an error is compared with may include an error's type, and not that of any error."""
    values: list[Value] = list(context.values_at(tree.site(types)))
    return any(
        covers(context, value, error) is not False and covers(context, value, _OtherError) is not True
        for value in values
    )


def _is_error(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> bool:
    return any(may_be_outside_error(value) for value in context.values_at(tree.site(node)))


def _trees(context: ProgramFacts) -> Iterator[Tree]:
    return (tree for tree in context.trees.values() if tree.path not in context.facts.tests)
