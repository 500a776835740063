"""References to the names of other modules, and reflection that hides them."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import libcst as cst

from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Tree

_OF_FRAMES = ("f_locals", "cell_contents", "getgeneratorlocals", "getcoroutinelocals", "getclosurevars")
"""By which a function gets at the variables of another one."""
_FROM_TEXTS = ("eval(", "exec(", "globals(", "vars(")


def reads_names_from_texts(tree: Tree) -> bool:
    """Whether names may be used that stand nowhere but in texts."""
    said = (re.escape(name) for name in _FROM_TEXTS if name in tree.text)
    return any(re.search(rf"\b{name}", tree.text) for name in said)


def looks_into_frames(tree: Tree) -> bool:
    """Whether variables of other functions are read: of their frames, of what closes over them."""
    if not any(name in tree.lowered for name in _OF_FRAMES):
        return False
    return any(node.attr.value in _OF_FRAMES for node in tree.of_kind(cst.Attribute)) or any(
        node.value in _OF_FRAMES for node in tree.of_kind(cst.Name)
    )


def replaces_namespaces(tree: Tree) -> tuple[cst.AssignTarget, ...]:
    """Where something takes the place of an instance's attributes: `self.__dict__ = …`."""
    return tuple(
        node
        for node in tree.of_kind(cst.AssignTarget)
        if isinstance(node.target, cst.Attribute) and node.target.attr.value == "__dict__"
    )


_SCOPES = cst.FunctionDef | cst.ClassDef


def is_public(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether a function stands at the top of its module, or in classes there, and no name of these begins
    with an underscore; special methods are public."""
    around = [node for node in tree.ancestors(function) if isinstance(node, _SCOPES)]
    if any(isinstance(node, cst.FunctionDef) for node in around):
        return False
    names = [function.name.value, *(node.name.value for node in around)]
    return all(not name.startswith("_") or name.endswith("__") for name in names)


_BY_NAME = re.compile(r"\bimport_module\b|\b__import__\b|\bsys\.modules\b")
"""What gives modules that are named at run time."""

_DOTTED = re.compile(r"\w+(?:\.\w+)+")


def imports_by_name(tree: Tree, name: str) -> bool:
    """Whether a module imports a name from another one, or may read it of one that is named at run time."""
    if (
        name in tree.cached(_imported_from)
        or _takes_with_all(tree, name)
        or elided_body_takes_name(tree, name)
    ):
        return True
    return name in tree.cached(_attributes) and _gives_modules(tree)


def reads_of_modules(tree: Tree, name: str) -> Sequence[cst.Attribute]:
    """Where a name is read as an attribute of what may be a module."""
    return [node for node in tree.cached(_attributes).get(name, ()) if _is_of_module(tree, node)]


def elided_body_takes_name(tree: Tree, name: str) -> bool:
    """Whether a body that was not parsed takes a name from a module. (What it imports would be parsed.)"""
    return tree.gaps.mentions(name) and (tree.gaps.syntax is None or name in tree.cached(_taken_out_of_sight))


def _takes_with_all(tree: Tree, name: str) -> bool:
    """Whether a module takes all names of another one, and reads one that it does not import itself."""
    imported = tree.cached(_imported)
    if "*" not in imported or name in imported:
        return False
    return bool(tree.cached(Variables).reads(name)) or tree.gaps.mentions(name)


def _imported_from(tree: Tree) -> frozenset[str]:
    """The names that are imported from modules, or are said behind a dot in a text."""
    found: set[str] = set()
    for statement in tree.of_kind(cst.ImportFrom):
        if not isinstance(statement.names, cst.ImportStar):
            found.update(alias.name.value for alias in statement.names if isinstance(alias.name, cst.Name))
    for text in filter(_DOTTED.fullmatch, tree.plain_texts):  # as `mock.patch` has it
        found.update(text.split(".")[1:])
    return frozenset(found)


def _attributes(tree: Tree) -> Mapping[str, Sequence[cst.Attribute]]:
    """Where attributes are read, by their names."""
    found: defaultdict[str, list[cst.Attribute]] = defaultdict(list)
    for node in tree.of_kind(cst.Attribute):
        found[node.attr.value].append(node)
    return found


def _is_of_module(tree: Tree, node: cst.Attribute) -> bool:
    """Whether what an attribute is read of may be a module, by its name."""
    root = _root(node.value)
    made = _made_in_sight if root not in tree.gaps.words else _made
    return root is not None and _may_be_module(root, tree.cached(_imported), tree.cached(made))


def _gives_modules(tree: Tree) -> bool:
    """Whether anything in the module may be one that is named at run time."""
    return _BY_NAME.search(tree.text) is not None


def _made_in_sight(tree: Tree) -> set[str]:
    """The names to which nothing that was parsed binds anything but what calls give."""
    return _made_by_calls(tree)


def _made(tree: Tree) -> set[str]:
    """The same of all that stands in the module."""
    return _made_by_calls(tree, tree.gaps.syntax or ())


def _taken_out_of_sight(tree: Tree) -> frozenset[str]:
    anything, nodes = _gives_modules(tree), tree.gaps.syntax or ()
    imported, made = _imported(tree), _made_by_calls(tree, nodes)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            root: ast.expr = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if anything or (isinstance(root, ast.Name) and _may_be_module(root.id, imported, made)):
                found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            found.update(node.value.split(".")[1:])
    return frozenset(found)


def _imported(tree: Tree) -> set[str]:
    """The names that imports bind; `*` among them where not all are written out."""
    return {name for node in tree.of_kind(cst.Import, cst.ImportFrom) for name in _bound(node)}


def _bound(node: cst.CSTNode) -> list[str]:
    """The names that an import binds; `*` where they aren't written out."""
    if not isinstance(node, cst.Import | cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        return ["*"]
    bound = (alias.asname.name if alias.asname is not None else alias.name for alias in node.names)
    return [name for one in bound if (name := _root(one)) is not None]


def _root(node: cst.CSTNode) -> str | None:
    """The name that a dotted one begins with; None where something else is at its beginning."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _made_by_calls(tree: Tree, unparsed: Iterable[ast.AST] = ()) -> set[str]:
    """The names that nothing is bound to but what calls give, also in what is `unparsed`."""
    found: set[str] = set()
    others: set[str] = {node.name.value for node in tree.of_kind(cst.Param)}
    for node in tree.of_kind(cst.Assign):
        name = node.targets[0].target
        if len(node.targets) == 1 and isinstance(name, cst.Name):
            called = node.value.expression if isinstance(node.value, cst.Await) else node.value
            (found if isinstance(called, cst.Call) else others).add(name.value)
    for inner in unparsed:
        if isinstance(inner, ast.arg):
            others.add(inner.arg)
        elif isinstance(inner, ast.Assign) and isinstance(target := inner.targets[0], ast.Name):
            given = inner.value.value if isinstance(inner.value, ast.Await) else inner.value
            is_call = len(inner.targets) == 1 and isinstance(given, ast.Call)
            (found if is_call else others).add(target.id)
    return found - others


def _may_be_module(name: str, imported: Collection[str], made: Collection[str]) -> bool:
    """Whether what has a name may be a module: no module is what a call gives."""
    return name in imported or "*" in imported or name not in made
