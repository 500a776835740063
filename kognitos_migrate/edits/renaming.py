"""Renames old slot names in local variables, comments and documentation."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.reflective_reads import reflective_reads
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import is_statement
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.roles import innermost_ancestors, value_assigned_to
from kognitos_migrate.syntax.scopes import Variables, is_parameter, is_variable, occurrences
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import NONE, Reply


def rename_locals(
    context: ProgramFacts,
    matches: list[Match],
    adapted: frozenset[int],
    paths: Collection[str],
    edits: Collection[PendingEdit],
) -> list[PendingEdit]:
    """Pending edits that rename the local variables that contain a slot of these replies, in the files
    `paths`.

    The fields of `adapted` replies keep their names. A name stays if the new text of `edits` contains it in a
    function inside its scope, or if the program reads names of variables, as `locals` does."""
    matches = [match for match in matches if match.request.id not in adapted]
    requests = {match.request.id for match in matches}
    renames: list[PendingEdit] = []
    for path in sorted(paths):
        tree = context.trees[path]
        for old, new in slot_renames(context, matches):
            texts = _new_texts(path, old, edits)
            for scope in tree.memoize(Variables).binding(old):
                if not (
                    _is_in_inner_function(tree, scope, texts) or _is_read_by_name(context, tree, scope, old)
                ):
                    renames.extend(_rename(context, tree, scope, old, new, requests))
    return renames


def _is_read_by_name(context: ProgramFacts, tree: Tree, scope: cst.CSTNode, name: str) -> bool:
    """Whether the program may read a variable of a function or module by its name, as `locals` does."""
    reads = context.memoize(reflective_reads)
    if isinstance(scope, cst.Module):
        return reads.is_read(tree.path, name)
    return reads.every or tree.path in reads.variables


def _new_texts(path: str, name: str, edits: Collection[PendingEdit]) -> list[Span]:
    """The spans of a file whose new text may use a name, in order."""
    return sorted(
        edit.span
        for edit in edits
        if edit.span.path == path and any(isinstance(part, str) and name in part for part in edit.parts)
    )


def _is_in_inner_function(tree: Tree, scope: cst.CSTNode, texts: Sequence[Span]) -> bool:
    """Whether one of the spans, which are in order, lies in a function inside a scope."""
    for node in tree.descendants_of_kind(scope, cst.FunctionDef) if texts else ():
        function_span = tree.span(node)
        first = bisect_left(texts, function_span.start, key=lambda span: span.start)
        if node is not scope and first < len(texts) and texts[first].end <= function_span.end:
            return True
    return False


def slot_renames(context: ProgramFacts, matches: list[Match]) -> Iterator[tuple[str, str]]:
    """The pairs of old and new name that the rules of the matched APIs list."""
    apis = dict.fromkeys(match.operation.api for match in matches)
    yield from dict.fromkeys(pair for api in apis for pair in context.rules.apis[api].rename.items())


def _rename(
    context: ProgramFacts, tree: Tree, scope: cst.CSTNode, old: str, new: str, requests: set[int]
) -> list[PendingEdit]:
    bound = tree.memoize(Variables).bindings(scope, old)
    if not _are_bound_to_slots(context, tree, bound, requests) or _is_declared(tree, old):
        return []
    names = occurrences(tree, scope, old)
    uses = [node for node in names if is_variable(tree, node)]
    if occurrences(tree, scope, new) or any(is_parameter(tree, node) for node in names):
        return []
    if isinstance(scope, cst.Module) and len(tree.memoize(Variables).binding(old)) > 1:
        return []
    return [PendingEdit(tree.span(node), (new,)) for node in uses]


def _is_declared(tree: Tree, name: str) -> bool:
    lists = [node.names for node in tree.of_kind(cst.Global)]
    lists.extend(node.names for node in tree.of_kind(cst.Nonlocal))
    return any(item.name.value == name for names in lists for item in names)


def _are_bound_to_slots(
    context: ProgramFacts, tree: Tree, bindings: Sequence[cst.Name], requests: set[int]
) -> bool:
    """Whether every binding is to an opaque slot of these replies, or to None."""
    for node in bindings:
        value = value_assigned_to(tree, node)
        if value is None:
            return False
        choices = context.alternatives_at(tree.site(value))
        if not choices or not all(
            choice == NONE
            or (isinstance(choice, Reply) and choice.request in requests and len(choice.path) == 2)
            for choice in choices
        ):
            return False
    return True


_PLAIN = re.compile(rb"(?<![\w/.#-])\w+(?![\w/-]|\.\w)")
"""A whole word that isn't a component of a URL, a file name or a longer name."""


