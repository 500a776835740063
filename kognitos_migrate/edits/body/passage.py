"""What a function does with a body that it only hands on: whether it looks into it, or changes it."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Bound, Class, Function, Member, Symbol, Value
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives

_SHOWING = ("print", "debug", "info", "warning", "error", "exception", "critical", "log")
_ENCODING = ("dumps", "bool", "isinstance", "type", "id", "repr", "str")
_LOOKING = ("get", "items", "keys", "values", "pop", "popitem", "setdefault", "update", "copy", "clear")


def is_looked_into(scene: Scene, level: Given) -> bool:
    """Whether the function through which a body passes at `level` does more with it than hand it on. What is
    put together further out is seen there in its new layout."""
    tree = scene.tree(level.site)
    node = tree.node(level.site)
    return any(_looks(scene, tree, other) for other in _named_alike(tree, node))


def is_looked_at(scene: Scene, site: Site) -> bool:
    """Whether the body that an expression gives is looked into right there."""
    return _looks(scene, scene.tree(site), scene.node(site))


def is_given_to_a_look(scene: Scene, level: Given) -> bool:
    """Whether the call that gets a body at `level` may also be one of a function of the program that sends
    nothing and looks into it, as what stands in for a client may (a test's own is written anew)."""
    tree = scene.tree(level.site)
    arg = tree.parent(tree.node(level.site))
    call = tree.parent(arg) if arg is not None else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call):
        return False
    for callee in _callees(scene, tree, call):
        function = _function(scene, callee)
        if function is None or function in scene.senders or function.path in scene.facts.tests:
            continue
        home, definition = scene.tree(function), scene.node(function)
        name = _parameter(definition, call, arg, isinstance(callee, Bound | Class))
        if name is not None and any(
            other.value == name and _is_read(home, other) and _looks(scene, home, other, (function,))
            for other in home.within(definition, cst.Name)
        ):
            return True
    return False


def looks_into(scene: Scene, site: Site) -> bool:
    """Whether a body is looked into, changed, or given another name at an expression."""
    tree = scene.tree(site)
    return _looks(scene, tree, tree.node(site))


def _named_alike(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The other places where a function says its variable, or a class says an attribute of `self`."""
    if isinstance(node, cst.Name):
        function = tree.enclosing(node, cst.FunctionDef)
        for other in tree.within(function, cst.Name) if function is not None else ():
            if other is not node and other.value == node.value and _is_read(tree, other):
                yield other
    elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        owner = tree.enclosing(node, cst.ClassDef)
        for one in tree.within(owner, cst.Attribute) if owner is not None else ():
            if one is not node and one.attr.value == node.attr.value and one.value.deep_equals(node.value):
                yield one


def _is_read(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name stands for the variable's value: it is no parameter, no keyword, no attribute."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Param | cst.AssignTarget | cst.AnnAssign):
        return False
    if isinstance(parent, cst.Arg):
        return parent.value is node
    return not (isinstance(parent, cst.Attribute) and parent.attr is node)


def _looks(scene: Scene, tree: Tree, node: cst.CSTNode, around: tuple[Site, ...] = ()) -> bool:
    """Whether the body is looked into at a node; `around` are the functions that were followed to it."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Subscript):
        return parent.value is node
    if isinstance(parent, cst.Attribute):
        return parent.attr.value in _LOOKING
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, cst.In | cst.NotIn)
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.iter is node
    if isinstance(parent, cst.Assign | cst.AnnAssign) and parent.value is node:
        return True  # it has another name then, by which it may be looked into elsewhere
    if isinstance(parent, cst.Return | cst.Yield | cst.Del | cst.Element | cst.StarredElement):
        return True
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(parent, cst.Arg):
        return False
    return not _hands_on(scene, tree, call) or _is_followed_to_a_look(scene, tree, call, parent, around)


def _hands_on(scene: Scene, tree: Tree, call: cst.Call) -> bool:
    """Whether a call shows the body to people, encodes or sends it, or is one of the program's own."""
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else getattr(call.func, "value", "")
    if name in (*_SHOWING, *_ENCODING):
        return True
    sent = tree.site(call)
    if any(request.site == sent for request in scene.facts.requests):
        return True
    return not any(map(_is_foreign, _callees(scene, tree, call)))


def _callees(scene: Scene, tree: Tree, call: cst.Call) -> list[Value]:
    called = scene.everywhere(tree.site(call.func))
    return [choice for value in called for choice in alternatives(value)]


def _is_foreign(callee: Value) -> bool:
    """Whether what is called is a built-in or a method of a container: it keeps or reads what it is given."""
    if isinstance(callee, Function | Bound | Class):
        return False
    return isinstance(callee, Member) or (isinstance(callee, Symbol) and callee.name.startswith("builtins."))


def _is_followed_to_a_look(
    scene: Scene, tree: Tree, call: cst.Call, arg: cst.Arg, around: tuple[Site, ...]
) -> bool:
    """Whether a function of the program, which sends nothing, looks into what it is given."""
    if tree.site(call) in scene.callers:
        return False
    for callee in _callees(scene, tree, call):
        function = _function(scene, callee)
        if function is None or function in around:
            continue
        home, definition = scene.tree(function), scene.node(function)
        name = _parameter(definition, call, arg, isinstance(callee, Bound | Class))
        for other in home.within(definition, cst.Name) if name else ():
            named = other.value == name and _is_read(home, other)
            if named and _looks(scene, home, other, (*around, function)):
                return True
    return False


def _function(scene: Scene, callee: Value) -> Site | None:
    """What is run of the program where something is called."""
    if isinstance(callee, Bound):
        return _function(scene, callee.function)
    if isinstance(callee, Class):
        tree = scene.tree(callee.site)
        methods = tree.within(tree.node(callee.site), cst.FunctionDef)
        return next((tree.site(one) for one in methods if one.name.value == "__init__"), None)
    return callee.site if isinstance(callee, Function) else None


def _parameter(definition: cst.CSTNode, call: cst.Call, arg: cst.Arg, bound: bool) -> str | None:
    """The parameter that gets an argument."""
    if not isinstance(definition, cst.FunctionDef) or arg.star:
        return None
    if arg.keyword is not None:
        return arg.keyword.value
    ordered = [*definition.params.posonly_params, *definition.params.params]
    place = call.args.index(arg) + bound
    return ordered[place].name.value if place < len(ordered) else None
