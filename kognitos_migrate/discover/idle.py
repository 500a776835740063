"""Bodies of functions, and whole functions and classes, that need not be parsed, as far as what stands in
them tells: nothing that is asked of a module as a whole has its answer there."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

from kognitos_migrate.discover.statements import Statement, first_line, words_of
from kognitos_migrate.discover.telling import NOTHING_SHOWN, Function, Shown, called_name, is_silent, tells

Between = tuple[int, int]
"""Where something begins, and where it ends, in bytes."""


class StandIn(NamedTuple):
    """What is parsed in the place of something."""

    name: str
    """That of the function or class that it is, too; empty for the body of one."""
    text: bytes


BLANK = StandIn("", b"...")
"""What is parsed in the place of a body."""
_STANDING_IN = {b"def": b"def %b(): ...", b"class": b"class %b: ..."}

LEAST = 40
"""A body of fewer bytes is parsed: it is no work."""
_QUIET = frozenset(
    (
        *("dataclass", "property", "setter", "getter", "deleter", "cached_property", "staticmethod"),
        *("classmethod", "abstractmethod", "override", "overload", "final", "total_ordering", "unique"),
        *("cache", "lru_cache", "contextmanager", "asynccontextmanager", "runtime_checkable", "wraps"),
    )
)
"""Decorators that hand what they decorate to nobody."""
_MAKING = _QUIET | frozenset(
    (
        *("field", "Field", "attrib", "ib", "Factory", "auto", "TypeVar", "ParamSpec", "compile"),
        *("object", "tuple", "frozenset", "Decimal", "timedelta", "Path"),
    )
)
"""What may be called where something is defined: it runs nothing of the program."""
_HOOK = "__init_subclass__"
"""It is run where another class is defined."""
_RUNNING = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_HEAD = re.compile(
    rb"(?:@[^\r\n]*\r?\n|[ \t]*(?:\#[^\r\n]*)?\r?\n)*(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)"
)
"""How a definition begins: decorators that are one line each, what it defines, and its name."""
_OF_TESTS = (b"pytest", b"unittest", b"readouterr", b"caplog", b"assertLogs", b"assertRaises", b"raises(")


def is_of_tests(path: str, text: bytes) -> bool:
    """Whether a module may hold tests, or what is there for them: these are run without being called."""
    name = PurePosixPath(path).stem
    named = name.startswith("test") or name.endswith("_test") or name == "conftest"
    return named or any(word in text for word in _OF_TESTS)


def happens(statement: Statement) -> bool:
    """Whether a statement does something when its module is loaded, or hands on what it defines."""
    if statement.is_import:
        return False
    return not statement.is_definition or not all(map(_is_quiet, _definitions(statement.node)))


def bodies(
    statement: Statement, named: Callable[[bytes], bool], shown: Shown = NOTHING_SHOWN
) -> Iterator[Between]:
    """The places of the bodies in the function or class that a statement defines which tell nothing but what
    a call does. `named` says whether a text names what is looked for, `shown` what its module has names
    for."""
    silent = _is_silent(statement, named, shown)
    lines = statement.text.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=statement.start))
    above = first_line(statement.node)
    for function in (one for one in _definitions(statement.node) if isinstance(one, Function)):
        top, bottom = first_line(function.body[0]) - above, (function.body[-1].end_lineno or 0) - above
        head = _indentation(lines[top], function.body[0])
        if head is None:
            continue
        start, end = starts[top] + head, starts[bottom] + len(lines[bottom].rstrip(b"\r\n"))
        text = statement.text[start - statement.start : end - statement.start]
        if len(text.rstrip()) < LEAST:
            continue
        if silent or not (tells(function, text, words_of(text), shown) or named(text)):
            yield start, end


def definition(
    statement: Statement, named: Callable[[bytes], bool], shown: Shown = NOTHING_SHOWN
) -> Between | None:
    """The place of the function or class that a statement defines, if nothing happens where it is defined,
    and what stands in it tells nothing. What a class is derived from is not looked at."""
    node, text = statement.node, statement.text.rstrip(b"\r\n")
    known = stand_in(text)
    if known is None or not isinstance(node, Function | ast.ClassDef) or known.name != node.name:
        return None
    if len(text) - len(known.text) < LEAST or not _only_defines(node):
        return None
    if not _is_silent(statement, named, shown):
        if tells(node, text, statement.words, shown) or named(text):
            return None
    return statement.start, statement.start + len(text)


def stand_in(text: bytes, start: int = 0) -> StandIn | None:
    """What takes the place of the function or class that is defined from `start` on; None where that can't be
    told."""
    found = _HEAD.match(text, start)
    return StandIn(found[2].decode(), _STANDING_IN[found[1]] % found[2]) if found is not None else None


def _is_silent(statement: Statement, named: Callable[[bytes], bool], shown: Shown) -> bool:
    return is_silent(statement.text, statement.words, shown) and not named(statement.text)


def _only_defines(node: ast.stmt) -> bool:
    """Whether nothing of the program is run where a function or class is defined, or what it consists of."""
    if isinstance(node, Function):
        head = (*node.decorator_list, node.args, *filter(None, (node.returns,)))
        return node.name != _HOOK and _is_quiet(node) and _runs_nothing(head)
    if isinstance(node, ast.ClassDef):
        head = (*node.decorator_list, *node.bases)
        is_plain = _is_quiet(node) and not node.keywords  # a metaclass is run
        return is_plain and _runs_nothing(head) and all(map(_only_defines, node.body))
    if isinstance(node, ast.Assign):
        return all(isinstance(one, ast.Name) for one in node.targets) and _runs_nothing((node.value,))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and _runs_nothing((node,))
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _runs_nothing(nodes: Iterable[ast.AST]) -> bool:
    inner = [one for node in nodes for one in ast.walk(node)]
    called = (called_name(one) for one in inner if isinstance(one, ast.Call))
    return not any(isinstance(one, _RUNNING) for one in inner) and all(name in _MAKING for name in called)


def _definitions(node: ast.stmt) -> Iterator[Function | ast.ClassDef]:
    """A function, or a class with its methods."""
    if isinstance(node, Function | ast.ClassDef):
        yield node
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        yield from _definitions(inner)


def _is_quiet(node: Function | ast.ClassDef) -> bool:
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name not in _QUIET:
            return False
    return True


def _indentation(line: bytes, first: ast.stmt) -> int | None:
    """How far a body is indented whose first statement is in a line; None where it does not begin it."""
    blank = len(line) - len(line.lstrip(b" \t\f"))
    decorated = getattr(first, "decorator_list", None)
    begins = line.startswith(b"@", blank) if decorated else first.col_offset == blank
    return blank if begins and blank else None
