"""What stands in a function or a class and tells something of its module, beyond what a call of it does."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from kognitos_migrate.discover.statements import words_of
from kognitos_migrate.record import Struct

TELLING = frozenset(
    (
        *("global", "nonlocal", "import", "__dict__", "__main__", "__import__", "import_module"),
        *("f_locals", "cell_contents", "getgeneratorlocals", "getcoroutinelocals", "getclosurevars"),
        *("format_exc", "format_exception", "format_exception_only", "exceptions", "return_exceptions"),
        *("raises", "assertRaises", "assertRaisesRegex", "assertLogs", "caplog", "readouterr"),
        *("catch_warnings", "showwarning", "formatwarning", "emit", "addFilter", "getMessage"),
    )
)
"""Words by which a body does more than what its function is called for: it binds names of the module, says
how others are imported, looks into frames, or into what is there for people to read."""
_TELLS = re.compile(rb"\.\s*args\b|\bdef\s+(?:__a?exit__|filter|format|formatMessage|handle)\b")
_ASKING = ("exception", "exc_info")
"""Methods and functions that give an error."""
_ASKED_IN = tuple(map(str.encode, _ASKING))
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_MAKING_TEXT = ("str", "repr", "format")
_MAKERS = (ast.Call, ast.FormattedValue, ast.BinOp)
"""The nodes in which a text may be made."""
_FORMATTED = re.compile(rb"""[fF][rR]?["']""")
_RECORDS = ("filter", "format", "formatMessage", "handle", "emit", "__exit__", "__aexit__")
"""Functions that are given log records, or errors."""
_MAY_TELL = ("args", *_RECORDS)
"""One of these is among the words where `_TELLS` fits."""
# patterns that begin with letters and look back at them are searched for ten times as fast
CAUGHT = re.compile(rb"except(?<=\bexcept)\b[^:]*?\bas\s+(\w+)\s*:")
_LEAVING = re.compile(rb"def(?<=\bdef)\s+__a?exit__\s*\(([^)]*)")
_ASKED_FOR = re.compile(rb"((?:\b\w+\s*=\s*)+)(?<!=)[^=]{0,200}?\b(?:exception|exc_info)\s*\(")
_GONE_THROUGH = re.compile(rb"\bfor\s+(\w+)\s+in\b(?=([^\n]*exceptions\b)?)")
_FILTERING = re.compile(rb"addFilter(?<=\baddFilter)\s*\(\s*(\w+)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Shown(Struct, frozen=True):
    """The names that a module has for what is there for people to read."""

    errors: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    """The functions that are given log records."""


NOTHING_SHOWN = Shown()


def shown_in(text: bytes) -> Shown:
    """Those of a module: a function may be given what another one caught under the same name."""
    found = [*CAUGHT.findall(text), *_LEAVING.findall(text), *asking(text)]
    collected = b"return_exceptions" in text.lower()
    if collected or b"exceptions" in text:
        found += (one[1] for one in _GONE_THROUGH.finditer(text) if collected or one[2])
    return Shown(words_of(b" ".join(found)), words_of(b" ".join(_FILTERING.findall(text))))


def asking(text: bytes) -> list[bytes]:
    """The names that get an error which something is asked for, each with `=` behind it."""
    return _ASKED_FOR.findall(text) if any(word in text for word in _ASKED_IN) else []


def is_silent(text: bytes, words: frozenset[str], shown: Shown) -> bool:
    """Whether nothing in a text with these words can tell anything: so it is with most, and its nodes need
    not be looked at."""
    if not (words.isdisjoint(_RECORDS) and words.isdisjoint(shown.filters)) or _says(text, words):
        return False
    has_errors = "except" in words or not (words.isdisjoint(_ASKING) and words.isdisjoint(shown.errors))
    return not (has_errors and _may_make_text(text, words))


def _says(text: bytes, words: frozenset[str]) -> bool:
    """Whether one of the words tells, or how it is used."""
    if not words.isdisjoint(TELLING):
        return True
    return not words.isdisjoint(_MAY_TELL) and _TELLS.search(text) is not None


def _may_make_text(text: bytes, words: frozenset[str]) -> bool:
    """Whether a text may be made of something in code with these words."""
    return not words.isdisjoint(_MAKING_TEXT) or b"%" in text or _FORMATTED.search(text) is not None


def tells(node: Function | ast.ClassDef, text: bytes, words: frozenset[str], shown: Shown) -> bool:
    """Whether what stands in a function or class, the `text` with these words, tells something."""
    if node.name in _RECORDS or _says(text, words):
        return True
    if node.name in shown.filters or not words.isdisjoint(shown.filters):
        return True
    if not _may_make_text(text, words):
        return False
    if not words.isdisjoint(shown.errors) and _makes_text_of(shown.errors, ast.walk(node)):
        return True
    if not words.isdisjoint(_ASKING):
        return _makes_text_of_errors((node,))
    return "except" in words and _makes_text_of_errors(_handlers(node))


def _handlers(node: ast.AST) -> Iterator[ast.ExceptHandler]:
    """What catches errors in a function or class: elsewhere in it they have no name."""
    for field in _BLOCKS:
        for inner in getattr(node, field, ()):
            if isinstance(inner, ast.ExceptHandler):
                yield inner
            else:
                yield from _handlers(inner)


def _makes_text_of_errors(parts: Iterable[ast.AST]) -> bool:
    """Whether a text is made of an error that is caught, or asked for, in parts of a module."""
    nodes = [node for part in parts for node in ast.walk(part)]
    caught = {node.name for node in nodes if isinstance(node, ast.ExceptHandler)}
    return _makes_text_of(caught | {*asked_for(nodes)}, nodes)


def asked_for(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names of errors that a task, or Python, is asked for."""
    for node in nodes:
        if isinstance(node, ast.Assign) and any(called_name(one) in _ASKING for one in ast.walk(node.value)):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _makes_text_of(names: Collection[str | None], nodes: Iterable[ast.AST]) -> bool:
    makers = (node for node in nodes if isinstance(node, _MAKERS))
    return any(isinstance(one, ast.Name) and one.id in names for node in makers for one in _put_in_text(node))


def _put_in_text(node: ast.AST) -> Iterator[ast.expr]:
    """What a text is made of here."""
    if isinstance(node, ast.Call) and called_name(node) in _MAKING_TEXT:
        yield from (*node.args, *(one.value for one in node.keywords))
    elif isinstance(node, ast.FormattedValue):
        yield node.value
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from node.right.elts if isinstance(node.right, ast.Tuple) else (node.right,)


def called_name(node: ast.AST) -> str:
    """The name of what is called, without its owner."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
