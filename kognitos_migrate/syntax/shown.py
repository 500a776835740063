"""Whether a module looks into what is there for people to read: messages of errors, log records, warnings."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tree import Tree

_LOOKING = (cst.Comparison, cst.ComparisonTarget, cst.Attribute, cst.Subscript)
"""What asks something of a text that stands in it."""
_OF_RECORDS = ("filter", "emit", "format", "formatMessage", "handle")
"""Methods that are given log records."""
_IN_RECORDS = ("args", "msg", "message")
_SHOWING = ("showwarning", "formatwarning")
"""What the program may put in the place of what shows warnings."""
_INTO_MEMORY = ("StreamHandler", "redirect_stderr", "basicConfig")
"""What takes messages to a stream, which may be one that is read afterwards."""


def looks_into_errors(tree: Tree) -> bool:
    """Whether `args` is read of something that may be an error (of anything but `self`), or the text of an
    error that was caught is looked into."""
    caught = {
        one.name.name.value
        for one in tree.of_kind(cst.ExceptHandler)
        if one.name is not None and isinstance(one.name.name, cst.Name)
    }
    return any(_is_looked_into(tree, text) for text in _texts_of(tree, caught)) or any(
        node.attr.value == "args"
        and not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls"))
        for node in tree.of_kind(cst.Attribute)
    )


def sought_in_logs(tree: Tree) -> frozenset[str | None]:
    """What is looked for in log records and warnings; None for what isn't known, or where they are kept."""
    words = tree.lowered
    kept = (
        ("stringio" in words and any(name.lower() in words for name in _INTO_MEMORY))
        or ("catch_warnings" in words and any(map(_is_recording, tree.of_kind(cst.Arg))))
        or (any(name in words for name in _SHOWING) and any(map(_shows, tree.of_kind(cst.AssignTarget))))
    )
    found: list[str | None] = [None] if kept else []
    for text in _records(tree):
        around = tree.parent(text)
        if isinstance(around, cst.ComparisonTarget):
            around = tree.parent(around)
        said = [literal_text(one) for one in tree.within(around, cst.SimpleString)] if around else []
        if isinstance(around, cst.Comparison) and said:
            found += [one if isinstance(one, str) else None for one in said]
        elif _is_looked_into(tree, text):
            found.append(None)
    return frozenset(found)


def _is_recording(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "record"


def _shows(assigned: cst.AssignTarget) -> bool:
    return isinstance(assigned.target, cst.Attribute) and assigned.target.attr.value in _SHOWING


def _records(tree: Tree) -> Iterator[cst.CSTNode]:
    """What log records, and those that a test has caught, say."""
    filters = {
        arg.value.value
        for call in tree.of_kind(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "addFilter"
        for arg in call.args
        if isinstance(arg.value, cst.Name)
    }
    for node in tree.of_kind(cst.Attribute):
        owner = node.value.value if isinstance(node.value, cst.Name) else ""
        if node.attr.value == "getMessage":
            yield tree.parent(node) or node
        elif owner == "caplog" and node.attr.value in ("text", "messages"):
            yield node
        elif node.attr.value in _IN_RECORDS and owner:
            function = tree.enclosing(node, cst.FunctionDef)
            if isinstance(function, cst.FunctionDef) and function.name.value in (*_OF_RECORDS, *filters):
                if owner in {one.name.value for one in function.params.params[-1:]}:
                    yield node


def _texts_of(tree: Tree, names: set[str]) -> Iterator[cst.CSTNode]:
    """`str(name)`, `repr(name)`, `f"{name}"` of one of these names."""
    for call in tree.of_kind(cst.Call) if names else ():
        if isinstance(call.func, cst.Name) and call.func.value in ("str", "repr"):
            if any(_is_one_of(arg.value, names) for arg in call.args):
                yield call
    for part in tree.of_kind(cst.FormattedStringExpression) if names else ():
        if _is_one_of(part.expression, names):
            yield tree.parent(part) or part


def _is_one_of(node: cst.BaseExpression, names: set[str]) -> bool:
    return isinstance(node, cst.Name) and node.value in names


def _is_looked_into(tree: Tree, text: cst.CSTNode) -> bool:
    """Whether a text is compared, searched, or taken apart, or goes where that may be."""
    around = tree.parent(text)
    if isinstance(around, cst.Assign):
        names = {one.target.value for one in around.targets if isinstance(one.target, cst.Name)}
        return any(
            isinstance(tree.parent(node), _LOOKING) for node in tree.of_kind(cst.Name) if node.value in names
        )
    return isinstance(around, (*_LOOKING, cst.Return))
