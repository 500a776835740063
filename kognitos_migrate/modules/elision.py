"""Decides which functions, classes and bodies can be left unparsed without a change of the result."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

from kognitos_migrate.modules.module_index import ModuleIndex, StatementPlace
from kognitos_migrate.modules.top_level import TopLevelStatement, first_line, words_of
from kognitos_migrate.structs import Struct, replace

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


class ErrorNames(Struct, frozen=True):
    """The names that a module has for what is there for people to read."""

    errors: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    """The functions that are given log records."""


NO_ERROR_NAMES = ErrorNames()


def error_names_in(text: bytes) -> ErrorNames:
    """Those of a module: a function may be given what another one caught under the same name."""
    found = [*CAUGHT.findall(text), *_LEAVING.findall(text), *queried_error_names(text)]
    collected = b"return_exceptions" in text.lower()
    if collected or b"exceptions" in text:
        found += (one[1] for one in _GONE_THROUGH.finditer(text) if collected or one[2])
    return ErrorNames(words_of(b" ".join(found)), words_of(b" ".join(_FILTERING.findall(text))))


def queried_error_names(text: bytes) -> list[bytes]:
    """The names that get an error which something is asked for, each with `=` behind it."""
    return _ASKED_FOR.findall(text) if any(word in text for word in _ASKED_IN) else []


def has_no_module_effect(text: bytes, words: frozenset[str], shown: ErrorNames) -> bool:
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


def has_module_effect(
    node: Function | ast.ClassDef, text: bytes, words: frozenset[str], shown: ErrorNames
) -> bool:
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
    return _makes_text_of(caught | {*requested_errors(nodes)}, nodes)


def requested_errors(nodes: Iterable[ast.AST]) -> Iterator[str]:
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


Between = tuple[int, int]
"""Where something begins, and where it ends, in bytes."""


class Placeholder(NamedTuple):
    """What is parsed in the place of something."""

    name: str
    """That of the function or class that it is, too; empty for the body of one."""
    text: bytes


BLANK = Placeholder("", b"...")
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


def may_hold_tests(path: str, text: bytes) -> bool:
    """Whether a module may hold tests, or what is there for them: these are run without being called."""
    name = PurePosixPath(path).stem
    named = name.startswith("test") or name.endswith("_test") or name == "conftest"
    return named or any(word in text for word in _OF_TESTS)


def runs_at_import(statement: TopLevelStatement) -> bool:
    """Whether a statement does something when its module is loaded, or hands on what it defines."""
    if statement.is_import:
        return False
    return not statement.is_definition or not all(map(_is_quiet, _definitions(statement.node)))


def elidable_bodies(
    statement: TopLevelStatement, named: Callable[[bytes], bool], shown: ErrorNames = NO_ERROR_NAMES
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
        if silent or not (has_module_effect(function, text, words_of(text), shown) or named(text)):
            yield start, end


def elidable_definition(
    statement: TopLevelStatement, named: Callable[[bytes], bool], shown: ErrorNames = NO_ERROR_NAMES
) -> Between | None:
    """The place of the function or class that a statement defines, if nothing happens where it is defined,
    and what stands in it tells nothing. What a class is derived from is not looked at."""
    node, text = statement.node, statement.text.rstrip(b"\r\n")
    known = placeholder(text)
    if known is None or not isinstance(node, Function | ast.ClassDef) or known.name != node.name:
        return None
    if len(text) - len(known.text) < LEAST or not _only_defines(node):
        return None
    if not _is_silent(statement, named, shown):
        if has_module_effect(node, text, statement.words, shown) or named(text):
            return None
    return statement.start, statement.start + len(text)


def placeholder(text: bytes, start: int = 0) -> Placeholder | None:
    """What takes the place of the function or class that is defined from `start` on; None where that can't be
    told."""
    found = _HEAD.match(text, start)
    return Placeholder(found[2].decode(), _STANDING_IN[found[1]] % found[2]) if found is not None else None


def _is_silent(statement: TopLevelStatement, named: Callable[[bytes], bool], shown: ErrorNames) -> bool:
    return has_no_module_effect(statement.text, statement.words, shown) and not named(statement.text)


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


def elided_spans(
    idle: Iterable[StatementPlace], index: ModuleIndex, files: Collection[str], named: Callable[[bytes], bool]
) -> Mapping[str, Sequence[Between]]:
    """By file: where that stands, in order. `idle` are the statements that define them, `files` all that are
    looked at; `named` says whether a text names what is looked for."""
    shown = cache(lambda file: error_names_in(index.texts[file]))
    some = [(file, one) for file, one in idle if not may_hold_tests(file, index.texts[file])]
    wholes = {place: elidable_definition(place[1], named, shown(place[0])) for place in some}
    known = _below_their_like({place: at for place, at in wholes.items() if at is not None}, index, files)
    found: dict[str, list[Between]] = {file: [] for file, _ in some}
    for file, one in some:
        at = known.get((file, one))
        found[file] += elidable_bodies(one, named, shown(file)) if at is None else (at,)
    return found


def _below_their_like(
    wholes: Mapping[StatementPlace, Between], index: ModuleIndex, files: Collection[str]
) -> Mapping[StatementPlace, Between]:
    """Those of which all classes that they are derived from are among them: a class that is run may have to
    do with what is derived from it."""
    above = {place: _bases(*place, index, files) for place in wholes}
    known = dict(wholes)
    while more := [place for place in known if not known.keys() >= above[place]]:
        for place in more:
            del known[place]
    return known


def _bases(
    file: str, statement: TopLevelStatement, index: ModuleIndex, files: Collection[str]
) -> set[StatementPlace]:
    """What defines, in one of the files, what a class is derived from."""
    bases = statement.node.bases if isinstance(statement.node, ast.ClassDef) else ()
    inner = [one for base in bases for one in ast.walk(base)]
    said = {one.id for one in inner if isinstance(one, ast.Name)}
    said |= {one.attr for one in inner if isinstance(one, ast.Attribute)}
    asked = replace(statement, words=frozenset(said), names=frozenset())
    places = index.mentioned(file, asked) if said else ()
    return {(other, one) for other, one in places if other in files and not one.is_import}
