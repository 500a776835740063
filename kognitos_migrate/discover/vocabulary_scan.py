"""Scans a module's syntax tree for words of the old version, independent of the interpreter."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from kognitos_migrate.discover.signature import SignatureName, has_path_tail, is_word_in, starts_path_in
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.source.text_edits import Span


class VocabularyUses(NamedTuple):
    """The places of words in a module, by word.

    `begun` are starts of paths, `followed` those with more of the path behind them, `fields` are reads of
    fields and uses of parameters, `hosts` are hosts of addresses, and `served` the paths of routes.
    """

    begun: dict[str, list[Span]]
    followed: dict[str, list[Span]]
    fields: dict[str, list[Span]]
    hosts: dict[str, list[Span]]
    served: dict[str, list[Span]]


class VocabularyTerms(NamedTuple):
    """The words to search for."""

    paths: frozenset[str]
    fields: frozenset[str]
    parameters: frozenset[str]
    hosts: frozenset[str]

    @classmethod
    def of(
        cls, signature: Iterable[SignatureName], operations: Iterable[Operation], hosts: Iterable[str]
    ) -> VocabularyTerms:
        """The words of a signature, the fields of old replies, and the parameters of old queries."""
        operations = tuple(operations)
        return cls(
            frozenset(
                word.decode()
                for signature_name in signature
                for word in (*signature_name.words, *signature_name.follows)
            ),
            frozenset(member.name for operation in operations for member in operation.old.reply),
            frozenset(member.name for operation in operations for member in operation.old.query),
            frozenset(hosts),
        )


def vocabulary_uses(path: str, text: str, terms: VocabularyTerms) -> VocabularyUses | None:
    """The vocabulary in a module's text; None if it can't be parsed.

    Docstrings are left out. Paths in decorators count as served.
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    data = text.encode("utf-8", "surrogatepass")
    reader = _VocabularyReader(path, data, terms)
    for node, in_decorator in _nodes(module, reader.lines()):
        reader.read(node, in_decorator=in_decorator)
    return reader.uses


class _VocabularyReader:
    def __init__(self, path: str, data: bytes, terms: VocabularyTerms) -> None:
        self._path, self._data, self._sought = path, data, terms
        self._starts = [0, *(end.end() for end in re.finditer(rb"\r\n|\r|\n", data))]
        self.uses = VocabularyUses({}, {}, {}, {}, {})

    def lines(self) -> Sequence[int]:
        """The sorted numbers of the lines that contain a word."""
        words = [*self._sought.paths, *self._sought.fields, *self._sought.parameters, *self._sought.hosts]
        pattern = b"|".join(re.escape(word.encode()) for word in words)
        matches = re.finditer(pattern, self._data) if words else ()
        return sorted({bisect_right(self._starts, match.start()) for match in matches})

    def read(self, node: ast.AST, *, in_decorator: bool) -> None:
        """Record the words of a node."""
        if in_decorator:
            self._note_paths(node, self.uses.served, self.uses.served)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            self._note_field(node, node.attr)
        elif isinstance(node, ast.keyword):
            self._note_parameter(node, node.arg)
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                self._note_parameter(key, key.value if isinstance(key, ast.Constant) else None)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            self._note_field(node.target, node.target.id)
        elif isinstance(node, ast.JoinedStr) or _is_text(node):
            self._note_text(node)

    def _note_field(self, node: ast.AST, name: str) -> None:
        if name in self._sought.fields:
            _add(self.uses.fields, name, self._span(node))

    def _note_parameter(self, node: ast.AST | None, name: object) -> None:
        if node is not None and isinstance(name, str) and name in self._sought.parameters:
            _add(self.uses.fields, name, self._span(node))

    def _note_text(self, node: ast.AST) -> None:
        span, source = self._span_and_text(node)
        if isinstance(node, ast.Constant):
            self._note_field(node, str(node.value))
        self._note_paths(node, self.uses.begun, self.uses.followed)
        for name in self._sought.parameters:
            if f"{name}=".encode() in source and is_word_in(name.encode(), source):
                _add(self.uses.fields, name, span)
        for host in self._sought.hosts:
            if host.encode() in source:
                _add(self.uses.hosts, host, span)

    def _note_paths(
        self, node: ast.AST, begun: dict[str, list[Span]], followed: dict[str, list[Span]]
    ) -> None:
        if not (isinstance(node, ast.JoinedStr) or _is_text(node)):
            return
        span, source = self._span_and_text(node)
        for word in self._sought.paths:
            if starts_path_in(word.encode(), source):
                _add(begun, word, span)
            if has_path_tail(word.encode(), source):
                _add(followed, word, span)

    def _span_and_text(self, node: ast.AST) -> tuple[Span, bytes]:
        span = self._span(node)
        return span, self._data[span.start : span.end]

    def _span(self, node: ast.AST) -> Span:
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return Span(self._path, start, end)


def _add(spans: dict[str, list[Span]], word: str, span: Span) -> None:
    spans.setdefault(word, []).append(span)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _nodes(module: ast.Module, lines: Sequence[int]) -> Iterator[tuple[ast.AST, bool]]:
    """The nodes on the given lines of a module, each with whether it is a part of a decorator.

    Docstrings are left out, and so are constants that their parent records: literal parts of f-strings and
    keys of dicts.
    """
    waiting: list[tuple[ast.AST, bool]] = [(module, False)]
    while waiting:
        node, in_decorator = waiting.pop()
        if isinstance(node, ast.Expr) and _is_text(node.value):
            continue
        yield node, in_decorator
        decorators = () if _has_no_body(node) else getattr(node, "decorator_list", ())
        for child in ast.iter_child_nodes(node):
            first = getattr(child, "lineno", None)
            if first is not None:
                first_row = min(
                    (decorator.lineno for decorator in getattr(child, "decorator_list", ())), default=first
                )
                at = bisect_left(lines, min(first, first_row))
                if at == len(lines) or lines[at] > child.end_lineno:  # type: ignore[attr-defined]
                    continue
            if not (isinstance(child, ast.Constant) and _is_recorded_by(node, child)):
                waiting.append((child, in_decorator or child in decorators))


def _has_no_body(node: ast.AST) -> bool:
    """Whether a function does nothing itself: its decorators send a request, and serve none."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in node.body
    )


def _is_recorded_by(node: ast.AST, child: ast.Constant) -> bool:
    """Whether a literal is recorded together with its parent."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Dict) and child in node.keys)
