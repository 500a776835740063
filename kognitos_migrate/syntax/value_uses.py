"""How the value of an expression is used in place: as a condition, or stored in a collection."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_INSIDE = (
    *(cst.Element, cst.StarredElement, cst.DictElement, cst.Tuple, cst.List, cst.Set, cst.Dict),
    *(cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp),
)
"""What holds what stands in it."""
KEEPING = ("append", "appendleft", "add", "extend", "insert", "put", "put_nowait", "setdefault")
"""Methods by which something is put into a collection."""


def stored_into(tree: Tree, node: cst.CSTNode) -> str | None:
    """The name of the variable or attribute in which a list, dict or queue gets what stands at a node; None
    where it isn't put into one."""
    inside, around = node, tree.parent(node)
    while isinstance(around, _INSIDE):
        inside, around = around, tree.parent(around)
    if isinstance(around, cst.Arg):
        call = tree.parent(around)
        method = call.func if isinstance(call, cst.Call) else None
        is_kept = isinstance(method, cst.Attribute) and method.attr.value in KEEPING
        return _name(method.value) if is_kept and isinstance(method, cst.Attribute) else None
    if isinstance(around, cst.AugAssign):
        return _name(around.target)
    for one in around.targets if isinstance(around, cst.Assign) else ():
        if isinstance(one.target, cst.Subscript):
            return _name(one.target.value)
        if inside is not node:
            return _name(one.target)
    return None


def element_reads(tree: Tree, names: Collection[str]) -> Iterator[cst.CSTNode]:
    """The places where something of what such variables and attributes hold is at hand: items, and the names
    that it gets where they are gone through, wherever these are said."""
    loops: list[cst.For | cst.CompFor] = [*tree.of_kind(cst.For), *tree.of_kind(cst.CompFor)]
    targets = {
        part.value
        for one in (loops if names else ())
        if any(_name(part) in names for part in tree.descendants(one.iter))
        for part in tree.descendants(one.target)
        if isinstance(part, cst.Name)
    }
    for name in sorted(targets):
        yield from tree.named(name)
    for item in tree.of_kind(cst.Subscript) if names else ():
        if _name(item.value) in names:
            yield item


def _name(node: cst.CSTNode) -> str | None:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else None


Tester = cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf
"""What has a test."""


def enclosing_test(tree: Tree, node: cst.CSTNode) -> Tester | None:
    """What a node is a part of the test of, in the statement that it stands in."""
    inside = node
    for above in tree.ancestors(node):
        if isinstance(above, Tester) and above.test is inside:
            return above
        if isinstance(above, cst.BaseSuite):
            return None
        inside = above
    return None


def is_condition(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is a part of a test: whether it is true is all that matters."""
    for above in tree.ancestors(node):
        if isinstance(above, cst.UnaryOperation):
            return isinstance(above.operator, cst.Not)
        if not isinstance(above, cst.BooleanOperation):
            return isinstance(above, Tester) and above.test is node
        node = above
    return False
