"""Imports of a module: the names they bind, shadowed names, unused imports, and annotations that need one."""

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.edits.item_removals import remove_listed_items
from kognitos_migrate.edits.pending_edit import PendingEdit, compose
from kognitos_migrate.interpret.names import dotted_name
from kognitos_migrate.source.text_edits import Span, apply_edits
from kognitos_migrate.syntax.blocks import is_earlier_in_block
from kognitos_migrate.syntax.module_references import reads_names_from_texts, words_in_examples
from kognitos_migrate.syntax.scopes import Scopes, Variable, Variables
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.symbol_tables import symbol_tables
from kognitos_migrate.syntax.tree import Tree

_BLANK_BELOW = re.compile(rb"(?:[ \t]*\r?\n)+")
_BLANK_ABOVE = re.compile(rb"(?<=\n)(?:[ \t]*\r?\n)+\Z")


def json_name(tree: Tree) -> str | None:
    """The name of the module `json` in this module. None unless `import json` binds one."""
    return module_alias(tree, "json")


def module_alias(tree: Tree, name: str) -> str | None:
    """The name that `import NAME` binds in this module. None if there is no such import."""
    plain_imports = (small for _, small in tree.imports if isinstance(small, cst.Import))
    aliases = (alias for small in plain_imports for alias in small.names)
    return next((_bound_name(alias) for alias in aliases if variable_name(alias.name) == name), None)


def module_name_at(tree: Tree, module: str, at: cst.CSTNode) -> str | None:
    """The name that is bound to a module, and to nothing else, where `at` is evaluated.

    None unless `import` binds one at the top level, or earlier in a block around `at`.
    """
    scopes = tree.memoize(Scopes)
    imports = {id(small) for _, small in tree.imports}
    for statement in tree.of_kind(cst.Import):
        for alias in statement.names:
            binding = alias.asname.name if alias.asname is not None else alias.name
            if not isinstance(binding, cst.Name) or variable_name(alias.name) != module:
                continue
            is_first = id(statement) in imports or is_earlier_in_block(tree, statement, at)
            is_same = scopes.variable(binding) == scopes.variable_at(binding.value, at)
            if is_first and is_same and means_module(tree, binding.value, module, at):
                return binding.value
    return None


def is_imported(tree: Tree, line: str) -> bool:
    """Whether a module has the binding that the line `import name` would make."""
    name = line.removeprefix("import ")
    return module_alias(tree, name) == name


def unused_import_edits(
    tree: Tree, edits: list[PendingEdit], trees: Mapping[str, Tree], elsewhere: Callable[[str], bool]
) -> list[PendingEdit]:
    """Pending edits that delete the imports whose every use the edits in `edits` delete. `trees` contain the
    source that the edits move. `elsewhere` returns whether another module takes a name from this one."""
    names = _unused_names(tree, edits, trees, elsewhere)
    if not names:
        return []
    removals: list[PendingEdit] = []
    whole: list[Span] = []
    for statement, small in tree.imports:
        if statement.trailing_whitespace.comment is not None:
            continue
        aliases = imported_aliases(small)
        unused_aliases = [alias for alias in aliases if _bound_name(alias) in names]
        if unused_aliases and len(unused_aliases) == len(aliases) and len(statement.body) == 1:
            whole.append(tree.span(small))
        elif len(unused_aliases) < len(aliases):
            removals.extend(remove_listed_items(tree, unused_aliases, aliases))
    return [*removals, *(PendingEdit(span, ("",)) for span in _lines(tree, whole, edits))]


def _lines(tree: Tree, spans: Iterable[Span], edits: Sequence[PendingEdit]) -> Iterator[Span]:
    """The lines of statements. If nothing remains of a group of imports, also the blank lines on one side:
    those below if an import follows or nothing is above, else those above. They are spans of their own,
    because another edit may insert text in between."""
    blocks: list[Span] = []
    for span in spans:
        start = tree.utf8_text.rfind(b"\n", 0, span.start) + 1
        end = tree.utf8_text.find(b"\n", span.end)
        line = Span(tree.path, start, len(tree.utf8_text) if end < 0 else end + 1)
        if blocks and blocks[-1].end == line.start:
            line = Span(tree.path, blocks.pop().start, line.end)
        blocks.append(line)
    for block in blocks:
        yield block
        blank_above = _BLANK_ABOVE.search(tree.utf8_text, 0, block.start)
        blank_below = _BLANK_BELOW.match(tree.utf8_text, block.end)
        if (
            blank_below is None
            or (blank_above is None and block.start)
            or any(_adjoins(edit, block) for edit in edits)
        ):
            continue
        is_first = not block.start and not any(edit.span.start <= blank_below.end() for edit in edits)
        if is_first or tree.utf8_text.startswith((b"import ", b"from "), blank_below.end()):
            yield Span(tree.path, blank_below.start(), blank_below.end())
        elif blank_above is not None:
            yield Span(tree.path, blank_above.start(), blank_above.end())


