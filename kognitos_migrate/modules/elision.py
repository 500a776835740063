"""Elision: which functions, classes and bodies can be left unparsed without a change of the result."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

from kognitos_migrate.modules.definition_index import DefinitionIndex, StatementPlace
from kognitos_migrate.modules.module_effects import (
    NO_ERROR_NAMES,
    ErrorNames,
    Function,
    called_name,
    error_names_in,
    has_module_effect,
    has_no_module_effect,
)
from kognitos_migrate.modules.top_level import TopLevelStatement, first_line, has_respelled_names, words_of

Between = tuple[int, int]
"""The start and end of a range, in bytes."""


class Placeholder(NamedTuple):
    """Text that is parsed instead of an elided region."""

    name: str
    """The name of the elided function or class; empty if only a body is elided."""
    text: bytes


BLANK = Placeholder("", b"...")
"""The placeholder for a body."""
_PLACEHOLDERS = {b"def": b"def %b(): ...", b"class": b"class %b: ..."}

LEAST = 40
"""The minimum size, in bytes, of an elided region. Smaller ones are parsed, since that takes little time."""
_HARMLESS_DECORATORS = frozenset(
    (
        *("dataclass", "property", "setter", "getter", "deleter", "cached_property", "staticmethod"),
        *("classmethod", "abstractmethod", "override", "overload", "final", "total_ordering", "unique"),
        *("cache", "lru_cache", "contextmanager", "asynccontextmanager", "runtime_checkable", "wraps"),
    )
)
"""Decorators that don't pass what they decorate to other code."""
_HARMLESS_CALLS = _HARMLESS_DECORATORS | frozenset(
    (
        *("field", "Field", "attrib", "ib", "Factory", "auto", "TypeVar", "ParamSpec", "compile"),
        *("object", "tuple", "frozenset", "Decimal", "timedelta", "Path"),
    )
)
"""Functions that run no code of the program when they are called in a definition."""
_HOOK = "__init_subclass__"
"""A method that runs when a subclass is defined."""
_SUSPENDING = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_HEAD = re.compile(
    rb"(?:@[^\r\n]*\r?\n|[ \t]*(?:\#[^\r\n]*)?\r?\n)*(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)"
)
"""The beginning of a definition: decorators of one line each, its keyword and its name."""
_TEST_WORDS = (b"pytest", b"unittest", b"readouterr", b"caplog", b"assertLogs", b"assertRaises", b"raises(")


def may_hold_tests(path: str, text: bytes) -> bool:
    """Whether a module may contain tests or fixtures, which run without being called."""
    name = PurePosixPath(path).stem
    has_test_name = name.startswith("test") or name.endswith("_test") or name == "conftest"
    return has_test_name or any(word in text for word in _TEST_WORDS)


def runs_at_import(statement: TopLevelStatement) -> bool:
    """Whether a statement has side effects when its module is loaded, or passes on what it defines."""
    if statement.is_import:
        return False
    return not statement.is_definition or not all(map(_is_harmlessly_decorated, _definitions(statement.node)))


def elidable_bodies(
    statement: TopLevelStatement, names_api: Callable[[bytes], bool], error_names: ErrorNames = NO_ERROR_NAMES
) -> Iterator[Between]:
    """The bodies in a function or class definition that affect only their callers.

    `names_api` decides whether a text names the API. `error_names` are those of the module.
    """
    silent = _has_no_module_effect(statement, names_api, error_names)
    lines = statement.text.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=statement.start))
    statement_line = first_line(statement.node)
    for function in (node for node in _definitions(statement.node) if isinstance(node, Function)):
        top, bottom = (
            first_line(function.body[0]) - statement_line,
            (function.body[-1].end_lineno or 0) - statement_line,
        )
        head = _indentation(lines[top], function.body[0])
        if head is None:
            continue
        start, end = starts[top] + head, starts[bottom] + len(lines[bottom].rstrip(b"\r\n"))
        text = statement.text[start - statement.start : end - statement.start]
        if len(text.rstrip()) < LEAST or has_respelled_names(text):
            continue
        if silent or not (has_module_effect(function, text, words_of(text), error_names) or names_api(text)):
            yield start, end


def elidable_definition(
    statement: TopLevelStatement, names_api: Callable[[bytes], bool], error_names: ErrorNames = NO_ERROR_NAMES
) -> Between | None:
    """The place of a function or class, if its definition runs no code and its content affects only callers.

    Base classes are not considered. None if it can't be elided.
    """
    node, text = statement.node, statement.text.rstrip(b"\r\n")
    stand_in = placeholder(text)
    if stand_in is None or not isinstance(node, Function | ast.ClassDef) or stand_in.name != node.name:
        return None
    if len(text) - len(stand_in.text) < LEAST or has_respelled_names(text) or not _only_defines(node):
        return None
    if not _has_no_module_effect(statement, names_api, error_names):
        if has_module_effect(node, text, statement.words, error_names) or names_api(text):
            return None
    return statement.start, statement.start + len(text)


