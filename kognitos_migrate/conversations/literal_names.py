"""Names of literals: those of constants and of keys in dicts, and the places that read them."""

from collections.abc import Collection, Mapping

import libcst as cst

from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Site, Tree


def key_of_entry(tree: Tree, site: Site) -> Site | None:
    """The key of the dict entry that contains a literal."""
    entry = tree.enclosing(tree.node(site), cst.DictElement, cst.Assign, cst.AnnAssign)
    return tree.site(entry.key) if isinstance(entry, cst.DictElement) else None


def name_of_literal(tree: Tree, site: Site) -> str | None:
    """The name of the constant that a literal is assigned to, or its key in a dict.

    None for a field of a class: code may read all fields of the class at once.
    """
    node = tree.node(site)
    holder = tree.enclosing(node, cst.DictElement, cst.Assign, cst.AnnAssign)
    if isinstance(holder, cst.DictElement):
        return str(literal_text(holder.key)) if isinstance(holder.key, cst.SimpleString) else None
    if isinstance(holder, cst.Assign):
        target = holder.targets[0].target if len(holder.targets) == 1 else None
    else:
        is_field = holder is not None and isinstance(tree.enclosing(holder, *_SCOPES), cst.ClassDef)
        target = holder.target if isinstance(holder, cst.AnnAssign) and not is_field else None
    return target.value if isinstance(target, cst.Name) else None


def key_path_of_literal(tree: Tree, node: cst.CSTNode) -> tuple[str, ...]:
    """The path to a text in a module: the name of a variable, and keys in its dict. Empty if one of
    them isn't known, or if the variable isn't the module's own."""
    names: list[str] = []
    holder: cst.CSTNode | None = node
    while holder is not None and not isinstance(holder, cst.Assign | cst.AnnAssign):
        name = name_of_literal(tree, tree.site(holder))
        names = [name, *names] if name is not None else []
        holder = tree.enclosing(holder, cst.DictElement, cst.Assign, cst.AnnAssign) if names else None
    is_own = holder is not None and tree.enclosing(holder, *_SCOPES) is None
    return tuple(names) if is_own else ()


_SCOPES = (cst.ClassDef, cst.FunctionDef, cst.Lambda)


def readers_of_names(
    names: Collection[str], trees: Mapping[str, Tree], known_by_site: Mapping[Site, bool]
) -> Mapping[str, set[Site]]:
    """The places with names, as identifiers or strings, except bindings and reads of values that are all
    known.

    Raises NeedsFullParseError if a body that was not parsed mentions a name.
    """
    sites: dict[str, set[Site]] = {name: set() for name in names}
    for tree in trees.values():
        if tree.gaps.places and any(map(tree.gaps.mentions, names)):
            raise NeedsFullParseError(tree.path)
        for name in names:
            spelled = (node for node in tree.names_spelled(name) if not _is_binding(tree, node))
            places = (tree.site(_expression_of(tree, node)) for node in spelled)
            sites[name].update(place for place in places if not known_by_site.get(place, False))
        for node in tree.of_kind(cst.SimpleString):
            if (text := str(literal_text(node))) in sites and not _is_exported(tree, node):
                sites[text].add(tree.site(node))
    return sites


def _is_binding(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is the target of an assignment."""
    parent = tree.parent(node)
    return isinstance(parent, cst.AssignTarget) or (
        isinstance(parent, cst.AnnAssign) and parent.target is node
    )


def _expression_of(tree: Tree, node: cst.Name) -> cst.CSTNode:
    """The expression that reads a name: an attribute, or the name itself."""
    parent = tree.parent(node)
    return parent if isinstance(parent, cst.Attribute) and parent.attr is node else node


def _is_exported(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a string is in the `__all__` of a module, which reads nothing."""
    assignment = tree.enclosing(node, cst.Assign, cst.AugAssign)
    targets = assignment.targets if isinstance(assignment, cst.Assign) else ()
    names = [target.target for target in targets] or (
        [assignment.target] if isinstance(assignment, cst.AugAssign) else []
    )
    return any(isinstance(name, cst.Name) and name.value == "__all__" for name in names)