_WRITTEN = (cst.Name, cst.SimpleString, cst.FormattedStringText, cst.TemplatedStringText)


class ProseWord(Struct, frozen=True):
    """A word that names a slot. `own` is the span of the name or literal that contains it in the code, None
    in prose. `documented` is the docstring that contains it."""

    span: Span
    own: Span | None
    documented: cst.SimpleString | None


class ProseWords(Struct, frozen=True):
    """The words of a module that name a slot, in source order, and for each word the functions around it, as
    ranges of indexes into the words."""

    words: Sequence[ProseWord]
    starts: Sequence[int]
    groups: Mapping[int, Sequence[range]]

    def words_of_edited_code(self, edits: Sequence[PendingEdit]) -> set[int]:
        """The words of the code whose name or literal the edits change."""
        return {at for edit in edits for at in self._within(edit.span) if self._changes(edit.span, at)}

    def words_in_edited_spans(self, edits: Sequence[PendingEdit]) -> set[int]:
        """The words inside the spans that the edits replace or move."""
        return {at for edit in edits for at in self._within(edit.span)}

    def _within(self, span: Span) -> range:
        return range(bisect_left(self.starts, span.start), bisect_left(self.starts, span.end))

    def _changes(self, span: Span, at: int) -> bool:
        own = self.words[at].own
        return own is not None and own.contains(span)


def rename_in_prose(
    context: ProgramFacts, matches: list[Match], edits: Sequence[PendingEdit]
) -> list[PendingEdit]:
    """Pending edits that rename slots in comments and docstrings.

    A slot is renamed in the prose of a module, or of a function, if the edits change all its words in the
    code there. Raises NeedsFullParseError if a body that isn't parsed mentions the old name."""
    by_path: dict[str, list[PendingEdit]] = {}
    for edit in edits:
        by_path.setdefault(edit.span.path, []).append(edit)
    versions = {context.api(match.operation).old for match in matches}
    renames: list[PendingEdit] = []
    for path, own in sorted(by_path.items()):
        tree = context.trees[path]
        for old, new in slot_renames(context, matches):
            words = tree.memoize(_word_search(old))
            free = _renamable_words(words, own)
            if free and tree.gaps.mentions(old):
                raise NeedsFullParseError(path)
            stays = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted({new, *versions})))})\b".encode())
            for word in (words.words[at] for at in sorted(free)):
                if _is_replaceable_word(tree, word, stays) and not _is_read_at_runtime(
                    context, tree, word.documented
                ):
                    renames.append(PendingEdit(word.span, (new,)))
    return renames


def _is_replaceable_word(tree: Tree, word: ProseWord, stays: re.Pattern[bytes]) -> bool:
    """Whether a word of prose may be replaced: its line mentions neither the new name nor a version."""
    text, start, end = tree.utf8_text, word.span.start, word.span.end
    line_end = text.find(b"\n", end)
    line_start = max(text.rfind(b"\n", 0, start), text.rfind(b"#", 0, start))
    line = text[line_start + 1 : line_end if line_end >= 0 else len(text)]
    return _PLAIN.match(text, start, end + 2) is not None and stays.search(line) is None


