"""Replies that a test makes up and that are not seen to be a stub's: nothing that the test reaches is changed
then."""

import json
from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stubs import tests_of
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.scene import Adapted, Refused, Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site, Tree

_ASSERTS = ("assertEqual", "assertDictEqual", "assertNotEqual")


def require_accounted(scene: Scene, matches: list[Match], drafts: Iterable[Draft], adapted: Adapted) -> None:
    """Refuse where a test of the conversation has a reply in the old layout that no draft touches. Replies
    that are put back into their old shape may be made up in it."""
    if adapted.requests & {match.request.id for match in matches}:
        return
    paths = tests_of((match.request.frame for match in matches), scene.facts)
    if not paths:
        return
    shapes = [_shape(match) for match in {match.operation.id: match for match in matches}.values()]
    spans = [draft.span for draft in drafts if draft.span.path in paths]
    for path in sorted(paths):
        tree = scene.trees[path]
        for node, names in (*_dicts(tree), *_texts(tree)):
            fits = any(names <= known and names & gone for known, gone in shapes)
            span = tree.span(node)
            if names and fits and not any(_inside(one, span) for one in spans):
                raise Refused(
                    Site(path, tree.site(node).node),
                    "stub",
                    "a reply of the old version is made up here, and it is not seen where it is given",
                    "migrate this test by hand first, or let a mock library give the reply",
                )


def _shape(match: Match) -> tuple[set[str], set[str]]:
    """The fields of an operation's old reply, and those of them that the new one has not."""
    old = {member.name for member in match.operation.old.reply}
    return old, old - {member.name for member in match.operation.new.reply}


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _dicts(tree: Tree) -> Iterator[tuple[cst.CSTNode, set[str]]]:
    for node in tree.of_kind(cst.Dict):
        if isinstance(node, cst.Dict) and not _is_compared(tree, node):
            yield node, {name for one in node.elements for name in _key(one)}


def _key(element: cst.BaseDictElement) -> Iterator[str]:
    if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
        yield str(element.key.evaluated_value)


def _is_compared(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether something is said to be equal to it: it is the program's own, then."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Comparison | cst.ComparisonTarget):
        return True
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    func = call.func if isinstance(call, cst.Call) else None
    return isinstance(func, cst.Attribute) and func.attr.value in _ASSERTS


def _texts(tree: Tree) -> Iterator[tuple[cst.CSTNode, set[str]]]:
    for node in tree.of_kind(cst.SimpleString):
        text = node.evaluated_value if isinstance(node, cst.SimpleString) else ""
        if text[:1] not in ("{", b"{"):
            continue
        try:
            said = json.loads(text)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield node, {*said}
