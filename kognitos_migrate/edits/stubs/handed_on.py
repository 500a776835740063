"""Whether a dict of a test is only handed on to the stubs that reply it; what is read of it besides."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Ref, Reply
from kognitos_migrate.values.join import alternatives

_HANDS_ON = (
    cst.Arg,
    cst.Assign,
    cst.AnnAssign,
    cst.AssignTarget,
    cst.NamedExpr,
    cst.Return,
    cst.Yield,
    cst.Element,
    cst.Tuple,
    cst.DictElement,
    cst.StarredDictElement,
    cst.IfExp,
    cst.Param,
    cst.Lambda,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.Await,
    cst.Expr,
    cst.AsName,
    cst.Index,
)


def read_besides(scene: Scene, ref: Ref, names: set[str], renamed: Mapping[str, str]) -> Iterator[Draft]:
    """The drafts by which tests read the fields of the dict that are only `renamed` by their new names.
    Raises Refused where another one of these fields is read, or one may be read of something else."""
    for site in scene.holding(ref):
        if site.path not in scene.facts.tests and _is_reply(scene, site):
            continue  # what reads it reads replies too, and is edited with them
        tree = scene.tree(site)
        node = tree.node(site)
        parent = tree.parent(node)
        if isinstance(parent, cst.Subscript) and parent.value is node:
            if _sets_or_other(scene, tree, parent, names):
                continue
            yield _by_new_name(scene, ref, site, parent, renamed)
            continue
        if isinstance(parent, cst.Attribute) and parent.attr.value in ("copy", "__class__"):
            continue
        if isinstance(parent, cst.Attribute) and isinstance(tree.parent(parent), cst.Call):
            raise _refused(site)
        if parent is not None and not isinstance(parent, (*_HANDS_ON, cst.BaseExpression, cst.BaseStatement)):
            raise _refused(site)


def _is_reply(scene: Scene, site: Site) -> bool:
    return any(isinstance(one, Reply) for value in scene.everywhere(site) for one in alternatives(value))


def _sets_or_other(scene: Scene, tree: Tree, node: cst.Subscript, names: set[str]) -> bool:
    """Whether a field is set here, or another one is read."""
    key = scene.written_key(node)
    return (key is not None and key not in names) or isinstance(tree.parent(node), cst.AssignTarget)


def _by_new_name(
    scene: Scene, ref: Ref, site: Site, node: cst.Subscript, renamed: Mapping[str, str]
) -> Draft:
    """A test's read of a field, by its new name. Raises Refused where it may be a read of something else."""
    index = node.slice[0].slice
    written = index.value if isinstance(index, cst.Index) else None
    key = str(literal_text(written)) if isinstance(written, cst.SimpleString) else None
    held = {one for value in scene.everywhere(site) for one in alternatives(value)}
    new = renamed.get(key or "")
    if not isinstance(written, cst.SimpleString) or new is None or held != {ref}:
        raise _refused(site)
    if site.path not in scene.facts.tests:
        raise _refused(site)
    anew = f"{written.prefix}{written.quote}{new}{written.quote}"
    return Draft(scene.tree(site).span(written), (anew,))


def _refused(site: Site) -> Refused:
    message = "a reply that is made up for a test is read here"
    return Refused(site, "stub", message, "write the reply out for the stub alone")