def _is_read_at_runtime(context: ProgramFacts, tree: Tree, text: cst.SimpleString | None) -> bool:
    """Whether the program may read a docstring: it reads documentation, or its function or class is
    decorated, has bases, or is used as a value."""
    if text is None:
        return False
    names: list[str] = []
    for ancestor in tree.ancestors(text):
        match ancestor:
            case (
                cst.FunctionDef(decorators=[_, *_])
                | cst.ClassDef(decorators=[_, *_])
                | cst.ClassDef(bases=[_, *_])
            ):
                return True
            case cst.FunctionDef(cst.Name(name)):
                names.append(name)
    return context.memoize(reflective_reads).documentation or any(
        name in other.memoize(_names_used_as_values) or other.gaps.mentions(name)
        for other in context.trees.values()
        for name in names
    )


def _names_used_as_values(tree: Tree) -> frozenset[str]:
    """The names of a module that have a use other than a call, an import or a definition."""
    names: set[str] = set()
    for node in tree.of_kind(cst.Name):
        whole: cst.CSTNode | None = node
        match innermost_ancestors(tree, node, 2):
            case [cst.Attribute(attr=attr), user] if attr is node:
                whole = tree.enclosing(node, cst.Attribute)
            case [user, *_]:
                pass
        match user:
            case cst.Call(callee) if callee is whole:
                continue
            case cst.ImportAlias(asname=None):
                continue
            case cst.FunctionDef(name) if name is node:
                continue
        names.add(node.value)
    return frozenset(names)


def _renamable_words(words: ProseWords, edits: Sequence[PendingEdit]) -> set[int]:
    """The words of prose in groups whose words of the code are all changed by the edits."""
    edited, moved = words.words_of_edited_code(edits), words.words_in_edited_spans(edits)
    groups = {group for at in edited for group in words.groups[at]}
    if len(edited) == sum(word.own is not None for word in words.words):
        groups.add(range(len(words.words)))
    free_words: set[int] = set()
    for group in groups if edited else ():
        prose = {at for at in group if words.words[at].own is None}
        if prose.isdisjoint(moved) and edited.issuperset(set(group) - prose):
            free_words |= prose
    return free_words


@cache
def _word_search(old: str) -> Callable[[Tree], ProseWords]:
    """The function that collects the words of a slot. It is the same object for each name, so that trees can
    cache its result."""
    return partial(_words, old)


def _words(old: str, tree: Tree) -> ProseWords:
    """The words of a module that name a slot by its old name."""
    words = list(_prose_words(tree, old)) if old in tree.text else []
    starts = [word.span.start for word in words]
    groups: dict[int, list[range]] = {at: [] for at in range(len(words))}
    for node in tree.of_kind(cst.FunctionDef) if words else ():
        span = tree.span(node)
        word_range = range(bisect_left(starts, span.start), bisect_left(starts, span.end))
        for at in word_range:
            groups[at].append(word_range)
    return ProseWords(words, starts, groups)


def _prose_words(tree: Tree, old: str) -> Iterator[ProseWord]:
    texts = [
        (tree.span(node), node)
        for node in tree.of_kind(*_WRITTEN)
        if isinstance(node, _WRITTEN) and old in node.value
    ]
    starts = [span.start for span, _ in texts]
    for match in re.finditer(rb"\b%s\b" % re.escape(old.encode()), tree.utf8_text):
        at = bisect_right(starts, match.start())
        span, node = texts[at - 1] if at and texts[at - 1][0].end >= match.end() else (None, None)
        documented = node if isinstance(node, cst.SimpleString) and _is_documentation(tree, node) else None
        own = span if documented is None else None
        yield ProseWord(Span(tree.path, match.start(), match.end()), own, documented)


def _is_documentation(tree: Tree, text: cst.SimpleString) -> bool:
    """Whether a string is a statement of its own, without doctest examples."""
    return is_statement(tree, text) and ">>>" not in text.value
