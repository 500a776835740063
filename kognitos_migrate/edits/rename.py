"""Local names that say an old slot's name: renamed where every use is in sight and nothing collides."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.syntax.variables import Variables, is_variable, saying
from kognitos_migrate.values.base import NONE, Reply
from kognitos_migrate.values.join import alternatives


def rename_locals(
    scene: Scene,
    matches: list[Match],
    adapted: frozenset[int],
    paths: Collection[str],
    edits: Collection[Draft],
) -> list[Draft]:
    """The drafts that rename local variables of functions that hold a slot of these replies (but of those
    that are adapted, whose fields keep their names), in the files `paths`. A name that `edits` say in a
    function inside its scope stays."""
    matches = [match for match in matches if match.request.id not in adapted]
    requests = {match.request.id for match in matches}
    drafts: list[Draft] = []
    for path in sorted(paths):
        tree = scene.trees[path]
        for old, new in names_of(scene, matches):
            texts = _new_texts(path, old, edits)
            for scope in tree.once(Variables).binding(old):
                if not _is_in_inner_function(tree, scope, texts):
                    drafts.extend(_rename(scene, tree, scope, old, new, requests))
    return drafts


def _new_texts(path: str, name: str, edits: Collection[Draft]) -> list[Span]:
    """The spans of a file whose new text may use a name, in order."""
    return sorted(
        edit.span
        for edit in edits
        if edit.span.path == path and any(isinstance(part, str) and name in part for part in edit.parts)
    )


def _is_in_inner_function(tree: Tree, scope: cst.CSTNode, texts: Sequence[Span]) -> bool:
    """Whether one of the spans, which are in order, lies in a function inside a scope."""
    for node in tree.within(scope, cst.FunctionDef) if texts else ():
        around = tree.span(node)
        first = bisect_left(texts, around.start, key=lambda span: span.start)
        if node is not scope and first < len(texts) and texts[first].end <= around.end:
            return True
    return False


def names_of(scene: Scene, matches: list[Match]) -> Iterator[tuple[str, str]]:
    """What is renamed to what."""
    apis = dict.fromkeys(match.operation.api for match in matches)
    yield from dict.fromkeys(pair for api in apis for pair in scene.rules.apis[api].rename.items())


def _rename(
    scene: Scene, tree: Tree, scope: cst.CSTNode, old: str, new: str, requests: set[int]
) -> list[Draft]:
    bound = tree.once(Variables).bindings(scope, old)
    if not _all_ours(scene, tree, bound, requests) or _declared(tree, scope, old):
        return []
    names = saying(tree, scope, old)
    uses = [node for node in names if is_variable(tree, node)]
    if saying(tree, scope, new) or any(_is_parameter(tree, node) for node in names):
        return []
    if isinstance(scope, cst.Module) and len(tree.once(Variables).binding(old)) > 1:
        return []
    return [Draft(tree.span(node), (new,)) for node in uses]


def _declared(tree: Tree, scope: cst.CSTNode, name: str) -> bool:
    lists = [node.names for node in tree.of_kind(cst.Global)]
    lists.extend(node.names for node in tree.of_kind(cst.Nonlocal))
    return any(item.name.value == name for names in lists for item in names)


def _all_ours(scene: Scene, tree: Tree, bound: Sequence[cst.Name], requests: set[int]) -> bool:
    """Whether every binding is to an opaque slot of these replies."""
    for node in bound:
        parent = tree.parent(node)
        value: cst.CSTNode | None = None
        if isinstance(parent, cst.AssignTarget):
            assigned = tree.parent(parent)
            value = assigned.value if isinstance(assigned, cst.Assign) else None
        elif isinstance(parent, cst.NamedExpr | cst.AnnAssign):
            value = parent.value
        if value is None:
            return False
        choices = [choice for held in scene.everywhere(tree.site(value)) for choice in alternatives(held)]
        if not choices or not all(
            choice == NONE
            or (isinstance(choice, Reply) and choice.request in requests and len(choice.path) == 2)
            for choice in choices
        ):
            return False
    return True


def _is_parameter(tree: Tree, node: cst.Name) -> bool:
    parent = tree.parent(node)
    return isinstance(parent, cst.Param) and parent.name is node
