"""Module effects of functions and classes: effects on other code than their callers."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from kognitos_migrate.modules.top_level import words_of
from kognitos_migrate.structs import Struct

EFFECT_WORDS = frozenset(
    (
        *("global", "nonlocal", "import", "__dict__", "__main__", "__import__", "import_module"),
        *("f_locals", "cell_contents", "getgeneratorlocals", "getcoroutinelocals", "getclosurevars"),
        *("format_exc", "format_exception", "format_exception_only", "exceptions", "return_exceptions"),
        *("raises", "assertRaises", "assertRaisesRegex", "assertLogs", "caplog", "readouterr"),
        *("catch_warnings", "showwarning", "formatwarning", "emit", "addFilter", "getMessage"),
        *("StreamHandler", "FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler"),
        *("WatchedFileHandler", "basicConfig", "dictConfig", "fileConfig", "redirect_stderr"),
    )
)
"""Words of bodies that affect more than their callers.

They bind names of the module, change how others are imported, look into frames, inspect messages, or store
log records.
"""
_EFFECT = re.compile(rb"\.\s*args\b|\bdef\s+(?:__a?exit__|filter|format|formatMessage|handle)\b")
ERROR_GETTERS = ("exception", "exc_info")
"""Functions and methods that return an error."""
_ERROR_GETTER_BYTES = tuple(map(str.encode, ERROR_GETTERS))
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_TEXT_FUNCTIONS = ("str", "repr", "format")
_TEXT_NODES = (ast.Call, ast.FormattedValue, ast.BinOp)
"""Nodes that may build a text."""
_FORMATTED = re.compile(rb"""[fF][rR]?["']""")
_RECORD_FUNCTIONS = ("filter", "format", "formatMessage", "handle", "emit", "__exit__", "__aexit__")
"""Functions that are called with log records or errors."""
_EFFECT_NAMES = ("args", *_RECORD_FUNCTIONS)
"""The words that `_EFFECT` requires: a match contains one of them."""
# patterns that begin with letters and look back at them are searched ten times as fast
CAUGHT = re.compile(rb"except(?<=\bexcept)\b[^:]*?\bas\s+(\w+)\s*:")
_EXIT_PARAMETERS = re.compile(rb"def(?<=\bdef)\s+__a?exit__\s*\(([^)]*)")
_ERROR_ASSIGNMENT = re.compile(rb"((?:\b\w+\s*=\s*)+)(?<!=)[^=]{0,200}?\b(?:exception|exc_info)\s*\(")
_LOOP = re.compile(rb"\bfor\s+(\w+)\s+in\b(?=([^\n]*exceptions\b)?)")
_FILTER_CALL = re.compile(rb"addFilter(?<=\baddFilter)\s*\(\s*(\w+)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class ErrorNames(Struct, frozen=True):
    """The names of a module's variables with errors, and of its functions that get log records."""

    errors: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    """Functions that filter log records."""


NO_ERROR_NAMES = ErrorNames()


def error_names_in(text: bytes) -> ErrorNames:
    """The error names in a module's text.

    A function may get an error that another one caught under that name.
    """
    names = [*CAUGHT.findall(text), *_EXIT_PARAMETERS.findall(text), *queried_error_names(text)]
    collected = b"return_exceptions" in text.lower()
    if collected or b"exceptions" in text:
        names += (loop[1] for loop in _LOOP.finditer(text) if collected or loop[2])
    return ErrorNames(words_of(b" ".join(names)), words_of(b" ".join(_FILTER_CALL.findall(text))))


def queried_error_names(text: bytes) -> list[bytes]:
    """The targets that an error getter's result is assigned to, each followed by `=`."""
    return _ERROR_ASSIGNMENT.findall(text) if any(word in text for word in _ERROR_GETTER_BYTES) else []


def has_no_module_effect(text: bytes, words: frozenset[str], error_names: ErrorNames) -> bool:
    """Whether a text with these words has no module effect. Decided without its syntax tree. True for most
    texts."""
    if not (
        words.isdisjoint(_RECORD_FUNCTIONS) and words.isdisjoint(error_names.filters)
    ) or _has_effect_word(text, words):
        return False
    has_errors = "except" in words or not (
        words.isdisjoint(ERROR_GETTERS) and words.isdisjoint(error_names.errors)
    )
    return not (has_errors and _may_make_text(text, words))


def _has_effect_word(text: bytes, words: frozenset[str]) -> bool:
    """Whether a text contains a word with a module effect, or a use of one that has it."""
    if not words.isdisjoint(EFFECT_WORDS):
        return True
    return not words.isdisjoint(_EFFECT_NAMES) and _EFFECT.search(text) is not None


def _may_make_text(text: bytes, words: frozenset[str]) -> bool:
    """Whether code with these words may build a text from a value."""
    return not words.isdisjoint(_TEXT_FUNCTIONS) or b"%" in text or _FORMATTED.search(text) is not None


def has_module_effect(
    node: Function | ast.ClassDef, text: bytes, words: frozenset[str], error_names: ErrorNames
) -> bool:
    """Whether a function or class with the content `text` affects more than its callers.

    `words` are those of `text`. It has an effect by its words, or if it builds texts from errors.
    """
    if node.name in _RECORD_FUNCTIONS or _has_effect_word(text, words):
        return True
    if node.name in error_names.filters or not words.isdisjoint(error_names.filters):
        return True
    if not _may_make_text(text, words):
        return False
    if not words.isdisjoint(error_names.errors) and _makes_text_of(error_names.errors, ast.walk(node)):
        return True
    if not words.isdisjoint(ERROR_GETTERS):
        return _makes_text_of_errors((node,))
    return "except" in words and _makes_text_of_errors(handlers(node))


def handlers(node: ast.AST) -> Iterator[ast.ExceptHandler]:
    """The handlers in a function or class. An error has a name only inside of them."""
    for field in _BLOCKS:
        for inner in getattr(node, field, ()):
            if isinstance(inner, ast.ExceptHandler):
                yield inner
            else:
                yield from handlers(inner)


def _makes_text_of_errors(parts: Iterable[ast.AST]) -> bool:
    """Whether these nodes build a text from an error that they catch or request."""
    nodes = [node for part in parts for node in ast.walk(part)]
    error_names = {node.name for node in nodes if isinstance(node, ast.ExceptHandler)}
    return _makes_text_of(error_names | {*requested_errors(nodes)}, nodes)


def requested_errors(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The variables that the result of an error getter is assigned to."""
    for node in nodes:
        if isinstance(node, ast.Assign) and any(
            called_name(inner) in ERROR_GETTERS for inner in ast.walk(node.value)
        ):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _makes_text_of(names: Collection[str | None], nodes: Iterable[ast.AST]) -> bool:
    makers = (node for node in nodes if isinstance(node, _TEXT_NODES))
    return any(
        isinstance(operand, ast.Name) and operand.id in names
        for node in makers
        for operand in _text_operands(node)
    )


def _text_operands(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a node builds a text from."""
    if isinstance(node, ast.Call) and called_name(node) in _TEXT_FUNCTIONS:
        yield from (*node.args, *(keyword.value for keyword in node.keywords))
    elif isinstance(node, ast.FormattedValue):
        yield node.value
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from node.right.elts if isinstance(node.right, ast.Tuple) else (node.right,)


def called_name(node: ast.AST) -> str:
    """The name of a called function or method, without its receiver; empty if it has none."""
    callee = node.func if isinstance(node, ast.Call) else None
    if isinstance(callee, ast.Attribute):
        return callee.attr
    return callee.id if isinstance(callee, ast.Name) else ""
