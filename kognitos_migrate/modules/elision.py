"""Elision: which functions, classes and bodies can be left unparsed without a change of the result."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

from kognitos_migrate.modules.definition_index import DefinitionIndex, StatementPlace
from kognitos_migrate.modules.top_level import TopLevelStatement, first_line, has_respelled_names, words_of
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
    """Whether a text with these words has no module effect. True for most, without a look at their nodes."""
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
    silent = _is_silent(statement, names_api, error_names)
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
    if not _is_silent(statement, names_api, error_names):
        if has_module_effect(node, text, statement.words, error_names) or names_api(text):
            return None
    return statement.start, statement.start + len(text)


def placeholder(text: bytes, start: int = 0) -> Placeholder | None:
    """The placeholder for the definition at `start`; None if its head isn't recognized."""
    match = _HEAD.match(text, start)
    return Placeholder(match[2].decode(), _PLACEHOLDERS[match[1]] % match[2]) if match is not None else None


def _is_silent(
    statement: TopLevelStatement, names_api: Callable[[bytes], bool], error_names: ErrorNames
) -> bool:
    return has_no_module_effect(statement.text, statement.words, error_names) and not names_api(
        statement.text
    )


def _only_defines(node: ast.stmt) -> bool:
    """Whether executing a definition, or a statement of a class body, runs no code of the program."""
    if isinstance(node, Function):
        head = (*node.decorator_list, node.args, *filter(None, (node.returns,)))
        return node.name != _HOOK and _is_harmlessly_decorated(node) and _runs_nothing(head)
    if isinstance(node, ast.ClassDef):
        head = (*node.decorator_list, *node.bases)
        is_plain = _is_harmlessly_decorated(node) and not node.keywords  # a metaclass is run
        return is_plain and _runs_nothing(head) and all(map(_only_defines, node.body))
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets) and _runs_nothing((node.value,))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and _runs_nothing((node,))
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _runs_nothing(nodes: Iterable[ast.AST]) -> bool:
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
    idle: Iterable[StatementPlace],
    index: DefinitionIndex,
    files: Collection[str],
    names_api: Callable[[bytes], bool],
) -> Mapping[str, Sequence[Between]]:
    """The elided regions by file, in order.

    `idle` are the statements that may be elided, and `files` all files of the slice. `names_api` decides
    whether a text names the API.
    """
    error_names = cache(lambda file: error_names_in(index.texts[file]))
    candidates = [
        (file, statement) for file, statement in idle if not may_hold_tests(file, index.texts[file])
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
