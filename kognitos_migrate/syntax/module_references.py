"""References to the names of other modules, and reflection that hides them."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import libcst as cst

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.docstring_examples import examples_in, texts_with_examples
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Tree

_FRAME_ATTRIBUTES = (
    "f_locals",
    "cell_contents",
    "getgeneratorlocals",
    "getcoroutinelocals",
    "getclosurevars",
)
"""Attributes and functions that give access to the variables of another function."""
_TEXT_FUNCTIONS = ("eval(", "exec(", "globals(", "vars(")


def reads_names_from_texts(tree: Tree) -> bool:
    """Whether the module may use names that occur only in strings, as `eval` does."""
    functions = (re.escape(name) for name in _TEXT_FUNCTIONS if name in tree.text)
    return any(re.search(rf"\b{name}", tree.text) for name in functions)


def words_in_examples(tree: Tree) -> frozenset[str]:
    """The words in the source of the doctest examples of a module's docstrings."""
    examples = (example for _, text in texts_with_examples(tree) for example in examples_in(text))
    return frozenset(word for example in examples for word in re.findall(r"\w+", example.source))


def looks_into_frames(tree: Tree) -> bool:
    """Whether the module reads variables of other functions: from frames or closures."""
    if not any(name in tree.lower_case_text for name in _FRAME_ATTRIBUTES):
        return False
    return any(node.attr.value in _FRAME_ATTRIBUTES for node in tree.of_kind(cst.Attribute)) or any(
        node.value in _FRAME_ATTRIBUTES for node in tree.of_kind(cst.Name)
    )


def namespace_assignments(tree: Tree) -> tuple[cst.AssignTarget, ...]:
    """The assignments to `__dict__`, which replace an instance's attributes."""
    return tuple(
        node
        for node in tree.of_kind(cst.AssignTarget)
        if isinstance(node.target, cst.Attribute) and node.target.attr.value == "__dict__"
    )


_SCOPES = cst.FunctionDef | cst.ClassDef