def _adjoins(edit: PendingEdit, block: Span) -> bool:
    """Whether an edit inserts lines next to a block, without blank lines before them."""
    text = edit.parts[0] if edit.parts else ""
    is_adjacent = block.start <= edit.span.start == edit.span.end <= block.end
    return is_adjacent and isinstance(text, str) and not text[:1].isspace()


class _ModuleChange:
    """The effect of pending edits on a module's text."""

    def __init__(self, tree: Tree, edits: Sequence[PendingEdit], trees: Mapping[str, Tree]) -> None:
        self._tree, self._edits, self._trees = tree, edits, trees
        moved = (part for edit in edits for part in edit.parts if isinstance(part, Span))
        self._replaced = _Spans(edit.span for edit in edits)
        self._moved = _Spans(moved)

    def deletes(self, span: Span) -> bool:
        """Whether the text of a span is replaced and not moved elsewhere."""
        return self._replaced.contain(span) and not self._moved.contain(span)

    def reads(self, name: str) -> bool:
        """Whether the new text reads a name whose every read is deleted: an edit must insert it."""
        return name in self._inserted_words and (self._names_read is None or name in self._names_read)

    @cached_property
    def _inserted_words(self) -> frozenset[str]:
        parts = (part for edit in self._edits for part in edit.parts)
        texts = (part if isinstance(part, str) else self._trees[part.path].slice(part) for part in parts)
        return frozenset(re.findall(r"\w+", " ".join(texts)))

    @cached_property
    def _names_read(self) -> frozenset[str] | None:
        """The names that the new text reads. None if it isn't valid Python."""
        text = apply_edits(self._tree.text, compose(self._edits, self._trees))
        try:
            nodes = ast.walk(ast.parse(text))
        except (SyntaxError, ValueError):
            return None
        return frozenset(
            node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )


