"""Comments and documentation that name an old slot: renamed where the code around no longer names it, and
only people read them."""

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
from kognitos_migrate.syntax.gaps import GapError
from kognitos_migrate.syntax.tree import Tree

_READING = re.compile(r"\b(?:__doc__|getdoc|Fire)\b")
"""What reads documentation, whosever it is."""
_PLAIN = re.compile(rb"(?<![\w/.#-])\w+(?![\w/-]|\.\w)")
"""A word of its own: none of a URL, of a file's name, or of a longer name."""


_WRITTEN = (cst.Name, cst.SimpleString, cst.FormattedStringText, cst.TemplatedStringText)


class Word(Struct, frozen=True):
    """A word that names a slot, and the name or text of the code that it is a part of: none of prose.
    `documented` is the text that it stands in where that is documentation."""

    span: Span
    own: Span | None
    documented: cst.SimpleString | None


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
    whose code no word is left of those that the other drafts take out. Raises GapError where a body that was
    not parsed has some."""
    by_path: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_path.setdefault(draft.span.path, []).append(draft)
    versions = {scene.api(match.operation).old for match in matches}
    found: list[Draft] = []
    for path, own in sorted(by_path.items()):
        tree = scene.trees[path]
        for old, new in names_of(scene, matches):
            words = tree.once(_finding(old))
            free = _free(words, own)
            if free and tree.gaps.say(old):
                raise GapError(path)
            stays = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted({new, *versions})))})\b".encode())
            for word in (words.words[at] for at in sorted(free)):
                if _is_plain(tree, word, stays) and not _is_read(scene, tree, word.documented):
                    found.append(Draft(word.span, (new,)))
    return found


def _is_plain(tree: Tree, word: Word, stays: re.Pattern[bytes]) -> bool:
    """Whether a word of prose may be another one: its line does not tell of both names, or versions."""
    text, start, end = tree.encoded, word.span.start, word.span.end
    below = text.find(b"\n", end)
    above = max(text.rfind(b"\n", 0, start), text.rfind(b"#", 0, start))
    line = text[above + 1 : below if below >= 0 else len(text)]
    return _PLAIN.match(text, start, end + 2) is not None and stays.search(line) is None


def _is_read(scene: Scene, tree: Tree, text: cst.SimpleString | None) -> bool:
    """Whether a program may read documentation: it asks for some, or a framework gets what it belongs to, by
    a decorator, by a base, or as a value."""
    if text is None:
        return False
    around = [one for one in tree.ancestors(text) if isinstance(one, cst.FunctionDef | cst.ClassDef)]
    if any(one.decorators or (isinstance(one, cst.ClassDef) and one.bases) for one in around):
        return True
    names = [one.name.value for one in around if isinstance(one, cst.FunctionDef)]
    for other in scene.trees.values():
        if other.once(_reads_documentation):
            return True
        if any(name in other.once(_handed_on) or other.gaps.say(name) for name in names):
            return True
    return False


def _reads_documentation(tree: Tree) -> bool:
    return _READING.search(tree.text) is not None


def _handed_on(tree: Tree) -> frozenset[str]:
    """The names of a module that are not only called."""
    found: set[str] = set()
    for node in tree.of_kind(cst.Name):
        whole: cst.CSTNode = node
        user = tree.parent(node)
        if isinstance(user, cst.Attribute) and user.attr is node:
            whole, user = user, tree.parent(user)
        is_called = isinstance(user, cst.Call) and user.func is whole
        if not is_called and not (isinstance(user, cst.ImportAlias) and user.asname is None):
            if not (isinstance(user, cst.FunctionDef) and user.name is node):
                found.add(node.value)
    return frozenset(found)


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
    texts = [
        (tree.span(node), node)
        for node in tree.of_kind(*_WRITTEN)
        if isinstance(node, _WRITTEN) and old in node.value
    ]
    starts = [span.start for span, _ in texts]
    for found in re.finditer(rb"\b%s\b" % re.escape(old.encode()), tree.encoded):
        at = bisect_right(starts, found.start())
        span, node = texts[at - 1] if at and texts[at - 1][0].end >= found.end() else (None, None)
        documented = node if isinstance(node, cst.SimpleString) and _is_documentation(tree, node) else None
        own = span if documented is None else None
        yield Word(Span(tree.path, found.start(), found.end()), own, documented)


def _is_documentation(tree: Tree, text: cst.SimpleString) -> bool:
    """Whether a text stands alone, and is not tried by doctest."""
    return isinstance(tree.parent(text), cst.Expr) and ">>>" not in text.value