def is_public(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether a function is a public member of its module, or of a class at the module's top level.

    No enclosing name may begin with an underscore, except those of special methods.
    """
    scopes = [node for node in tree.ancestors(function) if isinstance(node, _SCOPES)]
    if any(isinstance(node, cst.FunctionDef) for node in scopes):
        return False
    names = [function.name.value, *(node.name.value for node in scopes)]
    return all(not name.startswith("_") or name.endswith("__") for name in names)


_RUNTIME_IMPORT = re.compile(r"\bimport_module\b|\b__import__\b|\bsys\.modules\b")
"""Ways to get a module whose name is computed at run time."""

_DOTTED = re.compile(r"\w+(?:\.\w+)+")


class ModuleNames(Struct, frozen=True):
    """The names that a module of a program may have at run time."""

    own: frozenset[str]
    """Its name as a top-level module."""
    roots: frozenset[str]
    """The first names of dotted names of modules of the program: any file or folder may be at the top."""

    @classmethod
    def of(cls, path: str, program: Iterable[str]) -> "ModuleNames":
        """The names of the module at `path` in a program with these paths."""
        folders = path.removesuffix("/__init__.py") if path.endswith("/__init__.py") else path
        own = folders.rpartition("/")[2].partition(".")[0]
        parts = {part.partition(".")[0] for other in program for part in other.split("/")}
        return cls(frozenset((own, _MAIN)), frozenset((*parts, _MAIN)))

    def may_define(self, dotted: Sequence[str], name: str) -> bool:
        """Whether a dotted name that begins with an importable one, such as the target of `mock.patch`, may
        name a member of the module: `settings.json` is one of a module `settings` only."""
        places = [place for place, part in enumerate(dotted) if part == name and place]
        return any(dotted[0] in (self.own if place == 1 else self.roots) for place in places)


_MAIN = "__main__"


def imports_by_name(tree: Tree, name: str, module: ModuleNames) -> bool:
    """Whether a module imports `name` from another one, or may read it as an attribute of a module."""
    if (
        name in tree.memoize(_imported_names)
        or any(module.may_define(text, name) for text in tree.memoize(_dotted_texts).get(name, ()))
        or _uses_star_import(tree, name)
        or elided_body_takes_name(tree, name)
    ):
        return True
    return name in tree.memoize(_attributes) and _imports_at_runtime(tree)


def reads_of_modules(tree: Tree, name: str) -> Sequence[cst.Attribute]:
    """The reads of an attribute `name` on a value that may be a module."""
    return [node for node in tree.memoize(_attributes).get(name, ()) if _is_of_module(tree, node)]


def elided_body_takes_name(tree: Tree, name: str) -> bool:
    """Whether elided code refers to `name` in another module. Import statements are never elided."""
    return tree.gaps.mentions(name) and (tree.gaps.syntax is None or name in tree.memoize(_elided_references))


def _uses_star_import(tree: Tree, name: str) -> bool:
    """Whether the module has a star import and reads `name`, which no other import binds."""
    imported = tree.memoize(_import_bindings)
    if "*" not in imported or name in imported:
        return False
    return bool(tree.memoize(Variables).reads(name)) or tree.gaps.mentions(name)


def _imported_names(tree: Tree) -> frozenset[str]:
    """The names imported from modules."""
    names: set[str] = set()
    for statement in tree.of_kind(cst.ImportFrom):
        if not isinstance(statement.names, cst.ImportStar):
            names.update(alias.name.value for alias in statement.names if isinstance(alias.name, cst.Name))
    return frozenset(names)


def _dotted_texts(tree: Tree) -> Mapping[str, Sequence[Sequence[str]]]:
    """The dotted names in string literals, such as targets of `mock.patch`, by each part but the first."""
    texts: defaultdict[str, list[Sequence[str]]] = defaultdict(list)
    for text in filter(_DOTTED.fullmatch, tree.plain_texts):
        parts = text.split(".")
        for name in parts[1:]:
            texts[name].append(parts)
    return texts


def _attributes(tree: Tree) -> Mapping[str, Sequence[cst.Attribute]]:
    """The reads of attributes, by attribute name."""
    reads: defaultdict[str, list[cst.Attribute]] = defaultdict(list)
    for node in tree.of_kind(cst.Attribute):
        reads[node.attr.value].append(node)
    return reads


def _is_of_module(tree: Tree, node: cst.Attribute) -> bool:
    """Whether the owner of an attribute may be a module, judged by its name."""
    root = _first_name(node.value)
    call_results_of = _parsed_call_results if root not in tree.gaps.words else _call_results
    return root is not None and _may_be_module(
        root, tree.memoize(_import_bindings), tree.memoize(call_results_of)
    )


def _imports_at_runtime(tree: Tree) -> bool:
    """Whether the module can get modules whose names are computed at run time."""
    return _RUNTIME_IMPORT.search(tree.text) is not None


def _parsed_call_results(tree: Tree) -> set[str]:
    """The names that are bound only to results of calls in parsed code."""
    return _bound_to_calls(tree)


def _call_results(tree: Tree) -> set[str]:
    """The names that are bound only to results of calls, in parsed and elided code."""
    return _bound_to_calls(tree, tree.gaps.syntax or ())


def _elided_references(tree: Tree) -> frozenset[str]:
    any_module, nodes = _imports_at_runtime(tree), tree.gaps.syntax or ()
    imports, call_results = _import_bindings(tree), _bound_to_calls(tree, nodes)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            root: ast.expr = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if any_module or (isinstance(root, ast.Name) and _may_be_module(root.id, imports, call_results)):
                names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            names.update(node.value.split(".")[1:])
    return frozenset(names)


def _import_bindings(tree: Tree) -> set[str]:
    """The names that imports bind, and `*` for a star import."""
    return {name for node in tree.of_kind(cst.Import, cst.ImportFrom) for name in names_bound_by(node)}


def names_bound_by(statement: cst.CSTNode) -> list[str]:
    """The names that an import statement binds, or `*` for a star import."""
    if not isinstance(statement, cst.Import | cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        return ["*"]
    nodes = (alias.asname.name if alias.asname is not None else alias.name for alias in statement.names)
    return [name for node in nodes if (name := _first_name(node)) is not None]


def _first_name(node: cst.CSTNode) -> str | None:
    """The first name of a dotted one; None if it begins with another expression."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _bound_to_calls(tree: Tree, unparsed: Iterable[ast.AST] = ()) -> set[str]:
    """The names that are bound only to results of calls, also in the `unparsed` nodes."""
    call_results: set[str] = set()
    others: set[str] = {node.name.value for node in tree.of_kind(cst.Param)}
    for node in tree.of_kind(cst.Assign):
        name = node.targets[0].target
        if len(node.targets) == 1 and isinstance(name, cst.Name):
            assigned_value = node.value.expression if isinstance(node.value, cst.Await) else node.value
            (call_results if isinstance(assigned_value, cst.Call) else others).add(name.value)
    for inner in unparsed:
        if isinstance(inner, ast.arg):
            others.add(inner.arg)
        elif isinstance(inner, ast.Assign) and isinstance(target := inner.targets[0], ast.Name):
            value = inner.value.value if isinstance(inner.value, ast.Await) else inner.value
            is_call = len(inner.targets) == 1 and isinstance(value, ast.Call)
            (call_results if is_call else others).add(target.id)
    return call_results - others


def _may_be_module(name: str, imported: Collection[str], call_results: Collection[str]) -> bool:
    """Whether a variable may be a module. The result of a call isn't one."""
    return name in imported or "*" in imported or name not in call_results