def placeholder(text: bytes, start: int = 0) -> Placeholder | None:
    """The placeholder for the definition at `start`; None if its head isn't recognized."""
    match = _HEAD.match(text, start)
    return Placeholder(match[2].decode(), _PLACEHOLDERS[match[1]] % match[2]) if match is not None else None


def _has_no_module_effect(
    statement: TopLevelStatement, names_api: Callable[[bytes], bool], error_names: ErrorNames
) -> bool:
    return has_no_module_effect(statement.text, statement.words, error_names) and not names_api(
        statement.text
    )


def _only_defines(node: ast.stmt) -> bool:
    """Whether executing a definition, or a statement of a class body, runs no code of the program."""
    if isinstance(node, Function):
        head = (*node.decorator_list, node.args, *filter(None, (node.returns,)))
        return node.name != _HOOK and _is_harmlessly_decorated(node) and _run_no_code(head)
    if isinstance(node, ast.ClassDef):
        head = (*node.decorator_list, *node.bases)
        is_plain = _is_harmlessly_decorated(node) and not node.keywords  # a metaclass is run
        return is_plain and _run_no_code(head) and all(map(_only_defines, node.body))
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets) and _run_no_code((node.value,))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and _run_no_code((node,))
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _run_no_code(nodes: Iterable[ast.AST]) -> bool:
    inner = [child for node in nodes for child in ast.walk(node)]
    call_names = (called_name(child) for child in inner if isinstance(child, ast.Call))
    return not any(isinstance(child, _SUSPENDING) for child in inner) and all(
        name in _HARMLESS_CALLS for name in call_names
    )


def _definitions(node: ast.stmt) -> Iterator[Function | ast.ClassDef]:
    """The function or class itself, and the methods and nested classes of a class."""
    if isinstance(node, Function | ast.ClassDef):
        yield node
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        yield from _definitions(inner)


def _is_harmlessly_decorated(node: Function | ast.ClassDef) -> bool:
    for decorator in node.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
        if name not in _HARMLESS_DECORATORS:
            return False
    return True


def _indentation(line: bytes, first: ast.stmt) -> int | None:
    """The indentation of a body whose first statement is in `line`; None if other code begins the line."""
    blank = len(line) - len(line.lstrip(b" \t\f"))
    decorated = getattr(first, "decorator_list", None)
    begins = line.startswith(b"@", blank) if decorated else first.col_offset == blank
    return blank if begins and blank else None


def elided_spans(
    statements: Iterable[StatementPlace],
    index: DefinitionIndex,
    files: Collection[str],
    names_api: Callable[[bytes], bool],
) -> Mapping[str, Sequence[Between]]:
    """The elided regions by file, in order.

    `statements` may be elided, and `files` are all files of the slice. `names_api` decides
    whether a text names the API.
    """
    error_names = cache(lambda file: error_names_in(index.texts[file]))
    candidates = [
        (file, statement) for file, statement in statements if not may_hold_tests(file, index.texts[file])
    ]
    elidable = {
        place: elidable_definition(place[1], names_api, error_names(place[0])) for place in candidates
    }
    definitions = _with_elided_bases(
        {place: at for place, at in elidable.items() if at is not None}, index, files
    )
    spans: dict[str, list[Between]] = {file: [] for file, _ in candidates}
    for file, statement in candidates:
        at = definitions.get((file, statement))
        spans[file] += elidable_bodies(statement, names_api, error_names(file)) if at is None else (at,)
    return spans


def _with_elided_bases(
    wholes: Mapping[StatementPlace, Between], index: DefinitionIndex, files: Collection[str]
) -> Mapping[StatementPlace, Between]:
    """The definitions whose base classes are all elided, too.

    A base class that runs may affect its subclasses.
    """
    bases = {place: _bases(*place, index, files) for place in wholes}
    elided = dict(wholes)
    while rejected := [place for place in elided if not elided.keys() >= bases[place]]:
        for place in rejected:
            del elided[place]
    return elided


def _bases(
    file: str, statement: TopLevelStatement, index: DefinitionIndex, files: Collection[str]
) -> set[StatementPlace]:
    """The statements in `files` that define the base classes of a class."""
    bases = statement.node.bases if isinstance(statement.node, ast.ClassDef) else ()
    nodes = [node for base in bases for node in ast.walk(base)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    places = index.named_statements(file, frozenset(names)) if names else ()
    return {(other, base) for other, base in places if other in files and not base.is_import}