class _Spans:
    """The outermost of spans that may nest but don't overlap."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._outer: list[Span] = []
        for span in sorted(spans, key=lambda span: (span.path, span.start, -span.end)):
            if span.start < span.end and not self.contain(span):
                self._outer.append(span)

    def contain(self, inner: Span) -> bool:
        """Whether a span lies within one of these."""
        at = bisect_right(self._outer, (inner.path, inner.start), key=lambda span: (span.path, span.start))
        outer = self._outer[at - 1] if at else None
        return outer is not None and outer.path == inner.path and inner.end <= outer.end


def _bound_name(alias: cst.ImportAlias) -> str | None:
    """The name that an import binds; None for a dotted name."""
    return variable_name(alias.asname.name if alias.asname is not None else alias.name)


def absolute_modules(statement: cst.Import | cst.ImportFrom) -> list[str]:
    """The dotted names of the modules that a statement imports absolutely."""
    if isinstance(statement, cst.Import):
        return [dotted_name(alias.name) for alias in statement.names]
    return [dotted_name(statement.module)] if statement.module is not None and not statement.relative else []


def imported_aliases(statement: cst.Import | cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    """The names that a statement lists; empty for `from … import *`."""
    return () if isinstance(statement.names, cst.ImportStar) else statement.names


def _unused_names(
    tree: Tree, edits: Sequence[PendingEdit], trees: Mapping[str, Tree], elsewhere: Callable[[str], bool]
) -> frozenset[str]:
    """The imported names whose every read is deleted and that no other code may use. Empty if the module
    reads names from texts."""
    replaced = b"\n".join(tree.utf8_text[edit.span.start : edit.span.end] for edit in edits)
    change, reads = _ModuleChange(tree, edits, trees), tree.memoize(Variables).reads
    aliases = (alias for _, small in tree.imports for alias in imported_aliases(small))
    imported = {name for alias in aliases if (name := _bound_name(alias)) is not None}
    exports = bool(tree.names_spelled("__all__")) or tree.gaps.mentions("__all__")
    names = {
        name
        for name in imported.intersection(re.findall(r"\w+", replaced.decode("utf-8", "replace")))
        if reads(name)
        and not (exports and name in tree.plain_texts)
        and all(change.deletes(tree.span(node)) for node in reads(name))
        and not (tree.gaps.use(name) if exports else tree.gaps.read(name))
        and not elsewhere(name)
        and not change.reads(name)
    }
    from_texts = tree.memoize(reads_names_from_texts)
    return frozenset() if from_texts else frozenset(names) - tree.memoize(words_in_examples)


def unaliased_from_imports(tree: Tree) -> set[str]:
    """The names that a module imports by `from … import` without an alias."""
    aliases = (alias for node in tree.of_kind(cst.ImportFrom) for alias in imported_aliases(node))
    names = (variable_name(alias.name) for alias in aliases if alias.asname is None)
    return {name for name in names if name is not None}


def means_typing_any(tree: Tree) -> bool:
    """Whether `Any` is that of `typing` in a module, and nothing else."""
    bindings = tree.memoize(Scopes).bindings(Variable(tree.path, 0, "Any"))
    statements = [tree.enclosing(node, cst.ImportFrom) for node in bindings]
    return bool(statements) and all(
        statement is not None and "typing" in absolute_modules(statement) for statement in statements
    )


def is_bound_at_top(tree: Tree, name: str) -> bool:
    """Whether a module binds a name at its top level, or may do so by `from … import *`."""
    return bool(tree.of_kind(cst.ImportStar)) or tree.memoize(Scopes).is_own(Variable(tree.path, 0, name))


def means_module(tree: Tree, name: str, module: str, at: cst.CSTNode | None = None) -> bool:
    """Whether a name is bound to a module and nothing else: at the module's top level, or in the scope of
    `at`."""
    scopes = tree.memoize(Scopes)
    variable = Variable(tree.path, 0, name) if at is None else scopes.variable_at(name, at)
    bindings = scopes.bindings(variable)
    return bool(bindings) and all(_module(tree, node) == module for node in bindings)


def means_builtin(tree: Tree, name: str, at: cst.CSTNode) -> bool:
    """Whether a name is a builtin in the scope of `at`."""
    scopes = tree.memoize(Scopes)
    return not scopes.is_own(scopes.variable_at(name, at))


def shadowed_name(
    tree: Tree, sources: Iterable[str], imports: Iterable[str], rebound: Collection[tuple[str, str]]
) -> str | None:
    """The first name that the functions in `sources` read and the program binds to something else: the
    module itself, or other code (`rebound`, by module and name)."""
    modules = {line.rpartition(" ")[2] for line in imports}
    scopes = tree.memoize(Scopes)
    for name in sorted({name for source in sources for name in _free_names(source)}):
        bindings = scopes.bindings(Variable(tree.path, 0, name))
        bound = {_module(tree, node) for node in bindings if not (name == "Any" and means_typing_any(tree))}
        is_bound = None in bound or (name in modules and bound - {name})
        if is_bound or (tree.path, name) in rebound:
            return name
    return None


def _module(tree: Tree, node: cst.Name) -> str | None:
    """The module that a binding imports by `import`; None for any other binding."""
    alias = tree.enclosing(node, cst.ImportAlias)
    if alias is None or tree.enclosing(alias, cst.Import) is None:
        return None
    dotted = dotted_name(alias.name)
    return dotted if alias.asname is not None else dotted.partition(".")[0]


def _free_names(source: str) -> set[str]:
    """The names that definitions read and don't bind themselves."""
    tables = symbol_tables(source, "definition")
    top = tables[0]
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_namespace()}
    read = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }
    return read - own


_ANNOTATED = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def[ \t].*)?\)[ \t]*->", re.MULTILINE)
"""The end of a function's head with an annotated result."""
_POSTPONED = re.compile(r"^from __future__ import .*\bannotations\b", re.MULTILINE)
_HEAD = re.compile(r"^def (\w+)\((\w+): ([^()]*)\) -> (.*):$", re.MULTILINE)


def in_style_of(tree: Tree, source: str) -> str:
    """The source of generated functions with their annotations if the module annotates functions, else
    without them. Annotations that older versions of Python can't evaluate are quoted."""
    if not _ANNOTATED.search(tree.text) or (re.search(r"\bAny\b", source) and not means_typing_any(tree)):
        return _HEAD.sub(r"def \1(\2):", source)
    if _POSTPONED.search(tree.text):
        return source
    return _HEAD.sub(
        lambda head: f"def {head[1]}({head[2]}: {_quote(head[3])}) -> {_quote(head[4])}:", source
    )


def entries_type(tree: Tree, *, is_evaluated: bool) -> str:
    """The type of a list of entries as an annotation, which is evaluated when the program runs or isn't."""
    is_possible = not is_evaluated or _POSTPONED.search(tree.text) is not None
    return "list[dict[str, Any]]" if is_possible and means_typing_any(tree) else "list"


def _quote(annotation: str) -> str:
    return f'"{annotation}"' if "[" in annotation else annotation
