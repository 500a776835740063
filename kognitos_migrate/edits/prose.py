"""Comments and documentation that name an old slot: renamed where the code around no longer names it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.rename import names_of
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Tree


class Word(Struct, frozen=True):
    """A word that names a slot, and the name or text of the code that it is a part of: none of prose."""

    span: Span
    own: Span | None


class Words(Struct, frozen=True):
    """The words of a module that name a slot, in their order, and by word the functions that it stands in,
    each as the places that its words have here."""

    words: Sequence[Word]
    starts: Sequence[int]
    groups: Mapping[int, Sequence[range]]

    def edited(self, drafts: Sequence[Draft]) -> set[int]:
        """The words of the code that drafts take out."""
        return {at for draft in drafts for at in self._within(draft.span) if self._changes(draft.span, at)}

    def moved(self, drafts: Sequence[Draft]) -> set[int]:
        """The words that drafts write anew, or hand on, with what stands around them."""
        return {at for draft in drafts for at in self._within(draft.span)}

    def _within(self, span: Span) -> range:
        return range(bisect_left(self.starts, span.start), bisect_left(self.starts, span.end))

    def _changes(self, span: Span, at: int) -> bool:
        own = self.words[at].own
        return own is not None and own.start <= span.start and span.end <= own.end


def rename_in_prose(scene: Scene, matches: list[Match], drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts that rename slots in comments and documentation: of a module, or else of a function, in
    whose code no word is left of those that the other drafts take out."""
    by_path: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_path.setdefault(draft.span.path, []).append(draft)
    found: list[Draft] = []
    for path, own in sorted(by_path.items()):
        for old, new in names_of(scene, matches):
            words = scene.trees[path].once(_finding(old))
            found.extend(Draft(words.words[at].span, (new,)) for at in sorted(_free(words, own)))
    return found


def _free(words: Words, drafts: Sequence[Draft]) -> set[int]:
    """The words of prose around which the drafts leave none in the code."""
    edited, moved = words.edited(drafts), words.moved(drafts)
    groups = {group for at in edited for group in words.groups[at]}
    if len(edited) == sum(word.own is not None for word in words.words):
        groups.add(range(len(words.words)))
    found: set[int] = set()
    for group in groups if edited else ():
        prose = {at for at in group if words.words[at].own is None}
        if prose.isdisjoint(moved) and edited.issuperset(set(group) - prose):
            found |= prose
    return found


@cache
def _finding(old: str) -> Callable[[Tree], Words]:
    """What finds them, the same for each name: a tree is asked once."""
    return partial(_words, old)


def _words(old: str, tree: Tree) -> Words:
    """The words of a module that name a slot by its old name."""
    words = list(_found(tree, old)) if old in tree.text else []
    starts = [word.span.start for word in words]
    groups: dict[int, list[range]] = {at: [] for at in range(len(words))}
    for node in tree.of_kind(cst.FunctionDef) if words else ():
        span = tree.span(node)
        inside = range(bisect_left(starts, span.start), bisect_left(starts, span.end))
        for at in inside:
            groups[at].append(inside)
    return Words(words, starts, groups)


def _found(tree: Tree, old: str) -> Iterator[Word]:
    written = sorted(
        tree.span(node)
        for node in tree.of_kind(cst.Name, cst.SimpleString, cst.FormattedStringText)
        if isinstance(node, cst.Name | cst.SimpleString | cst.FormattedStringText)
        and old in node.value
        and not _is_documentation(tree, node)
    )
    starts = [span.start for span in written]
    for found in re.finditer(rb"\b%s\b" % re.escape(old.encode()), tree.encoded):
        at = bisect_right(starts, found.start())
        own = written[at - 1] if at and written[at - 1].end >= found.end() else None
        yield Word(Span(tree.path, found.start(), found.end()), own)


def _is_documentation(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a text stands alone, and is not tried by doctest."""
    if not isinstance(node, cst.SimpleString) or not isinstance(tree.parent(node), cst.Expr):
        return False
    return ">>>" not in node.value
