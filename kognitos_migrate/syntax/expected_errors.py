"""The texts of errors in a module, and those that tests expect.

with pytest.raises(Refused, match="no such thing") as caught: ...
assert str(caught.value) == "no such thing: 7"
"""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.syntax.tree import Site, Tree

EXPECTED_CONTEXTS = ("raises", "assertRaises", "assertRaisesRegex")
"""Context managers that store the error raised in their block, in one of the next attributes."""
_FAILING = ("expectedFailure", "xfail")
_EXPECTED_ATTRIBUTES = ("value", "exception")
_TRACEBACK_TEXTS = ("format_exc", "format_exception", "format_exception_only")
"""Functions that return the text of a caught error."""


def compared_text(tree: Tree, text: cst.CSTNode) -> cst.BaseExpression | None:
    """The expression that the text of an error is compared with, or that is searched in it:
    `assert str(caught.value) == "no such thing"`. None for any other use of the text."""
    parent = tree.parent(text)
    whole = tree.parent(parent) if isinstance(parent, cst.ComparisonTarget | cst.Arg) else parent
    match whole:
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal(), right)]):
            return right if left is text else left
        case cst.Comparison(left, [cst.ComparisonTarget(cst.In(), right)]) if right is text:
            return left
        case cst.Call(args=[cst.Arg(first, keyword=None, star=""), cst.Arg(second, keyword=None, star="")]):
            name = callee_name(whole)
            if name == "assertEqual":
                return second if first is text else first
            if name == "assertIn" and second is text:
                return first
    return None


def composed_patterns(tree: Tree) -> list[Site]:
    """The expressions other than literals for texts that tests expect in error messages."""
    return [tree.site(node) for node in error_patterns(tree) if not isinstance(node, cst.SimpleString)]


def error_patterns(tree: Tree) -> Iterator[cst.BaseExpression]:
    """The expressions for texts that tests search in error messages: `pytest.raises(Refused, match="no")`."""
    for call in tree.of_kind(cst.Call) if "raises" in tree.lower_case_text else ():
        if callee_name(call) == "assertRaisesRegex":
            yield from (arg.value for arg in call.args[1:2])
        elif callee_name(call) == "raises":
            yield from (arg.value for arg in call.args if arg.keyword and arg.keyword.value == "match")


def error_texts(tree: Tree, error_names: set[str], expected: set[str]) -> Iterator[cst.CSTNode]:
    """The texts made from errors, as in `str(name)`, `f"{name}"`, and `"%s" % name`."""

    def is_error(node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Attribute) and node.attr.value in _EXPECTED_ATTRIBUTES:
            return is_one_of(node.value, expected)
        return is_one_of(node, error_names)

    for call in tree.of_kind(cst.Call):
        name = callee_name(call)
        if name in _TRACEBACK_TEXTS or (
            name in ("str", "repr", "format") and any(is_error(argument.value) for argument in call.args)
        ):
            yield call
    for part in tree.of_kind(cst.FormattedStringExpression):
        if is_error(part.expression):
            yield tree.parent(part) or part
    for operation in tree.of_kind(cst.BinaryOperation):
        if isinstance(operation.operator, cst.Modulo):
            right = operation.right
            values = (
                [element.value for element in right.elements] if isinstance(right, cst.Tuple) else [right]
            )
            if any(map(is_error, values)):
                yield operation


def context_names(tree: Tree, *made_by: str) -> set[str]:
    """The variables in `with … as` statements whose context managers are made by these functions."""
    return {
        item.asname.name.value
        for item in tree.of_kind(cst.WithItem)
        if item.asname is not None
        and isinstance(item.asname.name, cst.Name)
        and isinstance(item.item, cst.Call)
        and callee_name(item.item) in made_by
    }


def may_mark_failures(tree: Tree) -> bool:
    """Whether a module may mark tests as ones that fail, by decorators or in lists of marks."""
    nodes = [*tree.of_kind(cst.Name), *(attribute.attr for attribute in tree.of_kind(cst.Attribute))]
    return any(node.value in _FAILING for node in nodes)


def callee_name(call: cst.Call) -> str:
    """The name of a called function or method, without its receiver; empty if it has none."""
    return _last_name(call.func)


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def is_one_of(node: cst.BaseExpression, names: set[str]) -> bool:
    """Whether an expression is one of these variables."""
    return isinstance(node, cst.Name) and node.value in names
